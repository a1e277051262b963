/** The MTA-STS policies of domains, each asked for once, so many at a time and no more than so many. */
import { findSts, type StsFinding } from '../../route/mta-sts/find.ts';
import type { SourceDoors } from '../explain/name-sources.ts';

export interface StsAsking {
  /** Undefined where as many were asked as may be, or time is up. */
  readonly of: (domain: string) => Promise<StsFinding | undefined>;
  /** Domains that were not asked for that reason. */
  readonly left: () => readonly string[];
}

/** @param stopAt epoch ms */
export function askingSts(
  { dns, fetchPolicy }: Pick<SourceDoors, 'dns' | 'fetchPolicy'>,
  now: () => number,
  stopAt: number,
  most = POLICIES_ASKED,
): StsAsking {
  const asked = new Map<string, Promise<StsFinding>>();
  const left = new Set<string>();
  let turn: Promise<unknown>[] = Array.from({ length: AT_ONCE }, () => Promise.resolve());
  return {
    left: () => [...left],
    async of(domain) {
      const known = asked.get(domain);
      if (known !== undefined) return known;
      if (asked.size >= most || now() >= stopAt) {
        left.add(domain);
        return undefined;
      }
      const [before, ...others] = turn;
      const found = (before ?? Promise.resolve()).then(() =>
        findSts(domain, dns, fetchPolicy, now),
      );
      turn = [...others, found.catch(() => undefined)];
      asked.set(domain, found);
      return found;
    },
  };
}

const POLICIES_ASKED = 200;
const AT_ONCE = 4;
