/** What one entry would come to with another match list than its own, on the same evidence. */
import type { Bundle } from '../../policy/bundle.ts';
import type { Destination } from '../../policy/destinations.ts';
import type { MatchPattern } from '../../policy/entry.ts';
import { parseMatch } from '../../policy/match-pattern.ts';
import { type Evidence, judge } from '../../verdict/judge.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';

/**
 * What `secure` without a match list would come to; undefined where the entry is not at that level.
 */
export function withoutMatchList(...[destination, ...rest]: Judged): EntryVerdict | undefined {
  const [, bundle] = rest;
  const match = bundle.settings.secureCertMatch.map((element) => parseMatch(element));
  return levelOf(destination) === 'secure' ? judgeWith(match, destination, ...rest) : undefined;
}

/**
 * What `match=hostname` would come to, which `verify` asks by default; undefined where the entry is
 * at neither level.
 */
export function withHostname(...[destination, ...rest]: Judged): EntryVerdict | undefined {
  const level = levelOf(destination);
  return level === 'secure' || level === 'verify'
    ? judgeWith([{ kind: 'hostname' }], destination, ...rest)
    : undefined;
}

type Judged = [destination: Destination, evidence: Evidence, bundle: Bundle, at: number];

function levelOf({ hops: [hop] }: Destination): string | undefined {
  return hop?.demand.kind === 'demand' ? hop.demand.level : undefined;
}

function judgeWith(match: readonly MatchPattern[], ...[destination, ...rest]: Judged) {
  const [hop, ...others] = destination.hops;
  if (hop?.demand.kind !== 'demand') return undefined;
  const demand = { ...hop.demand, match, matchFrom: 'main.cf' as const };
  return judge({ ...destination, hops: [{ ...hop, demand }, ...others] }, ...rest);
}
