/** What the function keeps of its time limit for telling and storing. */

/**
 * `reserveSeconds`, and more for a large table, whose first run writes every entry, its hosts and
 * their history; never more than a third of what there is left.
 */
export function writingReserveMs(
  reserveSeconds: number,
  entries: number,
  remainingMs: number,
): number {
  return Math.min(reserveSeconds * 1_000 + entries * MS_PER_ENTRY, remainingMs / 3);
}

/** Some 20 KB the first time, at the 4,000 KB a second of a new table, and half as much again. */
const MS_PER_ENTRY = 8;
