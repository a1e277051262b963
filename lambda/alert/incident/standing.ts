/** How an entry can stand, and how near the end of a forecast has to be for it to be told. Pure. */

import { least } from '../../extremes.ts';
import { calendarDays, DAY_MS } from '../../text/dates.ts';
import { REASONS } from '../../verdict/reason.ts';
import { type EntryVerdict, publishedName } from '../../verdict/verdict.ts';
import { endsAt } from './cause.ts';

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

/**
 * Whether anything is asked of the entry that can be judged from here; what is not watched is named
 * as such.
 */
export function isWatched({ verdict, reason }: Pick<EntryVerdict, 'verdict' | 'reason'>): boolean {
  const byDesign = reason !== null && REASONS[reason].byDesign;
  return verdict !== 'unchecked' && !(verdict === 'undetermined' && byDesign);
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
