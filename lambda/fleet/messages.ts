/** What a process and its workers say to one another; what they work on stands in objects. */
import type { WorldConfig } from '../doors.ts';
import type { Bundle } from '../policy/bundle.ts';
import type { ShardProgress } from '../run/fleet/stages.ts';

/** How workers look at the world: all but clock and signal, of which each has its own. */
export interface WorkerWorld {
  readonly config: Omit<WorldConfig, 'now' | 'signal' | 'stopAt'>;
  /** Of the Postfix on this host whose tables are asked; absent: none is. */
  readonly configDirectory?: string;
}

export type ToWorker =
  | ({
      readonly kind: 'begin';
      readonly bundle: Bundle;
      /** How long DNS is asked from now on. */
      readonly askForMs: number;
      /** The folder with the objects. */
      readonly folder: string;
    } & WorkerWorld)
  /** The object of that name is a shard; what comes of it is put beside it. */
  | { readonly kind: 'work'; readonly name: string; readonly forMs: number }
  /** What was had is wanted now. */
  | { readonly kind: 'stop' };

export type FromWorker =
  | { readonly kind: 'progress'; readonly progress: ShardProgress }
  | { readonly kind: 'done'; readonly name: string }
  /** `because` is for people. */
  | { readonly kind: 'failed'; readonly because: string };
