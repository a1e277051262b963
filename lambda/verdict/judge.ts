/**
 * What Postfix would make of a whole entry: every address judged, walked in every order, the unseen
 * taken both ways.
 *
 * There is one judge. `--at`, the forecast, a suggestion, the push guard and the next CA bundle all
 * ask it again, on stored results. Pure; arguments and result are plain JSON.
 */

import { named } from '../named-record.ts';
import type { Bundle } from '../policy/bundle.ts';
import type { Demand, TlsDemand } from '../policy/demand.ts';
import type { Destination, Hop } from '../policy/destinations.ts';
import { clientOf, routeKey } from '../policy/service.ts';
import { isStsAnswer } from '../policy/sts-answer.ts';
import { contactsOf } from '../probe/contact.ts';
import type { ProbeResult } from '../probe/result.ts';
import type { Turn } from '../probe/turn.ts';
import type { Found } from '../route/dane-route.ts';
import { isDane } from '../route/host-demand.ts';
import type { DnsFailure, Route } from '../route/route.ts';
import { judgeAddress } from './address.ts';
import { judgeRefusal } from './dane.ts';
import type { HopView } from './delivery.ts';
import { describe } from './describe.ts';
import { type EarlierResults, earlierFindings } from './earlier-findings.ts';
import { type Finding, hostName } from './finding.ts';
import { type Forecast, forecast } from './forecast.ts';
import { type Judgement, weigh } from './outcome.ts';
import type { Moment } from './presented.ts';
import { shownTlsa } from './shown-tlsa.ts';
import { endingSignatures, withoutEnded } from './signature-end.ts';
import { suggest } from './suggestion.ts';
import type { EntryVerdict, Suggestion } from './verdict.ts';

/**
 * What was seen from here, by next hop and by conversation. Whatever is missing counts as not
 * attempted.
 */
export interface Evidence extends Found {
  /** By the id of the conversation. */
  readonly results: Readonly<Record<string, ProbeResult>>;
  /** By the key of a next hop: not all of its addresses had their turn in this run. */
  readonly turns?: Readonly<Record<string, Turn>>;
  /**
   * Why DNSSEC was not asked: no resolver here proves that it validates, or it did not answer.
   * `because` is a clause for people.
   */
  readonly noDnssec?:
    | { readonly kind: 'none'; readonly because: string }
    | { readonly kind: 'silent'; readonly failure: DnsFailure; readonly because: string };
  /**
   * MX hosts that a signed answer names, by next hop, lower case; absent where nobody asked.
   */
  readonly signedHosts?: Readonly<Record<string, readonly string[]>>;
  /** What hosts presented in the last days beside what they do today; serves suggestions alone. */
  readonly earlier?: EarlierResults;
  /**
   * Epoch ms of the handshakes: OpenSSL's own results are then held against our trust at that time.
   */
  readonly probedAt?: number;
}

type BrokenDemand = Extract<Demand, { readonly kind: 'broken' }>;

/** Suggestions from evidence that only some commands have, around those of every run. */
export type WiderSuggestion = (
  judgement: Judgement,
  judgeChanged: (changed: Destination) => Judgement,
  suggestElse: (judgement: Judgement) => Suggestion | null,
) => Suggestion | null;

/** Judges one destination as of `at` (epoch ms). */
export function judge(
  destination: Destination,
  evidence: Evidence,
  bundle: Bundle,
  at: number,
  suggestWider: WiderSuggestion = (judgement, _, suggestElse) => suggestElse(judgement),
): EntryVerdict {
  const judgement = judgeOnce(destination, evidence, bundle, at);
  const { tlsa } = evidence;
  const ending = tlsa === undefined ? [] : endingSignatures(destination, tlsa, at);
  const asOf = (later: number) =>
    tlsa === undefined || ending.length === 0
      ? evidence
      : { ...evidence, tlsa: withoutEnded(tlsa, ending, later) };
  const judgeChanged = (changed: Destination) => judgeOnce(changed, evidence, bundle, at);
  const suggestion = isStsAnswer(judgement.views[0]?.hop.demand.entry)
    ? null
    : suggestWider(judgement, judgeChanged, (one) =>
        suggest(
          one,
          judgeChanged,
          hostsAreSigned(one, evidence),
          earlierFindings(one, evidence, clientOf(bundle, destination.service), at),
        ),
      );
  return {
    ...published(judgement),
    sentence: describe(judgement, suggestion),
    ...forecast(
      judgement,
      at,
      (later) => judgeOnce(destination, asOf(later), bundle, later),
      ending,
    ),
    suggestion,
  };
}

/** Whether DNSSEC proves every MX host that mail goes to. */
function hostsAreSigned({ views: [view] }: Judgement, { signedHosts = {} }: Evidence): boolean {
  if (view?.kind !== 'hosts') return false;
  const signed = named(signedHosts, routeKey(view.hop));
  return (
    signed !== undefined &&
    view.route.hosts.every(({ host }) => signed.includes(host.toLowerCase()))
  );
}

/** The same without looking ahead and without a suggestion. */
export function judgeOnce(
  destination: Destination,
  evidence: Evidence,
  bundle: Bundle,
  at: number,
): Judgement {
  const client = clientOf(bundle, destination.service);
  const moment = { at, probedAt: evidence.probedAt };
  const views = destination.hops.map((hop) => viewHop(hop, evidence, client, moment));
  return weigh(destination, views, client);
}

