/**
 * One incident in one run: its entries as they stand today, those that ended, what is muted, how
 * near a forecast is. Pure.
 */
import { least } from '../../extremes.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import { type Cause, incidentId, isOfRun, type RunReason } from './cause.ts';
import {
  type Change,
  type EntryState,
  memberships,
  type OwnChange,
  type Settled,
  type Told,
} from './entry-state.ts';
import { foremost } from './foremost.ts';
import { BEFORE_HORIZON, type Incident } from './incident.ts';
import { type Mute, muteOf } from './mute.ts';
import { isBlind, isCutShort, type RunFacts, type VantageState } from './run-facts.ts';
import { currentStep, forecastSteps, horizonDays, rank, type Standing } from './standing.ts';

export interface DueInput {
  readonly entries: Readonly<Record<string, EntryState>>;
  readonly incidents: Readonly<Record<string, Incident>>;
  readonly departed: readonly EntryState[];
  readonly verdicts: ReadonlyMap<string, EntryVerdict>;
  readonly mutes: readonly Mute[];
  readonly vantage: VantageState;
  readonly run: RunFacts;
  readonly now: number;
  /** Causes met in this run, by the id of their incident. */
  readonly causes: ReadonlyMap<string, Cause>;
}

export interface Member {
  readonly id: string;
  readonly label: string;
  readonly standing: Standing;
  readonly since: number;
  readonly from?: number;
  /** Not told before, or not as bad. */
  readonly fresh: boolean;
  /** How often it passed once and then failed again. */
  readonly wavered: number;
  /** It passed in the last look, which the next one has yet to confirm. */
  readonly recovering: boolean;
  /** Since when it could not be looked at. */
  readonly unjudgedSince?: number;
  readonly mutedUntil?: number;
  /** It was never judged at all. */
  readonly neverJudged: boolean;
}

export interface Ended {
  readonly id: string;
  readonly label: string;
  /** Since when it was told to be in trouble, and when it was first seen without. */
  readonly since: number;
  readonly until: number;
  readonly was: Standing;
  /** It is in trouble for another cause, and was not seen without any in between. */
  readonly moved?: true;
}

/**
 * The steps of a forecast in days before its date: the one it stands at (9999: none yet), and the
 * first there is.
 */
interface Step {
  readonly current: number;
  readonly first: number;
}

/** Everything about one incident in this run. */
export interface IncidentToday {
  readonly incident: Incident;
  readonly audible: readonly Member[];
  readonly muted: readonly Member[];
  readonly ended: readonly Ended[];
  /** An end or an improvement was told of some entry, which is in trouble again. */
  readonly believedBetter: boolean;
  /** Of a forecast: how near the earliest is, in the steps of its certificate. */
  readonly step?: Step;
}

export function incidentsToday(input: DueInput): readonly IncidentToday[] {
  const parts = new Map<string, { readonly entry: EntryState; readonly part: Settled }[]>();
  const ended = new Map<string, Ended[]>();
  for (const entry of Object.values(input.entries)) {
    const own = memberships(entry);
    for (const part of own) push(parts, part.incident ?? '', { entry, part });
    for (const told of entry.told) {
      if (told.believed === 'well' || own.some((part) => part.incident === told.incident)) continue;
      push(ended, told.incident, {
        id: entry.id,
        label: entry.label,
        since: told.since,
        until: endOf(entry, told, input.now),
        was: told.worst,
        ...(isMoved(entry, told) ? { moved: true } : {}),
      });
    }
  }
  const left = new Map<string, string[]>();
  for (const entry of input.departed) {
    for (const told of entry.told)
      if (told.believed !== 'well') push(left, told.incident, entry.label);
  }
  const known = Object.values(input.incidents)
    .filter(({ cause }) => !isOfRun(cause))
    .map(({ id }) => id);
  const ids = new Set([...known, ...parts.keys(), ...ended.keys()]);
  return [...ids].map((id) =>
    incidentToday(id, parts.get(id) ?? [], ended.get(id) ?? [], left.get(id) ?? [], input),
  );
}

