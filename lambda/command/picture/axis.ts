/** Time from left to right in cells of whole days (UTC), the last one of the past holding now. Pure. */
import { DAY_MS, shortDay } from '../../text/dates.ts';

export interface Axis {
  /** Start of the first cell, epoch ms. */
  readonly start: number;
  readonly cellDays: number;
  /** Cells up to and with the one of now. */
  readonly past: number;
  /** Cells behind it; 0 where nothing is ahead. */
  readonly future: number;
}

export interface Span {
  /** All epoch ms. */
  readonly from: number;
  readonly now: number;
  /** At or before `now`: nothing is ahead. */
  readonly until: number;
}

/**
 * The finest that shows all of the past and, in a third of the columns at least, what is ahead, as
 * far as it fits. One column stands between the two.
 */
export function axisFor({ from, now, until }: Span, columns: number): Axis {
  const today = Math.floor(now / DAY_MS);
  const back = Math.max(1, today - Math.floor(from / DAY_MS) + 1);
  const ahead = Math.max(0, Math.floor(until / DAY_MS) - today);
  const room = Math.max(2, columns - (ahead === 0 ? 0 : 1));
  const kept = Math.floor(room / 3);
  let cellDays = 1;
  while (Math.ceil(back / cellDays) + Math.min(kept, Math.ceil(ahead / cellDays)) > room)
    cellDays++;
  const past = Math.ceil(back / cellDays);
  const future = Math.min(Math.ceil(ahead / cellDays), room - past);
  return { start: (today + 1 - past * cellDays) * DAY_MS, cellDays, past, future };
}

/** The cell of a moment: below 0 before the first one, `cellsOf` and above behind the last. */
export const cellOf = ({ start, cellDays }: Axis, at: number): number =>
  Math.floor((at - start) / (cellDays * DAY_MS));

/** When a cell begins, epoch ms; that of the one behind the last is the end of all. */
export const startOf = ({ start, cellDays }: Axis, cell: number): number =>
  start + cell * cellDays * DAY_MS;

export const cellsOf = ({ past, future }: Axis): number => past + future;

/** Columns that a row has. */
const widthOf = ({ past, future }: Axis): number => past + future + (future === 0 ? 0 : 1);

/** The cells in a row of columns, with `mark` between past and future. */
export function joined({ past, future }: Axis, cells: readonly string[], mark: string): string {
  const before = cells.slice(0, past).join('');
  return future === 0 ? before : `${before}${mark}${cells.slice(past).join('')}`;
}

/** A word above the column where it begins. */
export interface Mark {
  readonly column: number;
  readonly word: string;
}

/**
 * The dates above: the marks, where it begins and where it ends; what has no room is left out, and
 * marks go first.
 */
export function axisLine(axis: Axis, marks: readonly Mark[]): string {
  const width = widthOf(axis);
  const end = startOf(axis, cellsOf(axis)) - 1;
  const dates: Mark[][] = [
    [longDate(axis.start), shortDate(axis.start)].map((word) => ({ column: 0, word })),
    [longDate(end), shortDate(end)].map((word) => ({ column: width - word.length, word })),
  ];
  let line = ' '.repeat(width);
  const isFree = ({ column, word }: Mark, gap: number) =>
    column >= 0 &&
    column + word.length <= width &&
    line.slice(Math.max(0, column - gap), column + word.length + gap).trim() === '';
  const put = (mark: Mark | undefined) => {
    if (mark === undefined) return;
    const { column, word } = mark;
    line = line.slice(0, column) + word + line.slice(column + word.length);
  };
  for (const mark of marks) put(isFree(mark, 0) ? mark : undefined);
  for (const forms of dates) put(forms.find((mark) => isFree(mark, 1)));
  // Nothing stands behind a row of few days but a word.
  return line.trim() === '' ? longDate(axis.start) : line.trimEnd();
}

/** `2026-12-05` */
const longDate = (at: number): string => new Date(at).toISOString().slice(0, 10);
/** `5 Dec` */
const shortDate = (at: number): string => shortDay(at).slice(4);
