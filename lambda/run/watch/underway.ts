/** A run that is under way: what each of its steps works with. */
import type { TriedChannel } from '../../alert/incident/run-facts.ts';
import type { Bundle } from '../../policy/bundle.ts';
import type { WatchDoors, WatchOptions } from './options.ts';
import type { PartPlan } from './parts.ts';
import type { Progress } from './progress.ts';
import type { Recalled } from './recall.ts';

/** What a run that holds the lease works with. */
export interface Underway {
  readonly bundle: Bundle;
  readonly doors: WatchDoors;
  readonly options: WatchOptions;
  readonly recalled: Recalled;
  /** What earlier parts of this run judged. */
  readonly progress: Progress;
  /** What this part is to look at. */
  readonly plan: PartPlan;
  /** The channels that could be tried, before anything was looked at. */
  readonly tried: readonly TriedChannel[];
  /** When this part began, epoch ms. */
  readonly at: number;
  /** Fires when the lease is lost or the process is asked to end. */
  readonly stopped: AbortSignal;
}
