/** The table that the bench prints: a row as soon as it is measured, each with the flags that measure it again. */
import { median } from './cost.ts';

export interface Row {
  readonly figure: string;
  /** One number a round. */
  readonly ours: readonly number[];
  /** What it is held against, in the same rounds, in turn; absent: nothing, and no ratio. */
  readonly beside?: { readonly name: string; readonly figures: readonly number[] };
  readonly unit: 's' | 'ms' | 'MB' | 'MB/s';
  /** For `npm run bench --`. */
  readonly again: string;
}

export function printHead(): void {
  console.log(columns(['figure', 'ours', 'beside it', 'ratio (lowest to highest)', 'again with --']));
}

export function printRow({ figure, ours, beside, unit, again }: Row): void {
  const digits = unit === 's' ? 2 : 0;
  const shown = (figures: readonly number[]) => `${median(figures).toFixed(digits)} ${unit}`;
  const ratios = beside?.figures.map((other, i) => (ours[i] ?? Number.NaN) / other) ?? [];
  console.log(
    columns([
      figure,
      shown(ours),
      beside === undefined ? '' : `${beside.name} ${shown(beside.figures)}`,
      beside === undefined ? spread(ours, digits) : `${median(ratios).toFixed(2)}  ${spread(ratios, 2)}`,
      again,
    ]),
  );
}

function spread(figures: readonly number[], digits: number): string {
  if (figures.length < 2) return '';
  return `(${Math.min(...figures).toFixed(digits)} to ${Math.max(...figures).toFixed(digits)})`;
}

function columns(cells: readonly string[]): string {
  return cells
    .map((cell, i) => cell.padEnd(WIDTHS[i] ?? 0))
    .join('  ')
    .trimEnd();
}

const WIDTHS = [52, 9, 34, 24];
