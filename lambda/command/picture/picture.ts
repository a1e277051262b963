/**
 * Strips of verdicts and bars of validity over one axis of time, for a terminal: a name, the row, and
 * in a word what holds last. Shapes carry the meaning, colours repeat it. Pure.
 */
import { DAY_MS, daysLeft } from '../../text/dates.ts';
import { plain, shortName } from '../../text/strangers.ts';
import { wrap } from '../../text/wrap.ts';
import { VERDICT_ORDER } from '../summary.ts';
import { type Paint, VERDICT_STYLE } from '../terminal/colour.ts';
import type { Drawing } from '../terminal/drawing.ts';
import { type Axis, axisFor, axisLine, cellOf, joined } from './axis.ts';
import { type BarCell, barCells, type StripCell, stripCells } from './cells.ts';
import type { SeenCertificate, SeenEntry } from './seen.ts';

export interface Pictured {
  readonly entries: readonly SeenEntry[];
  readonly certificates: readonly SeenCertificate[];
  /** When anything was looked at, epoch ms. */
  readonly looks: readonly number[];
  /** Where the picture begins, and the moment it is of; epoch ms. */
  readonly from: number;
  readonly now: number;
  /** For two moments side by side: the other one, epoch ms, and which of them it was presented at. */
  readonly beside?: {
    readonly at: number;
    readonly sign: (certificate: SeenCertificate) => '-' | '+' | ' ';
  };
}

/** How it is drawn. */
export interface Hand {
  readonly drawing: Drawing;
  readonly paint: Paint;
  readonly width: number;
}

/** No line wider than the terminal; no line at all where nothing was seen. */
export function picture(pictured: Pictured, hand: Hand): string[] {
  const { certificates, looks, from, now, beside } = pictured;
  const { paint, width, drawing } = hand;
  const strips = pictured.entries.slice(0, STRIPS);
  const { bars, more } = barsOf(certificates);
  if (strips.length + bars.length === 0) return [];

  const signed = (label: string, certificate?: SeenCertificate) =>
    beside === undefined
      ? plain(label)
      : `${certificate === undefined ? ' ' : beside.sign(certificate)} ${plain(label)}`;
  const labels = [
    ...strips.map(({ name }) => signed(name)),
    ...bars.map(({ label, certificate }) => signed(label, certificate)),
  ];
  const notes = [
    ...strips.map((entry) => lastOf(entry) ?? ''),
    ...bars.map(({ certificate }) => noteOf(certificate, now)),
  ];
  const noteWidth = Math.max(...notes.map(({ length }) => length));
  const labelWidth = Math.min(
    Math.max(...labels.map(({ length }) => length)),
    Math.max(LEAST_LABEL, Math.floor(width * LABEL_SHARE)),
  );
  const until = endOf(bars, from, now);
  const axis = axisFor({ from, now, until }, width - labelWidth - noteWidth - 2 * GAP.length);
  const stripped = strips.map((entry) => stripCells(entry, axis));
  const barred = bars.map(({ certificate }) => barCells(certificate, axis, looks));
  const drawn = [
    ...stripped.map((cells) => cells.map((cell) => stripPart(cell, hand))),
    ...barred.map((cells) => cells.map((cell) => barPart(cell, hand))),
  ];
  const mark = paint('gray', drawing.now);
  const marks =
    beside === undefined
      ? [{ column: axis.past, word: 'now' }]
      : [
          { column: axis.past - (axis.future === 0 ? 1 : 0), word: '+' },
          { column: cellOf(axis, beside.at), word: '-' },
        ];
  const say = (text: string) => wrap(`  ${text}`, width, '  ');
  return [
    `${' '.repeat(labelWidth)}${GAP}${axisLine(axis, marks)}`.trimEnd(),
    ...drawn.map((cells, i) => {
      const name = shortName(labels[i] ?? '', labelWidth).padEnd(labelWidth);
      return `${name}${GAP}${joined(axis, cells, mark)}${GAP}${notes[i] ?? ''}`.trimEnd();
    }),
    ...[...entriesMore(pictured.entries.length - strips.length), ...more].flatMap(say),
    ...say(legend(stripped, barred, axis, drawing)),
  ];
}

