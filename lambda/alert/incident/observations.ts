/**
 * What one look at all entries adds to what is remembered of each, and the causes it met. Pure.
 */
import { byName, named } from '../../named-record.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import { type Cause, incidentId, OUR_SIDE } from './cause.ts';
import type { Change, EntryState } from './entry-state.ts';
import { askedOf, explaining, ownChanges, plausible } from './explanation.ts';
import type { WatchState } from './incident.ts';
import { ourSideCauses } from './our-side.ts';
import { type ForecastRules, type Reading, standingOf } from './reading.ts';
import type { RunFacts } from './run-facts.ts';
import { observe, type SettlingRules } from './settling.ts';
import { isWatched } from './standing.ts';
import { isConfirmedBy } from './testimony.ts';
import { unjudgedCause } from './verdict-causes.ts';

/** What a look is compared with. */
export interface Scene {
  /** What was remembered before the run, which decides who turned in it. */
  readonly before: WatchState;
  /** What earlier parts of the run saw: with that, too, entries may have turned alike. */
  readonly carried?: readonly EntryVerdict[];
  readonly changes: readonly Change[];
  readonly run: RunFacts;
  /** When the first look was taken. */
  readonly at: number;
}

export interface Observed {
  readonly entries: Readonly<Record<string, EntryState>>;
  /** Every cause met, by the id of its incident. */
  readonly causes: ReadonlyMap<string, Cause>;
  /** Ids that turned alike. */
  readonly turned: readonly string[];
}

/** `at`: when this look was taken. */
export function observeAll(
  entries: Readonly<Record<string, EntryState>>,
  verdicts: readonly EntryVerdict[],
  scene: Scene,
  rules: SettlingRules,
  at: number,
): Observed {
  const own = ownChanges(scene.run.digests?.before, scene.run.digests?.after);
  const looked = new Set(verdicts.map(({ id }) => id));
  const carried = (scene.carried ?? []).filter(({ id }) => !looked.has(id));
  const ours = ourSideCauses(scene.before, [...verdicts, ...carried], scene.run.firstRun);
  const after = byName(entries);
  const causes = new Map<string, Cause>();
  const meet = (cause: Cause) => causes.set(incidentId(rules.vantage, cause), cause);
  for (const verdict of verdicts) {
    if (!isWatched(verdict)) continue;
    const standing = standingOf(verdict, rulesOf(scene.run), scene.at);
    const reading = withOurSide(standing, verdict.id, scene.before, ours);
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
          theirs: explaining(verdict, scene.changes, at),
        },
        at,
      },
      scene.run.forgets?.(verdict.id) === true ||
        isConfirmedBy(named(scene.run.log ?? {}, verdict.id), verdict)
        ? { ...rules, confirmAfterMs: 0 }
        : rules,
    );
    const current = asked === undefined || looked.asked === asked ? looked : { ...looked, asked };
    if (current !== known || named(entries, verdict.id) === undefined) after[verdict.id] = current;
  }
  return { entries: after, causes, turned: [...ours.keys()] };
}

const rulesOf = ({ intervalMs, overdue = [] }: RunFacts): ForecastRules => ({
  intervalMs,
  overdue,
});

const causesIn = (reading: Reading) =>
  reading.kind === 'seen' ? [...reading.now.causes, ...(reading.soon?.causes ?? [])] : [];

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
