/**
 * An incident: one cause, however many entries share it, from its opening until 14 days after its
 * end.
 *
 * Each entry remembers its incidents (entry-state.ts), so that an incident of 20,000 entries is no
 * larger than one of a single entry. Pure, plain JSON, times in epoch ms:
 *
 *     { "id": "outlook.com-name-mismatch-1b2c3d", "vantage": "mx1", "state": "open",
 *       "cause": { "reason": "name-mismatch", "provider": "outlook.com", "detail": "outlook.com" },
 *       "openedAt": 1795586400000, "reopened": 0, "ours": [], "theirs": [{ "kind": "name-removed",
 *         "subject": "mx1.outlook.com", "before": "*.outlook.com", "at": 1795586400000 }],
 *       "departed": [], "told": { "at": 1795586400000, "believed": "failing", "reminders": 0,
 *         "entries": 75 } }
 */
import { calendarDays, DAY_MS } from '../../text/dates.ts';
import type { Cause } from './cause.ts';
import type { Change, EntryState, OwnChange } from './entry-state.ts';
import { REOPEN_MS } from './settling.ts';
import type { Standing } from './standing.ts';

export interface Incident {
  readonly id: string;
  readonly vantage: string;
  readonly cause: Cause;
  readonly state: 'open' | 'resolved';
  /** When its first entry was first seen so. */
  readonly openedAt: number;
  readonly resolvedAt?: number;
  /** How often it came back within 14 days of an end. */
  readonly reopened: number;
  /** What changed on our side in the run that first saw it. */
  readonly ours: readonly OwnChange[];
  /** What changed at the provider's. */
  readonly theirs: readonly Change[];
  /** Labels of entries that left the policy, or are no longer checked, since the last message. */
  readonly departed: readonly string[];
  /** Absent: never told. */
  readonly told?: IncidentTold;
}

export interface IncidentTold {
  readonly at: number;
  /** The worst of its entries as last told; `well` once the end was told. */
  readonly believed: Standing;
  /** Reminders since the last news. */
  readonly reminders: number;
  /** How many entries the last message counted. */
  readonly entries: number;
  /** Of a forecast: the date told, and the step, in days before it (9999: before the horizon). */
  readonly from?: number;
  readonly step?: number;
}

export interface WatchState {
  readonly entries: Readonly<Record<string, EntryState>>;
  readonly incidents: Readonly<Record<string, Incident>>;
}

/**
 * How many calendar days after the last telling a reminder is due: days 1, 3 and 7 after the news,
 * then weekly.
 */
function reminderGapDays(reminders: number): number {
  return [1, 2, 4][reminders] ?? 7;
}

/**
 * Whether the back-off has run out, by the calendar: the hour of a run does not matter. `early`:
 * days a weekly one is brought forward.
 */
export function reminderDue(told: IncidentTold, now: number, early = 0): boolean {
  const gap = reminderGapDays(told.reminders);
  return calendarDays(told.at, now) >= (gap === 7 ? gap - early : gap);
}

/** Whether an incident may be forgotten: ended for 14 days, and nothing of it left to mention. */
export function isStale(incident: Incident, now: number): boolean {
  return (
    incident.state === 'resolved' &&
    now - (incident.resolvedAt ?? now) > REOPEN_MS &&
    incident.departed.length === 0
  );
}

/**
 * A weekly reminder comes up to this much earlier, so that old incidents come to share a message.
 */
export const SHARED_REMINDER_DAYS = 3;

/** The step told for a forecast that is due before the horizon, because the renewal is overdue. */
export const BEFORE_HORIZON = 9_999;

/** How long a change counts as the explanation of what is seen after it. */
export const CHANGE_MS = 7 * DAY_MS;
