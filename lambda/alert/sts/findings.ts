/**
 * What is to be said of a domain's MTA-STS policy to those whose lines rest on it, or could. Pure.
 *
 * None of it is a failure: mail is delivered as the line says. A missing record and a policy that
 * cannot be fetched withdraw nothing before it has run out (RFC 8461 §5.1).
 */
import { createHash } from 'node:crypto';
import { namesHost } from '../../route/mta-sts/policy.ts';
import { isInForce, type KeptPolicy, type StsFindingKind, type StsMemory } from './memory.ts';
import { isFromDns, left, type NamedEntry, restsOn, uncovered } from './names.ts';

export interface StsFinding {
  readonly id: string;
  readonly kind: StsFindingKind;
  readonly domain: string;
  readonly entries: readonly NamedEntry[];
  /** The policy it is about: of a withdrawn one, what is there now or ran out. */
  readonly policy: KeptPolicy;
  /** Of a withdrawn policy. */
  readonly how?: 'none' | 'testing' | 'expired';
  /** Why one that ran out could not be fetched anew. */
  readonly because?: string;
  /** Of a changed policy: hosts that the lines do not take, and names of lines that are in it no more. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** MX hosts of today that it does not name. */
  readonly outside: readonly string[];
}

export interface StsScene {
  readonly vantage: string;
  readonly domain: string;
  readonly memory: StsMemory;
  readonly entries: readonly NamedEntry[];
  /** MX hosts of today; undefined where DNS gave none. */
  readonly hosts: readonly string[] | undefined;
  readonly at: number;
}

export function stsFindings(scene: StsScene): StsFinding[] {
  const { memory, entries, at } = scene;
  const { policy, base = policy } = memory;
  if (policy === undefined || base === undefined) return [];
  const resting = base.mode === 'enforce' ? entries.filter((one) => restsOn(one, base.mx)) : [];
  return [
    ...unfit(scene, policy, resting),
    ...(resting.length === 0 ? [] : withdrawn(scene, policy, resting)),
    ...changed(scene, base, policy, resting),
    ...appeared(scene, policy, resting),
  ].map((finding) => ({ ...finding, id: idOf(scene, finding) }));

  function withdrawn({ domain, memory: { missing } }: StsScene, now: KeptPolicy, of: Entries) {
    const found = { ...NOTHING, kind: 'withdrawn' as const, domain, entries: of, policy: now };
    if (now.mode !== 'enforce') return [{ ...found, how: now.mode }];
    // A second run without it: one that fails once may have failed here.
    const isGone = now.until <= at && missing !== undefined && at - missing.since >= 600_000;
    return isGone ? [{ ...found, how: 'expired' as const, because: missing.because }] : [];
  }
}

type Entries = readonly NamedEntry[];
type Found = Omit<StsFinding, 'id'>;

function unfit(
  { domain, entries, hosts, at }: StsScene,
  policy: KeptPolicy,
  resting: Entries,
): Found[] {
  if (!isInForce(policy, at) || hosts === undefined) return [];
  const outside = hosts.filter((host) => !namesHost(policy, host)).toSorted();
  const now = entries.filter((one) => resting.includes(one) || restsOn(one, policy.mx));
  if (outside.length === 0 || now.length === 0) return [];
  return [{ ...NOTHING, kind: 'unfit', domain, entries: now, policy, outside }];
}

/** Only what matters to a line: another id, or hosts that the line takes as well, are no news. */
function changed(
  { domain, at }: StsScene,
  base: KeptPolicy,
  policy: KeptPolicy,
  resting: Entries,
): Found[] {
  if (policy === base || !isInForce(policy, at)) return [];
  const fresh = policy.mx.filter((pattern) => !base.mx.includes(pattern));
  const touched = resting
    .map((entry) => ({
      entry,
      added: uncovered(entry, fresh),
      removed: left(entry, base.mx, policy.mx),
    }))
    .filter(({ added, removed }) => added.length > 0 || removed.length > 0);
  if (touched.length === 0) return [];
  const all = (names: readonly (readonly string[])[]) => [...new Set(names.flat())].toSorted();
  return [
    {
      ...NOTHING,
      kind: 'changed',
      domain,
      entries: touched.map(({ entry }) => entry),
      policy,
      added: all(touched.map(({ added }) => added)),
      removed: all(touched.map(({ removed }) => removed)),
    },
  ];
}

function appeared(
  { domain, entries, at }: StsScene,
  policy: KeptPolicy,
  resting: Entries,
): Found[] {
  if (!isInForce(policy, at)) return [];
  const fromDns = entries.filter(
    (one) => isFromDns(one, domain) && !resting.includes(one) && !restsOn(one, policy.mx),
  );
  return fromDns.length === 0
    ? []
    : [{ ...NOTHING, kind: 'appeared', domain, entries: fromDns, policy }];
}

const NOTHING = { added: [], removed: [], outside: [] } as const;

/**
 * The same as long as the same policy is what is said of it, however the line is edited meanwhile.
 * A policy appears once, whatever it says then.
 */
function idOf({ vantage, domain }: StsScene, { kind, how, policy }: Found): string {
  const said = JSON.stringify([
    vantage,
    domain,
    kind,
    how ?? '',
    kind === 'changed' ? policy.mx : [],
  ]);
  const digest = createHash('sha256').update(said).digest('hex').slice(0, 6);
  return `${domain.replace(/[^a-z0-9.-]+/g, '').slice(0, 100)}-mta-sts-${kind}-${digest}`;
}
