/**
 * One record per run: how far it came, under which texts and versions, and what came out.
 *
 * The stages are what a later run recovers by. What is to be told is written before it is published
 * and counts as told from the one update to stage `told` on; a crash between publishing and that
 * update is the only place where a message repeats.
 */
import { firstSentences, firstWithin } from '../first-within.ts';
import { readChunks, writeChunks } from './chunks.ts';
import { HISTORY_MS } from './history.ts';
import { fromItem, type Held, type ItemProblem, readItem, writeItem } from './item.ts';
import { runRecord as kind } from './item-kinds.ts';
import { keys, type Reader, type Store } from './keys.ts';
import type { RunRecord, Stage } from './stored-values.ts';
import type { Json } from './value-schemas.ts';

export type StartedRun =
  /** Created now. */
  | { readonly kind: 'new'; readonly run: Held<RunRecord> }
  /** Begun before and not finished: go on from its stage. */
  | { readonly kind: 'resumed'; readonly run: Held<RunRecord> }
  /** Complete already: nothing to do. */
  | { readonly kind: 'done'; readonly run: Held<RunRecord> }
  /** The record under this id cannot be used. */
  | { readonly kind: 'unusable'; readonly problem: ItemProblem };

/** What is known when a run starts. */
export type Start = Pick<RunRecord, 'runId' | 'scope' | 'holder' | 'digests'>;

/** `now` is epoch ms. A run id is the scheduled time, or `START#manual`. */
export async function beginRun(
  { table, space }: Store,
  start: Start,
  now: number,
): Promise<StartedRun> {
  const key = { pk: keys.runs(space), sk: start.runId };
  const value: RunRecord = {
    ...start,
    startedAt: now,
    stage: 'started',
    stageAt: now,
    counts: {},
    vantage: {},
    unseen: [],
    exceptions: [],
    tellings: 0,
  };
  if ((await writeItem(table, kind, key, value, { expiresAt: now + HISTORY_MS })) === 'written')
    return { kind: 'new', run: { value, rev: 1 } };
  const read = await readItem(table, kind, key, now);
  if (read.kind === 'held')
    return { kind: read.value.stage === 'complete' ? 'done' : 'resumed', run: read };
  if (read.kind === 'absent')
    return { kind: 'unusable', problem: { kind: 'corrupt', key, because: 'it has expired' } };
  return { kind: 'unusable', problem: read };
}

/**
 * Notes a stage with what was learned on the way; undefined means that another process goes on with
 * this run.
 */
export function advanceRun(
  store: Store,
  held: Held<RunRecord>,
  stage: Stage,
  learned: Partial<
    Pick<
      RunRecord,
      | 'counts'
      | 'vantage'
      | 'unseen'
      | 'exceptions'
      | 'messageId'
      | 'tellings'
      | 'message'
      | 'owing'
      | 'kept'
      | 'more'
      | 'digests'
    >
  >,
  now: number,
): Promise<Held<RunRecord> | undefined> {
  return changeRun(store, held, { ...bounded(learned), stage, stageAt: now });
}

/** Undefined where another process wrote it meanwhile. */
async function changeRun(
  { table, space }: Store,
  { value, rev }: Held<RunRecord>,
  change: Partial<RunRecord>,
): Promise<Held<RunRecord> | undefined> {
  const after = { ...value, ...change };
  const key = { pk: keys.runs(space), sk: value.runId };
  const written = await writeItem(table, kind, key, after, {
    rev,
    expiresAt: value.startedAt + HISTORY_MS,
  });
  return written === 'written' ? { value: after, rev: rev + 1 } : undefined;
}

/** As many names and sentences as an item has room for. */
function bounded<L extends Partial<Pick<RunRecord, 'unseen' | 'exceptions'>>>(learned: L): L {
  const { unseen, exceptions } = learned;
  return {
    ...learned,
    ...(unseen === undefined ? {} : { unseen: firstWithin(unseen, NAMES_KEPT) }),
    ...(exceptions === undefined
      ? {}
      : { exceptions: firstWithin(firstSentences(exceptions, SENTENCES_KEPT), SENTENCES_ROOM) }),
  };
}

/** Together below a third of what an item may have; the rest is for what run/ keeps besides. */
const NAMES_KEPT = { chars: 50_000, most: 500 };
const SENTENCES_KEPT = 50;
const SENTENCES_ROOM = { chars: 60_000 };

/**
 * Writes down what is about to be told (any size); answers the number of chunks, for `advanceRun`
 * to note with stage `judged`.
 */
export function prepareTellings(
  { table, space }: Store,
  runId: string,
  tellings: Json,
  now: number,
): Promise<number> {
  const content = new TextEncoder().encode(JSON.stringify(tellings));
  return writeChunks(table, keys.tellings(space, runId), 'part', content, now + TELLINGS_MS);
}

/** Reads back what a run told or was about to tell. @throws StoreError `damaged`. */
export async function readTellings(
  { table, space }: Reader,
  run: RunRecord,
): Promise<Json | undefined> {
  if (run.tellings === 0) return undefined;
  const content = await readChunks(table, keys.tellings(space, run.runId), 'part', run.tellings);
  return JSON.parse(new TextDecoder().decode(content)) as Json;
}

export interface Runs {
  /** Newest first by run id. */
  readonly runs: readonly Held<RunRecord>[];
  readonly problems: readonly ItemProblem[];
}

/** The latest runs from this vantage. */
export async function recentRuns({ table, space }: Reader, now: number, limit = 50): Promise<Runs> {
  const runs: Held<RunRecord>[] = [];
  const problems: ItemProblem[] = [];
  for await (const page of table.query(keys.runs(space), { newestFirst: true, limit })) {
    for (const item of page) {
      const read = fromItem(kind, item, now);
      if (read.kind === 'held') runs.push({ value: read.value, rev: read.rev });
      else if (read.kind !== 'absent') problems.push(read);
    }
  }
  return { runs, problems };
}

/**
 * The last complete run over everything, by the date it began, since ids may be out of order after
 * the clock was set back.
 */
export const lastComplete = (runs: readonly Held<RunRecord>[]): RunRecord | undefined =>
  runs
    .map(({ value }) => value)
    .filter(({ stage, scope }) => stage === 'complete' && scope === 'all')
    .reduce<RunRecord | undefined>(
      (last, run) => (last === undefined || run.startedAt > last.startedAt ? run : last),
      undefined,
    );

/**
 * Runs that told something and died before they stored it, oldest first: what they told counts as
 * told (where nothing later was told of the same). Once that is stored, `markRecovered`.
 */
export const toldButNotStored = (runs: readonly Held<RunRecord>[]): readonly Held<RunRecord>[] =>
  runs
    .filter(({ value }) => value.stage === 'told' && value.recoveredBy === undefined)
    .toReversed();

/** Notes that a later run stored what this one told. */
export async function markRecovered(
  store: Store,
  held: Held<RunRecord>,
  recoveredBy: string,
): Promise<void> {
  await changeRun(store, held, { recoveredBy });
}

/** Notes which channels a run still owes its message; undefined where another process wrote it. */
export const noteOwing = (
  store: Store,
  held: Held<RunRecord>,
  owing: readonly string[],
): Promise<Held<RunRecord> | undefined> => changeRun(store, held, { owing });

/** How long what a run told, or was to tell, is kept. */
export const TELLINGS_MS = 30 * 86_400_000;
