/** The MTA-STS policy of a domain that runs of `watch` keep: read, and never written here. */
import type { KeptPolicy } from '../../alert/sts/memory.ts';
import { readStsMemory } from '../../store/sts-policies.ts';
import type { PlaceFlags } from '../place.ts';
import { fromStoreIfThere } from '../store-if-there.ts';
import type { Console } from '../terminal/console.ts';

/**
 * Undefined where none is kept, or the usual store cannot be read.
 *
 * @throws StoreError where a store that is named cannot be used
 */
export const policyKept = (
  domain: string,
  flags: PlaceFlags,
  console: Pick<Console, 'env' | 'now'>,
): Promise<KeptPolicy | undefined> =>
  fromStoreIfThere(
    flags,
    console,
    async ({ store }) => (await readStsMemory(store, domain, console.now()))?.policy,
    () => undefined,
  );
