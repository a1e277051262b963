/** What is known by the records, made up: for what is said of it. */
import type { OpenEntry, OpenIncident, Status } from '../../../lambda/command/status/read.ts';
import type { RunRecord } from '../../../lambda/store/stored-values.ts';

export const NOW = Date.parse('2026-11-28T09:00Z');
export const DAY = 86_400_000;

/** With as many entries as names. */
export function incident(
  standing: OpenIncident['standing'],
  names: readonly string[],
  { muted = false, ...more }: Partial<OpenEntry> & { readonly muted?: boolean } = {},
): OpenIncident {
  const entries = names.map((name) => ({
    ...{ id: name, name, standing, since: NOW - DAY, sentence: 'a sentence', suggestion: null, caution: null, held: null },
    ...(muted ? { mutedUntil: NOW + DAY } : {}),
    ...more,
  }));
  return {
    ...{ id: names.join(), standing, kind: 'entries', headline: 'a headline', reason: 'name-mismatch', provider: 'b.test' },
    ...{ since: NOW - DAY, muted, entries },
  };
}

export function sight(of: Partial<Status['sight']> = {}): Status['sight'] {
  const run = { stageAt: NOW - 3 * 3_600_000, counts: { notWatched: 0 } } as unknown as RunRecord;
  return { latest: run, complete: run, silent: false, failed: false, blind: false, owed: [], sentence: 'a sentence', ...of };
}

/** All well, but for what is given. */
export function statusOf(of: Partial<Status>): Status {
  return {
    ...{ at: NOW, sight: sight(), incidents: [], pending: [], undetermined: [], notWatched: [], notWatchedCount: 0 },
    ...{ policies: [], mutes: [], confirmations: [], watched: 3, mail: undefined, others: [], problems: [] },
    counts: { pass: 3, degraded: 0, fail: 0, undetermined: 0, unchecked: 0 },
    ...of,
  };
}
