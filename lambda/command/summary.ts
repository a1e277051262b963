/**
 * Counts, order and exit status of a set of verdicts (exit codes: the monitoring-plugins
 * convention, README).
 */
import { horizonDays, isWatched } from '../alert/incident/standing.ts';
import { calendarDays, DAY_MS } from '../text/dates.ts';
import type { EntryVerdict, Verdict } from '../verdict/verdict.ts';

export type VerdictCounts = Readonly<Record<Verdict, number>>;

/** Worst first. */
export const VERDICT_ORDER: readonly Verdict[] = [
  'fail',
  'degraded',
  'undetermined',
  'pass',
  'unchecked',
];

export function countVerdicts(verdicts: readonly EntryVerdict[]): VerdictCounts {
  const counts = { pass: 0, degraded: 0, fail: 0, undetermined: 0, unchecked: 0 };
  for (const { verdict } of verdicts) counts[verdict]++;
  return counts;
}

/**
 * Worst first, then as they stand in the table: behind those that fail come those that will, by
 * their dates. `at` is the moment of judgement, epoch ms.
 */
export function worstFirst(verdicts: readonly EntryVerdict[], at: number): EntryVerdict[] {
  const ranks = new Map(verdicts.map((entry) => [entry, rankOf(entry, at)]));
  const rank = (entry: EntryVerdict) => ranks.get(entry) ?? 0;
  return [...verdicts].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      (failsSoon(a, at) ? Date.parse(a.failsFrom ?? '') - Date.parse(b.failsFrom ?? '') : 0) ||
      inTableOrder(a, b),
  );
}

/** As they stand in the table; behind them what no line covers. */
export function inTableOrder(
  a: Pick<EntryVerdict, 'line'> | undefined,
  b: Pick<EntryVerdict, 'line'> | undefined,
): number {
  return (a?.line ?? Number.MAX_SAFE_INTEGER) - (b?.line ?? Number.MAX_SAFE_INTEGER);
}

const rankOf = (entry: EntryVerdict, at: number): number =>
  failsSoon(entry, at) ? 0.5 : VERDICT_ORDER.indexOf(entry.verdict);

/** `3 entries: 1 fail, 2 pass`; kinds that do not occur are left out. */
export function summarySentence(counts: VerdictCounts): string {
  const total = VERDICT_ORDER.reduce((sum, verdict) => sum + counts[verdict], 0);
  const parts = VERDICT_ORDER.filter((verdict) => counts[verdict] > 0).map(
    (verdict) => `${counts[verdict]} ${verdict}`,
  );
  return `${total} ${total === 1 ? 'entry' : 'entries'}: ${parts.join(', ') || 'nothing to judge'}`;
}

export interface ExitRules {
  /** Up to so many undetermined entries do not make the exit status 3. */
  readonly tolerate: number;
  /** False: the run was interrupted or ran out of time. */
  readonly complete: boolean;
  /** Nothing could be seen from here although something was tried. */
  readonly blind: boolean;
  /** Epoch ms of the judgement. */
  readonly at: number;
}

/**
 * 2 an entry fails; else 1 attention; else 3 undetermined, blind, cut short, or nothing to judge at
 * all; else 0. One `unchecked` among others does not count.
 */
export function exitCode(verdicts: readonly EntryVerdict[], rules: ExitRules): 0 | 1 | 2 | 3 {
  const counts = countVerdicts(verdicts);
  if (counts.fail > 0) return 2;
  if (counts.degraded > 0 || verdicts.some((entry) => failsSoon(entry, rules.at))) return 1;
  if (counts.undetermined > rules.tolerate || rules.blind || !rules.complete) return 3;
  return nothingWatched(verdicts) === undefined ? 0 : 3;
}

/** That nothing of all this is watched, with the next step; undefined where something is. */
export function nothingWatched(
  verdicts: readonly Pick<EntryVerdict, 'verdict' | 'reason'>[],
): string | undefined {
  if (verdicts.some(isWatched)) return undefined;
  const what =
    verdicts.length === 0
      ? 'there is no entry'
      : verdicts.length === 1
        ? 'the one entry cannot be judged'
        : `none of the ${verdicts.length} entries can be judged`;
  const next = 'name the domains that matter with --destination, and see lint';
  return `nothing is watched: ${what}; ${next}`;
}

/**
 * Whether the end in sight lies within the horizon of a daily run (docs/messages.md, "Told
 * ahead").
 */
export function failsSoon(entry: EntryVerdict, at: number): boolean {
  if (entry.failsFrom === null) return false;
  const from = Date.parse(entry.failsFrom);
  return calendarDays(at, from) <= horizonDays(entry, from, DAY_MS);
}

/**
 * That a source of policy can be read by Postfix and not by us, with the next step: nothing is
 * known of what stands in it. Empty where there is none.
 */
export function unreadableSources(verdicts: readonly EntryVerdict[]): string[] {
  const sentences = verdicts.flatMap(({ reason, sentence }) =>
    reason === 'source-unreadable' ? [sentence] : [],
  );
  // A run may have thousands of entries in one such table.
  const [first] = sentences;
  if (first === undefined) return [];
  const more = sentences.length - 1;
  return [
    more === 0 ? first : `${first} (and ${more} more for want of what this user may not read)`,
  ];
}
