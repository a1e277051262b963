/**
 * Pushing a policy: the bundle and the files it was made of, stored where the scheduled function
 * reads them.
 *
 * A push is checked without asking any network: by lint, by judging what was seen under both
 * policies, and by the version that was last shown here. Problems that the policy in use has
 * already do not refuse it, so that an edit elsewhere is not held up.
 */
import type { Bundle } from '../../policy/bundle.ts';
import type { BundleSources } from '../../policy/gather/this-machine.ts';
import { lint } from '../../policy/lint/lint.ts';
import type { LintProblem } from '../../policy/lint/problem.ts';
import { policyTables } from '../../policy/lookup.ts';
import { type LeftOut, storableBundle, storableFiles } from '../../policy/without-secrets.ts';
import { BUNDLE_PART, bundleOfPolicy, bundlePart } from '../../run/watch/stored-policy.ts';
import { secretsIn } from '../../run/watch/stored-secrets.ts';
import { certificatesOf } from '../../snapshot/host-snapshot.ts';
import type { Remembered } from '../../snapshot/remembered-evidence.ts';
import { readCertificates } from '../../store/certificates.ts';
import type { Store } from '../../store/keys.ts';
import { readLatest } from '../../store/latest.ts';
import {
  type PolicyParts,
  policyState,
  policyVersion,
  pushPolicy,
  readPolicy,
  type StoredPolicy,
} from '../../store/policies.ts';
import type { PolicyHead } from '../../store/stored-values.ts';
import { StoreError } from '../../store/table-error.ts';
import { UsageError } from '../../usage-error.ts';
import { compareFates, type Difference } from './fates.ts';

export interface PushOptions {
  /** Who pushes, for people. */
  readonly by: string;
  /** Epoch ms. */
  readonly at: number;
  /**
   * The version that is expected to be in use, or how it begins; undefined where none was ever
   * shown here.
   */
  readonly expected: string | undefined;
  /** Whether `expected` was given by hand (`--expect`): then there must be such a version. */
  readonly insisted: boolean;
  /** Push whatever the guards say. */
  readonly force: boolean;
}

export type Refusal =
  /** Mail would be deferred for these, and the policy in use does not have them. */
  | { readonly kind: 'defers'; readonly problems: readonly LintProblem[] }
  /** Mail that is delivered now would not be. */
  | { readonly kind: 'breaks'; readonly differences: readonly Difference[] }
  /** Another version is in use than was last shown here. */
  | {
      readonly kind: 'not-shown';
      readonly head: PolicyHead;
      readonly expected: string | undefined;
      readonly insisted: boolean;
    }
  /** `--expect` names a version, and nothing was ever pushed. */
  | { readonly kind: 'nothing-there'; readonly expected: string }
  /** What is stored cannot be read, and so not compared with. */
  | { readonly kind: 'unreadable'; readonly because: string };

export type PushOutcome =
  | { readonly kind: 'unchanged'; readonly version: string }
  | { readonly kind: 'refused'; readonly refusals: readonly Refusal[] }
  | {
      readonly kind: 'pushed';
      readonly version: string;
      /** Absent: the first push. */
      readonly replaced?: PolicyHead;
      readonly differences: readonly Difference[];
      /** Whether anything was seen from this vantage that the policies could be judged on. */
      readonly seen: Seen;
      /** What would have been refused without force. */
      readonly overridden: readonly Refusal[];
      /** Lines that defer mail, in the policy in use as well. */
      readonly known: readonly LintProblem[];
      /** What the files here have that is not stored, because it may be a secret. */
      readonly leftOut: readonly LeftOut[];
      /** Of the version that was replaced, the like of it that is stored still. */
      readonly heldBefore: readonly LeftOut[];
    };

/** `denied`: these credentials may push, and not read what was seen. */
export type Seen = 'some' | 'none' | 'denied';

/**
 * The parts of a policy: the bundle, and under its path what may be stored of each file
 * (policy/without-secrets).
 */
export function partsOf({ bundle, files }: BundleSources): PolicyParts {
  const named = Object.entries(storableFiles(files, bundle).files).map(
    ([path, bytes]) => [path === BUNDLE_PART ? `./${path}` : path, bytes] as const,
  );
  return { ...Object.fromEntries(named), ...bundlePart(storableBundle(bundle)) };
}

/**
 * A table is stored as it is, so that a file that holds something else is not stored at all.
 *
 * @throws UsageError
 */
function refuseOtherFiles({ bundle }: BundleSources): void {
  const other = policyTables(bundle).find(({ noPolicy }) => noPolicy !== undefined);
  if (other === undefined) return;
  throw new UsageError(
    `${other.name} is no table of TLS policies, as none of its lines has a level: nothing was ` +
      'pushed, --force or not, since it may hold passwords',
  );
}

/**
 * @throws StoreError where the store cannot be used
 * @throws UsageError where a file that is named as a policy table is none
 */
