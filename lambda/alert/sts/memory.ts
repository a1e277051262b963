/**
 * What is remembered of one domain's MTA-STS policy between runs: the policy itself until it runs
 * out, the one that lines rest on, and what of it was found and told. Plain JSON, epoch ms.
 *
 *     { "domain": "example.com", "firstAt": 1795586400000,
 *       "policy": { "id": "20261101", "mode": "enforce", "mx": ["*.example.net"],
 *         "fetchedAt": 1795586400000, "until": 1796191200000 }, "findings": [] }
 */
import type { StsLook } from '../../route/mta-sts/look-again.ts';
import type { StsMode } from '../../route/mta-sts/policy.ts';
import { DAY_MS } from '../../text/dates.ts';

export interface KeptPolicy {
  readonly id: string;
  readonly mode: StsMode;
  /** Lower case: a host, or `*.parent`. */
  readonly mx: readonly string[];
  readonly fetchedAt: number;
  /** A sender may go by it so long, whatever DNS and the web server say meanwhile. */
  readonly until: number;
}

export interface StsMemory {
  readonly domain: string;
  /** When it was first looked at. */
  readonly firstAt: number;
  /** The last that was fetched. */
  readonly policy?: KeptPolicy;
  /** The one that lines were made by, while what came after it does not fit them; else absent. */
  readonly base?: KeptPolicy;
  /** Why `policy` could not be confirmed, and since when. */
  readonly missing?: { readonly since: number; readonly because: string };
  readonly findings: readonly KeptFinding[];
}

/** Something found about a policy, until 14 days after its end. */
export interface KeptFinding {
  readonly id: string;
  readonly kind: StsFindingKind;
  /** Labels of the entries it is about. */
  readonly labels: readonly string[];
  /** In one line, for people. */
  readonly title: string;
  readonly since: number;
  /** It was so at the first look: told beside other news, and no news by itself. */
  readonly quiet?: true;
  readonly toldAt?: number;
  readonly endedAt?: number;
}

/** Worst first. */
export type StsFindingKind = 'unfit' | 'withdrawn' | 'changed' | 'appeared';

/**
 * What is known after a look. `before` is undefined for a domain that was never looked at, and the
 * answer is where the first look came to nothing: what the next one finds is no news then.
 */
export function afterLook(
  domain: string,
  before: StsMemory | undefined,
  look: StsLook,
  at: number,
): StsMemory | undefined {
  if (before === undefined && UNSETTLED.has(look.kind)) return undefined;
  const { missing, ...known }: StsMemory = before ?? { domain, firstAt: at, findings: [] };
  switch (look.kind) {
    case 'unchanged':
      return known;
    case 'put-off':
      return before;
    case 'policy': {
      const { id, until } = look;
      const { mode, mx } = look.policy;
      const base = known.base ?? known.policy;
      return {
        ...known,
        policy: { id, mode, mx, fetchedAt: at, until },
        ...(base === undefined ? {} : { base }),
      };
    }
    case 'none':
    case 'unanswered':
    case 'invalid-record':
    case 'unfetched':
    case 'invalid-policy':
      // Without a policy there is nothing that could be missed.
      if (known.policy === undefined) return known;
      return { ...known, missing: { since: missing?.since ?? at, because: whyMissing(look) } };
  }
}

const UNSETTLED: ReadonlySet<StsLook['kind']> = new Set(['put-off', 'unanswered', 'unfetched']);

type Missing = Exclude<StsLook, { readonly kind: 'unchanged' | 'put-off' | 'policy' }>;

/** A clause for people, already neutral. */
export function whyMissing(look: Missing): string {
  switch (look.kind) {
    case 'none':
      return 'it is announced no more';
    case 'unanswered':
      return `DNS gives no answer about its record (${look.failure})`;
    case 'invalid-record':
    case 'unfetched':
    case 'invalid-policy':
      return look.because;
  }
}

/** Enforced, and not run out. */
export const isInForce = (policy: KeptPolicy | undefined, at: number): policy is KeptPolicy =>
  policy?.mode === 'enforce' && at < policy.until;

/** Of a domain that no line is about any more. */
export const withoutLines = (memory: StsMemory, at: number): StsMemory => ({
  ...memory,
  findings: memory.findings.map((one) => ({ ...one, endedAt: one.endedAt ?? at })),
});

/** Until when it is kept in the store; written anew when half of that has passed. */
export const stsKeptUntil = ({ policy }: StsMemory, at: number): number =>
  Math.max(at, policy?.until ?? 0) + KEPT_MS;

/** Whether what is stored until then would be gone too soon. */
export const isStsKeepingDue = (expiresAt: number | undefined, at: number): boolean =>
  expiresAt !== undefined && expiresAt - at < KEPT_MS / 2;

const KEPT_MS = 60 * DAY_MS;
