/**
 * How what is remembered of an entry moves with each look.
 *
 * A run compares how an entry stands with what was told, never with how it stood yesterday. A turn
 * to the worse settles with a second look, a turn to the better with two looks 20 hours apart, so
 * that a short fault makes no message and a short recovery no all-clear. An undetermined verdict
 * changes no standing. Pure, plain JSON, times in epoch ms.
 */

import { DAY_MS, HOUR_MS } from '../../text/dates.ts';
import { type Cause, incidentId } from './cause.ts';
import {
  type EntryState,
  type Evidence,
  memberships,
  type Settled,
  type TrackState,
} from './entry-state.ts';
import type { Reading, Seen } from './reading.ts';
import { rank } from './standing.ts';

/** How long an ended incident can be reopened, and what was told of it counts. */
export const REOPEN_MS = 14 * DAY_MS;
/** Two passes this far apart end a failure. */
const SECOND_PASS_MS = 20 * HOUR_MS;
/**
 * Three unconfirmed failures within this time settle like two in a row, so that a fault that comes
 * and goes is told.
 */
const DOUBT_MS = 7 * DAY_MS;
/** Not judged for this many runs and this long is told. */
export const UNJUDGED_RUNS = 3;
const UNJUDGED_MS = 48 * HOUR_MS;

export interface SettlingRules {
  readonly vantage: string;
  /** The first run of all: nothing is new, so nothing needs confirming. */
  readonly baseline: boolean;
  /** Least time between two looks that confirm one another; 0 trusts the first. */
  readonly confirmAfterMs: number;
  /** Time between two runs. */
  readonly intervalMs: number;
  /** When the run before this one was; absent in the first. */
  readonly previousRunAt?: number;
  /** The run could see nothing, so that an undetermined verdict counts against no entry. */
  readonly blind: boolean;
  /** An earlier part of this run has counted whom it could not judge. */
  readonly resumed: boolean;
}

/** What one look found about one entry, with what may explain it. */
export interface Observation {
  readonly reading: Reading;
  /** Where it would belong if it could not be judged for long. */
  readonly unjudgedCause: Cause;
  readonly evidence: Evidence;
  readonly at: number;
}

/**
 * What one look adds to what is remembered. Returns the same object where nothing changed, so that
 * nothing is written.
 */
export function observe(
  before: EntryState,
  observation: Observation,
  rules: SettlingRules,
): EntryState {
  const { reading, at, evidence: explained } = observation;
  switch (reading.kind) {
    case 'unwatched':
      return before;
    case 'undetermined':
      return rules.blind ? before : stillUndetermined(before, observation, rules);
    case 'seen': {
      const foreseen = before.soon?.settled?.incident;
      const evidence =
        explained.ours.length + explained.theirs.length === 0 ? undefined : explained;
      const now = advance(before.now, reading.now, { ...rules, foreseen, evidence }, at);
      const soon =
        reading.soon === undefined
          ? before.soon
          : advance(before.soon, reading.soon, { ...rules, evidence }, at);
      if (now === before.now && soon === before.soon && before.unjudged === undefined)
        return before;
      const { unjudged: _judgedAgain, now: _now, soon: _soon, ...rest } = before;
      return { ...rest, now, ...(soon === undefined ? {} : { soon }) };
    }
  }
}

interface TurnRules extends SettlingRules {
  /** The incident of a forecast that may now come true, which needs no second look. */
  readonly foreseen?: string | undefined;
  readonly evidence?: Evidence | undefined;
}

/** One more look at one track. */
function advance(
  before: TrackState | undefined,
  seen: Seen,
  rules: TurnRules,
  at: number,
): TrackState {
  const settled = before?.settled;
  const incidents = seen.causes.map((cause) => incidentId(rules.vantage, cause));
  const same = settled?.incident !== undefined && incidents.includes(settled.incident);
  const next = settledAs(seen, same ? settled?.incident : incidents[0], at);

  const distance = rank(seen.standing) - rank(settled?.standing ?? 'well');
  const moved = distance === 0 && seen.standing !== 'well' && !same;
  const shift = same && distance === 0 ? (seen.from ?? 0) - (settled?.from ?? 0) : 0;
  if (distance > 0 || moved || shift < -DAY_MS) return worse(before, next, rules, at);
  if (distance < 0 || shift > DAY_MS) return better(before, next, at);
  return unmoved(before, next, at);
}