export async function push(
  store: Store,
  sources: BundleSources,
  options: PushOptions,
): Promise<PushOutcome> {
  refuseOtherFiles(sources);
  const { by, at, force } = options;
  const parts = partsOf(sources);
  const version = policyVersion(parts);
  const { head, rev } = await policyState(store);
  if (head?.current === version) return { kind: 'unchanged', version };

  const stored = head === undefined ? undefined : await storedPolicy(store);
  const before = stored?.kind === 'bundle' ? stored.bundle : undefined;
  const remembered = before === undefined ? undefined : await rememberedFrom(store, at);
  const comparable = remembered === 'denied' ? undefined : remembered;
  const { fresh, known } = deferring(before, sources.bundle);
  const differences =
    before === undefined || comparable === undefined
      ? []
      : compareFates(before, sources.bundle, comparable, at);
  // Entries that lint reports are not reported again.
  const linted = new Set(fresh.flatMap(({ key }) => key ?? []));
  const breaking = differences.filter(
    ({ name, breaks }) => breaks !== undefined && !linted.has(breaks.key ?? name),
  );
  const refusals: Refusal[] = [
    ...shownRefusal(head, options),
    ...(stored?.kind === 'unreadable' ? [stored] : []),
    ...(fresh.length === 0 ? [] : [{ kind: 'defers' as const, problems: fresh }]),
    ...(breaking.length === 0 ? [] : [{ kind: 'breaks' as const, differences: breaking }]),
  ];
  if (refusals.length > 0 && !force) return { kind: 'refused', refusals };

  const pushed = await pushPolicy(store, { parts, by, at, rev });
  switch (pushed.kind) {
    case 'unchanged':
      return pushed;
    case 'refused':
      // Another push came first while this one was judged. Even with force it is not overwritten,
      // because nobody here has seen it.
      return {
        kind: 'refused',
        refusals: shownRefusal(pushed.head, { ...options, expected: undefined, insisted: false }),
      };
    case 'pushed':
      return {
        kind: 'pushed',
        version,
        ...(head === undefined ? {} : { replaced: head }),
        differences,
        seen: seenIn(remembered),
        overridden: refusals,
        known,
        leftOut: storableFiles(sources.files, sources.bundle).leftOut,
        heldBefore: stored?.kind === 'bundle' ? secretsIn(stored.policy, stored.bundle) : [],
      };
  }
}

function shownRefusal(
  head: PolicyHead | undefined,
  { expected, insisted }: PushOptions,
): Refusal[] {
  if (head === undefined)
    return insisted && expected !== undefined ? [{ kind: 'nothing-there', expected }] : [];
  if (expected !== undefined && head.current.startsWith(expected)) return [];
  return [{ kind: 'not-shown', head, expected, insisted }];
}

/**
 * Lint's problems that defer mail: those that are new, and those that the policy in use has as
 * well.
 */
function deferring(before: Bundle | undefined, after: Bundle) {
  const now = lint(after).filter(({ severity }) => severity === 'defers');
  // Without line numbers, which move when lines are added.
  const name = ({ code, key, postfixSays, effect }: LintProblem) =>
    JSON.stringify([code, key, postfixSays, effect]);
  const was = new Set(now.length === 0 || before === undefined ? [] : lint(before).map(name));
  return {
    fresh: now.filter((problem) => !was.has(name(problem))),
    known: now.filter((problem) => was.has(name(problem))),
  };
}

async function storedPolicy(
  store: Store,
): Promise<
  | { readonly kind: 'bundle'; readonly bundle: Bundle; readonly policy: StoredPolicy }
  | Extract<Refusal, { kind: 'unreadable' }>
  | undefined
> {
  try {
    const policy = await readPolicy(store);
    return policy === undefined
      ? undefined
      : { kind: 'bundle', bundle: bundleOfPolicy(policy), policy };
  } catch (error) {
    if (error instanceof StoreError && error.kind === 'damaged')
      return { kind: 'unreadable', because: error.message };
    throw error;
  }
}

/**
 * Everything seen last from this vantage, with the certificates to judge it by; `denied` where
 * these credentials are for pushing alone. `now` is epoch ms.
 */
async function rememberedFrom(store: Store, now: number): Promise<Remembered | 'denied'> {
  try {
    const latest = await readLatest(store, now);
    const hosts = [...latest.hosts.values()].map(({ value }) => value);
    const certificates = (await readCertificates(store, hosts.flatMap(certificatesOf))).der;
    const entries = [...latest.entries.values()].map(({ value }) => value.snapshot);
    return { entries, hosts, certificates };
  } catch (error) {
    if (error instanceof StoreError && error.kind === 'access-denied') return 'denied';
    throw error;
  }
}

function seenIn(remembered: Remembered | 'denied' | undefined): Seen {
  if (remembered === 'denied') return 'denied';
  return remembered !== undefined && [...remembered.hosts].length > 0 ? 'some' : 'none';
}
