/** Round dates on an axis, in UTC, and what they are called there. */
import { utcTicks as ticksBetween } from 'd3-time';
import { DAY_MS, day } from '../../../text/dates.ts';
import type { Span } from '../spans.ts';

/** Epoch ms: midnights, Sundays, firsts of months or of years, about so many. */
export function utcTicks({ from, until }: Span, count: number): number[] {
  const most = Math.max(1, Math.min(count, Math.floor((until - from) / DAY_MS)));
  return ticksBetween(new Date(from), new Date(until), most).map(Number);
}

/** `Jan 2027` where all are firsts of months, else `3 Jan`. */
export function utcFormat(dates: readonly number[]): (date: number) => string {
  const monthly = dates.every((date) => new Date(date).getUTCDate() === 1);
  return (date) => {
    const [, year = '', month = '', of = ''] = /(\d{4})-(\d\d)-(\d\d)$/.exec(day(date)) ?? [];
    const name = MONTHS[Number(month) - 1] ?? '';
    return monthly ? `${name} ${year}` : `${Number(of)} ${name}`;
  };
}

const MONTHS = [
  ...['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun'],
  ...['Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'],
] as const;
