/**
 * From the ways a delivery can end to the verdict of an entry: the tables of docs/fidelity.md,
 * "From observation to verdict", row by row. Pure.
 */
import type { Bundle } from '../policy/bundle.ts';
import type { Demand } from '../policy/demand.ts';
import type { Destination, Settled } from '../policy/destinations.ts';
import { printMatch } from '../policy/match-pattern.ts';
import { parsePolicy } from '../policy/parse.ts';
import { endsEveryProgram, type Settings } from '../policy/settings.ts';
import { afterFilter } from '../policy/status-filter.ts';
import { type Ending, endingsOf, type HopView, reachedFindings } from './delivery.ts';
import { type Finding, protectionOf } from './finding.ts';
import { MISCONFIGURED, NO_TRANSPORT, type Saying, UNROUTABLE } from './postfix-says.ts';
import type { Reason } from './reason.ts';
import type { EntryVerdict, PostfixWould, Protection, Verdict } from './verdict.ts';

/** A verdict with everything it rests on. */
export interface Judgement {
  readonly destination: Destination;
  readonly bundle: Bundle;
  readonly views: readonly HopView[];
  readonly level: EntryVerdict['level'];
  readonly match: readonly string[];
  readonly verdict: Verdict;
  readonly reason: Reason | null;
  /** The address that decided it. */
  readonly decisive?: Finding;
  /** Findings that count: some order brings them within the limit. */
  readonly reached: readonly Finding[];
  /** Every ending of a first attempt, the unseen taken as failing. */
  readonly endings: readonly Ending[];
  readonly would: PostfixWould | null;
  readonly says: Saying | null;
  readonly protection: Protection;
}

/** `hops` has a view of each next hop, in the order of the destination's. */
export function weigh(
  destination: Destination,
  hops: readonly HopView[],
  bundle: Bundle,
): Judgement {
  const judgement = weighed(destination, hops, bundle);
  return bundle.settings.statusFilter.length === 0 ? judgement : withFilter(judgement, bundle);
}

/** With what smtp_delivery_status_filter makes of each ending. */
function withFilter(judgement: Judgement, bundle: Bundle): Judgement {
  const { says, would, destination } = judgement;
  const endings = judgement.endings.map((ending): Ending => {
    const { status, dsn, text } = ending;
    return text === undefined || status === 'sent'
      ? ending
      : { ...ending, ...afterFilter({ status, dsn, text }, bundle) };
  });
  const { reason } = destination.settled ?? {};
  // error(8) says these, and has a filter of its own.
  if (says === null || reason === 'unroutable' || reason === 'no-transport')
    return { ...judgement, endings };
  const final = afterFilter({ status: 'deferred', ...says }, bundle);
  const alone = final.status === 'bounced' ? 'bounce' : would;
  return {
    ...judgement,
    endings,
    says: { dsn: final.dsn, text: final.text },
    would: endings.length === 0 ? alone : wouldOf(endings),
  };
}

function weighed(destination: Destination, hops: readonly HopView[], bundle: Bundle): Judgement {
  const { settings } = bundle;
  const views = hops.slice(startOf(hops, destination));
  const [first] = views;
  const demand = first?.hop.demand;
  const enforced = first === undefined ? 'none' : enforcedBy(first);
  const common = { destination, bundle, views, ...asked(demand, destination, bundle) };
  const silent = { reached: [], endings: [], would: null, says: null, protection: enforced };
  // Where no program starts, no table is asked either, whatever postmap made of it.
  if (settings.fatal !== undefined && endsEveryProgram(settings.fatal))
    return { ...common, ...silent, ...died(settings.fatal) };
  if (destination.settled !== undefined)
    return { ...common, ...silent, ...settledOutcome(destination.settled) };
  // Level none asks nothing of TLS, but wants an smtp(8) that runs.
  if (settings.fatal !== undefined && destination.unchecked?.reason === 'level-none')
    return { ...common, ...silent, ...died(settings.fatal) };
  if (destination.unchecked !== undefined || first === undefined) {
    return {
      ...common,
      ...silent,
      verdict: 'unchecked',
      reason: destination.unchecked?.reason ?? 'never-looked-up',
    };
  }
  const fatal = settings.fatal ?? (first.kind === 'fatal' ? first.message : undefined);
  if (fatal !== undefined) {
    return { ...common, ...silent, ...died(fatal) };
  }

  const reached = reachedFindings(views, settings);
  const eventual = endingsOf(views, 'failing', 'later', settings);
  // A later next hop that smtp(8) dies of, behind one that nothing can be sent to.
  const deadly = views.find((view) => view.kind === 'fatal');
  if (eventual.length === 0 && deadly?.kind === 'fatal')
    return { ...common, ...silent, ...died(deadly.message) };
  const outcome = outcomeOf(first, views, eventual, reached, settings);
  if (outcome.verdict === 'unchecked') return { ...common, ...silent, ...outcome };
  const endings = endingsOf(views, 'failing', 'now', settings);
  const would = outcome.verdict === 'undetermined' ? null : wouldOf(endings);
  const says =
    would === null || would === 'deliver' ? null : mostTelling(endings, outcome.decisive);
  const protections = eventual
    .filter(({ status }) => status === 'sent')
    .map(({ finding }) => finding?.protection ?? enforced);
  return {
    ...common,
    ...outcome,
    reached,
    endings,
    would,
    says,
    protection: least(protections) ?? enforced,
  };
}

