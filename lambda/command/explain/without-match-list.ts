/** What one entry would come to if it named no match list of its own. */
import type { Bundle } from '../../policy/bundle.ts';
import type { Destination } from '../../policy/destinations.ts';
import { parseMatch } from '../../policy/match-pattern.ts';
import { type Evidence, judge } from '../../verdict/judge.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';

/**
 * What `secure` without a match list would come to; undefined where the entry is not at that level.
 */
export function withoutMatchList(
  destination: Destination,
  evidence: Evidence,
  bundle: Bundle,
  at: number,
): EntryVerdict | undefined {
  const [hop, ...others] = destination.hops;
  if (hop?.demand.kind !== 'demand' || hop.demand.level !== 'secure') return undefined;
  const match = bundle.settings.secureCertMatch.map((element) => parseMatch(element));
  const demand = { ...hop.demand, match, matchFrom: 'main.cf' as const };
  return judge({ ...destination, hops: [{ ...hop, demand }, ...others] }, evidence, bundle, at);
}
