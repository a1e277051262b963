/**
 * Dates for people: `Sun 2027-01-03 12:00Z`, calendar days and the last working day before. All in
 * UTC, times in epoch ms.
 */

export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const MONTHS = [
  ...['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun'],
  ...['Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'],
] as const;

/** `Sun 2027-01-03 12:00Z`, rounded down to the minute. */
export function moment(at: number): string {
  return `${day(at)} ${iso(at).slice(11, 16)}Z`;
}

/** `Sun 2027-01-03`. */
export function day(at: number): string {
  return `${DAYS[new Date(at).getUTCDay()]} ${iso(at).slice(0, 10)}`;
}

/** `Sat 5 Dec`, where the year is in no doubt. */
export function shortDay(at: number): string {
  const date = new Date(at);
  return `${DAYS[date.getUTCDay()]} ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
}

/**
 * Days between two dates by the calendar: Monday 23:59 to Tuesday 00:01 is one day. Negative where
 * `to` is before.
 */
export function calendarDays(from: number, to: number): number {
  return Math.floor(to / DAY_MS) - Math.floor(from / DAY_MS);
}

/** `today`, `1 day`, `9 days`, by the calendar. */
export function daysLeft(from: number, to: number): string {
  const days = calendarDays(from, to);
  return days === 0 ? 'today' : days === 1 ? '1 day' : `${days} days`;
}

/**
 * The last Monday to Friday before that day, as a moment within it. Holidays differ by country and
 * are not known.
 */
export function lastWorkingDayBefore(at: number): number {
  let before = at - DAY_MS;
  while (isWeekend(before)) before -= DAY_MS;
  return before;
}

/**
 * `Sun 2027-01-03 12:00Z (last working day before: Fri 2027-01-01)`; the words in brackets say so
 * where that day is today, or past.
 */
export function deadline(at: number, now: number): string {
  const working = lastWorkingDayBefore(at);
  const left = calendarDays(now, working);
  if (left < 0) return `${moment(at)} (no working day is left before)`;
  if (left === 0) return `${moment(at)} (the last working day before is today)`;
  return `${moment(at)} (last working day before: ${day(working)})`;
}

/** `3 days`, `1 day`, `less than a day`. */
export function daysLong(ms: number): string {
  const days = Math.round(ms / DAY_MS);
  if (ms < DAY_MS / 2) return 'less than a day';
  return days === 1 ? '1 day' : `${days} days`;
}

const isWeekend = (at: number) => [0, 6].includes(new Date(at).getUTCDay());
const iso = (at: number) => new Date(at).toISOString();