function incidentToday(
  id: string,
  parts: readonly { readonly entry: EntryState; readonly part: Settled }[],
  ended: readonly Ended[],
  left: readonly string[],
  input: DueInput,
): IncidentToday {
  const members = parts.map(({ entry, part }) => memberOf(entry, part, input)).sort(worstFirst);
  const audible = members.filter((member) => member.mutedUntil === undefined);
  const evidence = parts
    .filter(({ entry }) => isFresh(entry, id))
    .flatMap(({ part }) => part.evidence ?? []);
  const steps = audible
    .filter((member) => member.standing === 'failing-soon')
    .map((member) => stepOf(member, input));
  const step = steps.sort((a, b) => a.current - b.current)[0];
  const known = input.incidents[id];
  return {
    incident: current(
      known ?? opened(id, parts, input),
      members.length > 0,
      ended.length > 0,
      left,
      evidence,
      input.now,
    ),
    audible,
    muted: members.filter((member) => member.mutedUntil !== undefined),
    ended,
    believedBetter: parts.some(({ entry, part }) =>
      entry.told.some((told) => told.incident === id && rank(told.believed) < rank(part.standing)),
    ),
    ...(step === undefined ? {} : { step }),
  };
}

/**
 * The incident of blind runs: over when one family is clear, but not by IPv6 alone while IPv4 is
 * blind.
 */
export function blindnessToday(input: DueInput): readonly IncidentToday[] {
  const { ipv4, ipv6 } = input.vantage;
  const sees = ipv4 === 'clear' || (ipv6 === 'clear' && ipv4 !== 'blind');
  return runIncidentToday(
    { reason: 'blind', provider: '' },
    isBlind(input.vantage) ? 'open' : sees ? 'over' : 'unknown',
    input,
  );
}

/** The incident of runs that were cut short: over after one whole run. */
export function cutShortToday(input: DueInput): readonly IncidentToday[] {
  return runIncidentToday(
    { reason: 'partial', provider: '' },
    isCutShort(input.run) ? 'open' : input.run.complete ? 'over' : 'unknown',
    input,
  );
}

/**
 * One incident for each channel that would take no message, over once it would, or is set up no
 * more; of that end no message is made, for the channel itself tells what it missed. None is opened
 * where no other channel could tell of it.
 */
export function channelsToday(input: DueInput): readonly IncidentToday[] {
  const { channels } = input.run;
  const { tried, all } = channels ?? { tried: [], all: [] };
  const bad = new Set(tried.flatMap(({ name, because }) => (because === undefined ? [] : [name])));
  const isTellable = all.some((name) => !bad.has(name));
  const known = Object.values(input.incidents).flatMap(({ cause }) =>
    cause.reason === 'channel' ? (cause.detail ?? []) : [],
  );
  return [...new Set([...bad, ...known])].flatMap((name) => {
    const over = tried.some((one) => one.name === name) || !all.includes(name);
    const state =
      channels === undefined || (bad.has(name) && !isTellable)
        ? 'unknown'
        : bad.has(name)
          ? 'open'
          : over
            ? 'over'
            : 'unknown';
    return runIncidentToday({ reason: 'channel', provider: '', detail: name }, state, input);
  });
}

/**
 * An incident of the run itself, without entries. `unknown` leaves it open or over as it was; empty
 * where there is none.
 */
function runIncidentToday(
  cause: Cause & { readonly reason: RunReason },
  state: 'open' | 'over' | 'unknown',
  input: DueInput,
): readonly IncidentToday[] {
  const id = incidentId(input.vantage.name, cause);
  const known = input.incidents[id];
  const open = state === 'open' || (state === 'unknown' && known?.state === 'open');
  if (!open && known === undefined) return [];
  const incident = current(
    known ?? { ...opened(id, [], input), cause },
    open,
    cause.reason !== 'channel',
    [],
    [],
    input.now,
  );
  return [
    {
      incident,
      audible: [],
      muted: [],
      ended: [],
      believedBetter: incident.told?.believed === 'well',
    },
  ];
}

function opened(
  id: string,
  parts: readonly { readonly entry: EntryState; readonly part: Settled }[],
  input: DueInput,
): Incident {
  return {
    id,
    vantage: input.vantage.name,
    // The store lost its item and no entry shows its cause today: only the id is known.
    cause: input.causes.get(id) ?? { reason: 'not-judged', provider: parts[0]?.entry.label ?? id },
    state: 'open',
    openedAt: Math.min(input.now, ...parts.map(({ part }) => part.since)),
    reopened: 0,
    ours: [],
    theirs: [],
    departed: [],
  };
}

