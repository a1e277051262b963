/**
 * A run in parts: what one part looks at, what it leaves over, and whether another part follows.
 *
 * What newly fails and is to be looked at again comes first and alone, so that it is told before a
 * long rest is looked at. Another part follows only where this one got further, and a run has no
 * more than a dozen. Pure but for `handOn`.
 */

import type { Decision } from '../../alert/incident/decide.ts';
import type { EntryState } from '../../alert/incident/entry-state.ts';
import type { WatchState } from '../../alert/incident/incident.ts';
import { needsSecondLook } from '../../alert/incident/settling.ts';
import { greatest } from '../../extremes.ts';
import { named } from '../../named-record.ts';
import { type EntryVerdict, isUnfinished, publishedName } from '../../verdict/verdict.ts';
import type { WatchDoors, WatchOptions } from './options.ts';
import type { Progress } from './progress.ts';

export interface PartPlan {
  /** Ids of the destinations to look at; absent: all. */
  readonly only?: ReadonlySet<string>;
  /** Others are left for another part, so that there is no waiting in this one. */
  readonly hurried: boolean;
  /** How long to wait before, ms. */
  readonly waitMs: number;
}

/** @param state what is remembered as the part begins, `at` (epoch ms) */
export function planPart(
  { known, judged }: Progress,
  state: WatchState,
  { only, confirm, pace }: WatchOptions,
  at: number,
): PartPlan {
  const looking = (ids: Iterable<string>, more: Partial<PartPlan> = {}): PartPlan => ({
    only: new Set(ids),
    hurried: false,
    waitMs: 0,
    ...more,
  });
  if (known.size === 0) return { ...(only === undefined ? {} : { only }), ...NOTHING_SPECIAL };
  const left = [...known.keys()].filter((id) => !judged.has(id));
  const afterMs = confirm.kind === 'same-run' ? confirm.afterMs : 0;
  const pending = [...judged].flatMap((id) => {
    const entry = named(state.entries, id);
    return afterMs > 0 && entry !== undefined && isPending(entry, known) ? [entry] : [];
  });
  const due = pending.filter((entry) => at - turnedAt(entry) >= afterMs);
  if (due.length > 0)
    return looking(
      due.map(({ id }) => id),
      { hurried: left.length > 0 },
    );
  if (left.length > 0) return looking(left);
  const waitMs = Math.max(0, ...pending.map((entry) => turnedAt(entry) + afterMs - at));
  return looking(
    pending.map(({ id }) => id),
    at + waitMs + LOOK_ROOM_MS <= pace.stopAt ? { waitMs } : {},
  );
}

const NOTHING_SPECIAL = { hurried: false, waitMs: 0 } as const;

/** What a run has left after one of its parts. */
export interface LeftOver {
  /** Ids that this part judged and stored. */
  readonly judged: ReadonlySet<string>;
  /** How many of the run no part has judged. */
  readonly unseen: number;
  /** Whether the store refused some of what was judged. */
  readonly refused: boolean;
  /** When those that newly fail can be looked at again, epoch ms; absent: none waits for it. */
  readonly confirmFrom?: number;
}

/** What the store did not take, so that it is to be looked at again. */
export interface Refused {
  /** Destination ids. */
  readonly entries: ReadonlySet<string>;
  /** Names of hosts. */
  readonly hosts: ReadonlySet<string>;
}

/** What a part looked at, and what it came to. */
export interface Looked {
  /** By destination id, of the whole run. */
  readonly verdicts: ReadonlyMap<string, EntryVerdict>;
  /** Of this part's first look. */
  readonly first: readonly EntryVerdict[];
  readonly lookedTwice: boolean;
  readonly decision: Pick<Decision, 'needsSecondLook' | 'after'>;
}

export function leftOver(
  progress: Progress,
  { confirm }: WatchOptions,
  { verdicts, first, lookedTwice, decision }: Looked,
  refused: Refused,
): LeftOver {
  const judged = new Set(
    first.flatMap((verdict) =>
      isUnfinished(verdict) || isRefused(verdict, refused) ? [] : [verdict.id],
    ),
  );
  const unseen = [...verdicts.keys()].filter((id) => !judged.has(id) && !progress.judged.has(id));
  // What this part could not tell, no other part is asked for that alone.
  const asked = new Set(
    first.flatMap((one) => (one.verdict === UNTOLD && !isUnfinished(one) ? [one.id] : [])),
  );
  const waiting =
    confirm.kind !== 'same-run' || confirm.afterMs === 0 || lookedTwice
      ? []
      : decision.needsSecondLook.flatMap((id) => {
          const entry = named(decision.after.entries, id);
          const waits = entry !== undefined && !asked.has(id) && isPending(entry, verdicts);
          return waits ? [turnedAt(entry) + confirm.afterMs] : [];
        });
  return {
    judged,
    unseen: unseen.length,
    refused: refused.entries.size + refused.hosts.size > 0,
    ...(waiting.length === 0 ? {} : { confirmFrom: greatest(waiting) }),
  };
}

const UNTOLD: EntryVerdict['verdict'] = 'undetermined';

/** Whether another part could follow one that got further. */
export function mayGoOn(
  { handOver }: WatchDoors,
  { only }: WatchOptions,
  { parts }: Progress,
): boolean {
  return handOver !== undefined && only === undefined && parts + 1 < MOST_PARTS;
}

/**
 * Has another part follow, where there is something left for it; false where there is nothing, or
 * it cannot follow. `problems` are sentences.
 */
export async function handOn(
  doors: WatchDoors,
  options: WatchOptions,
  progress: Progress,
  left: LeftOver,
): Promise<{ readonly goesOn: boolean; readonly problems: readonly string[] }> {
  const afterMs = pauseBefore(left, doors.now());
  if (afterMs === undefined || left.judged.size === 0 || !mayGoOn(doors, options, progress))
    return { goesOn: false, problems: [] };
  try {
    await doors.handOver?.(options.runId, afterMs);
    return { goesOn: true, problems: [] };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return { goesOn: false, problems: [`the run could not be handed on: ${said}`] };
  }
}

/** Undefined where nothing is left to do. */
function pauseBefore({ unseen, refused, confirmFrom }: LeftOver, now: number): number | undefined {
  if (unseen > 0) return refused ? PAUSE_FOR_THE_STORE_MS : PAUSE_MS;
  return confirmFrom === undefined ? undefined : Math.max(PAUSE_MS, confirmFrom - now);
}

/** Whether it newly fails, and what was seen of it waits to be confirmed. */
const isPending = (entry: EntryState, verdicts: ReadonlyMap<string, EntryVerdict>): boolean =>
  needsSecondLook(entry) && (verdicts.get(entry.id)?.verdict ?? UNTOLD) !== UNTOLD;

/** When it was first seen so, epoch ms. */
const turnedAt = ({ now, soon }: EntryState): number =>
  greatest([now, soon].map((track) => (track?.turn?.worse === true ? track.turn.at : 0)));

const isRefused = ({ id, hosts }: EntryVerdict, refused: Refused): boolean =>
  refused.entries.has(id) || hosts.some((host) => refused.hosts.has(publishedName(host)));

/** What a second look takes, of a host that keeps silent too. */
export const LOOK_ROOM_MS = 60_000;
/** Five parts of a fifth each, with a second look after each, and room for a bad day. */
const MOST_PARTS = 12;
/** In which this part gives its lease back and its invocation ends. */
const PAUSE_MS = 10_000;
const PAUSE_FOR_THE_STORE_MS = 60_000;
