/** What commands that need no store take from one where there is one. */
import { type OpenStore, openStore } from '../local-doors.ts';
import { StoreError } from '../store/table-error.ts';
import { type PlaceFlags, placeOf } from './place.ts';
import type { Console } from './terminal/console.ts';

/**
 * What `use` makes of the store; `otherwise` where none is named and the usual one is not there, or
 * cannot be read.
 *
 * @throws StoreError where a store that is named, or that is to be changed, cannot be used
 */
export async function fromStoreIfThere<Value>(
  flags: PlaceFlags,
  { env }: Pick<Console, 'env'>,
  use: (open: OpenStore) => Promise<Value>,
  otherwise: (error: StoreError) => Value,
  purpose: 'read' | 'change' = 'read',
): Promise<Value> {
  const isWanted = flags.store !== undefined || flags.env !== undefined || purpose === 'change';
  try {
    const open = await openStore(await placeOf(flags), purpose, env);
    try {
      return await use(open);
    } finally {
      open.close();
    }
  } catch (error) {
    if (isWanted || !(error instanceof StoreError)) throw error;
    return otherwise(error);
  }
}
