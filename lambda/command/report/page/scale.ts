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
  /** Strokes of an SVG path over these spans, on an axis of 10,000 units, as far as they are on it. */
  strokes(spans: readonly (Span & { readonly y: number })[]): string;
  /** The same of moments: round caps make dots of them. */
  dots(times: readonly number[], y: number): string;
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
    strokes: (spans) =>
      spans
        .map(({ from, until, y }) => {
          const [a, b] = [Math.max(0, share(from)), Math.min(1, share(until))];
          const width = Math.max(Math.round((b - a) * UNITS), NARROWEST * UNITS);
          return b > a ? `M${Math.round(a * UNITS)} ${y}h${width}` : '';
        })
        .join(''),
    dots: (times, y) =>
      times
        .filter((time) => share(time) >= 0 && share(time) <= 1)
        .map((time) => `M${Math.round(share(time) * UNITS)} ${y}h0`)
        .join(''),
    ticks: (count) => {
      const dates = utcTicks(span, count);
      const words = utcFormat(dates);
      return dates.map((date) => ({ x: percent(share(date)), words: words(date) }));
    },
  };
}

/** In hundredths of a percent: of a year, half an hour. */
const percent = (share: number): string => `${Number((share * 100).toFixed(2))}%`;

/** The width of what strokes() draws on. */
export const UNITS = 10_000;

/** What is there is seen, however short it was. */
const NARROWEST = 0.0015;
