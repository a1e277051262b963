/**
 * The step from today's verdicts to what is told: remember each look, group what is wrong by cause,
 * tell what was not told.
 *
 * Pure: what was remembered comes in, what to remember goes out. Nothing counts as told before
 * `recordTellings` says so, so that a message that could not be published is due again in the next
 * run.
 */
import { byName, named } from '../../named-record.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import { type Cause, incidentId, OUR_SIDE, unjudgedCause } from './cause.ts';
import { type Due, dueIncidents } from './due.ts';
import type { Change, EntryState } from './entry-state.ts';
import { askedOf, explaining, ownChanges, plausible } from './explanation.ts';
import { entryWithoutFuture, incidentWithoutFuture } from './future-dates.ts';
import type { Incident, WatchState } from './incident.ts';
import type { Mute } from './mute.ts';
import { ourSideCauses } from './our-side.ts';
import { isBlind, type RunFacts, type VantageState } from './run-facts.ts';
import { needsSecondLook, observe, type SettlingRules, withoutStale } from './settling.ts';
import { type Reading, read } from './standing.ts';

export interface DecideInput {
  /** When the first look was taken. */
  readonly at: number;
  readonly verdicts: readonly EntryVerdict[];
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
  /** What to remember, with nothing counted as told that was not before. */
  readonly after: WatchState;
  /**
   * Ids of entries that newly fail and are not confirmed; look again with fresh DNS, then decide
   * again from the same `before`.
   */
  readonly needsSecondLook: readonly string[];
  /**
   * Ids of entries that turned alike over unrelated providers: their stored snapshots are not to be
   * overwritten.
   */
  readonly keepSnapshots: readonly string[];
  /** Ids of entries that left the policy or are no longer checked: remembered no longer. */
  readonly retired: readonly string[];
}

export function decide(input: DecideInput): Decision {
  const { run, now } = input;
  const rules: SettlingRules = {
    vantage: input.vantage.name,
    baseline: run.firstRun,
    confirmAfterMs: run.confirmAfterMs,
    intervalMs: run.intervalMs,
    blind: isBlind(input.vantage),
    ...(run.previousRunAt === undefined ? {} : { previousRunAt: run.previousRunAt }),
  };
  const before = remembered(input.before, now);
  const latest = new Map(input.verdicts.map((verdict) => [verdict.id, verdict]));
  const first = lookAtAll(before.entries, input.verdicts, { ...input, before }, rules, input.at);
  const second = input.secondLook;
  for (const verdict of second?.verdicts ?? [])
    if (verdict.verdict !== 'undetermined') latest.set(verdict.id, verdict);
  const seen =
    second === undefined
      ? first
      : lookAtAll(first.entries, second.verdicts, { ...input, before }, rules, second.at);

  const watched = input.verdicts.filter(
    (verdict) => readingOf(verdict, input).kind !== 'unwatched',
  );
  const retired = run.scope === 'all' ? gone(before.entries, watched) : [];
  const isRetired = new Set(retired);
  const entries = Object.fromEntries(
    Object.entries(seen.entries).filter(([id]) => !isRetired.has(id)),
  );
  const due = dueIncidents({
    entries,
    incidents: before.incidents,
    departed: retired.flatMap((id) => named(before.entries, id) ?? []),
    verdicts: latest,
    mutes: input.mutes,
    vantage: input.vantage,
    run,
    now,
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

interface Looked {
  readonly entries: Readonly<Record<string, EntryState>>;
  /** Every cause met, by the id of its incident. */
  readonly causes: ReadonlyMap<string, Cause>;
  /** Ids that turned alike. */
  readonly turned: readonly string[];
}

function lookAtAll(
  entries: Readonly<Record<string, EntryState>>,
  verdicts: readonly EntryVerdict[],
  input: DecideInput,
  rules: SettlingRules,
  at: number,
): Looked {
  const own = ownChanges(input.run.digests?.before, input.run.digests?.after);
  const ours = ourSideCauses(input.before, verdicts);
  const after = byName(entries);
  const causes = new Map<string, Cause>();
  const meet = (cause: Cause) => causes.set(incidentId(rules.vantage, cause), cause);
  for (const verdict of verdicts) {
    const reading = withOurSide(readingOf(verdict, input), verdict.id, input.before, ours);
    if (reading.kind === 'unwatched') continue;
    for (const cause of causesIn(reading)) meet(cause);
    meet(unjudgedCause(verdict));
    const known = named(after, verdict.id) ?? {
      id: verdict.id,
      label: verdict.key ?? verdict.destination,
      told: [],
    };
    const asked = reading.kind === 'seen' ? askedOf(verdict) : known.asked;
    const edited = known.asked !== undefined && known.asked !== asked;
    const looked = observe(
      known,
      {
        reading,
        unjudgedCause: unjudgedCause(verdict),
        evidence: {
          ours: [...(edited ? ['policy' as const] : []), ...plausible(own, verdict.reason)],
          theirs: explaining(verdict, input.changes, at),
        },
        at,
      },
      rules,
    );
    const current = asked === undefined || looked.asked === asked ? looked : { ...looked, asked };
    if (current !== known || named(entries, verdict.id) === undefined) after[verdict.id] = current;
  }
  return { entries: after, causes, turned: [...ours.keys()] };
}

const causesIn = (reading: Reading) =>
  reading.kind === 'seen' ? [...reading.now.causes, ...(reading.soon?.causes ?? [])] : [];

function readingOf(verdict: EntryVerdict, input: DecideInput): Reading {
  return read(
    verdict,
    { intervalMs: input.run.intervalMs, overdue: input.run.overdue ?? [] },
    input.at,
  );
}

/**
 * An entry that turned with many others belongs to the shared incident, and stays there while it
 * fails for that reason.
 */
function withOurSide(
  reading: Reading,
  id: string,
  before: WatchState,
  turned: ReadonlyMap<string, Cause>,
): Reading {
  if (reading.kind !== 'seen' || reading.now.standing !== 'failing') return reading;
  const joined = turned.get(id);
  if (joined !== undefined)
    return { ...reading, now: { ...reading.now, causes: [joined, ...reading.now.causes] } };
  const incident = named(before.entries, id)?.now?.settled?.incident;
  const known = incident === undefined ? undefined : before.incidents[incident]?.cause;
  const stays =
    known?.provider === OUR_SIDE &&
    reading.now.causes.some((cause) => cause.reason === known.reason);
  return stays && known !== undefined
    ? { ...reading, now: { ...reading.now, causes: [known, ...reading.now.causes] } }
    : reading;
}

function remembered(state: WatchState, now: number): WatchState {
  const entries = byName<EntryState>();
  for (const [id, entry] of Object.entries(state.entries))
    entries[id] = withoutStale(entryWithoutFuture(entry, now), now);
  const incidents: Record<string, Incident> = {};
  for (const [id, incident] of Object.entries(state.incidents))
    incidents[id] = incidentWithoutFuture(incident, now);
  return { entries, incidents };
}

function gone(
  entries: Readonly<Record<string, EntryState>>,
  watched: readonly EntryVerdict[],
): readonly string[] {
  const present = new Set(watched.map(({ id }) => id));
  return Object.keys(entries).filter((id) => !present.has(id));
}
