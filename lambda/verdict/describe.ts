/**
 * A verdict in one plain sentence, in the operator's words: what Postfix would do and log, why,
 * which names were wanted and which offered, and what would cure it. The one wording shared by
 * alert, terminal and document. Pure.
 */

import { SILENT } from '../policy/answer.ts';
import type { Settled } from '../policy/destinations.ts';
import { endsMaster } from '../policy/settings.ts';
import { isStsAnswer } from '../policy/sts-answer.ts';
import { isLeftAlone } from '../probe/rests.ts';
import { listed } from '../text/listed.ts';
import { plain, plainName } from '../text/strangers.ts';
import { namesOffered, namesWanted, refusalClause } from './detail.ts';
import { type Finding, hostName } from './finding.ts';
import { presentedNames } from './name-match.ts';
import type { Judgement } from './outcome.ts';
import { REASONS, type Reason } from './reason.ts';
import type { Suggestion } from './verdict.ts';

/** Starts in lower case and ends without a full stop; sentences inside are full ones. */
export function describe(judgement: Judgement, suggestion: Suggestion | null): string {
  const { destination, verdict } = judgement;
  switch (verdict) {
    case 'unchecked':
      return destination.unchecked?.sentence ?? describeUnchecked(judgement);
    case 'undetermined':
      return describeUndetermined(judgement);
    case 'pass':
      return sentences([
        `${mail(judgement)} is delivered ${PROTECTED[judgement.protection]}${seen(judgement)}`,
        daneOff(judgement),
        daneWeaker(judgement),
      ]);
    case 'degraded':
    case 'fail':
      return sentences([
        consequence(judgement),
        why(judgement),
        cure(judgement, suggestion),
        seen(judgement, true),
      ]);
  }
}

function consequence(judgement: Judgement): string {
  const { verdict, reason, says, endings } = judgement;
  if (reason === 'smtp-dies')
    return (
      `no mail to ${name(judgement)} is tried at all: ` +
      `${endsMaster(judgement.bundle.settings.fatal ?? '') ? 'master(8)' : 'smtp(8)'} ends with ` +
      `"${plain(says?.text ?? '', 120)}"`
    );
  if (reason === 'weaker-fallback' || (judgement.would === 'deliver' && verdict === 'fail')) {
    const relay = endings.find(({ status }) => status === 'sent')?.view.hop;
    const level = relay?.demand.kind === 'demand' ? relay.demand.level : 'none';
    return (
      `${mail(judgement)} would leave only through ` +
      `${relay?.nextHop.text ?? 'another next hop'}, whose level is ${level}`
    );
  }
  if (verdict === 'degraded') {
    if (judgement.would === 'defer')
      return `${mail(judgement)} would be deferred at first and leave in plaintext later`;
    return `${mail(judgement)} is delivered, but not over every server that Postfix may try`;
  }
  if (judgement.destination.settled !== undefined)
    return `${mail(judgement)} would be deferred: Postfix says "${plain(says?.text ?? '', 300)}"`;
  const statuses = new Set(endings.map(({ status }) => status));
  const would = (['sent', 'deferred', 'bounced'] as const)
    .filter((status) => statuses.has(status))
    .map((status) => WOULD[status]);
  const chance = would.length > 1 ? ', as the order of the servers falls' : '';
  const said = says === null ? '' : `: Postfix says "${plain(says.text, 300)}"`;
  return `${mail(judgement)} would ${listed(would, 3, 'or')}${chance}${said}`;
}

function why(judgement: Judgement): string {
  const { decisive, views } = judgement;
  const [first] = views;
  if (decisive !== undefined) return whyAddress(decisive);
  if (judgement.destination.settled !== undefined) {
    const { reason, because } = judgement.destination.settled;
    return `${meaning(reason)}: ${plain(because, 300)}`;
  }
  switch (first?.kind) {
    case 'misconfigured':
      return `${meaning(first.reason)}: ${plain(first.warning, 300)}`;
    case 'nowhere':
      return meaning(first.route.reason);
    case 'unanswered':
      return first.route.failure === 'bogus'
        ? `The signatures of ${plainName(first.route.query)} are wrong`
        : '';
    default:
      return '';
  }
}

function whyAddress({ attempt, verdict, trust, leaf }: Finding): string {
  const host = plainName(hostName(attempt.host));
  if (
    verdict.reason === 'name-mismatch' &&
    leaf !== undefined &&
    trust?.kind === 'trusted' &&
    attempt.demand.tlsa === undefined &&
    !/must be an IP/.test(verdict.detail ?? '')
  ) {
    const offered = namesOffered(presentedNames(leaf));
    return (
      `The chain is trusted, but ${attempt.demand.level} wants ${namesWanted(verdict.asked)} ` +
      `and the certificate of ${host} offers ${offered}`
    );
  }
  return `At ${host} (${attempt.address}) ${verdict.detail ?? verdict.reason ?? ''}`;
}

/** A dane entry where DANE is off passes as may would: worth a word even though mail flows. */
function daneOff({ views }: Judgement): string {
  const demand = views[0]?.hop.demand;
  return demand?.kind === 'demand' && demand.daneOff !== undefined
    ? `Level dane is only may here: ${plain(demand.daneOff, 120)}`
    : '';
}

/**
 * Hosts at which level dane means less, and why: mail is delivered there without authentication.
 */
