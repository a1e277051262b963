/**
 * An incident: one cause, however many entries share it, from its opening until 14 days after its
 * end.
 *
 * Which entries belong to it stands with the entries (told.ts), so that an incident of 20,000
 * entries is no larger than one of a single entry. Pure, plain JSON, times in epoch ms:
 *
 *     { "id": "outlook.com-name-mismatch-1b2c3d", "vantage": "mx1", "cause": { "reason": "name-mismatch", "provider": "outlook.com",
 *       "detail": "outlook.com" }, "state": "open", "openedAt": 1795586400000, "reopened": 0, "ours": [], "theirs": [{ "kind":
 *       "name-removed", "subject": "mx1.outlook.com", "before": "*.outlook.com", "at": 1795586400000 }], "departed": [],
 *       "told": { "at": 1795586400000, "believed": "failing", "reminders": 0, "entries": 75 } }
 */
import { byName } from '../../named-record.ts';
import { calendarDays, DAY_MS } from '../../text/dates.ts';
import { type Cause, isOfRun } from './cause.ts';
import {
  type Change,
  type EntryState,
  memberships,
  type OwnChange,
  type Told,
  type TrackState,
} from './entry-state.ts';
import { REOPEN_MS, UNJUDGED_RUNS } from './settling.ts';
import { rank, type Standing } from './standing.ts';

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

/** `mention`: nothing but that entries left the policy. */
export type News =
  | 'opened'
  | 'joined'
  | 'worse'
  | 'eased'
  | 'reminder'
  | 'reopened'
  | 'resolved'
  | 'mention';

/**
 * One item told about one incident: enough to be remembered by itself. A run that died between
 * publishing and storing leaves it in its run record, and the next run counts it as told.
 */
export interface Telling {
  readonly incident: Incident;
  readonly news: News;
  readonly members: readonly {
    readonly id: string;
    readonly label: string;
    readonly standing: Standing;
    readonly since: number;
  }[];
  /** Entries of which the end was told. */
  readonly ended: readonly string[];
  readonly from?: number;
  readonly step?: number;
  readonly at: number;
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

/**
 * Marks as told, in the order they were published. The same telling twice changes nothing more.
 *
 * A telling is replayed on what a run that died could not store, too: what it had settled then is
 * settled again.
 */
export function recordTellings(state: WatchState, tellings: readonly Telling[]): WatchState {
  const entries = byName(state.entries);
  const incidents = { ...state.incidents };
  for (const telling of tellings) {
    const { id } = telling.incident;
    incidents[id] = toldIncident(incidents[id], telling);
    for (const member of telling.members) {
      const known = settledIn(
        entries[member.id] ?? { id: member.id, label: member.label, told: [] },
        telling,
        member,
      );
      const told = toldMember(known.told, telling, member);
      if (told !== known.told || known !== entries[member.id])
        entries[member.id] = { ...known, told };
    }
    for (const ended of telling.ended) {
      const known = entries[ended];
      if (known === undefined) continue;
      const told = known.told.map((one) =>
        one.incident === id ? { ...one, believed: 'well' as const, at: telling.at } : one,
      );
      entries[ended] = { ...withoutIncident(known, id, telling.at), told };
    }
  }
  return { entries, incidents };
}

/** Whether an incident may be forgotten: ended for 14 days, and nothing of it left to mention. */
export function isStale(incident: Incident, now: number): boolean {
  return (
    incident.state === 'resolved' &&
    now - (incident.resolvedAt ?? now) > REOPEN_MS &&
    incident.departed.length === 0
  );
}

function toldIncident(known: Incident | undefined, telling: Telling): Incident {
  const before = known?.told;
  if (telling.news === 'mention') return { ...(known ?? telling.incident), departed: [] };
  if (before !== undefined && before.at >= telling.at) return known ?? telling.incident;
  const repeated = telling.news === 'reminder' || telling.news === 'reopened';
  const reminders = repeated
    ? (before?.reminders ?? 0) + 1
    : telling.news === 'joined'
      ? (before?.reminders ?? 0)
      : 0;
  const believed = telling.members.reduce<Standing>(
    (worst, member) => (rank(member.standing) > rank(worst) ? member.standing : worst),
    isOfRun(telling.incident.cause) && telling.news !== 'resolved' ? 'unjudged' : 'well',
  );
  // An end keeps the reminders' place: what comes back within 14 days waits for the next one.
  if (telling.news === 'resolved' && before !== undefined) {
    return { ...(known ?? telling.incident), departed: [], told: { ...before, believed: 'well' } };
  }
  const told: IncidentTold = {
    at: telling.at,
    believed,
    reminders,
    entries: telling.members.length,
    ...(telling.from === undefined ? {} : { from: telling.from }),
    ...(telling.step === undefined ? {} : { step: telling.step }),
  };
  return { ...(known ?? telling.incident), departed: [], told };
}

/** Belongs to the incident already, unless the run that settled it died. */
function settledIn(
  entry: EntryState,
  telling: Telling,
  { standing, since }: Telling['members'][number],
): EntryState {
  const incident = telling.incident.id;
  if (memberships(entry).some((part) => part.incident === incident)) return entry;
  const settled = { standing, incident, since };
  switch (standing) {
    case 'failing':
    case 'degraded':
      return { ...entry, now: { settled } };
    case 'failing-soon':
      return {
        ...entry,
        soon: {
          settled: telling.from === undefined ? settled : { ...settled, from: telling.from },
        },
      };
    case 'unjudged':
      return { ...entry, unjudged: { runs: UNJUDGED_RUNS, since, incident } };
    case 'well':
      return entry;
  }
}

function withoutIncident(entry: EntryState, incident: string, at: number): EntryState {
  if (!memberships(entry).some((part) => part.incident === incident)) return entry;
  const well = (track: TrackState | undefined) =>
    track?.settled?.incident === incident
      ? { settled: { standing: 'well' as const, since: at } }
      : track;
  const { unjudged, now, soon, ...rest } = entry;
  const [nowAfter, soonAfter] = [well(now), well(soon)];
  return {
    ...rest,
    ...(nowAfter === undefined ? {} : { now: nowAfter }),
    ...(soonAfter === undefined ? {} : { soon: soonAfter }),
    ...(unjudged === undefined || unjudged.incident === incident ? {} : { unjudged }),
  };
}

function toldMember(
  before: readonly Told[],
  telling: Telling,
  member: Telling['members'][number],
): readonly Told[] {
  const known = before.find((one) => one.incident === telling.incident.id);
  const worst =
    known !== undefined && rank(known.worst) > rank(member.standing)
      ? known.worst
      : member.standing;
  const told: Told = {
    incident: telling.incident.id,
    worst,
    believed: member.standing,
    since: known !== undefined && known.believed !== 'well' ? known.since : member.since,
    at: telling.at,
  };
  if (known?.worst === told.worst && known.believed === told.believed) return before;
  return [...before.filter((one) => one.incident !== telling.incident.id), told];
}

/**
 * A weekly reminder comes up to this much earlier, so that old incidents come to share a message.
 */
export const SHARED_REMINDER_DAYS = 3;

/** The step told for a forecast that is due before the horizon, because the renewal is overdue. */
export const BEFORE_HORIZON = 9_999;

/** How long a change counts as the explanation of what is seen after it. */
export const CHANGE_MS = 7 * DAY_MS;
