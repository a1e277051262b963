/**
 * What is wrong with the tables and settings of a bundle, before any mail shows it.
 *
 * Postfix's own wording where Postfix has some, what it would do to mail, and the cure. Asks
 * nobody; what needs the other side's hosts is for `check`.
 */

import type { Bundle } from '../bundle.ts';
import { destinationsOf } from '../destinations.ts';
import { policyTables } from '../lookup.ts';
import { lintEntry } from './entry.ts';
import type { LintProblem } from './problem.ts';
import { lintSettings } from './settings.ts';
import { lintTable } from './table.ts';

/**
 * All problems: settings first, then each table by line.
 *
 * @param destinations those of the bundle, where somebody has them
 */
export function lint(bundle: Bundle, destinations = destinationsOf(bundle)): LintProblem[] {
  const tables = policyTables(bundle);
  const problems = [
    ...lintSettings(bundle, tables, destinations),
    ...tables.flatMap((table) => [
      ...lintTable(table, bundle),
      ...lintEntry(table, { bundle, tables, destinations }),
    ]),
  ];
  const places = new Map(tables.map(({ name }, index) => [name, index + 1] as const));
  const order = ({ place }: LintProblem) => (places.get(place.file) ?? 0) * 1e9 + (place.line ?? 0);
  return problems.sort((a, b) => order(a) - order(b));
}

/**
 * The worst severity; undefined for a clean bundle. Exit codes go by it: 2, 1, and 0 with notes
 * alone.
 */
export function worst(problems: readonly LintProblem[]): LintProblem['severity'] | undefined {
  return (['defers', 'warning', 'note'] as const).find((severity) =>
    problems.some((problem) => problem.severity === severity),
  );
}
