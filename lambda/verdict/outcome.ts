/**
 * From the ways a delivery can end to the verdict of an entry: the table of outcomes in the design, row by row. Pure.
 */
import type { Bundle } from '../policy/bundle.ts';
import type { Demand } from '../policy/demand.ts';
import type { Destination } from '../policy/destinations.ts';
import type { EntryPlace } from '../policy/entry.ts';
import { printMatch } from '../policy/match-pattern.ts';
import { parsePolicy } from '../policy/parse.ts';
import { type Ending, endingsOf, type HopView, reachedFindings } from './delivery.ts';
import { type Finding, protectionOf } from './finding.ts';
import type { Saying } from './postfix-says.ts';
import type { EntryVerdict, PostfixWould, Protection, Reason, Verdict } from './verdict.ts';

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
export function weigh(destination: Destination, hops: readonly HopView[], bundle: Bundle): Judgement {
  const { settings } = bundle;
  const views = hops.slice(
    Math.max(
      hops.findIndex(({ hop }) => isSame(hop.demand.entry, destination.entry)),
      0,
    ),
  );
  const [first] = views;
  const demand = first?.hop.demand;
  const enforced = demand?.kind === 'demand' ? protectionOf(demand.level) : 'none';
  const common = {
    destination,
    bundle,
    views,
    ...asked(demand, destination, bundle),
  };
  const silent = { reached: [], endings: [], would: null, says: null, protection: enforced };
  if (destination.unchecked !== undefined || first === undefined) {
    return { ...common, ...silent, verdict: 'unchecked', reason: destination.unchecked?.reason ?? 'never-looked-up' };
  }
  const fatal = settings.fatal ?? (first.kind === 'fatal' ? first.message : undefined);
  if (fatal !== undefined) {
    const says = { dsn: '', text: `fatal: ${fatal}` };
    return { ...common, ...silent, verdict: 'fail', reason: 'smtp-dies', would: 'defer', says };
  }

  const reached = reachedFindings(views, settings);
  const endings = endingsOf(views, 'failing', 'now', settings);
  const worst = endingsOf(views, 'failing', 'later', settings);
  const weaker = (ending: Ending) => isWeaker(ending, first);
  const bad = (ending: Ending) => ending.status !== 'sent' || weaker(ending);
  const protection =
    least(worst.filter(({ status }) => status === 'sent').map(({ finding }) => finding?.protection ?? enforced)) ?? enforced;
  const base = { ...common, reached, endings, protection };
  const failing = reached.filter(({ verdict }) => verdict.outcome === 'fail');
  const undetermined = (reason: Reason): Judgement => ({ ...base, verdict: 'undetermined', reason, would: null, says: null });

  const conclude = (verdict: Verdict, reason: Reason, decisive?: Finding): Judgement => ({
    ...base,
    verdict,
    reason,
    ...(decisive === undefined ? {} : { decisive }),
    would: wouldOf(endings),
    says: verdict === 'degraded' && wouldOf(endings) === 'deliver' ? null : mostTelling(endings.filter(bad), decisive),
  });

  switch (first.kind) {
    case 'fatal':
    case 'misconfigured':
      return conclude('fail', first.kind === 'fatal' ? 'smtp-dies' : first.reason);
    case 'unresolved':
      return undetermined('unfinished');
    case 'unanswered':
      return undetermined(`dns-${first.route.failure}`);
    case 'nowhere':
      return conclude(worst.some(bad) ? 'fail' : 'degraded', first.route.reason);
    case 'hosts':
      if (first.findings.length > 0 && first.findings.every(({ verdict }) => verdict.reason === 'barred-address')) {
        return { ...base, ...silent, verdict: 'unchecked', reason: 'private-addresses' };
      }
      if (first.undecided) return undetermined('dane-not-checked');
  }
  const unseen = reached.filter((finding) => finding.unseen !== undefined);
  const unfinished = unseen.every(({ verdict }) => verdict.reason === 'not-attempted');

  if (!worst.some(bad)) {
    const [decisive] = failing;
    if (decisive !== undefined) return conclude('degraded', decisive.verdict.reason ?? 'handshake-failed', decisive);
    return { ...base, verdict: 'pass', reason: null, would: wouldOf(endings), says: null };
  }
  if (unseen.length === reached.length) return undetermined(unfinished ? 'unfinished' : 'nothing-seen');
  if (failing.length === 0 || !endingsOf(views, 'passing-if-ours', 'later', settings).some(bad))
    return undetermined(unfinished ? 'unfinished' : 'partly-unseen');
  if (worst.every((ending) => ending.status === 'sent')) return conclude('fail', 'weaker-fallback', failing[0]);
  const bouncer = endings.find(({ status, finding }) => status === 'bounced' && finding?.unseen === undefined)?.finding;
  const decisive = bouncer ?? failing.find(({ plaintextLater }) => !plaintextLater) ?? failing[0];
  return conclude('fail', decisive?.verdict.reason ?? 'partly-unseen', decisive);
}

/** Level and match list as the entry, or else main.cf, puts them. */
function asked(demand: Demand | undefined, { entry }: Destination, { settings }: Bundle): Pick<Judgement, 'level' | 'match'> {
  if (demand?.kind === 'broken') return { level: 'invalid', match: [] };
  if (demand === undefined) {
    const policy = entry === undefined ? undefined : parsePolicy(entry.value, settings.version);
    if (policy?.kind === 'broken') return { level: 'invalid', match: [] };
    return { level: policy?.level ?? settings.securityLevel, match: policy?.attributes.match ?? [] };
  }
  const level = demand.daneOff === undefined ? demand.level : 'dane';
  return { level, match: level === 'fingerprint' ? demand.digests : demand.match.map(printMatch) };
}

/** An entry for a later element of a next hop list is judged as if the elements before it had failed. */
function isSame(one: EntryPlace | undefined, other: EntryPlace | undefined): boolean {
  return one !== undefined && one.table === other?.table && one.line === other.line && one.key === other.key;
}

/** Sent, but through a later hop that asks for less than the first. */
function isWeaker(ending: Ending, first: HopView): boolean {
  if (ending.status !== 'sent' || ending.view === first) return false;
  return RANK[enforcedBy(ending.view)] < RANK[enforcedBy(first)];
}

function enforcedBy(view: HopView): Protection {
  const { demand } = view.hop;
  return demand.kind === 'demand' ? protectionOf(demand.level) : 'none';
}

function wouldOf(endings: readonly Ending[]): PostfixWould | null {
  const statuses = [...new Set(endings.map(({ status }) => status))];
  const [only] = statuses;
  if (only === undefined) return null;
  return statuses.length > 1 ? 'depends' : ({ sent: 'deliver', deferred: 'defer', bounced: 'bounce' } as const)[only];
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
