/**
 * Places on a time axis, as percentages of its width: what is drawn so needs no size known in
 * advance, and stays in shape when the axis is made longer.
 */

import type { Span } from '../spans.ts';
import { utcFormat, utcTicks } from './ticks.ts';

export interface Scale {
  readonly span: Span;
  /** `12.5%`. */
  at(time: number): string;
  /** Of a span, as far as it is on the axis; undefined where it is not. */
  part(span: Span): { readonly x: string; readonly width: string } | undefined;
  /** Round dates, about so many. */
  ticks(count: number): readonly { readonly x: string; readonly words: string }[];
}

export function scaleOf(span: Span): Scale {
  const share = (time: number) => (time - span.from) / (span.until - span.from);
  return {
    span,
    at: (time) => percent(share(time)),
    part: ({ from, until }) => {
      const [a, b] = [Math.max(0, share(from)), Math.min(1, share(until))];
      return b > a ? { x: percent(a), width: percent(Math.max(b - a, NARROWEST)) } : undefined;
    },
    ticks: (count) => {
      const dates = utcTicks(span, count);
      const words = utcFormat(dates);
      return dates.map((date) => ({ x: percent(share(date)), words: words(date) }));
    },
  };
}

/** In hundredths of a percent: of a year, half an hour. */
const percent = (share: number): string => `${Number((share * 100).toFixed(2))}%`;

/** What is there is seen, however short it was. */
const NARROWEST = 0.0015;
