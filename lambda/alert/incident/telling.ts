/**
 * What a message told: kept with the run that published it, and counted in the state as told.
 */
import { byName } from '../../named-record.ts';
import { isOfRun } from './cause.ts';
import { type EntryState, memberships, type Told, type TrackState } from './entry-state.ts';
import type { Incident, IncidentTold, WatchState } from './incident.ts';
import { UNJUDGED_RUNS } from './settling.ts';
import { rank, type Standing } from './standing.ts';

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
  // An end keeps the count of reminders: what comes back within 14 days waits for the next one.
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

/**
 * The entry with that standing settled in the incident; unchanged where it is a member already. It
 * is none where the run that settled it died.
 */
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
