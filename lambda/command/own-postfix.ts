/** Flags that name no policy → this host's own Postfix, as every Postfix tool takes it. */
import type { BundleOptions } from '../policy/gather/machine.ts';
import { namesPolicy, noPolicySentence, type OwnPostfix } from '../policy/gather/own-postfix.ts';
import { ownPostfix } from '../policy/gather/this-machine.ts';
import { UsageError } from '../usage-error.ts';

type Named = Pick<BundleOptions, 'table' | 'configDirectory' | 'mainCf' | 'isOwnPostfix'>;

/**
 * The same flags where they name a table or settings; else with the configuration directory of this
 * host's Postfix.
 *
 * @throws UsageError where there is none
 */
export async function withPolicySource<F extends Named>(
  table: string | undefined,
  flags: F,
): Promise<F & Named> {
  const found = await namedOrOwn(table, flags);
  if (found.kind !== 'flags') throw new UsageError(noPolicySentence(found));
  return found.flags;
}

/** The same, where a policy is welcome and not needed: without one the flags are as they were. */
export async function withPolicyIfAny<F extends Named>(
  table: string | undefined,
  flags: F,
): Promise<F & Named> {
  const found = await namedOrOwn(table, flags);
  return found.kind === 'flags' ? found.flags : flags;
}

async function namedOrOwn<F extends Named>(
  table: string | undefined,
  flags: F,
): Promise<
  | { readonly kind: 'flags'; readonly flags: F & Named }
  | Exclude<OwnPostfix, { readonly kind: 'found' }>
> {
  const named = { ...flags, ...(table === undefined ? {} : { table }) };
  if (namesPolicy(named)) return { kind: 'flags', flags: named };
  const own = await ownPostfix();
  if (own.kind !== 'found') return own;
  const { configDirectory } = own;
  return { kind: 'flags', flags: { ...flags, configDirectory, isOwnPostfix: true } };
}
