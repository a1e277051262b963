/** What a step of alerting must know about the run it belongs to. Plain JSON, times in epoch ms. */

import type { MailShares } from '../../policy/mail-destinations.ts';
import type { Digests } from './explanation.ts';
import type { OverdueRenewal } from './standing.ts';
import type { Testimony } from './testimony.ts';

export interface VantageState {
  /** `--vantage`: the name of this point of view. */
  readonly name: string;
  readonly ipv4: 'clear' | 'blind' | 'untried';
  readonly ipv6: 'clear' | 'blind' | 'untried';
}

/** A way to tell, tried before anything was looked at. */
export interface TriedChannel {
  readonly name: string;
  /** Why it would take no message; absent: it would. */
  readonly because?: string;
}

/** Where mail went, by the log of the mail host. */
export interface MailSeen extends MailShares {
  /** How far back the log goes, at most 30 days. */
  readonly since: number;
}

export interface RunFacts {
  /** No run of this vantage was ever completed: what is wrong is not new. */
  readonly firstRun: boolean;
  /** Everything that should be judged was tried. */
  readonly complete: boolean;
  /** What was not tried is, before long, in another part of the same run. */
  readonly continues?: true;
  /**
   * How far earlier parts of this run had come: `whole`, they had looked at everything and told what
   * a whole run tells. Absent: there was none.
   */
  readonly earlierPart?: 'some' | 'whole';
  /** `some`: a run of chosen destinations, which retires nothing. */
  readonly scope: 'all' | 'some';
  /** Time between two scheduled runs. */
  readonly intervalMs: number;
  /** `--confirm-after`; the run before also confirms. */
  readonly confirmAfterMs: number;
  readonly previousRunAt?: number;
  readonly previousCompleteAt?: number;
  readonly digests?: { readonly before?: Digests; readonly after: Digests };
  readonly overdue?: readonly OverdueRenewal[];
  /**
   * Those that could be tried, and `all` that are set up. Absent: none was tried, and nothing is
   * known of them.
   */
  readonly channels?: { readonly tried: readonly TriedChannel[]; readonly all: readonly string[] };
  /** Sentences about what was remembered: that it was lost, or that nothing is kept. */
  readonly memory?: readonly string[];
  /** Absent where no log was named. */
  readonly mail?: MailSeen;
  /** What the log of the mail host says, by entry id; absent where none is followed. */
  readonly log?: Readonly<Record<string, Testimony>>;
  /**
   * Whether nothing of this entry can be kept for the next run, so that no later look can confirm
   * what this one saw. Absent: everything is kept.
   */
  readonly forgets?: (id: string) => boolean;
}

/**
 * Whether this vantage sees nothing it could believe: no family is clear, or the one that mail
 * mostly takes is not.
 */
export function isBlind(vantage: VantageState): boolean {
  return vantage.ipv4 === 'blind' || (vantage.ipv6 === 'blind' && vantage.ipv4 !== 'clear');
}

/**
 * Whether runs are cut short again and again: this one and the one before. A single one is made up
 * for by the next.
 */
export function isCutShort(run: RunFacts): boolean {
  if (run.complete || run.continues === true) return false;
  if (run.scope !== 'all' || run.previousRunAt === undefined) return false;
  return run.previousCompleteAt === undefined || run.previousCompleteAt < run.previousRunAt;
}

/**
 * Since when nothing complete was seen, where that is longer than a missed run; undefined where all
 * is well.
 */
export function gapSince(run: RunFacts, now: number): number | undefined {
  if (run.firstRun || run.scope !== 'all' || !run.complete || run.earlierPart === 'whole')
    return undefined;
  if (run.previousCompleteAt === undefined) return undefined;
  return now - run.previousCompleteAt > 1.75 * run.intervalMs ? run.previousCompleteAt : undefined;
}
