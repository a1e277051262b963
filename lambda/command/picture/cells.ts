/** What each cell of the axis holds: the worst verdict seen in it, or what of a certificate. Pure. */
import type { Verdict } from '../../verdict/verdict.ts';
import { VERDICT_ORDER } from '../summary.ts';
import { type Axis, cellOf, cellsOf, startOf } from './axis.ts';
import type { SeenCertificate, SeenEntry } from './seen.ts';

/** Undefined where nothing was seen, and for all that is ahead. */
export type StripCell = Verdict | undefined;

export type BarCell = 'presented' | 'valid' | 'invalid' | 'beyond' | undefined;

/** A cell of several looks has the worst of them: a day that failed is never hidden in a week. */
export function stripCells({ verdicts }: SeenEntry, axis: Axis): StripCell[] {
  const cells = new Array<StripCell>(cellsOf(axis)).fill(undefined);
  for (const { at, verdict } of verdicts) {
    const cell = cellOf(axis, at);
    if (cell >= 0 && cell < axis.past) cells[cell] = worse(cells[cell], verdict);
  }
  return cells;
}

/** @param looks when anything was looked at, epoch ms: between them nothing is known to be presented */
export function barCells(
  { notBefore, notAfter, from, to }: SeenCertificate,
  axis: Axis,
  looks: readonly number[],
): BarCell[] {
  const looked = new Set(looks.map((at) => cellOf(axis, at)));
  const last = cellsOf(axis) - 1;
  return Array.from({ length: cellsOf(axis) }, (_, cell): BarCell => {
    const [start, end] = [startOf(axis, cell), startOf(axis, cell + 1)];
    if (looked.has(cell) && cell < axis.past && from < end && to >= start)
      return Math.min(to, end) > notAfter || Math.max(from, start) < notBefore
        ? 'invalid'
        : 'presented';
    if (notBefore >= end || notAfter <= start) return undefined;
    return cell === last && notAfter > end ? 'beyond' : 'valid';
  });
}

const worse = (a: StripCell, b: Verdict): Verdict =>
  a !== undefined && VERDICT_ORDER.indexOf(a) < VERDICT_ORDER.indexOf(b) ? a : b;
