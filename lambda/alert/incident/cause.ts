/**
 * What is wrong at whose place: the cause that many entries can share, so that 75 entries behind
 * one provider make one item.
 *
 * A cause is a reason, a provider and, where the reason has one, an issuer or the name that is
 * missing. Pure.
 */
import { createHash } from 'node:crypto';
import type { Reason } from '../../verdict/reason.ts';

export interface Cause {
  readonly reason: CauseReason;
  /**
   * Registrable domain of the MX host; an address or a host name where it has none; '' where the
   * cause is in our own files.
   */
  readonly provider: string;
  /**
   * The issuer at which the chain ends (trust), or the domain of the names missed (`own name` where
   * only the next hop's own was asked).
   */
  readonly detail?: string;
}

/** A reason of a verdict, or a reason why there was none. */
export type CauseReason = Reason | 'not-judged' | RunReason;

/**
 * What can be wrong with a run as a whole: it saw nothing, it was cut short several times, or one of
 * its channels takes nothing, which is its detail.
 */
export type RunReason = 'blind' | 'partial' | 'channel';

export function isOfRun(cause: Cause): cause is Cause & { readonly reason: RunReason } {
  return RUN_REASONS.has(cause.reason);
}

const RUN_REASONS: ReadonlySet<string> = new Set<RunReason>(['blind', 'partial', 'channel']);

/**
 * Stands for the provider where entries of many unrelated providers turned to the same failure in
 * one run.
 */
export const OUR_SIDE = '(our side)';

/**
 * The id of an incident, the same in every run and release: provider and reason for people to read
 * and to type after `mute`, and a digest of cause and vantage that keeps ids apart. Only letters,
 * digits, dots and hyphens.
 */
export function incidentId(vantage: string, cause: Cause): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([vantage, cause.reason, cause.provider, cause.detail ?? '']))
    .digest('hex');
  const readable = `${cause.provider}-${cause.reason}`.toLowerCase().replace(/[^a-z0-9.-]+/g, '');
  return `${readable.replace(/^[-.]+/, '').slice(0, 100)}-${digest.slice(0, 6)}`;
}

/**
 * Whether the certificate's end is the date from which the entry fails (the second after it, at
 * most).
 */
export function endsAt(notAfter: string, failsFrom: number): boolean {
  return Math.abs(Date.parse(notAfter) - failsFrom) <= 1_000;
}
