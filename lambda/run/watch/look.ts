/**
 * One look of a run at all, or at some: a check with a fresh view of the world, in the light of what is
 * remembered, and the second one at what newly fails.
 */
import { turnAt } from '../../probe/turn.ts';
import { type CheckOptions, type CheckRun, checkBundle } from '../check/check.ts';
import { withProof } from '../past/proof.ts';
import { withHindsight } from './compare.ts';
import { withEarlierNames } from './earlier-names.ts';
import { withNewKeys } from './new-keys.ts';
import { LOOK_ROOM_MS } from './parts.ts';
import { type Recalled, rememberedIn } from './recall.ts';
import type { Underway } from './underway.ts';

/** Judges all, or some, with a fresh view of the world. */
export async function look(
  { bundle, doors, options, recalled, progress, at, stopped }: Underway,
  only: ReadonlySet<string> | undefined,
): Promise<CheckRun> {
  const { own } = options;
  const run = await checkBundle(bundle, doors.openWorld(), {
    at: doors.now(),
    now: doors.now,
    pace: { ...options.pace, signal: stopped },
    // Of those that are left all may be silent, as they were the last time.
    controlHosts: [...options.controlHosts, ...progress.proved],
    ...orderIn(recalled, at),
    turn: turnAt(at),
    remembered: rememberedIn(recalled.latest),
    ...(only === undefined ? {} : { only }),
  });
  const wider = await withEarlierNames(run, bundle, recalled.latest, doors.store);
  const around = {
    confirmations: recalled.confirmations,
    queueLifetimeMs: bundle.settings.queueLifetimeMs,
    now: at,
    ...(own === undefined ? {} : { own }),
  };
  const careful = withNewKeys(
    withHindsight(wider, recalled.latest, around),
    bundle,
    recalled.latest,
    around,
  );
  const before = (id: string) => recalled.latest.entries.get(id)?.value.snapshot;
  return withProof(careful, bundle, doors.store, before, at);
}

/**
 * When each entry was last judged: those that wait longest are looked at first. One that was asked
 * and kept silent comes last, and one that was not asked, for want of time, does not.
 */
export function orderIn(
  { latest }: Pick<Recalled, 'latest'>,
  at: number,
): Pick<CheckOptions, 'lastSeen' | 'unseen'> {
  const snapshots = [...latest.entries].map(([id, { value }]) => [id, value.snapshot] as const);
  return {
    lastSeen: new Map(snapshots.map(([id, { undetermined }]) => [id, undetermined?.since ?? at])),
    unseen: new Set(
      snapshots.flatMap(([id, { undetermined }]) =>
        undetermined === undefined || undetermined.cause === 'unfinished' ? [] : [id],
      ),
    ),
  };
}

/** Undefined where none is needed or wanted, or where time does not allow it. */
export async function secondLook(
  run: Underway,
  ids: readonly string[],
): Promise<CheckRun | undefined> {
  const { confirm, pace } = run.options;
  if (ids.length === 0 || confirm.kind !== 'same-run' || confirm.afterMs === 0) return undefined;
  if (run.plan.hurried) return undefined;
  const again = run.at + confirm.afterMs;
  if (again + LOOK_ROOM_MS > pace.stopAt) return undefined;
  // Never longer than the gap itself, should the clock have been set back meanwhile.
  const wait = Math.min(confirm.afterMs, Math.max(0, again - run.doors.now()));
  const at = run.doors.now() + wait;
  run.doors.progress?.({ kind: 'looking-again', entries: ids.length, at });
  await run.doors.sleep(wait, run.stopped);
  return run.stopped.aborted ? undefined : look(run, new Set(ids));
}
