/** Words and small parts that the sections of a page share: states, times, names, counts. */
import type { Standing } from '../../../alert/incident/standing.ts';
import { DAY_MS, HOUR_MS, moment } from '../../../text/dates.ts';
import type { Verdict } from '../../../verdict/verdict.ts';
import { html, type Part } from './html.ts';

/** A state by its shape; its word stands beside it, and its colour adds to both. */
export const shape = (verdict: Verdict): Part =>
  html`<svg class=${`i ${verdict}`}><use href=${`#s-${verdict}`} /></svg>`;

export const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  fail: 'fail',
  degraded: 'degraded',
  undetermined: 'not judged',
  pass: 'pass',
  unchecked: 'unchecked',
};

/** The verdict that a standing looks like. */
export const VERDICT_OF: Readonly<Record<Standing, Verdict>> = {
  failing: 'fail',
  'failing-soon': 'degraded',
  degraded: 'degraded',
  unjudged: 'undetermined',
  well: 'pass',
};

/** `Sun 2027-01-03 12:00Z`, and how far away that is. */
export const when = (at: number, now: number): Part => [
  time(at, moment(at)),
  ' ',
  html`<small>(${relative(at, now)})</small>`,
];

/** For machines in ISO 8601, for people in words; a date that makes no sense is words alone. */
export function time(at: number, words: string): Part {
  if (!Number.isFinite(at)) return 'no date';
  return html`<time datetime=${new Date(at).toISOString().replace(/:\d\d\.\d{3}Z$/, 'Z')}>${words}</time>`;
}

/** `in 9 days`, `3 hours ago`, `now`. */
export function relative(at: number, now: number): string {
  const ms = Math.abs(at - now);
  const [n, unit] =
    ms >= 2 * DAY_MS
      ? [Math.floor(ms / DAY_MS), 'days']
      : ms >= DAY_MS
        ? [1, 'day']
        : ms >= 2 * HOUR_MS
          ? [Math.floor(ms / HOUR_MS), 'hours']
          : ms >= HOUR_MS
            ? [1, 'hour']
            : [Math.floor(ms / MINUTE_MS), 'minutes'];
  if (ms < 2 * MINUTE_MS) return 'now';
  return at > now ? `in ${n} ${unit}` : `${n} ${unit} ago`;
}

/** A line of a table, or a command: to be copied as it stands. */
export const code = (text: string): Part => html`<code>${text}</code>`;

/** A long name, which may break behind its dots. */
export function inParts(name: string): Part {
  if (name.length <= SHORT) return name;
  const parts = name.split(/(?<=[.:,])/);
  return parts.map((part, i) => (i === 0 ? part : [html`<wbr />`, part]));
}

/** `a, b, c and 5 more`. */
export const names = (all: readonly string[], more: number): Part => [
  all.join(', '),
  more === 0 ? '' : ` and ${more} more`,
];

export const counted = (n: number, one: string, many = `${one}s`): string =>
  `${n.toLocaleString('en-US')} ${n === 1 ? one : many}`;

const MINUTE_MS = 60_000;
const SHORT = 14;
