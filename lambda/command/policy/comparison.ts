/**
 * The pushed policy against the files here: which are the same, and whether postmap was run. Pure.
 */
import { type Bundle, contentVersion } from '../../policy/bundle.ts';
import type { BundleSources } from '../../policy/gather/this-machine.ts';
import { BUNDLE_PART } from '../../run/watch/stored-policy.ts';
import { type PolicyParts, policyVersion, type StoredPolicy } from '../../store/policies.ts';
import { compareFates, type Difference } from './fates.ts';
import { partsOf } from './push.ts';

export interface ComparedFile {
  readonly path: string;
  readonly standing: 'same' | 'differs' | 'not-pushed' | 'not-read-here';
}

/** A table whose text is newer than what postmap made of it: Postfix still uses the older one. */
export interface StaleTable {
  readonly path: string;
  readonly database: string;
}

export interface PolicyComparison {
  /** Whether a push now would change nothing. */
  readonly same: boolean;
  readonly files: readonly ComparedFile[];
  /**
   * Parts of the bundle that differ: they may do so with the same files, under other flags or
   * another release.
   */
  readonly bundle: readonly BundleAspect[];
  readonly differences: readonly Difference[];
  readonly stale: readonly StaleTable[];
}

export type BundleAspect = 'tables' | 'settings' | 'trust' | 'destinations' | 'notes';

export function comparePolicy(
  stored: StoredPolicy,
  storedBundle: Bundle,
  sources: BundleSources,
  stale: readonly StaleTable[],
  at: number,
): PolicyComparison {
  const parts = partsOf(sources);
  const nothingSeen = { entries: [], hosts: [], certificates: {} };
  return {
    same: policyVersion(parts) === stored.version,
    files: compareFiles(stored.parts, parts),
    bundle: ASPECTS.filter(([, of]) => digest(of(storedBundle)) !== digest(of(sources.bundle))).map(
      ([aspect]) => aspect,
    ),
    differences: compareFates(storedBundle, sources.bundle, nothingSeen, at).filter(
      ({ before, after }) => before?.text !== after?.text,
    ),
    stale,
  };
}

function compareFiles(stored: PolicyParts, here: PolicyParts): ComparedFile[] {
  const paths = [...new Set([...Object.keys(here), ...Object.keys(stored)])].filter(
    (path) => path !== BUNDLE_PART,
  );
  return paths.toSorted().map((path) => {
    const [there, own] = [stored[path], here[path]];
    if (there === undefined) return { path, standing: 'not-pushed' };
    if (own === undefined) return { path, standing: 'not-read-here' };
    return { path, standing: Buffer.compare(there, own) === 0 ? 'same' : 'differs' };
  });
}

const ASPECTS: readonly (readonly [BundleAspect, (bundle: Bundle) => Partial<Bundle>])[] = [
  [
    'tables',
    ({
      policyTables,
      transportTables,
      routingTables = [],
      statusFilter,
      replyTables,
      answers = {},
    }) => ({
      policyTables,
      transportTables,
      routingTables,
      ...(statusFilter === undefined ? {} : { statusFilter }),
      ...(replyTables === undefined ? {} : { replyTables }),
      answers,
    }),
  ],
  // The names of the tables are told with the files.
  [
    'settings',
    ({ settings, routingSettings, services }) => ({
      settings: { ...settings, policyMaps: [], transportMaps: [] },
      ...(routingSettings === undefined ? {} : { routingSettings }),
      ...(services === undefined ? {} : { services }),
    }),
  ],
  ['trust', ({ trust, anchorFiles }) => ({ trust, anchorFiles })],
  ['destinations', ({ destinations }) => ({ destinations })],
  [
    'notes',
    ({ problems, fileProblems = [], mainCf, assumed }) => ({
      problems,
      fileProblems,
      assumed,
      ...(mainCf === undefined ? {} : { mainCf }),
    }),
  ],
];

/** With sorted keys, whatever order they were stored in. */
const digest = (part: Partial<Bundle>): string => contentVersion(part as Bundle);
