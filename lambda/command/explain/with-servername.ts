/** What one entry would come to if Postfix could send a name (SNI), on the same evidence. */
import type { Bundle } from '../../policy/bundle.ts';
import type { Destination } from '../../policy/destinations.ts';
import { hasServername, withServername } from '../../policy/other-servername.ts';
import { clientOf } from '../../policy/service.ts';
import { type Evidence, judge } from '../../verdict/judge.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';

/** Undefined where the version has servername=, where the entry delivers, and without another name. */
export function beyondThisVersion(
  destination: Destination,
  now: EntryVerdict,
  evidence: Evidence,
  bundle: Bundle,
  at: number,
): EntryVerdict | undefined {
  const { settings } = clientOf(bundle, destination.hops[0]?.service);
  if (hasServername(settings.version) || now.verdict !== 'fail') return undefined;
  const tried = (['hostname', 'nexthop'] as const).flatMap((name) => {
    const changed = withServername(destination, name);
    return changed === undefined ? [] : [judge(changed, evidence, bundle, at)];
  });
  return tried.find(({ verdict }) => verdict === 'pass') ?? tried[0];
}