interface Bar {
  /** Empty below the first of a host. */
  readonly label: string;
  readonly certificate: SeenCertificate;
}

/** By host, the latest of each, oldest first; and what is left out. */
function barsOf(certificates: readonly SeenCertificate[]): {
  readonly bars: readonly Bar[];
  readonly more: readonly string[];
} {
  const hosts = [...Map.groupBy(certificates, ({ host }) => host)].toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const shown = hosts.slice(0, HOSTS);
  const earlier = shown.reduce((sum, [, all]) => sum + Math.max(0, all.length - BARS), 0);
  return {
    bars: shown.flatMap(([host, all]) =>
      all
        .toSorted((a, b) => a.from - b.from || a.notAfter - b.notAfter)
        .slice(-BARS)
        .map((certificate, i) => ({ label: i === 0 ? host : '', certificate })),
    ),
    more: [
      ...(earlier === 0 ? [] : [`${counted(earlier, 'earlier certificate')} not drawn`]),
      ...(hosts.length === shown.length
        ? []
        : [`${counted(hosts.length - shown.length, 'more host')} not drawn`]),
    ],
  };
}

/** As far ahead as the certificates reach, but no further than the past goes back. */
function endOf(bars: readonly Bar[], from: number, now: number): number {
  const ends = bars.flatMap(({ certificate }) =>
    certificate.isCurrent ? certificate.notAfter : [],
  );
  return Math.min(Math.max(now, ...ends), now + Math.max(now - from, LEAST_AHEAD_MS));
}

const lastOf = ({ verdicts }: SeenEntry) => verdicts.at(-1)?.verdict;

function noteOf({ isCurrent, notAfter }: SeenCertificate, now: number): string {
  if (!isCurrent) return '';
  if (notAfter <= now) return 'expired';
  const years = Math.floor((notAfter - now) / (365.25 * DAY_MS));
  if (years >= 2) return `${years} years left`;
  const left = daysLeft(now, notAfter);
  return left === 'today' ? 'ends today' : `${left} left`;
}

const stripPart = (cell: StripCell, { drawing, paint }: Hand): string =>
  cell === undefined ? ' ' : paint(VERDICT_STYLE[cell], drawing.verdict[cell]);

const barPart = (cell: BarCell, { drawing, paint }: Hand): string =>
  cell === undefined ? ' ' : paint(BAR_STYLE[cell], drawing[cell]);

/** What the shapes mean, of those that are there. */
function legend(
  strips: readonly (readonly StripCell[])[],
  bars: readonly (readonly BarCell[])[],
  { cellDays, past }: Axis,
  drawing: Drawing,
): string {
  const verdicts = VERDICT_ORDER.toReversed()
    .filter((verdict) => strips.some((cells) => cells.includes(verdict)))
    .map((verdict) => `${drawing.verdict[verdict]} ${verdict}`);
  const states = (['presented', 'valid', 'invalid'] as const)
    .filter((state) => bars.some((cells) => cells.includes(state)))
    .map((state) => `${drawing[state]} ${BAR_WORDS[state]}`);
  const gaps = strips.some((cells) => cells.slice(0, past).includes(undefined))
    ? ['blank: not seen']
    : [];
  const cell = cellDays === 1 ? 'a cell is a day' : `a cell is ${cellDays} days`;
  return [...verdicts, ...states, ...gaps, cell].join('; ');
}

const entriesMore = (count: number): string[] =>
  count === 0 ? [] : [`${counted(count, 'more entry', 'more entries')} not drawn`];

const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

const BAR_STYLE = { presented: 'green', valid: 'gray', beyond: 'gray', invalid: 'red' } as const;
const BAR_WORDS = {
  presented: 'presented',
  valid: 'valid',
  invalid: 'presented outside its dates',
} as const;

const GAP = '  ';
const LEAST_LABEL = 12;
const LABEL_SHARE = 0.32;
const STRIPS = 12;
const HOSTS = 10;
/** Of one host: a certificate of six days has sixty of them a year. */
const BARS = 4;
const LEAST_AHEAD_MS = 30 * DAY_MS;
