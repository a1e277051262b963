/**
 * The main job once: judge, compare with what was told, publish what is due, store.
 *
 *     open (lease, run record) → recall → assess (check, compare, decide, second look) → tell
 *       → keep → complete
 *
 * Publish first, then one update that records the telling, then store: a crash may repeat a message
 * in that one gap, and never loses one. A run that told and died is recovered by the next (recall).
 */

import type { Delivery } from '../../alert/channel/channel.ts';
import type { Decision } from '../../alert/incident/decide.ts';
import type { Mail } from '../../alert/message/mail.ts';
import type { Bundle } from '../../policy/bundle.ts';
import { hostKey, observeHosts } from '../../snapshot/host-snapshot.ts';
import { LEASE_RENEWAL_MS } from '../../store/lease.ts';
import { markRecovered } from '../../store/runs.ts';
import type { OwedChannel } from '../../store/stored-values.ts';
import { StoreError } from '../../store/table-error.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import type { CheckRun } from '../check/check.ts';
import { assess } from './assess.ts';
import { hostConversations } from './host-conversations.ts';
import { keep } from './keep.ts';
import { type OpenedRun, openRun } from './open-run.ts';
import type { WatchDoors, WatchOptions } from './options.ts';
import { adoptOwing } from './owing.ts';
import { recall } from './recall.ts';
import { tell } from './tell.ts';
import { type LeftTold, owes, tellLeft } from './tell-left.ts';

export type Watched =
  | {
      readonly kind: 'done';
      readonly runId: string;
      readonly check: CheckRun;
      readonly verdicts: readonly EntryVerdict[];
      readonly decision: Decision;
      /** Absent: nothing was due. */
      readonly mail?: Mail;
      /** `untold`: no channel took it. */
      readonly told: Delivery | undefined;
      /** What is owed to single channels that did not take what others took. */
      readonly owed: readonly OwedChannel[];
      /**
       * Complete, what was due was told, by one channel at least, and what is to be stored was.
       */
      readonly complete: boolean;
      /** Sentences about what could not be read or written. */
      readonly problems: readonly string[];
    }
  /**
   * The same run had looked at everything before, and only telling was left: nobody was asked
   * anything.
   */
  | LeftTold
  /** The same scheduled run was complete already. */
  | { readonly kind: 'already-done'; readonly runId: string }
  /** Another live run holds the lease. */
  | { readonly kind: 'busy'; readonly holder: string; readonly sameRun: boolean };

/** @throws Error where the store cannot be used, or where the lease was lost on the way. */
export async function watch(
  bundle: Bundle,
  doors: WatchDoors,
  options: WatchOptions,
): Promise<Watched> {
  const opened = await openRun(doors.store, options, doors.now(), () => owes(doors));
  if (opened.kind === 'busy' || opened.kind === 'already-done') return opened;
  const lost = new AbortController();
  // One that the store did not take is tried again in a minute, and four times before the lease
  // ends.
  const renew = () =>
    opened.renew(doors.now()).then(
      (held) => held || lost.abort(leaseLost()),
      () => undefined,
    );
  const renewal = setInterval(renew, LEASE_RENEWAL_MS);
  const stopped =
    options.signal === undefined ? lost.signal : AbortSignal.any([lost.signal, options.signal]);
  try {
    return (
      (await tellLeft(doors, options, opened)) ??
      (opened.kind === 'opened'
        ? await watchUnderLease(bundle, doors, options, opened, stopped)
        : { kind: 'already-done', runId: options.runId })
    );
  } finally {
    clearInterval(renewal);
    await opened.release();
  }
}

async function watchUnderLease(
  bundle: Bundle,
  doors: WatchDoors,
  options: WatchOptions,
  opened: OpenedRun,
  stopped: AbortSignal,
): Promise<Watched> {
  const { store } = doors;
  const { runId } = opened.run.value;
  const at = doors.now();
  const remembered = await recall(store, runId, at);
  const adopted = await adoptOwing(doors, remembered.recovered, at);
  const recalled = {
    ...remembered,
    recovered: adopted.recovered,
    problems: [...remembered.problems, ...adopted.problems],
  };
  const underway = { bundle, doors, options, recalled, at, stopped };
  const assessment = await assess(underway);
  const { first, verdicts, comparison, updates, decision, facts } = assessment;
  const { mail, delivery, owed, state, problems } = await tell(underway, assessment, opened);
  const kept = await keep(store, {
    runId,
    at,
    historyMs: options.historyMs,
    recalled,
    comparison,
    updates,
    decision,
    spareHosts: hostsOnlyOf(new Set(decision.keepSnapshots), first),
    state,
    whole: facts.scope === 'all' && facts.complete,
  });
  for (const earlier of recalled.recovered) await markRecovered(store, earlier, runId);
  const { keeps = true, notes = [] } = doors.memory?.() ?? {};
  const complete = facts.complete && delivery?.kind !== 'untold' && keeps && kept.whole;
  if (complete) await opened.complete(doors.now());
  else if (delivery?.kind === 'untold' && facts.complete && keeps && kept.whole)
    await opened.advance('untold', { kept: 'whole' }, doors.now());
  return {
    kind: 'done',
    runId,
    check: first,
    verdicts: [...verdicts.values()],
    decision,
    ...(mail === undefined ? {} : { mail }),
    told: delivery,
    owed,
    complete,
    problems: [...recalled.problems, ...problems, ...kept.problems, ...notes],
  };
}

/**
 * Keys of hosts that only these entries lead to: their snapshots stay where unrelated providers
 * turned alike.
 */
function hostsOnlyOf(ids: ReadonlySet<string>, run: CheckRun): Set<string> {
  if (ids.size === 0) return new Set();
  const keysOf = (wanted: (id: string) => boolean) =>
    new Set(observeHosts(hostConversations(run, wanted)).map(hostKey));
  const others = keysOf((id) => !ids.has(id));
  return new Set([...keysOf((id) => ids.has(id))].filter((key) => !others.has(key)));
}

const leaseLost = () =>
  new StoreError(
    'held',
    'another run took the lease while this one worked: nothing was told or stored; is its clock ' +
      'right?',
  );
