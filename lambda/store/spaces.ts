/**
 * Which policies and vantages have runs in a store: for whoever asks about one that has none. And the
 * space in which candidates are kept beside a policy.
 */
import { fromItem } from './item.ts';
import { runRecord as kind } from './item-kinds.ts';
import type { Space } from './keys.ts';
import type { Table } from './table.ts';

export interface SpaceWithRuns extends Space {
  /** When its latest run began, epoch ms. */
  readonly lastRunAt: number;
}

/**
 * Where what is seen of candidates is kept, beside the policy that has no line for them. No policy can
 * have this name: `~` is no character of one.
 */
export const observedSpace = ({ policy, vantage }: Space): Space => ({
  policy: `${policy}${OBSERVED}`,
  vantage,
});

const OBSERVED = '~observed';

/**
 * Reads the whole table: on disk alone. The latest first; candidates, and records that have expired or
 * cannot be read, are left out.
 */
export async function spacesWithRuns(table: Table, now: number): Promise<readonly SpaceWithRuns[]> {
  const found = new Map<string, SpaceWithRuns>();
  for await (const page of table.scan()) {
    for (const item of page) {
      const [, policy, vantage] = /^([^/]+)\/run#(.+)$/.exec(item.pk) ?? [];
      if (policy === undefined || vantage === undefined || policy.endsWith(OBSERVED)) continue;
      const read = fromItem(kind, item, now);
      if (read.kind !== 'held') continue;
      const { startedAt } = read.value;
      const before = found.get(item.pk);
      if (before === undefined || before.lastRunAt < startedAt)
        found.set(item.pk, { policy, vantage, lastRunAt: startedAt });
    }
  }
  return [...found.values()].sort((a, b) => b.lastRunAt - a.lastRunAt);
}
