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
import { lintSettings } from './settings.ts';
import { lintTable } from './table.ts';

export interface LintProblem {
  readonly place: {
    /** `hash:/etc/postfix/tls_policy`, or the main.cf. */
    readonly file: string;
    /** From 1; null where it is about the whole file or a parameter that is not set. */
    readonly line: number | null;
  };
  /** The lookup key or the main.cf parameter it is about; null where it is about the file. */
  readonly key: string | null;
  /**
   * `defers`: mail would be deferred; `warning`: mail goes another way than the line says; `note`:
   * worth knowing.
   */
  readonly severity: 'defers' | 'warning' | 'note';
  readonly code: LintCode;
  /** What Postfix logs behind `warning: ` or `fatal: `; null where it says nothing. */
  readonly postfixSays: string | null;
  /** What it does to mail. One clause, lower case, no full stop. */
  readonly effect: string;
  /** What to write or do instead. */
  readonly cure: string;
}

export type LintCode = (typeof LINT_CODES)[number];

/** All problems: settings first, then each table by line. */
export function lint(bundle: Bundle): LintProblem[] {
  const tables = policyTables(bundle);
  const destinations = destinationsOf(bundle);
  const problems = [
    ...lintSettings(bundle, tables, destinations),
    ...tables.flatMap((table) => [
      ...lintTable(table, bundle),
      ...lintEntry(table, { bundle, tables, destinations }),
    ]),
  ];
  const order = (problem: LintProblem) => {
    const table = tables.findIndex(({ name }) => name === problem.place.file);
    return (table + 1) * 1e9 + (problem.place.line ?? 0);
  };
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

/** Closed; documented with the schema of `lint --json`. */
export const LINT_CODES = [
  'line-ignored',
  'duplicate-key',
  'broken-entry',
  'ignored-attribute',
  'never-looked-up',
  'handshake-impossible',
  'unknown-word',
  'address-in-match',
  'address-next-hop',
  'literal-star',
  'trailing-dot',
  'no-usable-name',
  'provider-domain',
  'provider-host',
  'unsigned-name',
  'replaced-match',
  'ignored-failure',
  'digest',
  'weak-digest',
  'leaf-digest',
  'parent-alone',
  'weaker-than-parent',
  'dane-off',
  'no-dnssec',
  'wrapper-mode',
  'weaker-fallback',
  'smtp-dies',
  'unknown-parameter',
  'main-cf-line',
  'secure-is-verify',
  'no-anchors',
  'tls-engine-off',
  'unreadable-file',
  'no-hash-link',
  'table-missing',
  'table-not-listable',
  'table-stale',
] as const;
