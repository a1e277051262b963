/** What somebody said, and that ends by itself: mutes and confirmations, one item each. */
import { DAY_MS } from '../text/dates.ts';
import { fromItem, type ItemKind, type ItemProblem, toItem } from './item.ts';
import type { Key, Table, TableReader } from './table.ts';
import { StoreError } from './table-error.ts';

interface Ending {
  /** Epoch ms. */
  readonly until: number;
}

/** Those of a partition that have not ended at `now`, in order of their keys. */
export async function readLasting<T extends Ending>(
  table: TableReader,
  kind: ItemKind<T>,
  pk: string,
  now: number,
): Promise<{ readonly lasting: readonly T[]; readonly problems: readonly ItemProblem[] }> {
  const lasting: T[] = [];
  const problems: ItemProblem[] = [];
  for await (const page of table.query(pk)) {
    for (const item of page) {
      const read = fromItem(kind, item, now);
      if (read.kind === 'held' && read.value.until > now) lasting.push(read.value);
      else if (read.kind === 'corrupt' || read.kind === 'newer') problems.push(read);
    }
  }
  return { lasting, problems };
}

/**
 * Keeps one, in place of an earlier one; it is removed a week after its end.
 *
 * @throws StoreError `damaged` where a newer version's stands there, which `newer` says in a clause
 */
export async function saveLasting<T extends Ending>(
  table: Table,
  kind: ItemKind<T>,
  key: Key,
  value: T,
  newer: string,
): Promise<void> {
  const item = toItem(kind, key, value, { expiresAt: value.until + 7 * DAY_MS });
  if ((await table.put(item, { kind: 'not-newer', v: kind.v })) === 'lost')
    throw new StoreError(
      'damaged',
      `${table.title}: ${newer} by a newer version; update this installation`,
    );
}
