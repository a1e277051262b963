/**
 * The second look: entries that newly fail are looked at again with fresh DNS before a message goes
 * out.
 *
 * Where the second look came to a verdict it counts; where it did not, the first one's stays.
 */
import type { CheckRun } from '../check/check.ts';

/** How a new failure is confirmed. */
export type Confirmation =
  /** In the same run, after at least so long; 0 trusts the first look. */
  | { readonly kind: 'same-run'; readonly afterMs: number }
  /** By the next run, where a run has no time to wait: the function's. */
  | { readonly kind: 'next-run' };

/** Evidence after both looks, for what is remembered of routes. */
export function afterBoth(first: CheckRun, second: CheckRun | undefined): CheckRun {
  if (second === undefined) return first;
  const { routes, results, tlsa, ...rest } = first.evidence;
  const conclusive = Object.entries(second.evidence.routes).filter(
    ([, route]) => route.kind !== 'unanswered',
  );
  const seen = Object.entries(second.evidence.results).filter(
    ([, result]) => result.kind !== 'unseen',
  );
  return {
    ...first,
    evidence: {
      ...rest,
      routes: { ...routes, ...Object.fromEntries(conclusive) },
      results: { ...results, ...Object.fromEntries(seen) },
      ...(tlsa === undefined && second.evidence.tlsa === undefined
        ? {}
        : { tlsa: { ...tlsa, ...second.evidence.tlsa } }),
    },
  };
}
