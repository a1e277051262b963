/**
 * The policy beside a store, for commands that ask nothing: the one that is named, or else the one
 * that was pushed.
 */
import type { Bundle } from '../../policy/bundle.ts';
import { readBundle } from '../../policy/gather/this-machine.ts';
import { bundleOfPolicy } from '../../run/watch/stored-policy.ts';
import type { Store } from '../../store/keys.ts';
import { readPolicy } from '../../store/policies.ts';
import { StoreError } from '../../store/table-error.ts';
import type { BundleFlags } from '../flags.ts';

/** Undefined where the flags name none. */
export async function namedBundle(
  table: string | undefined,
  flags: BundleFlags,
): Promise<Bundle | undefined> {
  const named =
    table !== undefined || flags.configDirectory !== undefined || flags.mainCf !== undefined;
  return named ? readBundle({ ...flags, ...(table === undefined ? {} : { table }) }) : undefined;
}

/** Undefined where nothing was pushed; a policy that cannot be read is told by `policy status`. */
export async function pushedBundle(store: Store): Promise<Bundle | undefined> {
  try {
    const policy = await readPolicy(store);
    return policy === undefined ? undefined : bundleOfPolicy(policy);
  } catch (error) {
    if (error instanceof StoreError && error.kind === 'damaged') return undefined;
    throw error;
  }
}
