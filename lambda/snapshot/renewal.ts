/**
 * Renewals: which are routine, which are late, and from when a certificate's end is told. Pure; all
 * times in ms.
 *
 * Renewal tools act at a third of the lifetime (90 days) or half of it (6 days). A warning before
 * that would come too early; it is due once the renewal has failed.
 */

import type { HostSnapshot, Sighting } from './host-snapshot.ts';
import { current, sightingKey } from './host-snapshot.ts';
import type { FindCertificate, Leaf } from './leaf.ts';
import { leafOf } from './leaf.ts';

/** Same names, same issuer, later dates: recorded, and never told. */
export function isRoutineRenewal(before: Leaf, after: Leaf): boolean {
  return (
    after.notAfter > before.notAfter &&
    after.issuedBy === before.issuedBy &&
    after.names.length === before.names.length &&
    after.names.every((name, i) => name === before.names[i])
  );
}

/**
 * How long before its end a certificate is worth a forecast: the larger of two run intervals and
 * the smaller of 21 days and one sixth of its lifetime.
 */
export function horizonMs(lifetimeMs: number, intervalMs: number): number {
  return Math.max(2 * intervalMs, Math.min(21 * DAY_MS, lifetimeMs / 6));
}

/** A certificate that should have been renewed by now, judged by how its predecessor was. */
export interface OverdueRenewal {
  readonly host: string;
  /** When it ends. */
  readonly notAfter: number;
  /** With how much validity left its predecessor was replaced. */
  readonly usuallyRenewedDaysBefore: number;
}

/**
 * Whether less validity is left than the predecessor had when it was replaced, minus the larger of
 * two days and a tenth of the lifetime. Never true after a predecessor that was replaced at the
 * last moment, nor for a certificate that has ended, which is a failure.
 */
export function isOverdue(
  leaf: Pick<Leaf, 'notBefore' | 'notAfter'>,
  predecessorLeftMs: number,
  at: number,
): boolean {
  const left = leaf.notAfter - at;
  const slack = Math.max(2 * DAY_MS, (leaf.notAfter - leaf.notBefore) / 10);
  return left > 0 && left < predecessorLeftMs - slack;
}

/** The overdue renewals of one host, over the certificates it presents now. */
export function overdueRenewals(
  snapshot: HostSnapshot,
  find: FindCertificate,
  at: number,
): OverdueRenewal[] {
  return current(snapshot).flatMap((sighting) => {
    const { predecessorLeftMs } = sighting;
    const leaf = predecessorLeftMs === undefined ? undefined : leafOf(sighting, find);
    if (
      leaf === undefined ||
      predecessorLeftMs === undefined ||
      !isOverdue(leaf, predecessorLeftMs, at)
    )
      return [];
    return [
      {
        host: snapshot.host,
        notAfter: leaf.notAfter,
        usuallyRenewedDaysBefore: Math.floor(predecessorLeftMs / DAY_MS),
      },
    ];
  });
}

/**
 * Notes on each new sighting that is a routine renewal how much validity the certificate it
 * replaced had left at `at`.
 */
export function notePredecessors(
  before: HostSnapshot | undefined,
  after: HostSnapshot,
  find: FindCertificate,
  at: number,
): HostSnapshot {
  if (before === undefined) return after;
  const known = new Set(before.sightings.map(({ result }) => sightingKey(result)));
  const sightings = after.sightings.map((sighting) => {
    if (known.has(sightingKey(sighting.result))) return sighting;
    const leaf = leafOf(sighting, find);
    const old = leaf === undefined ? undefined : predecessor(leaf, before.sightings, find);
    if (leaf === undefined || old === undefined || !isRoutineRenewal(old.leaf, leaf))
      return sighting;
    return { ...sighting, predecessorLeftMs: Math.max(0, old.leaf.notAfter - at) };
  });
  return { ...after, sightings };
}

/**
 * The certificate that a new one most likely stands in for: same issuer and most names in common,
 * then the latest.
 */
export function predecessor(
  leaf: Leaf,
  was: readonly Sighting[],
  find: FindCertificate,
): { readonly leaf: Leaf; readonly sighting: Sighting } | undefined {
  const names = new Set(leaf.names);
  const scored = was.flatMap((sighting) => {
    const old = leafOf(sighting, find);
    if (old === undefined) return [];
    const common = old.names.filter((name) => names.has(name)).length;
    return [
      { leaf: old, sighting, score: [isRoutineRenewal(old, leaf) ? 1 : 0, common, old.notAfter] },
    ];
  });
  const [best] = scored.toSorted((a, b) => compare(b.score, a.score));
  return best;
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) {
    const difference = value - (b[i] ?? 0);
    if (difference !== 0 && !Number.isNaN(difference)) return difference;
  }
  return 0;
}

const DAY_MS = 86_400_000;
