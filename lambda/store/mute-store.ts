/** Mutes: known and accepted for a while, by entry key or incident id, for a policy whatever the vantage. */
import { fromItem, type ItemProblem, toItem } from './item.ts';
import { mute as kind, type Mute } from './kinds.ts';
import { keys, type Store } from './layout.ts';

export interface Mutes {
  /** By key, those that have not ended at `now`. */
  readonly mutes: Readonly<Record<string, Mute>>;
  readonly problems: readonly ItemProblem[];
}

export async function readMutes({ table, space }: Store, now: number): Promise<Mutes> {
  const mutes: Record<string, Mute> = {};
  const problems: ItemProblem[] = [];
  for await (const page of table.query(keys.mutes(space))) {
    for (const item of page) {
      const read = fromItem(kind, item, now);
      if (read.kind === 'held' && read.value.until > now) mutes[item.sk] = read.value;
      else if (read.kind === 'corrupt' || read.kind === 'newer') problems.push(read);
    }
  }
  return { mutes, problems };
}

/** Sets or replaces a mute; it is removed a week after its end. */
export async function saveMute({ table, space }: Store, key: string, mute: Mute): Promise<void> {
  const item = toItem(kind, { pk: keys.mutes(space), sk: key }, mute, { expiresAt: mute.until + 7 * 86_400_000 });
  await table.put(item, { kind: 'not-newer', v: kind.v });
}

/** Ends a mute; false means that there was none. */
export async function removeMute({ table, space }: Store, key: string): Promise<boolean> {
  return (await table.delete({ pk: keys.mutes(space), sk: key }, { kind: 'present' })) === 'written';
}