/** Whether a turn to the worse waits for a second look. */
export function needsSecondLook(state: EntryState): boolean {
  return state.now?.turn?.worse === true || state.soon?.turn?.worse === true;
}

/**
 * Drops what was told of incidents that ended more than 14 days ago, unless the entry is in one
 * again and waits for a reminder.
 */
export function withoutStale(state: EntryState, now: number): EntryState {
  const within = new Set(memberships(state).map(({ incident }) => incident));
  const told = state.told.filter(
    (known) =>
      known.believed !== 'well' || now - known.at <= REOPEN_MS || within.has(known.incident),
  );
  return told.length === state.told.length ? state : { ...state, told };
}

function unmoved(before: TrackState | undefined, next: Settled, at: number): TrackState {
  const settled = before?.settled;
  const turn = before?.turn;
  if (
    before !== undefined &&
    settled !== undefined &&
    turn === undefined &&
    settled.from === next.from
  )
    return before;
  const wavered = turn?.worse === false ? (before?.wavered ?? 0) + 1 : before?.wavered;
  const doubts = turn?.worse === true ? doubted(before, at) : before?.doubts;
  return {
    settled:
      settled === undefined
        ? next
        : { ...settled, ...(next.from === undefined ? {} : { from: next.from }) },
    ...(wavered === undefined ? {} : { wavered }),
    ...(doubts === undefined ? {} : { doubts }),
  };
}

function worse(
  before: TrackState | undefined,
  next: Settled,
  rules: TurnRules,
  at: number,
): TrackState {
  const pending =
    before?.turn?.worse === true && rank(before.turn.standing) >= rank(next.standing)
      ? before.turn
      : undefined;
  const evidence = pending?.evidence ?? rules.evidence;
  const withEvidence = evidence === undefined ? {} : { evidence };
  const noTimeLeft = next.from !== undefined && next.from - at < 1.5 * rules.intervalMs;
  const cameTrue = next.incident !== undefined && next.incident === rules.foreseen;
  const confirmed =
    pending !== undefined && at > pending.at && at - pending.at >= rules.confirmAfterMs;
  const again = (before?.doubts?.count ?? 0) >= 2 && at - (before?.doubts?.since ?? 0) <= DOUBT_MS;
  if (
    rules.baseline ||
    rules.confirmAfterMs === 0 ||
    noTimeLeft ||
    cameTrue ||
    confirmed ||
    again
  ) {
    return { settled: { ...next, since: pending?.at ?? next.since, ...withEvidence } };
  }
  return {
    ...before,
    turn: pending ?? { standing: next.standing, worse: true, at, ...withEvidence },
  };
}

function better(before: TrackState | undefined, next: Settled, at: number): TrackState {
  const pending = before?.turn?.worse === false ? before.turn : undefined;
  if (pending !== undefined && at - pending.at >= SECOND_PASS_MS)
    return { settled: { ...next, since: pending.at } };
  return { ...before, turn: pending ?? { standing: next.standing, worse: false, at } };
}

function doubted(before: TrackState | undefined, at: number): { count: number; since: number } {
  const known = before?.doubts;
  const first = before?.turn?.at ?? at;
  return known !== undefined && at - known.since <= DOUBT_MS
    ? { count: known.count + 1, since: known.since }
    : { count: 1, since: first };
}

function settledAs(seen: Seen, incident: string | undefined, at: number): Settled {
  return {
    standing: seen.standing,
    ...(incident === undefined ? {} : { incident }),
    since: at,
    ...(seen.from === undefined ? {} : { from: seen.from }),
  };
}

function stillUndetermined(
  before: EntryState,
  { unjudgedCause, at }: Observation,
  rules: SettlingRules,
): EntryState {
  const known = before.unjudged;
  if (known?.incident !== undefined) return before;
  const counted = rules.resumed && known !== undefined;
  const runs = (known?.runs ?? 0) + (counted ? 0 : 1);
  const since = known?.since ?? Math.min(rules.previousRunAt ?? at, at);
  const long = runs >= UNJUDGED_RUNS && at - since >= UNJUDGED_MS;
  return {
    ...before,
    unjudged: {
      runs,
      since,
      ...(long ? { incident: incidentId(rules.vantage, unjudgedCause) } : {}),
    },
  };
}
