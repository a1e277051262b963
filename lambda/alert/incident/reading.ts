/**
 * What one verdict says about how an entry stands: now, and from a date in sight.
 *
 * The two are kept apart because they end apart: a backup host that is refused today has nothing to
 * do with a certificate that ends next week. An undetermined verdict gives no standing. Pure.
 */
import { DAY_MS } from '../../text/dates.ts';
import type { Reason } from '../../verdict/reason.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import type { Cause } from './cause.ts';
import {
  horizonDays,
  isWatched,
  type OverdueRenewal,
  overdueRenewal,
  type Standing,
} from './standing.ts';
import { causesOf, forecastCauses } from './verdict-causes.ts';

export interface Seen {
  readonly standing: Standing;
  /** The deciding one first; empty where all is well. */
  readonly causes: readonly Cause[];
  /** Epoch ms; of a forecast only. */
  readonly from?: number;
}

export type Reading =
  /**
   * Nothing is asked of the entry, or nothing can be judged by design: it is named as not watched.
   */
  | { readonly kind: 'unwatched' }
  /** Undetermined: no observation. */
  | { readonly kind: 'undetermined'; readonly reason: Reason | null }
  /**
   * `soon` is absent while the entry fails: then nothing is known of a forecast, nor of its end.
   */
  | { readonly kind: 'seen'; readonly now: Seen; readonly soon?: Seen };

export interface ForecastRules {
  /** Time between two runs. */
  readonly intervalMs: number;
  readonly overdue: readonly OverdueRenewal[];
}

/** How an entry stands by one verdict. */
export function standingOf(verdict: EntryVerdict, rules: ForecastRules, at: number): Reading {
  switch (verdict.verdict) {
    case 'unchecked':
      return { kind: 'unwatched' };
    case 'undetermined':
      return isWatched(verdict)
        ? { kind: 'undetermined', reason: verdict.reason }
        : { kind: 'unwatched' };
    case 'fail':
      return { kind: 'seen', now: { standing: 'failing', causes: causesOf(verdict) } };
    case 'degraded':
      return {
        kind: 'seen',
        now: { standing: 'degraded', causes: causesOf(verdict) },
        soon: forecast(verdict, rules, at),
      };
    case 'pass':
      return { kind: 'seen', now: WELL, soon: forecast(verdict, rules, at) };
  }
}

function forecast(verdict: EntryVerdict, rules: ForecastRules, at: number): Seen {
  if (verdict.failsFrom === null) return WELL;
  const from = Date.parse(verdict.failsFrom);
  const horizon = horizonDays(verdict, from, rules.intervalMs);
  if (overdueRenewal(verdict, rules.overdue) === undefined && from - at > horizon * DAY_MS)
    return WELL;
  return { standing: 'failing-soon', causes: forecastCauses(verdict, from), from };
}

const WELL: Seen = { standing: 'well', causes: [] };
