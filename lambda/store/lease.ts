/**
 * The lease: one run at a time for a policy seen from one vantage.
 *
 * Safety does not rest on clocks: each renewal must find the revision of the one before, so a lease
 * that was taken over is known to be lost at the next renewal, and everything else is written on
 * condition of its own revision.
 */
import { nextRev, readItem, writeItem } from './item.ts';
import { lease as kind } from './item-kinds.ts';
import { keys, type Store } from './keys.ts';
import type { LeaseValue } from './stored-values.ts';

export interface Lease extends LeaseValue {
  readonly rev: number;
}

export type Leasing =
  | { readonly kind: 'held'; readonly lease: Lease }
  /** Another run holds it. With the same `runId` it is the scheduler's duplicate. */
  | { readonly kind: 'busy'; readonly by: LeaseValue }
  /** Written by a newer version: that installation is in charge. */
  | { readonly kind: 'newer' };

/**
 * Takes the lease for five minutes where it is free, expired for a minute, or the same holder's.
 * `now` is epoch ms. A lease that would end more than an hour from now was written under a clock
 * that has been set back since, and counts as expired; so does that of a holder known to have
 * ended.
 */
export async function takeLease(
  store: Store,
  wanted: Omit<LeaseValue, 'until'>,
  now: number,
  hasEnded: (holder: string) => boolean = () => false,
): Promise<Leasing> {
  // A lost write means that another run was quicker: its lease is read, and the second answer
  // counts.
  for (let tries = 0; tries < 3; tries++) {
    const read = await readItem(store.table, kind, keys.lease(store.space), now);
    if (read.kind === 'newer') return { kind: 'newer' };
    const free = read.kind !== 'held' || isFree(read.value, wanted.holder, now);
    if (!free && !hasEnded(read.value.holder)) return { kind: 'busy', by: read.value };
    const rev = read.kind === 'held' ? read.rev : read.kind === 'corrupt' ? 'anything' : undefined;
    const value = { holder: wanted.holder, runId: wanted.runId, until: now + LEASE_MS };
    if (
      (await writeItem(store.table, kind, keys.lease(store.space), value, { rev })) === 'written'
    ) {
      return { kind: 'held', lease: { ...value, rev: nextRev(rev) } };
    }
  }
  return { kind: 'busy', by: { holder: 'another run', runId: '', until: now + LEASE_MS } };
}

/**
 * Prolongs the lease to five minutes from `now`; undefined means that it was lost, and the run must
 * stop.
 */
export async function renewLease(
  store: Store,
  lease: Lease,
  now: number,
): Promise<Lease | undefined> {
  const value = { holder: lease.holder, runId: lease.runId, until: now + LEASE_MS };
  const written = await writeItem(store.table, kind, keys.lease(store.space), value, {
    rev: lease.rev,
  });
  return written === 'written' ? { ...value, rev: lease.rev + 1 } : undefined;
}

/** Gives it back; one that was lost stays with whoever has it. */
export async function releaseLease(store: Store, lease: Lease): Promise<void> {
  await store.table.delete(keys.lease(store.space), { kind: 'rev', rev: lease.rev });
}

const isFree = ({ holder, until }: LeaseValue, wanted: string, now: number): boolean =>
  holder === wanted || now >= until + GRACE_MS || until - now > LONGEST_MS;

export const LEASE_MS = 5 * 60_000;
/** How often a run renews. */
export const LEASE_RENEWAL_MS = 60_000;
const GRACE_MS = 60_000;
const LONGEST_MS = 60 * 60_000;
