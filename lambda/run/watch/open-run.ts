/**
 * The beginning of a run: its record and the lease.
 *
 * A run that was begun and not finished is resumed. One that had told when it died is never taken
 * back to an earlier stage, or what it told would be forgotten: it is continued under an id of its
 * own, and completed together with it.
 */
import { describeProblem, type Held } from '../../store/item.ts';
import type { Store } from '../../store/keys.ts';
import { releaseLease, renewLease, takeLease } from '../../store/lease.ts';
import { advanceRun, beginRun, recentRuns } from '../../store/runs.ts';
import type { RunRecord, Stage } from '../../store/stored-values.ts';
import { StoreError } from '../../store/table-error.ts';
import type { WatchOptions } from './options.ts';

export type RunOpening =
  | ({
      readonly kind: 'opened';
      readonly run: Held<RunRecord>;
      /** All records of this run, oldest first; the last is its own. */
      readonly records: readonly RunRecord[];
      /** Notes a stage; throws where another process goes on with this run. */
      readonly advance: (
        stage: Stage,
        learned: Parameters<typeof advanceRun>[3],
        now: number,
      ) => Promise<RunRecord>;
      /** Notes something more at the stage that it has. */
      readonly note: (learned: Parameters<typeof advanceRun>[3], now: number) => Promise<RunRecord>;
      /** Completes the run, and the one it continues. */
      readonly complete: (now: number) => Promise<void>;
    } & Lease)
  /** The same run was complete already, and a channel is owed what it did not take. */
  | ({ readonly kind: 'owing' } & Lease)
  | { readonly kind: 'already-done'; readonly runId: string }
  | { readonly kind: 'busy'; readonly holder: string; readonly sameRun: boolean };

interface Lease {
  /** False: the lease was lost. */
  readonly renew: (now: number) => Promise<boolean>;
  readonly release: () => Promise<void>;
}

/** A run that holds the lease and has its record. */
export type OpenedRun = Extract<RunOpening, { readonly kind: 'opened' }>;

/** @param owes whether a channel is owed what it did not take */
export async function openRun(
  store: Store,
  options: WatchOptions,
  now: number,
  owes: () => Promise<boolean>,
): Promise<RunOpening> {
  const { runId, holder } = options;
  const leasing = await takeLease(store, { holder, runId }, now, options.hasEnded);
  if (leasing.kind === 'newer') {
    throw new StoreError(
      'other',
      'the lease was written by a newer version of postfix-tls-watch: update this installation',
    );
  }
  if (leasing.kind === 'busy')
    return { kind: 'busy', holder: leasing.by.holder, sameRun: leasing.by.runId === runId };
  const lease = holding(store, leasing.lease);
  const records = await openRecords(store, options, now);
  switch (records.kind) {
    case 'already-done':
      if (await owes()) return { kind: 'owing', ...lease };
      await lease.release();
      return { kind: 'already-done', runId };
    case 'unusable':
      await lease.release();
      throw new StoreError('other', records.because);
    case 'open':
      return { kind: 'opened', ...recording(store, records, now), ...lease };
  }
}

function holding(store: Store, taken: Parameters<typeof renewLease>[1]): Lease {
  let lease: typeof taken | undefined = taken;
  return {
    renew: async (at) => {
      lease = lease === undefined ? undefined : await renewLease(store, lease, at);
      return lease !== undefined;
    },
    release: async () => {
      if (lease !== undefined) await releaseLease(store, lease);
    },
  };
}

type Records =
  | {
      readonly kind: 'open';
      /** Those that told and died, which this run continues. */
      readonly earlier: readonly Held<RunRecord>[];
      readonly own: Held<RunRecord>;
    }
  | { readonly kind: 'already-done' }
  | { readonly kind: 'unusable'; readonly because: string };

/**
 * The record of this run, new or resumed. Where the run under this id had told when it died, a
 * record under the next free id `RUN#2`, `RUN#3`, ….
 */
async function openRecords(store: Store, options: WatchOptions, now: number): Promise<Records> {
  const { runId, holder } = options;
  const scope = options.only === undefined ? 'all' : 'some';
  const digests = { ...options.digests };
  const earlier: Held<RunRecord>[] = [];
  for (let i = 1; i <= MAX_CONTINUATIONS; i++) {
    const id = i === 1 ? runId : `${runId}#${i}`;
    const begun = await beginRun(store, { runId: id, scope, holder, digests }, now);
    if (begun.kind === 'done') return { kind: 'already-done' };
    if (begun.kind === 'unusable')
      return { kind: 'unusable', because: `run ${id}: ${describeProblem(begun.problem)}` };
    if (begun.run.value.stage !== 'told') return { kind: 'open', earlier, own: begun.run };
    earlier.push(begun.run);
  }
  return {
    kind: 'unusable',
    because:
      `run ${runId}: was continued ${MAX_CONTINUATIONS} times and never came to its end; ` +
      'start one with another id',
  };
}

function recording(
  store: Store,
  { earlier, own }: Extract<Records, { readonly kind: 'open' }>,
  now: number,
): Pick<OpenedRun, 'run' | 'records' | 'advance' | 'note' | 'complete'> {
  let held = own;
  const advance: OpenedRun['advance'] = async (stage, learned, at) => {
    const next = await advanceRun(store, held, stage, learned, at);
    if (next === undefined)
      throw new StoreError(
        'other',
        `run ${held.value.runId}: another process went on with it meanwhile`,
      );
    held = next;
    return next.value;
  };
  return {
    run: own,
    records: [...earlier, own].map(({ value }) => value),
    advance,
    note: (learned, at) => advance(held.value.stage, learned, at),
    complete: async (at) => {
      for (const record of [...earlier, held])
        await advanceRun(store, await fresh(store, record, now), 'complete', {}, at);
    },
  };
}

/** Marking an earlier run as recovered raised its revision. */
async function fresh(store: Store, record: Held<RunRecord>, now: number): Promise<Held<RunRecord>> {
  const runs = await recentRuns(store, now);
  return runs.runs.find(({ value }) => value.runId === record.value.runId) ?? record;
}

const MAX_CONTINUATIONS = 20;
