/**
 * What a line would have come to on the days that are remembered: the proof of a line that is
 * proposed, and its words. Pure.
 */
import { day } from '../text/dates.ts';

/** On how many of the days that can be told mail would have been delivered, whatever was presented. */
export interface LineHeld {
  readonly days: number;
  readonly of: number;
  /** The first and the last of those that can be told, ISO; null where there is none. */
  readonly from: string | null;
  readonly to: string | null;
  /** The last day on which it might not have been, ISO; null where there is none. */
  readonly lastFailedAt: string | null;
  /** Days on which it was looked at and it cannot be told. */
  readonly untold: number;
}

/**
 * `would have held on 90 of 90 days, Sun 2026-08-30 to Fri 2026-11-27`: a clause, with its dates, for
 * it is shown on later days as well. Undefined where no day can be told.
 */
export function heldWords(held: LineHeld | undefined): string | undefined {
  if (held === undefined || held.of === 0 || held.from === null || held.to === null)
    return undefined;
  const { days, of, from, to, lastFailedAt } = held;
  const [first, last] = [day(Date.parse(from)), day(Date.parse(to))];
  const when = of === 1 ? last : `${first} to ${last}`;
  const all = of === 1 ? '1 day' : `${of} days`;
  if (days === 0)
    return `fits what they show now; before, it would have held on none of ${all}, ${when}`;
  const missed =
    lastFailedAt === null ? '' : `; the last time not on ${day(Date.parse(lastFailedAt))}`;
  return `would have held on ${days} of ${all}, ${when}${missed}`;
}
