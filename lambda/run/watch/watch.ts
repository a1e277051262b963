/**
 * The main job once: judge, compare with what was told, publish what is due, store.
 *
 *     begin (run record, lease) → recall → check → second look → decide → tell → keep → complete
 *
 * Publish first, then one update that records the telling, then store: a crash may repeat a message
 * in that one gap, and never loses one. A run that told and died is recovered by the next (recall).
 */

import type { Delivery } from '../../alert/channel/channel.ts';
import { type Decision, decide } from '../../alert/incident/decide.ts';
import type { RunFacts, VantageState } from '../../alert/incident/run-facts.ts';
import { recordTellings, type Telling } from '../../alert/incident/telling.ts';
import { describeAlert } from '../../alert/message/describe.ts';
import { type Mail, mailOf } from '../../alert/message/mail.ts';
import type { Bundle } from '../../policy/bundle.ts';
import { hostKey, hostLooks } from '../../snapshot/host-snapshot.ts';
import { readCertificates } from '../../store/certificates.ts';
import { LEASE_RENEWAL_MS } from '../../store/lease.ts';
import { markRecovered, prepareTellings } from '../../store/runs.ts';
import { StoreError } from '../../store/table-error.ts';
import type { Json } from '../../store/value-schemas.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import { type CheckRun, checkBundle } from '../check/check.ts';
import { certificatesWanted, compare, pictureHosts, withHindsight } from './compare.ts';
import { countsOf } from './figures.ts';
import { looksOf } from './host-looks.ts';
import { keep } from './keep.ts';
import { notWatchedIn } from './not-watched.ts';
import { type Begun, begin } from './open-run.ts';
import type { WatchDoors, WatchOptions } from './options.ts';
import { digestsOf, recall } from './recall.ts';
import { afterBoth, verdictsAfter } from './second-look.ts';

export type Watched =
  | {
      readonly kind: 'done';
      readonly runId: string;
      readonly check: CheckRun;
      readonly verdicts: readonly EntryVerdict[];
      readonly decision: Decision;
      /** Absent: nothing was due. */
      readonly mail?: Mail;
      readonly told: Delivery | undefined;
      /** Complete, and what was due was told. */
      readonly complete: boolean;
      /** Sentences about what could not be read or written. */
      readonly problems: readonly string[];
    }
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
  const begun = await begin(doors.store, options, doors.now());
  if (begun.kind !== 'begun') return begun;
  const lost = new AbortController();
  // One that the store did not take is tried again in a minute, and four times before the lease
  // ends.
  const renew = () =>
    begun.renew(doors.now()).then(
      (held) => held || lost.abort(leaseLost()),
      () => undefined,
    );
  const renewal = setInterval(renew, LEASE_RENEWAL_MS);
  const stopped =
    options.signal === undefined ? lost.signal : AbortSignal.any([lost.signal, options.signal]);
  try {
    return await watchUnderLease(bundle, doors, options, begun, stopped);
  } finally {
    clearInterval(renewal);
    await begun.release();
  }
}

