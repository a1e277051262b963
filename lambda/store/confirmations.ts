/**
 * That somebody asked whether mail of a destination is meant to go where DNS says
 * (snapshot/caution): one for each destination, for all vantages of a policy.
 */
import type { Confirmation } from '../snapshot/caution.ts';
import type { ItemProblem } from './item.ts';
import { confirmation as kind } from './item-kinds.ts';
import { keyName, keys, type Reader, type Store } from './keys.ts';
import { readLasting, saveLasting } from './until.ts';

export interface Confirmations {
  /** Those that have not ended at `now`, in order of their destinations. */
  readonly confirmations: readonly Confirmation[];
  readonly problems: readonly ItemProblem[];
}

export async function readConfirmations(
  { table, space }: Reader,
  now: number,
): Promise<Confirmations> {
  const { lasting, problems } = await readLasting(table, kind, keys.confirmations(space), now);
  return { confirmations: lasting, problems };
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
  await saveLasting(table, kind, key, confirmation, `"${confirmation.destination}" was confirmed`);
}