function viewHop(hop: Hop, evidence: Evidence, bundle: Bundle, moment: Moment): HopView {
  const { demand } = hop;
  const route = named(evidence.routes, routeKey(hop));
  if (demand.kind === 'broken') {
    if (demand.fatal) return { kind: 'fatal', hop, message: demand.warning };
    // Postfix asks DNS before it looks at the policy: what goes nowhere bounces all the same.
    if (route?.kind === 'nowhere') return { kind: 'nowhere', hop, route };
    return {
      kind: 'misconfigured',
      hop,
      reason: reasonOf(demand),
      warning: demand.lookup?.says ?? demand.warning,
      ...(route?.kind === 'unanswered' ? { unanswered: route } : {}),
    };
  }
  switch (route?.kind) {
    case undefined:
      return { kind: 'unresolved', hop };
    case 'nowhere':
      return { kind: 'nowhere', hop, route };
    case 'unanswered':
      return { kind: 'unanswered', hop, route };
    case 'hosts':
      return viewHosts(hop, demand, route, evidence, bundle, moment);
  }
}

function reasonOf({
  warning,
  lookup,
}: BrokenDemand): 'invalid-entry' | 'no-dnssec' | 'table-unavailable' {
  if (lookup !== undefined) return 'table-unavailable';
  return NO_DANE.test(warning) ? 'no-dnssec' : 'invalid-entry';
}

function viewHosts(
  hop: Hop,
  demand: TlsDemand,
  route: Extract<Route, { readonly kind: 'hosts' }>,
  evidence: Evidence,
  bundle: Bundle,
  moment: Moment,
): HopView {
  const { nextHop } = hop;
  const { settings } = bundle;
  const dane = evidence.tlsa && named(evidence.tlsa, routeKey(hop));
  const turn = evidence.turns && named(evidence.turns, routeKey(hop));
  const missing = turn === undefined ? NOT_ATTEMPTED : waiting(turn);
  const findings = contactsOf(hop, evidence, settings).map((contact): Finding => {
    const { host, address, conversation, demand: own } = contact;
    const result =
      conversation === undefined ? NOT_ATTEMPTED : (evidence.results[conversation.id] ?? missing);
    const shown =
      isDane(demand) && dane !== undefined ? shownTlsa(contact, dane, result, settings) : undefined;
    const attempt = {
      nextHop,
      demand: own.kind === 'demand' ? own : demand,
      host,
      address,
      ...(shown === undefined ? {} : { tlsa: shown }),
    };
    if (own.kind !== 'demand' && own.kind !== 'unknown')
      return judgeRefusal(attempt, own, settings);
    return judgeAddress(attempt, result, bundle, moment);
  });
  const undecided = isDane(demand) && dane === undefined;
  return {
    kind: 'hosts',
    hop,
    route,
    findings,
    ...(dane === undefined ? {} : { dane }),
    ...(undecided ? { undecided: undecidedFor(evidence.noDnssec) } : {}),
  };
}

function undecidedFor(
  noDnssec: Evidence['noDnssec'],
): NonNullable<Extract<HopView, { kind: 'hosts' }>['undecided']> {
  if (noDnssec === undefined) return { reason: 'dane-not-checked', because: 'that was not asked' };
  const { because } = noDnssec;
  return { reason: noDnssec.kind === 'none' ? 'no-dnssec' : `dns-${noDnssec.failure}`, because };
}

function published(
  judgement: Judgement,
): Omit<EntryVerdict, keyof Forecast | 'sentence' | 'suggestion'> {
  const { destination, views, verdict, reason, protection, would, says, endings } = judgement;
  const entry = destination.entry ?? entryOf(views[0]);
  const nextHop = views[0]?.hop.nextHop;
  const told: EntryVerdict['endings'] =
    destination.settled !== undefined && says !== null
      ? [{ status: would === 'bounce' ? 'bounced' : 'deferred', ...says }]
      : endings.flatMap(({ status, dsn, text }) =>
          text === undefined ? [] : [{ status, dsn, text }],
        );
  return {
    id: destination.id,
    table: entry?.table ?? null,
    // An answer of a table that was asked stands in no line.
    line: entry === undefined || entry.line === 0 ? null : entry.line,
    key: entry?.key ?? null,
    destination: destination.name,
    nextHop: nextHop === undefined ? null : { ...nextHop },
    ...(destination.service === undefined ? {} : { service: destination.service }),
    level: judgement.level,
    match: judgement.match,
    verdict,
    reason,
    protection,
    postfixWould: would,
    postfixSays: says?.text ?? null,
    postfixDsn: says?.dsn ?? null,
    endings: [...new Map(told.map((ending) => [JSON.stringify(ending), ending])).values()],
    hosts: views.flatMap((view) =>
      view.kind !== 'hosts'
        ? []
        : view.route.hosts.map((host) => ({
            host: hostName(host),
            ...(hostName(host) === host.host ? {} : { published: host.host }),
            preference: host.preference,
            addresses: view.findings
              .filter(({ attempt }) => attempt.host === host)
              .map((finding) => finding.verdict),
          })),
    ),
  };
}

const entryOf = (view: HopView | undefined) => view?.hop.demand.entry;

const NOT_ATTEMPTED: ProbeResult = { kind: 'unseen', phase: 'connect', reason: 'not-attempted' };

/** Its turn comes in another run. */
const waiting = ({ asked, of }: Turn): ProbeResult => ({
  kind: 'unseen',
  phase: 'connect',
  reason: 'not-attempted',
  detail: `of ${of} addresses ${asked} are, and the others in their turn, day by day`,
  anotherRun: true,
});

/**
 * dane_init(): what `dane-only` says where DANE is not possible, instead of falling back to may.
 */
const NO_DANE = /: dane-only configured(?: with |, but )| incompatible with dane-only TLS$/;
