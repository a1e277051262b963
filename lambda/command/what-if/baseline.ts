/**
 * The policy in force: the one that was pushed into the store, or else that of this host's Postfix.
 */
import type { Bundle } from '../../policy/bundle.ts';
import { NoPolicyTable } from '../../policy/gather/gather.ts';
import type { OwnPostfix } from '../../policy/gather/own-postfix.ts';
import { ownPostfix, readSources } from '../../policy/gather/this-machine.ts';
import { decodeText } from '../../postfix/decode.ts';
import { bundleOfPolicy } from '../../run/watch/stored-policy.ts';
import type { Store } from '../../store/keys.ts';
import { readPolicy } from '../../store/policies.ts';
import { UsageError } from '../../usage-error.ts';

export type InForce =
  | { readonly kind: 'pushed'; readonly version: string; readonly at: number; readonly by: string }
  | { readonly kind: 'host'; readonly configDirectory: string };

export interface Baseline {
  readonly bundle: Bundle;
  /** main.cf as it was read, where it was; of a pushed policy what is read of it. */
  readonly mainCf?: string;
  readonly inForce: InForce;
}

/**
 * @param smtpPort of --smtp-port, where this host's Postfix is read
 * @param offline nothing is asked of this host
 * @throws UsageError where there is neither
 * @throws StoreError where the pushed policy cannot be read
 */
export async function policyInForce(
  store: Store,
  smtpPort: number | undefined,
  offline: boolean,
): Promise<Baseline> {
  const stored = await readPolicy(store);
  if (stored !== undefined) {
    const bundle = bundleOfPolicy(stored);
    const { version, pushedAt: at, pushedBy: by } = stored;
    return withMainCf(bundle, stored.parts, { kind: 'pushed', version, at, by });
  }
  const own = offline ? undefined : await ownPostfix();
  const nothing = (because: string) =>
    new UsageError(
      'what-if: there is no policy in force to compare with: none was pushed under the name ' +
        `"${store.space.policy}" (policy push stores it), and ${because}`,
    );
  if (own?.kind !== 'found') throw nothing(noHost(own));
  const { configDirectory } = own;
  const { bundle, files } = await readSources({
    configDirectory,
    ...(smtpPort === undefined ? {} : { smtpPort }),
  }).catch((error: unknown) => {
    throw error instanceof NoPolicyTable
      ? nothing(`this host's Postfix has none: ${error.fact}`)
      : error;
  });
  return withMainCf(bundle, files, { kind: 'host', configDirectory });
}

function noHost(own: Exclude<OwnPostfix, { readonly kind: 'found' }> | undefined): string {
  switch (own?.kind) {
    case undefined:
      return 'with --offline-sources no Postfix is asked';
    case 'not-installed':
      return 'there is no Postfix on this host (postconf was not found)';
    case 'unusable':
      return `this host's Postfix cannot be asked (postconf: ${own.because})`;
  }
}

function withMainCf(
  bundle: Bundle,
  files: Readonly<Record<string, Uint8Array>>,
  inForce: InForce,
): Baseline {
  const source = bundle.mainCf?.source;
  const bytes = source === undefined ? undefined : files[source];
  return { bundle, inForce, ...(bytes === undefined ? {} : { mainCf: decodeText(bytes) }) };
}
