/** The versions of a policy that are stored, and which of them hold secrets. */
import type { LeftOut } from '../../policy/without-secrets.ts';
import { bundleOfPolicy } from '../../run/watch/stored-policy.ts';
import { secretsIn } from '../../run/watch/stored-secrets.ts';
import type { Store } from '../../store/keys.ts';
import { readPolicy, type StoredVersion, storedVersions } from '../../store/policies.ts';
import { StoreError } from '../../store/table-error.ts';

export interface VersionHeld extends StoredVersion {
  /**
   * Of a version whose parts cannot be read it is not known; one that a release before stored only
   * in part is such a one.
   */
  readonly held: readonly LeftOut[] | 'unknown';
}

/**
 * All that are stored; undefined where these credentials may not read the whole table, which takes
 * `dynamodb:Scan`.
 */
export async function versionsHeld(store: Store): Promise<readonly VersionHeld[] | undefined> {
  let found: readonly StoredVersion[];
  try {
    found = await storedVersions(store);
  } catch (error) {
    if (error instanceof StoreError && error.kind === 'access-denied') return undefined;
    throw error;
  }
  const versions: VersionHeld[] = [];
  for (const one of found) versions.push({ ...one, held: await heldIn(store, one.version) });
  return versions;
}

/** Whether a version holds what may be secret, or may do so. */
export const mayHoldSecrets = ({ held }: VersionHeld): boolean =>
  held === 'unknown' || held.length > 0;

async function heldIn(store: Store, version: string): Promise<VersionHeld['held']> {
  try {
    const stored = await readPolicy(store, version);
    return stored === undefined ? 'unknown' : secretsIn(stored, bundleOfPolicy(stored));
  } catch (error) {
    if (error instanceof StoreError && error.kind === 'damaged') return 'unknown';
    throw error;
  }
}