async function watchUnderLease(
  bundle: Bundle,
  doors: WatchDoors,
  options: WatchOptions,
  begun: Extract<Begun, { kind: 'begun' }>,
  stopped: AbortSignal,
): Promise<Watched> {
  const { store } = doors;
  const at = doors.now();
  const recalled = await recall(store, begun.run.value.runId, at);
  const lastSeen = new Map(
    [...recalled.latest.entries].map(([id, { value }]) => [
      id,
      value.snapshot.undetermined?.since ?? at,
    ]),
  );
  const look = async (only: ReadonlySet<string> | undefined): Promise<CheckRun> => {
    const run = await checkBundle(bundle, doors.openWorld(), {
      at: doors.now(),
      now: doors.now,
      pace: { ...options.pace, signal: stopped },
      controlHosts: options.controlHosts,
      lastSeen,
      ...(only === undefined ? {} : { only }),
    });
    return withHindsight(run, recalled.latest);
  };

  const first = await look(options.only);
  stopped.throwIfAborted();
  const times = {
    at,
    ...(recalled.lastRun === undefined ? {} : { previousAt: recalled.lastRun.startedAt }),
  };
  const scope = options.only === undefined ? 'all' : 'some';
  const vantage: VantageState = { name: store.space.vantage, ...first.vantage };

  const facts = (complete: boolean, overdue: RunFacts['overdue']): RunFacts => {
    const before = digestsOf(recalled.lastRun);
    return {
      // A baseline that was told by a run that died then is not told again.
      firstRun:
        recalled.lastComplete === undefined &&
        recalled.recovered.every(({ value }) => value.scope === 'some'),
      complete,
      scope,
      intervalMs: options.intervalMs,
      confirmAfterMs:
        options.confirm.kind === 'same-run' ? options.confirm.afterMs : CONFIRMING_GAP_MS,
      digests: { after: options.digests, ...(before === undefined ? {} : { before }) },
      ...(overdue === undefined ? {} : { overdue }),
      ...(recalled.lastRun === undefined ? {} : { previousRunAt: recalled.lastRun.startedAt }),
      ...(recalled.lastComplete === undefined
        ? {}
        : { previousCompleteAt: recalled.lastComplete.startedAt }),
    };
  };
  const weigh = async (second: CheckRun | undefined) => {
    const both = afterBoth(first, second);
    const verdicts = verdictsAfter(first, second);
    const looks = [first, ...(second === undefined ? [] : [second])].flatMap((run) => looksOf(run));
    const pictures = pictureHosts(hostLooks(looks), recalled.latest, times);
    const stored = await readCertificates(store, certificatesWanted(pictures));
    const seen = Object.assign(
      {},
      ...pictures.map((picture) => picture.look.certificates),
    ) as Record<string, string>;
    const comparison = compare(
      both,
      verdicts,
      pictures,
      recalled.latest,
      (digest) => seen[digest] ?? stored.der[digest],
      times,
    );
    const run = facts(first.complete && (second?.complete ?? true), comparison.overdue);
    const decision = decide({
      at,
      verdicts: first.verdicts,
      ...(second === undefined ? {} : { secondLook: { at: second.at, verdicts: second.verdicts } }),
      before: recalled.state,
      changes: comparison.differences,
      mutes: recalled.mutes,
      vantage,
      run,
      now: doors.now(),
    });
    return { verdicts, pictures, comparison, run, decision };
  };

  let weighed = await weigh(undefined);
  if (
    weighed.decision.needsSecondLook.length > 0 &&
    options.confirm.kind === 'same-run' &&
    options.confirm.afterMs > 0
  ) {
    const again = at + options.confirm.afterMs;
    if (again < options.pace.stopAt) {
      await doors.sleep(Math.max(0, again - doors.now()), stopped);
      if (!stopped.aborted)
        weighed = await weigh(await look(new Set(weighed.decision.needsSecondLook)));
    }
  }
  stopped.throwIfAborted();

  const { verdicts, decision, run: runFacts, comparison, pictures } = weighed;
  const alert = describeAlert({
    decision,
    verdicts,
    bundle,
    mutes: recalled.mutes,
    vantage,
    run: runFacts,
    now: doors.now(),
  });
  const mail = alert === undefined ? undefined : mailOf(alert);
  const tellings: readonly Telling[] =
    mail === undefined ? [] : [...decision.tellings.slice(0, mail.items), ...decision.mentions];
  const learned = {
    counts: {
      ...countsOf([...verdicts.values()], first.conversations.length, {
        at,
        intervalMs: options.intervalMs,
      }),
    },
    vantage: { ...first.vantage },
    unseen: [...verdicts.values()]
      .filter(({ verdict }) => verdict === 'undetermined')
      .map(({ id }) => id),
    exceptions: recalled.problems,
    more: { notWatched: notWatchedIn(verdicts.values()) } as unknown as Json,
  };
  const chunks =
    mail === undefined
      ? 0
      : await prepareTellings(
          store,
          begun.run.value.runId,
          tellings as unknown as Json,
          doors.now(),
        );
  let record = await begun.advance('judged', { ...learned, tellings: chunks }, doors.now());

  const told =
    alert === undefined || mail === undefined ? undefined : await doors.tell(mail, alert);
  const untold = told?.kind === 'untold';
  if (told !== undefined) {
    const messageId =
      told.kind === 'told' && told.messageId !== undefined ? { messageId: told.messageId } : {};
    const exceptions =
      told.kind === 'untold' ? [...learned.exceptions, told.because] : learned.exceptions;
    record = await begun.advance(
      untold ? 'untold' : 'told',
      { ...messageId, exceptions },
      doors.now(),
    );
  }

  const state = untold ? decision.after : recordTellings(decision.after, tellings);
  const whole = scope === 'all' && runFacts.complete;
  const overwritten = await keep(store, {
    runId: begun.run.value.runId,
    at,
    historyMs: options.historyMs,
    recalled,
    comparison,
    pictures,
    decision,
    spareHosts: hostsOnlyOf(new Set(decision.keepSnapshots), first),
    state,
    whole,
  });
  for (const earlier of recalled.recovered)
    await markRecovered(store, earlier, begun.run.value.runId);
  const complete = runFacts.complete && !untold;
  if (complete) await begun.complete(doors.now());
  return {
    kind: 'done',
    runId: record.runId,
    check: first,
    verdicts: [...verdicts.values()],
    decision,
    ...(mail === undefined ? {} : { mail }),
    told,
    complete,
    problems: [
      ...recalled.problems,
      ...overwritten.map(
        (name) => `${name}: another run wrote it meanwhile, and its picture was kept`,
      ),
    ],
  };
}

/** Two looks of different runs confirm one another when they are at least so far apart. */
const CONFIRMING_GAP_MS = 10 * 60_000;

/**
 * Keys of hosts that only these entries lead to: what turned alike over unrelated providers
 * overwrites nothing.
 */
function hostsOnlyOf(ids: ReadonlySet<string>, run: CheckRun): Set<string> {
  if (ids.size === 0) return new Set();
  const keysOf = (wanted: (id: string) => boolean) =>
    new Set(hostLooks(looksOf(run, wanted)).map(hostKey));
  const others = keysOf((id) => !ids.has(id));
  return new Set([...keysOf((id) => ids.has(id))].filter((key) => !others.has(key)));
}

const leaseLost = () =>
  new StoreError(
    'held',
    'another run took the lease while this one worked: nothing was told or stored; is its clock right?',
  );
