/**
 * That somebody asked whether mail of a destination is meant to go where DNS says
 * (snapshot/caution): one for each destination, for all vantages of a policy.
 */
import type { Confirmation } from '../snapshot/caution.ts';
import { fromItem, type ItemProblem, toItem } from './item.ts';
import { confirmation as kind } from './item-kinds.ts';
import { keyName, keys, type Store } from './keys.ts';
import { StoreError } from './table-error.ts';

export interface Confirmations {
  /** Those that have not ended at `now`, in order of their destinations. */
  readonly confirmations: readonly Confirmation[];
  readonly problems: readonly ItemProblem[];
}

export async function readConfirmations(
  { table, space }: Store,
  now: number,
): Promise<Confirmations> {
  const confirmations: Confirmation[] = [];
  const problems: ItemProblem[] = [];
  for await (const page of table.query(keys.confirmations(space))) {
    for (const item of page) {
      const read = fromItem(kind, item, now);
      if (read.kind === 'held' && read.value.until > now) confirmations.push(read.value);
      else if (read.kind === 'corrupt' || read.kind === 'newer') problems.push(read);
    }
  }
  return { confirmations, problems };
}

/**
 * Keeps one, in place of an earlier one; it is removed a week after its end.
 *
 * @throws StoreError `damaged` where a newer version's stands there.
 */
export async function saveConfirmation(
  { table, space }: Store,
  confirmation: Confirmation,
): Promise<void> {
  const key = { pk: keys.confirmations(space), sk: keyName(confirmation.id) };
  const item = toItem(kind, key, confirmation, {
    expiresAt: confirmation.until + 7 * 86_400_000,
  });
  if ((await table.put(item, { kind: 'not-newer', v: kind.v })) === 'lost')
    throw new StoreError(
      'damaged',
      `${table.title}: "${confirmation.destination}" was confirmed by a newer version; update ` +
        'this installation',
    );
}
