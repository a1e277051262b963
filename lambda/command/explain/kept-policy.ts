/** The MTA-STS policy of a domain that runs of `watch` keep: read, and never written here. */
import type { KeptPolicy } from '../../alert/sts/memory.ts';
import { openStore } from '../../local-doors.ts';
import { readStsMemory } from '../../store/sts-policies.ts';
import { StoreError } from '../../store/table-error.ts';
import { type PlaceFlags, placeOf } from '../place.ts';
import type { Console } from '../terminal/console.ts';

/**
 * Undefined where none is kept, or the usual store cannot be read.
 *
 * @throws StoreError where a store that is named cannot be used
 */
export async function policyKept(
  domain: string,
  flags: PlaceFlags,
  console: Pick<Console, 'env' | 'now'>,
): Promise<KeptPolicy | undefined> {
  try {
    const open = await openStore(await placeOf(flags), 'read', console.env);
    try {
      return (await readStsMemory(open.store, domain, console.now()))?.policy;
    } finally {
      open.close();
    }
  } catch (error) {
    const isNamed = flags.store !== undefined || flags.env !== undefined;
    if (isNamed || !(error instanceof StoreError)) throw error;
    return undefined;
  }
}
