/**
 * What one verdict says about how an entry stands: now, and from a date in sight.
 *
 * The two are kept apart because they end apart: a backup host that is refused today has nothing to
 * do with a certificate that ends next week. An undetermined verdict gives no standing. Pure.
 */

import { least } from '../../extremes.ts';
import { calendarDays, DAY_MS } from '../../text/dates.ts';
import { REASONS, type Reason } from '../../verdict/reason.ts';
import { type EntryVerdict, publishedName } from '../../verdict/verdict.ts';
import { type Cause, causesOf, endsAt, forecastCauses } from './cause.ts';

/** Worst first. */
export type Standing = 'failing' | 'failing-soon' | 'degraded' | 'unjudged' | 'well';

/** From 0 for `well` to 4 for `failing`. */
export function rank(standing: Standing): number {
  return RANKS[standing];
}

const RANKS: Readonly<Record<Standing, number>> = {
  failing: 4,
  'failing-soon': 3,
  degraded: 2,
  unjudged: 1,
  well: 0,
};

export interface Seen {
  readonly standing: Standing;
  /** The deciding one first; empty where all is well. */
  readonly causes: readonly Cause[];
  /** Epoch ms; of a forecast only. */
  readonly from?: number;
}

export type Reading =
  /**
   * Nothing is asked of the entry, or nothing can be judged by design: it is named as not watched.
   */
  | { readonly kind: 'unwatched' }
  /** Undetermined: no observation. */
  | { readonly kind: 'undetermined'; readonly reason: Reason | null }
  /**
   * `soon` is absent while the entry fails: then nothing is known of a forecast, nor of its end.
   */
  | { readonly kind: 'seen'; readonly now: Seen; readonly soon?: Seen };

/**
 * A renewal that is later than this provider's last one was (snapshot/renewal), told even before
 * the horizon.
 */
export interface OverdueRenewal {
  readonly host: string;
  /** When the certificate ends that should have been replaced. */
  readonly notAfter: number;
  readonly usuallyRenewedDaysBefore: number;
}

export interface ForecastRules {
  /** Time between two runs. */
  readonly intervalMs: number;
  readonly overdue: readonly OverdueRenewal[];
}

/**
 * Whether anything is asked of the entry that can be judged from here; what is not watched is named
 * as such.
 */
export function isWatched({ verdict, reason }: Pick<EntryVerdict, 'verdict' | 'reason'>): boolean {
  const byDesign = reason !== null && REASONS[reason].byDesign;
  return verdict !== 'unchecked' && !(verdict === 'undetermined' && byDesign);
}

/** How an entry stands by one verdict. */
export function standingOf(verdict: EntryVerdict, rules: ForecastRules, at: number): Reading {
  switch (verdict.verdict) {
    case 'unchecked':
      return { kind: 'unwatched' };
    case 'undetermined':
      return isWatched(verdict)
        ? { kind: 'undetermined', reason: verdict.reason }
        : { kind: 'unwatched' };
    case 'fail':
      return { kind: 'seen', now: { standing: 'failing', causes: causesOf(verdict) } };
    case 'degraded':
      return {
        kind: 'seen',
        now: { standing: 'degraded', causes: causesOf(verdict) },
        soon: forecast(verdict, rules, at),
      };
    case 'pass':
      return { kind: 'seen', now: WELL, soon: forecast(verdict, rules, at) };
  }
}

/**
 * From how many days before the end a forecast is told: the larger of two run intervals and the
 * smaller of 21 days and one sixth of the leaf's lifetime. Renewal tools act when one third is
 * left, so that a warning by then would come too early.
 */
export function horizonDays(verdict: EntryVerdict, failsFrom: number, intervalMs: number): number {
  const lifetime = leafLifetimeMs(verdict, failsFrom);
  return Math.max(2 * intervalMs, Math.min(21 * DAY_MS, lifetime / 6)) / DAY_MS;
}

/**
 * The days before the end at which a forecast is told (again): the horizon, half of it, three days
 * and one, largest first.
 */
export function forecastSteps(horizon: number): readonly number[] {
  return [...new Set([horizon, horizon / 2, 3, 1])]
    .filter((days) => days <= horizon)
    .sort((a, b) => b - a);
}

/**
 * The step a forecast stands at, in days before its date; undefined before the first. Three days
 * and one are counted by the calendar, so that they come whatever the hour of a run; horizon and
 * half of it are spans of time.
 */
export function currentStep(
  steps: readonly number[],
  from: number,
  now: number,
): number | undefined {
  const come = steps.filter((days) =>
    days === 3 || days === 1 ? calendarDays(now, from) <= days : from - now <= days * DAY_MS,
  );
  return come.at(-1);
}

function forecast(verdict: EntryVerdict, rules: ForecastRules, at: number): Seen {
  if (verdict.failsFrom === null) return WELL;
  const from = Date.parse(verdict.failsFrom);
  const horizon = horizonDays(verdict, from, rules.intervalMs);
  if (overdueRenewal(verdict, rules.overdue) === undefined && from - at > horizon * DAY_MS)
    return WELL;
  return { standing: 'failing-soon', causes: forecastCauses(verdict, from), from };
}

/**
 * The late renewal that the forecast rests on: of a host of the entry, and of the very certificate
 * whose end turns the verdict.
 */
export function overdueRenewal(
  verdict: EntryVerdict,
  overdue: readonly OverdueRenewal[],
): OverdueRenewal | undefined {
  const from = Date.parse(verdict.failsFrom ?? '');
  return overdue.find(
    ({ host, notAfter }) =>
      Math.abs(notAfter - from) <= 1_000 &&
      verdict.hosts.some((one) => publishedName(one) === host),
  );
}

/** The leaf of the chain that ends at that date; the shortest of all leaves where no chain does. */
function leafLifetimeMs(verdict: EntryVerdict, failsFrom: number): number {
  const chains = verdict.hosts
    .flatMap((host) => host.addresses.map((address) => address.chain))
    .filter((chain) => chain.length > 0);
  const ending = chains.filter((chain) =>
    chain.some((certificate) => endsAt(certificate.notAfter, failsFrom)),
  );
  const lifetimes = (ending.length > 0 ? ending : chains).flatMap(([leaf]) =>
    leaf === undefined ? [] : [Date.parse(leaf.notAfter) - Date.parse(leaf.notBefore)],
  );
  return least(lifetimes);
}

const WELL: Seen = { standing: 'well', causes: [] };
