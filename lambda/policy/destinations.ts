/** Everything to judge, in table order: one destination per entry that can be looked up, and each `--destination`. */
import type { Demand } from './demand.ts';
import type { EntryPlace } from './entry.ts';
import type { NextHop } from './next-hop.ts';

/** One next hop that Postfix would try, with what it demands there. */
export interface Hop {
  readonly nextHop: NextHop;
  readonly demand: Demand;
  /** An element of smtp_fallback_relay: tried after the others fail, under its own and perhaps weaker policy. */
  readonly fallback: boolean;
}

/** Why nothing is asked of an entry. */
export type UncheckedReason = 'level-none' | 'parent-key' | 'never-looked-up' | 'private-addresses' | 'table-not-listable';

export interface Destination {
  /** Stable across runs and across edits elsewhere in the table: what the store keys by. */
  readonly id: string;
  /** The entry this destination was made for; absent for a `--destination` that no entry covers. */
  readonly entry?: EntryPlace;
  /** The domain or next hop to judge, in ASCII. */
  readonly name: string;
  /** In the order Postfix tries them; empty only when `unchecked` says why. */
  readonly hops: readonly Hop[];
  readonly unchecked?: { readonly reason: UncheckedReason; readonly sentence: string };
}
