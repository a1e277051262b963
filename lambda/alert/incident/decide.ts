/**
 * The step from today's verdicts to what is told: remember each look, group what is wrong by cause,
 * tell what was not told.
 *
 * Pure: takes what was remembered, returns what to remember. Only `recordTellings` counts anything
 * as told, so that a message that could not be published is due again in the next run.
 */
import { byName, named } from '../../named-record.ts';
import { type EntryVerdict, isUnfinished } from '../../verdict/verdict.ts';

import { type Due, dueIncidents } from './due.ts';
import type { Change, EntryState } from './entry-state.ts';
import { entryWithoutFuture, incidentWithoutFuture } from './future-dates.ts';
import type { Incident, WatchState } from './incident.ts';
import type { Mute } from './mute.ts';
import { observeAll } from './observations.ts';
import { isBlind, type RunFacts, type VantageState } from './run-facts.ts';
import { needsSecondLook, type SettlingRules, withoutStale } from './settling.ts';
import { isWatched } from './standing.ts';

export interface DecideInput {
  /** When the first look was taken. */
  readonly at: number;
  readonly verdicts: readonly EntryVerdict[];
  /**
   * Entries that an earlier part of this run looked at: they are remembered as it saw them. Where
   * one is looked at again, the new look counts if it came to something.
   */
  readonly carried?: readonly EntryVerdict[];
  /** The entries that `needsSecondLook` named, judged again. */
  readonly secondLook?: { readonly at: number; readonly verdicts: readonly EntryVerdict[] };
  readonly before: WatchState;
  readonly changes: readonly Change[];
  readonly mutes: readonly Mute[];
  readonly vantage: VantageState;
  readonly run: RunFacts;
  readonly now: number;
}

export interface Decision extends Due {
  /** What to remember; nothing of this run's message counts as told in it. */
  readonly after: WatchState;
  /**
   * Ids of entries that newly fail and are not confirmed; look again with fresh DNS, then decide
   * again from the same `before`.
   */
  readonly needsSecondLook: readonly string[];
  /**
   * Ids of entries of several unrelated providers that turned to the same failure: their stored
   * snapshots must not be overwritten.
   */
  readonly keepSnapshots: readonly string[];
  /** Ids of entries that left the policy or are no longer watched; their states are dropped. */
  readonly retired: readonly string[];
}

export function decide(input: DecideInput): Decision {
  const { verdicts, carried = [], secondLook, run, now } = input;
  const before = withoutFuture(input.before, now);
  const scene = { ...input, before };
  const rules = rulesOf(input);
  const first = observeAll(before.entries, verdicts, scene, rules, input.at);
  const seen =
    secondLook === undefined
      ? first
      : observeAll(first.entries, secondLook.verdicts, scene, rules, secondLook.at);

  const latest = latestVerdicts(carried, verdicts, secondLook?.verdicts ?? []);
  const watched = latestVerdicts(carried, verdicts).values();
  const retired = run.scope === 'all' ? retiredIn(before.entries, watched) : [];
  const entries = without(seen.entries, retired);
  const due = dueIncidents({
    ...input,
    entries,
    incidents: before.incidents,
    departed: retired.flatMap((id) => named(before.entries, id) ?? []),
    verdicts: latest,
    causes: new Map([...first.causes, ...seen.causes]),
  });
  return {
    ...due,
    after: { entries, incidents: due.incidents },
    needsSecondLook: Object.values(entries)
      .filter((entry) => latest.has(entry.id) && needsSecondLook(entry))
      .map(({ id }) => id),
    keepSnapshots: [...new Set([...first.turned, ...seen.turned])],
    retired,
  };
}

function rulesOf({ vantage, run }: DecideInput): SettlingRules {
  return {
    vantage: vantage.name,
    baseline: run.firstRun,
    confirmAfterMs: run.confirmAfterMs,
    intervalMs: run.intervalMs,
    blind: isBlind(vantage),
    resumed: run.earlierPart !== undefined,
    ...(run.previousRunAt === undefined ? {} : { previousRunAt: run.previousRunAt }),
  };
}

/** By entry id: of several looks the last that came to something, if only to silence. */
export function latestVerdicts(
  ...looks: readonly (readonly EntryVerdict[])[]
): Map<string, EntryVerdict> {
  const latest = new Map<string, EntryVerdict>();
  for (const verdict of looks.flat()) {
    const before = latest.get(verdict.id);
    const stays = before !== undefined && !(isUndetermined(before) && isUnfinished(before));
    if (!isUndetermined(verdict) || !stays) latest.set(verdict.id, verdict);
  }
  return latest;
}

const isUndetermined = ({ verdict }: EntryVerdict): boolean => verdict === 'undetermined';

/** What is remembered, without dates in the future. */
function withoutFuture(state: WatchState, now: number): WatchState {
  const entries = byName<EntryState>();
  for (const [id, entry] of Object.entries(state.entries))
    entries[id] = withoutStale(entryWithoutFuture(entry, now), now);
  const incidents: Record<string, Incident> = {};
  for (const [id, incident] of Object.entries(state.incidents))
    incidents[id] = incidentWithoutFuture(incident, now);
  return { entries, incidents };
}

/** Ids of remembered entries that are no longer in the policy, or no longer watched. */
function retiredIn(
  entries: Readonly<Record<string, EntryState>>,
  verdicts: Iterable<EntryVerdict>,
): readonly string[] {
  const watched = new Set([...verdicts].filter(isWatched).map(({ id }) => id));
  return Object.keys(entries).filter((id) => !watched.has(id));
}

function without(
  entries: Readonly<Record<string, EntryState>>,
  ids: readonly string[],
): Readonly<Record<string, EntryState>> {
  const left = new Set(ids);
  return Object.fromEntries(Object.entries(entries).filter(([id]) => !left.has(id)));
}
