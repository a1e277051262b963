/**
 * What a run starts from: everything remembered from this vantage, with what an interrupted run
 * told counted as told.
 */

import type { Digests } from '../../alert/incident/explanation.ts';
import type { WatchState } from '../../alert/incident/incident.ts';
import type { Mute } from '../../alert/incident/mute.ts';
import { recordTellings, type Telling } from '../../alert/incident/telling.ts';
import type { Remembered } from '../../policy/destinations.ts';
import type { Confirmation } from '../../snapshot/caution.ts';
import { readConfirmations } from '../../store/confirmations.ts';
import { readIncidents } from '../../store/incidents.ts';
import { describeProblems, type Held } from '../../store/item.ts';
import type { Reader } from '../../store/keys.ts';
import { type Latest, readLatest } from '../../store/latest.ts';
import { readMutes } from '../../store/mutes.ts';
import { lastComplete, readTellings, recentRuns, toldButNotStored } from '../../store/runs.ts';
import type { RunRecord } from '../../store/stored-values.ts';
import { StoreError } from '../../store/table-error.ts';

export interface Recalled {
  readonly latest: Latest;
  readonly incidents: Awaited<ReturnType<typeof readIncidents>>;
  readonly state: WatchState;
  readonly mutes: readonly Mute[];
  readonly confirmations: readonly Confirmation[];
  readonly lastRun?: RunRecord;
  readonly lastComplete?: RunRecord;
  /** Runs that told something and could not store it: to be marked once this run has stored. */
  readonly recovered: readonly Held<RunRecord>[];
  /** Sentences about items that could not be read; they are skipped. */
  readonly problems: readonly string[];
}

/** Reads it all. `now` is epoch ms; records with the ids `self` do not count as earlier runs. */
export async function recall(
  store: Reader,
  self: readonly string[],
  now: number,
): Promise<Recalled> {
  const [latest, incidents, mutes, runs] = [
    await readLatest(store, now),
    await readIncidents(store, now),
    await readMutes(store, now),
    await recentRuns(store, now),
  ];
  const confirmed = await readConfirmations(store, now);
  const recovered = toldButNotStored(runs.runs);
  let state: WatchState = {
    entries: Object.fromEntries(
      [...latest.entries].flatMap(([id, { value }]) =>
        value.state === undefined ? [] : [[id, value.state]],
      ),
    ),
    incidents: Object.fromEntries([...incidents.incidents].map(([id, { value }]) => [id, value])),
  };
  const untellable: string[] = [];
  for (const { value } of recovered) {
    try {
      const tellings = await readTellings(store, value);
      if (tellings !== undefined)
        state = recordTellings(state, tellings as unknown as readonly Telling[]);
    } catch (error) {
      if (!(error instanceof StoreError && error.kind === 'damaged')) throw error;
      untellable.push(`${error.message}; what run ${value.runId} told may be told once more`);
    }
  }
  const others = runs.runs.filter(({ value }) => !self.includes(value.runId));
  const earlier = others.filter(({ value }) => value.scope === 'all' && value.stage !== 'started');
  const complete = lastComplete(others);
  const last = earlier.map(({ value }) => value).toSorted((a, b) => b.startedAt - a.startedAt)[0];
  return {
    latest,
    incidents,
    state,
    mutes: mutes.mutes,
    confirmations: confirmed.confirmations,
    ...(last === undefined ? {} : { lastRun: last }),
    ...(complete === undefined ? {} : { lastComplete: complete }),
    recovered,
    problems: [
      ...describeProblems([
        ...latest.problems,
        ...incidents.problems,
        ...mutes.problems,
        ...confirmed.problems,
        ...runs.problems,
      ]),
      ...untellable,
    ],
  };
}

/** Entries of tables that were judged before, without those that left the policy since. */
export function rememberedIn(latest: Latest): Remembered[] {
  return [...latest.entries.values()].flatMap(({ value: { snapshot }, expiresAt }) =>
    snapshot.key === null || expiresAt !== undefined
      ? []
      : [{ id: snapshot.id, name: snapshot.destination, key: snapshot.key }],
  );
}

/** Digests of a stored run, where it has them all. */
export function digestsOf(run: RunRecord | undefined): Digests | undefined {
  const { table, settings, anchors, product, node } = run?.digests ?? {};
  if (
    table === undefined ||
    settings === undefined ||
    anchors === undefined ||
    product === undefined ||
    node === undefined
  )
    return undefined;
  return { table, settings, anchors, product, node };
}
