/** What one entry would come to if Postfix sent a name (SNI), on the same evidence. */
import type { Bundle } from '../../policy/bundle.ts';
import type { Destination } from '../../policy/destinations.ts';
import { hasServername, type SentName, withServername } from '../../policy/other-servername.ts';
import { clientOf } from '../../policy/service.ts';
import { type Evidence, judge } from '../../verdict/judge.ts';
import type { EntryVerdict, Verdict } from '../../verdict/verdict.ts';

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
  return underServername(destination, now, evidence, bundle, at)?.verdict;
}

/** By any version. Undefined where the entry delivers, and without another name. */
export function underServername(
  destination: Destination,
  now: EntryVerdict,
  evidence: Evidence,
  bundle: Bundle,
  at: number,
): { readonly name: SentName; readonly verdict: EntryVerdict } | undefined {
  if (now.verdict !== 'fail' && now.verdict !== 'degraded') return undefined;
  const tried = (['hostname', 'nexthop'] as const).flatMap((name) => {
    const changed = withServername(destination, name);
    return changed === undefined ? [] : [{ name, verdict: judge(changed, evidence, bundle, at) }];
  });
  const best = (wanted: Verdict) => tried.find(({ verdict }) => verdict.verdict === wanted);
  return best('pass') ?? best('degraded') ?? tried[0];
}
