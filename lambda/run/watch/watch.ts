/**
 * The main job once: judge, compare with what was told, publish what is due, store.
 *
 *     open (lease, run record) → recall → assess (check, compare, decide, second look)
 *       → MTA-STS policies → tell → keep → complete
 *
 * Publish first, then one update that records the telling, then store: a crash may repeat a message
 * in that one gap, and never loses one. A run that told and died is recovered by the next (recall).
 */

import type { Delivery } from '../../alert/channel/channel.ts';
import type { Decision } from '../../alert/incident/decide.ts';
import type { Mail } from '../../alert/message/mail.ts';
import type { Bundle } from '../../policy/bundle.ts';
import type { Vantage } from '../../probe/vantage.ts';
import { hostKey, observeHosts } from '../../snapshot/host-snapshot.ts';
import { LEASE_RENEWAL_MS } from '../../store/lease.ts';
import { markRecovered } from '../../store/runs.ts';
import type { OwedChannel } from '../../store/stored-values.ts';
import { StoreError } from '../../store/table-error.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import type { CheckRun } from '../check/check.ts';
import { type Assessment, assess } from './assess.ts';
import type { Counts } from './figures.ts';
import { hostConversations } from './host-conversations.ts';
import { type Kept, keep } from './keep.ts';
import { type OpenedRun, openRun } from './open-run.ts';
import type { WatchDoors, WatchOptions } from './options.ts';
import { adoptOwing } from './owing.ts';
import { handOn, leftOver, mayGoOn, planPart } from './parts.ts';
import { moreOf, readProgress, writePart } from './progress.ts';
import { recall } from './recall.ts';
import { type StsWatched, watchPolicies } from './sts.ts';
import { tellingsDone, tellingsIn } from './sts-telling.ts';
import { tell } from './tell.ts';
import { type LeftTold, owes, tellLeft } from './tell-left.ts';
import { tryChannels, unready } from './try-channels.ts';
import type { Underway } from './underway.ts';

export type Watched =
  | {
      readonly kind: 'done';
      readonly runId: string;
      readonly check: CheckRun;
      /** Of the whole run, all of its parts. */
      readonly verdicts: readonly EntryVerdict[];
      readonly counts: Counts;
      readonly vantage: Vantage;
      /** When its first part began, epoch ms. */
      readonly startedAt: number;
      readonly decision: Decision;
      /** Absent: nothing was due. */
      readonly mail?: Mail;
      /** `untold`: no channel took it. */
      readonly told: Delivery | undefined;
      /** What is owed to single channels that did not take what others took. */
      readonly owed: readonly OwedChannel[];
      /** Sentences about channels that would have taken no message when the run began. */
      readonly unready: readonly string[];
      /**
       * Complete, what was due was told, by one channel at least, and what is to be stored was.
       */
      readonly complete: boolean;
      /** What the look at MTA-STS policies came to; absent where there was none. */
      readonly policies?: StsWatched;
      /** Another part of the same run follows: not all was looked at, or not twice. */
      readonly goesOn: boolean;
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
  const underway = await begin(bundle, doors, options, opened, stopped);
  const { recalled, progress, at } = underway;
  const assessment = await assess(underway);
  const { first, verdicts, vantage, comparison, updates, decision, facts } = assessment;
  const policies = await watchPolicies(underway, assessment);
  const { counts, mail, delivery, owed, state, problems } = await tell(
    underway,
    assessment,
    policies,
    opened,
  );
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
  const isTold = delivery?.kind !== 'untold';
  const handed = await endPart(underway, assessment, opened, kept, isTold);
  const whole = facts.complete && keeps && kept.whole && !handed.goesOn;
  const complete = whole && isTold;
  if (complete) await opened.complete(doors.now());
  else if (whole) await opened.advance('untold', { kept: 'whole' }, doors.now());
  return {
    kind: 'done',
    runId,
    check: first,
    verdicts: [...verdicts.values()],
    counts,
    vantage,
    startedAt: progress.startedAt ?? at,
    decision,
    ...(mail === undefined ? {} : { mail }),
    told: delivery,
    owed,
    unready: unready(underway.tried, delivery, owed),
    complete,
    goesOn: handed.goesOn,
    ...(policies === undefined ? {} : { policies }),
    problems: [
      ...recalled.problems,
      ...assessment.problems,
      ...(policies?.problems ?? []),
      ...problems,
      ...kept.problems,
      ...handed.problems,
      ...notes,
    ],
  };
}

/** What this part starts from: what is remembered, and what earlier parts judged. */
async function begin(
  bundle: Bundle,
  doors: WatchDoors,
  options: WatchOptions,
  { records }: OpenedRun,
  stopped: AbortSignal,
): Promise<Underway> {
  const { store } = doors;
  const begun = doors.now();
  const progress = await readProgress(store, records, options.digests, begun);
  const remembered = await recall(store, progress.records, begun);
  const adopted = await adoptOwing(doors, remembered.recovered, begun);
  await tellingsDone(store, tellingsIn(remembered.recovered), begun);
  const recalled = {
    ...remembered,
    recovered: adopted.recovered,
    problems: [...remembered.problems, ...adopted.problems, ...progress.problems],
  };
  const plan = planPart(progress, recalled.state, options, begun);
  if (plan.waitMs > 0) await doors.sleep(plan.waitMs, stopped);
  stopped.throwIfAborted();
  const tried = await tryChannels(doors.channels);
  return { bundle, doors, options, recalled, progress, plan, tried, at: doors.now(), stopped };
}

/** Writes down what this part judged, where anything is left, and has another part follow. */
async function endPart(
  { doors, options, progress, at }: Underway,
  assessment: Assessment,
  opened: OpenedRun,
  { refused }: Kept,
  told: boolean,
): Promise<Awaited<ReturnType<typeof handOn>>> {
  const { first, verdicts, firstLook, decision, lookedTwice } = assessment;
  const looked = { verdicts, first: first.verdicts, lookedTwice, decision };
  const left = leftOver(progress, options, looked, refused);
  const isLeft =
    left.unseen > 0 || (left.confirmFrom !== undefined && mayGoOn(doors, options, progress));
  if (options.only !== undefined || !isLeft) return { goesOn: false, problems: [] };
  const content = {
    verdicts: [...verdicts.values()],
    judged: left.judged,
    looked: first.verdicts,
    conversations: assessment.conversations,
    vantage: assessment.vantage,
  };
  const { digests } = options;
  const { runId } = opened.run.value;
  const now = doors.now();
  const saidWhole = assessment.facts.complete && told;
  const part = { at, until: firstLook.until, digests, now, saidWhole };
  const parts = await writePart(doors.store, runId, progress, content, part);
  const more = moreOf([...verdicts.values()], parts, assessment.facts);
  await opened.note({ more, digests: { ...digests } }, now);
  return handOn(doors, options, progress, left);
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
