/**
 * Mutes by entry key or incident id, for all vantages of a policy (alert/incident/mute.ts).
 */
import type { Mute } from '../alert/incident/mute.ts';
import { fromItem, type ItemProblem, toItem } from './item.ts';
import { mute as kind } from './item-kinds.ts';
import { keyName, keys, type Store } from './keys.ts';
import { StoreError } from './table-error.ts';

export interface Mutes {
  /** Those that have not ended at `now`, in order of their keys. */
  readonly mutes: readonly Mute[];
  readonly problems: readonly ItemProblem[];
}

export async function readMutes({ table, space }: Store, now: number): Promise<Mutes> {
  const mutes: Mute[] = [];
  const problems: ItemProblem[] = [];
  for await (const page of table.query(keys.mutes(space))) {
    for (const item of page) {
      const read = fromItem(kind, item, now);
      if (read.kind === 'held' && read.value.until > now) mutes.push(read.value);
      else if (read.kind === 'corrupt' || read.kind === 'newer') problems.push(read);
    }
  }
  return { mutes, problems };
}

/**
 * Sets or replaces a mute; it is removed a week after its end.
 *
 * @throws StoreError `damaged` where a newer version's mute stands there.
 */
export async function saveMute({ table, space }: Store, mute: Mute): Promise<void> {
  const item = toItem(kind, { pk: keys.mutes(space), sk: keyName(mute.key.toLowerCase()) }, mute, {
    expiresAt: mute.until + 7 * 86_400_000,
  });
  if ((await table.put(item, { kind: 'not-newer', v: kind.v })) === 'lost')
    throw new StoreError(
      'damaged',
      `${table.title}: "${mute.key}" is muted by a newer version; update this installation`,
    );
}

/** Ends a mute, however its key is written; false means that there was none. */
export async function removeMute({ table, space }: Store, key: string): Promise<boolean> {
  return (
    (await table.delete(
      { pk: keys.mutes(space), sk: keyName(key.toLowerCase()) },
      { kind: 'present' },
    )) === 'written'
  );
}
