/**
 * The MTA-STS policies of domains, each asked for once, so many at a time and no more than so many;
 * and those that runs keep, which count until they run out, whatever is found today (RFC 8461 §5.1).
 */
import { isInForce, type KeptPolicy, whyMissing } from '../../alert/sts/memory.ts';
import { findSts, type StsFinding } from '../../route/mta-sts/find.ts';
import type { SourceDoors } from '../explain/name-sources.ts';

export interface StsAsking {
  /** Undefined where none is in force, or as many were asked as may be, or time is up. */
  readonly of: (domain: string) => Promise<EnforcedSts | undefined>;
  /** Domains that were not asked for that reason, and of which no policy is kept. */
  readonly left: () => readonly string[];
}

/** A policy that counts. */
export interface EnforcedSts {
  /** Lower case: a host, or `*.parent`. */
  readonly mx: readonly string[];
  /** Epoch ms. */
  readonly until: number;
  /** Of one that is kept, and could not be had today. */
  readonly kept?: {
    /** Epoch ms. */
    readonly fetchedAt: number;
    /** A clause for people; absent where nobody was asked. */
    readonly missing?: string;
  };
}

/**
 * @param kept by domain
 * @param stopAt epoch ms
 */
export function askingSts(
  { dns, fetchPolicy }: Pick<SourceDoors, 'dns' | 'fetchPolicy'>,
  kept: ReadonlyMap<string, KeptPolicy>,
  now: () => number,
  stopAt: number,
  most = POLICIES_ASKED,
): StsAsking {
  const asked = new Map<string, Promise<StsFinding>>();
  const left = new Set<string>();
  let turn: Promise<unknown>[] = Array.from({ length: AT_ONCE }, () => Promise.resolve());
  const ask = (domain: string) => {
    const [before, ...others] = turn;
    const found = (before ?? Promise.resolve()).then(() => findSts(domain, dns, fetchPolicy, now));
    turn = [...others, found.catch(() => undefined)];
    asked.set(domain, found);
    return found;
  };
  return {
    left: () => [...left],
    async of(domain) {
      const mayAsk = asked.size < most && now() < stopAt;
      const found = await (asked.get(domain) ?? (mayAsk ? ask(domain) : undefined));
      const known = inForce(found, kept.get(domain), now());
      if (found === undefined && known === undefined) left.add(domain);
      return known;
    },
  };
}

/** @param found undefined where nobody was asked */
function inForce(
  found: StsFinding | undefined,
  kept: KeptPolicy | undefined,
  at: number,
): EnforcedSts | undefined {
  if (found?.kind === 'policy')
    return found.policy.mode === 'enforce'
      ? { mx: found.policy.mx, until: found.until }
      : undefined;
  if (!isInForce(kept, at)) return undefined;
  const { mx, until, fetchedAt } = kept;
  const missing = found === undefined ? {} : { missing: whyMissing(found) };
  return { mx, until, kept: { fetchedAt, ...missing } };
}

const POLICIES_ASKED = 200;
const AT_ONCE = 4;