/** What needs no look at any host. */
function settledOutcome({
  reason,
}: Settled): Pick<Judgement, 'verdict' | 'reason' | 'would' | 'says' | 'level' | 'endings'> {
  const level = 'invalid';
  const settled = { reason, level, endings: [] } as const;
  switch (reason) {
    case 'table-unavailable':
      return { ...settled, verdict: 'fail', would: 'defer', says: MISCONFIGURED };
    case 'unroutable':
      return { ...settled, verdict: 'fail', would: 'defer', says: UNROUTABLE };
    case 'no-transport':
      return { ...settled, verdict: 'fail', would: 'defer', says: NO_TRANSPORT };
    case 'source-unreadable':
      return { ...settled, verdict: 'undetermined', would: null, says: null };
  }
}

const died = (fatal: string) =>
  ({
    verdict: 'fail',
    reason: 'smtp-dies',
    would: 'defer',
    says: { dsn: '', text: `fatal: ${fatal}` },
  }) as const;

type Outcome = Pick<Judgement, 'verdict' | 'reason' | 'decisive'>;

/** `eventual`: every ending of a message that stays in the queue, the unseen taken as failing. */
function outcomeOf(
  first: HopView,
  views: readonly HopView[],
  eventual: readonly Ending[],
  reached: readonly Finding[],
  settings: Settings,
): Outcome {
  const isBad = (ending: Ending) => ending.status !== 'sent' || isWeaker(ending, first);
  const unwalked = outcomeOfFirst(first, eventual.some(isBad));
  if (unwalked !== undefined) return unwalked;
  // A session that dies inside TLS at `may` is as bad as a handshake that breaks.
  const failing = reached.filter(
    ({ verdict, plaintextLater }) => verdict.outcome === 'fail' || plaintextLater,
  );
  const [best] = failing;
  if (!eventual.some(isBad)) {
    return best === undefined
      ? { verdict: 'pass', reason: null }
      : { verdict: 'degraded', ...decidedBy(best) };
  }
  const unseen = reached.filter((finding) => finding.unseen !== undefined);
  const cutShort =
    unseen.every(({ verdict }) => verdict.reason === 'not-attempted') &&
    unseen.some(({ verdict }) => verdict.anotherRun !== true);
  const undetermined = (reason: Reason): Outcome => ({
    verdict: 'undetermined',
    reason: cutShort ? 'unfinished' : reason,
  });
  if (unseen.length === reached.length) return undetermined('nothing-seen');
  // An address that only our own side could not look at may have taken the mail.
  const mayPass = !endingsOf(views, 'passing-if-ours', 'later', settings).some(isBad);
  if (best === undefined || mayPass) return undetermined('partly-unseen');
  if (eventual.every(({ status }) => status === 'sent'))
    return { verdict: 'fail', reason: 'weaker-fallback', decisive: best };
  // A hard failure ends the walk, and decides over the soft ones before it.
  const bounced = eventual.find(
    ({ finding }) => finding?.step === 'bounces' && finding.unseen === undefined,
  )?.finding;
  return {
    verdict: 'fail',
    ...decidedBy(bounced ?? failing.find(({ plaintextLater }) => !plaintextLater) ?? best),
  };
}

