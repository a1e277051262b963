/**
 * Which changes of the other side are kept as an explanation: losses first, and hosts that changed
 * alike, as those with one certificate do, as one. Pure.
 */
import type { Change } from './entry-state.ts';

/** Hosts kept of those that changed alike; where there are so many, others may have. */
export const ALIKE_KEPT = 6;

/** Of so many different changes, each once; of those alike the latest. */
export function foremost(changes: readonly Change[], most: number): readonly Change[] {
  const alike = Map.groupBy(changes, ({ kind, before, after }) =>
    JSON.stringify([kind, before, after]),
  );
  return [...alike.values()]
    .map((group) => eachOnce(group).sort((a, b) => b.at - a.at))
    .sort(([a], [b]) => isLoss(b) - isLoss(a) || (b?.at ?? 0) - (a?.at ?? 0))
    .slice(0, most)
    .flatMap((group) => group.slice(0, ALIKE_KEPT));
}

/** The latest of each host. */
function eachOnce(changes: readonly Change[]): Change[] {
  const bySubject = new Map<string, Change>();
  for (const change of changes) {
    const known = bySubject.get(change.subject);
    if (known === undefined || known.at <= change.at) bySubject.set(change.subject, change);
  }
  return [...bySubject.values()];
}

const isLoss = (change: Change | undefined): number => (LOSSES.has(change?.kind ?? '') ? 1 : 0);

const LOSSES: ReadonlySet<string> = new Set([
  'name-removed',
  'starttls-lost',
  'trust-lost',
  'tlsa-removed',
  'dnssec-lost',
  'dnssec-broken',
  'mx-removed',
]);
