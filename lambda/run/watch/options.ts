/** What a watch run is given: the doors it works through, and how it is to be done. */
import type { Channel } from '../../alert/channel/channel.ts';
import type { Digests } from '../../alert/incident/explanation.ts';
import type { MailSeen } from '../../alert/incident/run-facts.ts';
import type { Testimony } from '../../alert/incident/testimony.ts';
import type { PaceOptions } from '../../probe/pace.ts';
import type { FetchPolicy } from '../../route/mta-sts/find.ts';
import type { Store } from '../../store/keys.ts';
import type { OwnCommand } from '../../text/own-command.ts';
import type { CheckDoors } from '../check/check.ts';
import type { Progress } from '../check/look.ts';
import type { Confirmation } from './second-look.ts';

export interface WatchDoors {
  /** A view of the world with fresh DNS; opened once, and again for the second look. */
  readonly openWorld: () => CheckDoors;
  readonly store: Store;
  /** For MTA-STS policies that lines rest on, or could; absent: none is asked for. */
  readonly fetchPolicy?: FetchPolicy;
  /** What became of the memory on disk, and whether anything is kept; absent: all is well. */
  readonly memory?: () => { readonly keeps: boolean; readonly notes: readonly string[] };
  /** At least one. */
  readonly channels: readonly Channel[];
  /** Epoch ms. */
  readonly now: () => number;
  /** Told of waits of its own, for a progress line; never awaited. */
  readonly progress?: (progress: Progress) => void;
  /** Resolves after so long, or at once when the signal fires. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /**
   * Has the run of that id begun once more after so long, to go on where this one ends; throws
   * where that is not possible. Absent: nobody would do so.
   */
  readonly handOver?: (runId: string, afterMs: number) => Promise<void>;
}

export interface WatchOptions {
  /** The scheduled time, or `START#manual`. */
  readonly runId: string;
  /** Who runs it, for the lease. */
  readonly holder: string;
  /** Whether another holder is known to have died; absent: that cannot be known. */
  readonly hasEnded?: (holder: string) => boolean;
  /**
   * Destinations to judge; absent: all. A run of some retires nothing and does not count as
   * complete.
   */
  readonly only?: ReadonlySet<string>;
  readonly intervalMs: number;
  readonly confirm: Confirmation;
  readonly pace: PaceOptions;
  /**
   * Fires when the process is asked to end: short of telling the run stops, and throws the signal's
   * reason.
   */
  readonly signal?: AbortSignal;
  readonly controlHosts: readonly string[];
  readonly historyMs: number;
  readonly digests: Digests;
  /** Where mail went, by the log; absent where none was named. */
  readonly mail?: MailSeen;
  /** What the log says since the last run, by entry id; absent where none is followed. */
  readonly log?: Readonly<Record<string, Testimony>>;
  /** For the commands that messages print; absent: every flag has its default. */
  readonly own?: OwnCommand;
}
