/**
 * Mutes by entry key or incident id, for all vantages of a policy (alert/incident/mute.ts).
 */
import type { Mute } from '../alert/incident/mute.ts';
import type { ItemProblem } from './item.ts';
import { mute as kind } from './item-kinds.ts';
import { keyName, keys, type Reader, type Store } from './keys.ts';
import { readLasting, saveLasting } from './until.ts';

export interface Mutes {
  /** Those that have not ended at `now`, in order of their keys. */
  readonly mutes: readonly Mute[];
  readonly problems: readonly ItemProblem[];
}

export async function readMutes({ table, space }: Reader, now: number): Promise<Mutes> {
  const { lasting, problems } = await readLasting(table, kind, keys.mutes(space), now);
  return { mutes: lasting, problems };
}

/**
 * Sets or replaces a mute; it is removed a week after its end.
 *
 * @throws StoreError `damaged` where a newer version's mute stands there.
 */
export async function saveMute({ table, space }: Store, mute: Mute): Promise<void> {
  const key = { pk: keys.mutes(space), sk: keyName(mute.key.toLowerCase()) };
  await saveLasting(table, kind, key, mute, `"${mute.key}" is muted`);
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