function daneWeaker({ reached }: Judgement): string {
  const weaker = Map.groupBy(
    reached.filter(({ attempt }) => attempt.demand.daneWeaker !== undefined),
    ({ attempt }) => `${attempt.demand.level} ${attempt.demand.daneWeaker}`,
  );
  const parts = [...weaker.values()].flatMap((findings) => {
    const { level, daneWeaker: why } = findings[0]?.attempt.demand ?? {};
    if (level === undefined || why === undefined) return [];
    const hosts = [...new Set(findings.map(({ attempt }) => plainName(hostName(attempt.host))))];
    return [
      `Level dane is only ${level} at ${listed(hosts, 3)}: ` +
        `${refusalClause({ kind: 'refused', reason: why })}`,
    ];
  });
  return sentences(parts);
}

/** What would help, where no suggested line does: that one is shown beside the sentence. */
function cure({ reason, verdict, views }: Judgement, suggestion: Suggestion | null): string {
  if (verdict !== 'fail' || reason === null || suggestion !== null) return '';
  const hop = views[0]?.hop;
  const entry = hop?.demand.entry;
  if (hop === undefined || entry === undefined || !isStsAnswer(entry))
    return REASONS[reason].cure ?? '';
  const own = reason === 'name-mismatch' ? undefined : REASONS[reason].cure;
  return sentences([
    own ?? '',
    `The entry is an answer of ${plainName(entry.table)}, as a daemon for MTA-STS makes it of the ` +
      `policy that ${plainName(hop.nextHop.host)} publishes: policy and hosts are theirs to bring ` +
      'together; to exempt the domain here, give it a line in a table before that one',
  ]);
}

function describeUnchecked(judgement: Judgement): string {
  const [view] = judgement.views;
  if (view?.kind !== 'hosts') return 'nothing to ask: the entry is never looked up';
  const addresses = listed(view.findings.map(({ attempt }) => attempt.address));
  return (
    `${name(judgement)} has only private or special addresses (${addresses}), which are not ` +
    'connected to without --allow-private-addresses'
  );
}

/** What to do about a table that Postfix can read or ask, and we cannot. */
function unread({ because, table }: Settled): string {
  return because.endsWith(SILENT)
    ? `Postfix may wait longer for ${plainName(table)}: see why it is slow, or run again`
    : `Postfix reads ${plainName(table)} as root: let this user read it, or run as one who may`;
}

function describeUndetermined(judgement: Judgement): string {
  const { views, reached } = judgement;
  const [first] = views;
  const { settled } = judgement.destination;
  if (settled !== undefined)
    return `${name(judgement)} is not judged: ${plain(settled.because, 300)}; ${unread(settled)}`;
  if (first?.kind === 'unanswered')
    return (
      `${name(judgement)} could not be looked up: DNS gave no answer (${first.route.failure}) ` +
      `to ${plainName(first.route.query)}`
    );
  if (first?.kind === 'hosts' && first.undecided !== undefined)
    return (
      `${name(judgement)} is not judged: level ${judgement.level} takes its demands from ` +
      `DNSSEC, and ${first.undecided.because}`
    );
  const unasked = reached.every(({ verdict }) => verdict.reason === 'not-attempted');
  if (unasked && judgement.reason === 'unfinished')
    return `there was no time for ${name(judgement)} in this run`;
  const asked = reached.filter(({ verdict }) => verdict.anotherRun !== true);
  const resting = reached.filter(({ verdict }) =>
    isLeftAlone(verdict.reason, verdict.detail),
  ).length;
  const whys = [...new Set(asked.filter(({ unseen }) => unseen !== undefined).map(unseenAt))];
  const nothing = reached.every(({ unseen }) => unseen !== undefined)
    ? `nothing was seen of ${name(judgement)}`
    : `too little was seen of ${name(judgement)} to judge`;
  const why = [
    ...(whys.length === 0 ? [] : [listed(whys, 3)]),
    ...inTurn(asked.length + resting, reached.length),
    ...notAsked(resting),
  ];
  return `${nothing}: ${why.join('; ')}${seen(judgement)}`;
}

/** That the others have their turn on other days, where there are any. */
function inTurn(asked: number, of: number): string[] {
  if (asked === of) return [];
  return [
    `${asked} of the ${of} addresses that Postfix may come to had their turn in this run, and ` +
      'the others have theirs on other days',
  ];
}

/** That some were left alone with one that said 421. */
function notAsked(resting: number): string[] {
  if (resting === 0) return [];
  const which = resting === 1 ? 'one more address was' : `${resting} more addresses were`;
  return [`${which} not asked, since their network had closed with 421`];
}

const unseenAt = ({ attempt, verdict }: Finding) =>
  `at ${plainName(hostName(attempt.host))} (${attempt.address}) ` +
  `${verdict.detail ?? verdict.reason ?? ''}`;

/** `seen 1 of 2`, where something was not. */
function seen({ reached }: Judgement, asSentence = false): string {
  const count = reached.filter(({ unseen }) => unseen === undefined).length;
  if (count === reached.length || count === 0) return '';
  return asSentence
    ? `Seen ${count} of ${reached.length} addresses`
    : ` (seen ${count} of ${reached.length} addresses)`;
}

const mail = (judgement: Judgement) =>
  judgement.destination.settled?.table === judgement.destination.id
    ? `all mail that ${name(judgement)} is asked about`
    : `mail to ${name(judgement)}`;
const name = ({ destination }: Judgement) => plainName(destination.name);
const sentences = (parts: readonly string[]) => parts.filter((part) => part !== '').join('. ');

const WOULD = { sent: 'be delivered', deferred: 'be deferred', bounced: 'bounce' } as const;

const PROTECTED = {
  none: 'in plaintext',
  encrypted: 'encrypted',
  authenticated: 'encrypted and authenticated',
} as const;

/** What a reason means, as the beginning of a sentence. */
function meaning(reason: Reason): string {
  const { why = '' } = REASONS[reason];
  return `${why.slice(0, 1).toUpperCase()}${why.slice(1)}`;
}