/** What the first next hop decides before anybody is met; undefined where its hosts decide. */
function outcomeOfFirst(first: HopView, isBad: boolean): Outcome | undefined {
  switch (first.kind) {
    case 'fatal':
      return { verdict: 'fail', reason: 'smtp-dies' };
    case 'misconfigured':
      return { verdict: 'fail', reason: first.reason };
    case 'unresolved':
      return { verdict: 'undetermined', reason: 'unfinished' };
    case 'unanswered':
      return {
        verdict: first.route.failure === 'bogus' ? 'fail' : 'undetermined',
        reason: `dns-${first.route.failure}`,
      };
    case 'nowhere':
      return { verdict: isBad ? 'fail' : 'degraded', reason: first.route.reason };
    case 'hosts': {
      const barred = first.findings.every(({ verdict }) => verdict.reason === 'barred-address');
      if (first.findings.length > 0 && barred)
        return { verdict: 'unchecked', reason: 'private-addresses' };
      return first.undecided === undefined
        ? undefined
        : { verdict: 'undetermined', reason: first.undecided.reason };
    }
  }
}

const decidedBy = (finding: Finding) => ({ reason: finding.verdict.reason, decisive: finding });

/**
 * An entry for a later element of a next hop list is judged as if the elements before it had
 * failed.
 */
function startOf(hops: readonly HopView[], { entry }: Destination): number {
  const isAsked = ({ hop }: HopView) => {
    const own = hop.demand.entry;
    return (
      own !== undefined &&
      own.table === entry?.table &&
      own.line === entry.line &&
      own.key === entry.key
    );
  };
  return Math.max(hops.findIndex(isAsked), 0);
}

/** Level and match list as the entry, or else main.cf, puts them. */
function asked(
  demand: Demand | undefined,
  { entry }: Destination,
  { settings }: Bundle,
): Pick<Judgement, 'level' | 'match'> {
  if (demand?.kind === 'broken') return { level: 'invalid', match: [] };
  if (demand === undefined) {
    const policy = entry === undefined ? undefined : parsePolicy(entry.value, settings.version);
    if (policy?.kind === 'broken') return { level: 'invalid', match: [] };
    return {
      level: policy?.level ?? settings.securityLevel,
      match: policy?.attributes.match ?? [],
    };
  }
  const level = demand.daneOff === undefined ? demand.level : 'dane';
  return { level, match: level === 'fingerprint' ? demand.digests : demand.match.map(printMatch) };
}

/** Sent, but through a later hop that asks for less than the first. */
function isWeaker(ending: Ending, first: HopView): boolean {
  if (ending.status !== 'sent' || ending.view === first) return false;
  return RANK[enforcedBy(ending.view)] < RANK[enforcedBy(first)];
}

function enforcedBy(view: HopView): Protection {
  const { demand } = view.hop;
  if (demand.kind !== 'demand') return 'none';
  // At dane each host has its own demand, and the weakest counts.
  const own =
    view.kind === 'hosts'
      ? least(view.findings.map(({ attempt }) => protectionOf(attempt.demand.level)))
      : undefined;
  return own ?? protectionOf(demand.level);
}

function wouldOf(endings: readonly Ending[]): PostfixWould | null {
  const statuses = [...new Set(endings.map(({ status }) => status))];
  const [only] = statuses;
  if (only === undefined) return null;
  return statuses.length > 1
    ? 'depends'
    : ({ sent: 'deliver', deferred: 'defer', bounced: 'bounce' } as const)[only];
}

/** Of several texts the one that the deciding address gives, else one that a seen address gives. */
function mostTelling(endings: readonly Ending[], decisive: Finding | undefined): Saying | null {
  const spoken = endings.filter((ending) => ending.text !== undefined && ending.status !== 'sent');
  const ending =
    spoken.find(({ finding }) => finding !== undefined && finding === decisive) ??
    spoken.find(({ status }) => status === 'bounced') ??
    spoken.find(({ finding }) => finding !== undefined && finding.unseen === undefined) ??
    spoken[0];
  return ending?.text === undefined ? null : { dsn: ending.dsn, text: ending.text };
}

function least(protections: readonly Protection[]): Protection | undefined {
  return protections.toSorted((a, b) => RANK[a] - RANK[b])[0];
}

const RANK: Record<Protection, number> = { none: 0, encrypted: 1, authenticated: 2 };
