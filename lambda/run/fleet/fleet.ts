/** Workers that do shards beside one another. A door. */
import type { Bundle } from '../../policy/bundle.ts';
import type { Shard, ShardProgress, ShardResult } from './stages.ts';

export interface Fleet {
  /** How many shards are done at a time. */
  readonly size: number;
  /**
   * Has all shards done, and answers in their order. Never rejects: a shard of a worker that
   * failed, died or took too long is lost, and the others are done all the same.
   */
  work(shards: readonly Shard[], job: Job): Promise<readonly ShardOutcome[]>;
  /** Ends all workers and leaves nothing behind. */
  close(): Promise<void>;
}

/** @param askForMs how long DNS is asked at most */
export type OpenFleet = (bundle: Bundle, askForMs: number) => Fleet;

export interface Job {
  /** How long from now on, all shards together. */
  readonly forMs: number;
  /** Ends it before; what was had is answered. */
  readonly signal?: AbortSignal | undefined;
  /** @param shard its place */
  readonly onProgress?: ((shard: number, progress: ShardProgress) => void) | undefined;
}

export type ShardOutcome =
  | { readonly kind: 'done'; readonly result: ShardResult }
  /** `because` says what became of the worker, as `was ended by SIGKILL`. */
  | { readonly kind: 'lost'; readonly because: string };
