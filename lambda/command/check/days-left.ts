/** How many days are left until the first entry of a group stops, as a bar of days. Pure. */
import { calendarDays, daysLeft, shortDay } from '../../text/dates.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import type { Hand } from '../picture/picture.ts';
import { failsSoon } from '../summary.ts';

/**
 * One line, a day a shape; nothing where none of them is known to end, and where the bar has no
 * room. `at` is the moment of judgement, epoch ms.
 */
export function daysLeftBar(
  entries: readonly EntryVerdict[],
  at: number,
  { drawing, paint, width }: Hand,
): string[] {
  const ends = entries
    .filter((entry) => failsSoon(entry, at))
    .map(({ failsFrom }) => Date.parse(failsFrom ?? ''));
  if (ends.length === 0) return [];
  const first = Math.min(...ends);
  const days = Math.max(0, calendarDays(at, first));
  const shown = Math.min(days, MOST_DAYS);
  const bar = drawing.left.repeat(shown) + drawing.used.repeat(MOST_DAYS - shown);
  const words = days === 0 ? 'ends today' : `${daysLeft(at, first)} left, until ${shortDay(first)}`;
  if (2 + bar.length + 2 + words.length > width) return [];
  return [`  ${paint(days <= URGENT_DAYS ? 'red' : 'yellow', bar)}  ${words}`];
}

/** As far ahead as an end is told. */
const MOST_DAYS = 21;
const URGENT_DAYS = 3;