function current(
  known: Incident,
  hasMembers: boolean,
  hasEnded: boolean,
  left: readonly string[],
  evidence: readonly { readonly ours: readonly OwnChange[]; readonly theirs: readonly Change[] }[],
  now: number,
): Incident {
  const departed = [...new Set([...known.departed, ...left])].slice(0, DEPARTED_KEPT);
  const ours = [...new Set([...known.ours, ...evidence.flatMap((one) => one.ours)])];
  const theirs = foremost(
    [...known.theirs, ...evidence.flatMap((one) => one.theirs)],
    CHANGES_KEPT,
  );
  const { resolvedAt: _resolvedAt, ...rest } = known;
  if (hasMembers && known.state === 'resolved')
    return { ...rest, state: 'open', reopened: known.reopened + 1, ours, theirs, departed };
  if (!hasMembers && known.state === 'open') {
    const told =
      known.told === undefined || hasEnded
        ? {}
        : { told: { ...known.told, believed: 'well' as const } };
    return { ...rest, state: 'resolved', resolvedAt: now, departed, ...told };
  }
  const grew =
    ours.length > known.ours.length ||
    theirs.length > known.theirs.length ||
    departed.length > known.departed.length;
  return grew ? { ...known, ours, theirs, departed } : known;
}

function memberOf(entry: EntryState, part: Settled, input: DueInput): Member {
  const incident = part.incident ?? '';
  const destination = input.verdicts.get(entry.id)?.destination;
  const names = { label: entry.label, ...(destination === undefined ? {} : { destination }) };
  const mute = muteOf(input.mutes, names, { incident, standing: part.standing }, input.now);
  const track = part.standing === 'failing-soon' ? entry.soon : entry.now;
  return {
    id: entry.id,
    label: entry.label,
    standing: part.standing,
    since: part.since,
    ...(part.from === undefined ? {} : { from: part.from }),
    fresh: isFresh(entry, incident, part.standing),
    wavered: track?.wavered ?? 0,
    recovering: track?.turn?.worse === false,
    neverJudged: entry.now === undefined,
    ...(entry.unjudged === undefined ? {} : { unjudgedSince: entry.unjudged.since }),
    ...(mute === undefined ? {} : { mutedUntil: mute.until }),
  };
}

/**
 * When an entry's trouble was over: since its standing settled; now, for one that could not be
 * judged before.
 */
function endOf(entry: EntryState, told: Told, now: number): number {
  if (told.worst === 'unjudged') return now;
  const settled = told.worst === 'failing-soon' ? entry.soon?.settled : entry.now?.settled;
  return settled !== undefined && settled.since > told.since ? settled.since : now;
}

/** Whether what was told turned into another cause that is as bad, and did not pass. */
function isMoved(entry: EntryState, told: Told): boolean {
  const settled = told.worst === 'failing-soon' ? entry.soon?.settled : entry.now?.settled;
  return (
    told.believed !== 'unjudged' &&
    settled?.incident !== undefined &&
    settled.incident !== told.incident &&
    rank(settled.standing) >= rank(told.believed)
  );
}

/** Not told of in this incident, or not as bad as it is now. */
function isFresh(entry: EntryState, incident: string, standing?: Standing): boolean {
  const told = entry.told.find((one) => one.incident === incident);
  return told === undefined || (standing !== undefined && rank(standing) > rank(told.worst));
}

function stepOf(member: Member, input: DueInput): Step {
  const from = member.from ?? input.now;
  const verdict = input.verdicts.get(member.id);
  const seen = verdict !== undefined && verdict.failsFrom !== null;
  const steps = seen ? forecastSteps(horizonDays(verdict, from, input.run.intervalMs)) : LAST_STEPS;
  return { current: currentStep(steps, from, input.now) ?? BEFORE_HORIZON, first: steps[0] ?? 1 };
}

const worstFirst = (a: Member, b: Member) =>
  rank(b.standing) - rank(a.standing) ||
  (a.from ?? 0) - (b.from ?? 0) ||
  a.label.localeCompare(b.label, 'en');

/** `well` where there are no members. */
export function worstOf(members: readonly Member[]): Standing {
  return members.reduce<Standing>(
    (worst, member) => (rank(member.standing) > rank(worst) ? member.standing : worst),
    'well',
  );
}

/** The first date of forecasts, epoch ms; undefined where no member has one. */
export function earliest(members: readonly Member[]): number | undefined {
  const dates = members.flatMap((member) => member.from ?? []);
  return dates.length === 0 ? undefined : least(dates);
}

function push<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** Of a forecast whose certificate cannot be seen today. */
const LAST_STEPS = [3, 1];
const DEPARTED_KEPT = 50;
/** Different ones, each with the hosts that changed so. */
const CHANGES_KEPT = 5;
