/** `watch [TABLE]`: the main job once: check, compare with what was seen before, alert, store. */
import { hostname } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { PingError } from '../../alert/channel/ping.ts';
import { openPolicyFetch } from '../../doors.ts';
import { DEFAULTS } from '../../limits.ts';
import { type OpenStore, openStore, pingUrl } from '../../local-doors.ts';
import type { Bundle } from '../../policy/bundle.ts';
import { readBundle } from '../../policy/gather/this-machine.ts';
import type { PaceOptions } from '../../probe/pace.ts';
import type { WatchOptions } from '../../run/watch/options.ts';
import { rememberedIn } from '../../run/watch/recall.ts';
import { digestsUnder } from '../../run/watch/run-digests.ts';
import { secretsNote } from '../../run/watch/stored-secrets.ts';
import { type Watched, watch } from '../../run/watch/watch.ts';
import { HISTORY_DAYS } from '../../store/history.ts';
import type { Store } from '../../store/keys.ts';
import { readLatest } from '../../store/latest.ts';
import { readPolicy } from '../../store/policies.ts';
import { StoreError } from '../../store/table-error.ts';
import { DAY_MS, HOUR_MS } from '../../text/dates.ts';
import type { BundleFlags, ProbeFlags, WorkerFlags } from '../flags.ts';
import { linesOf, paceOf, worldOf } from '../gather-and-check.ts';
import { domainsOf, keepLog, recallMail, withMail } from '../mail-log.ts';
import { memoryFor } from '../memory.ts';
import { metricsAfterRun } from '../metrics/metrics.ts';
import { withPolicySource } from '../own-postfix.ts';
import { type PlaceFlags, placeOf } from '../place.ts';
import type { TellFlags } from '../tell-flags.ts';
import type { Console } from '../terminal/console.ts';
import { progressLine } from '../terminal/progress.ts';
import { codeOf } from './exit-status.ts';
import { readWitness, testimoniesOf } from './log-witness.ts';
import {
  namesIn,
  type ObserveFlags,
  observationDocument,
  observationText,
  observeBeside,
  readCandidates,
} from './observe.ts';
import { toldByAll, watchDocument, watchText } from './text.ts';
import { tellFailure, tellTest, topicsOf, waysToTell } from './ways-to-tell.ts';

export interface WatchFlags
  extends BundleFlags,
    ProbeFlags,
    WorkerFlags,
    PlaceFlags,
    TellFlags,
    ObserveFlags {
  /** Seconds; 0 trusts the first look. */
  readonly confirmAfter: number;
  /** Hours between two runs. */
  readonly interval: number;
  /** Asked after each complete run that told what was due. */
  readonly ping?: string;
  /** Only say that this is how messages arrive. */
  readonly testMessage?: boolean;
  /** Whether MTA-STS policies are looked at. */
  readonly mtaSts: 'daily' | 'never';
  /** A log of this host's Postfix, to be read on from run to run. */
  readonly log?: string;
  /** For Prometheus, replaced after the run. */
  readonly metricsFile?: string;
  /** Only say that the unit of the run failed. */
  readonly tellFailure?: boolean;
  readonly exitVerdict?: boolean;
  readonly tolerate: number;
  readonly json?: boolean;
}

/**
 * 0 when the run is complete, watched anything, could read every source of policy, and what was due
 * was told, 3 otherwise; with --exit-verdict, check's codes. 3 as well where the metrics could not be
 * written.
 */
export async function watchCommand(
  table: string | undefined,
  given: WatchFlags,
  console: Console,
): Promise<number> {
  const place = await placeOf(given);
  const told = { ...given, ...topicsOf(given, place) };
  if (told.testMessage) return tellTest(told, place.vantage ?? hostname(), console);
  if (told.tellFailure) return tellFailure(told, place.vantage ?? hostname(), console);
  const flags = await withPolicySource(table, told);
  let open: OpenStore | undefined;
  const opened = async () => {
    open ??= await openStore(place, 'watch', console.env);
    return open;
  };
  try {
    const where = await recallMail(flags, async () => (await opened()).store, console.now());
    const list = await readCandidates(flags, where.sent);
    const alsoAsk = [...(flags.mailTo ?? []), ...domainsOf(where.sent), ...namesIn(list)];
    const listed = await readBundle({ ...flags, alsoAsk }, async () =>
      rememberedIn(await readLatest((await opened()).store, console.now())).map(({ name }) => name),
    );
    const log = await readWitness(flags.log, async () => (await opened()).store, console.now());
    const { bundle, mail } = withMail(listed, where.sent, console.now());
    const open = await opened();
    const unread = [...where.problems, ...(log?.problems ?? [])];
    const notes = [...unread, ...(log?.notes ?? []), ...(await storedSecretsNote(open.store))];
    const signal = console.interruption.asked();
    const pace = { ...paceOf(bundle, flags, console), signal };
    const watched = await watchOnce(bundle, withNotes(open, notes), flags, console, pace, {
      // Where mail went is no edit of the policy.
      digests: digestsUnder(listed, process.version),
      ...(mail === undefined ? {} : { mail }),
      ...(log === undefined ? {} : { log: testimoniesOf(log, bundle) }),
    });
    const unkept =
      watched.kind === 'done'
        ? await keepLog(open.store, where.sent, log?.place, console.now())
        : undefined;
    if (unkept !== undefined) console.err(`error: ${unkept}\n`);
    if (!flags.json) console.err(watchText(watched, open.place, console.progress));
    const measured = await writesMetrics(flags, open, console);
    const whole = unread.length === 0 && unkept === undefined;
    const pinged = !whole || (await pingsAfter(watched, flags, console));
    // Once the run is told, kept and reported: candidates are to cost it nothing.
    const beside =
      list && (await observeBeside(list, { watched, bundle, open, flags, pace }, console));
    if (flags.json)
      console.json(watchDocument(watched, bundle, open.place, observationDocument(beside)));
    else if (beside !== undefined) console.err(observationText(beside, console.progress));
    return whole && pinged && measured ? codeOf(watched, flags) : 3;
  } catch (error) {
    // One that died or was interrupted is what the metrics are there to show.
    if (open !== undefined) await writesMetrics(flags, open, console);
    throw error;
  } finally {
    open?.close();
  }
}

/** Whatever the run came to: the metrics say it. */
async function writesMetrics(
  { metricsFile }: WatchFlags,
  open: OpenStore,
  console: Console,
): Promise<boolean> {
  if (metricsFile === undefined) return true;
  const unwritten = await metricsAfterRun(metricsFile, open, console.now());
  if (unwritten !== undefined) console.err(`error: ${unwritten}\n`);
  return unwritten === undefined;
}

/** What a version that was pushed to this store holds; a store without one is the usual case. */
async function storedSecretsNote(store: Store): Promise<readonly string[]> {
  try {
    const stored = await readPolicy(store);
    return stored === undefined ? [] : secretsNote(stored);
  } catch (error) {
    // Nothing here is judged by it; what is wrong with the store, the run itself finds.
    if (error instanceof StoreError) return [];
    throw error;
  }
}

type Stoppable = PaceOptions & { readonly signal: AbortSignal };

function withNotes(open: OpenStore, notes: readonly string[]): OpenStore {
  return {
    ...open,
    memory: () => {
      const { keeps, notes: own } = open.memory();
      return { keeps, notes: [...own, ...notes] };
    },
  };
}

/** Whether the dead-man's switch took it, if it was to; the run is complete all the same. */
async function pingsAfter(
  watched: Watched,
  { ping }: WatchFlags,
  console: Console,
): Promise<boolean> {
  if (ping === undefined || watched.kind !== 'done') return true;
  if (!watched.complete || !toldByAll(watched)) return true;
  try {
    await pingUrl(ping);
    return true;
  } catch (error) {
    if (!(error instanceof PingError)) throw error;
    console.err(`error: ${error.message}; the run is complete all the same\n`);
    return false;
  }
}

async function watchOnce(
  bundle: Bundle,
  open: OpenStore,
  flags: WatchFlags,
  console: Console,
  pace: Stoppable,
  facts: Pick<WatchOptions, 'digests' | 'mail' | 'log'>,
): Promise<Watched> {
  memoryFor(linesOf(bundle));
  const started = console.now();
  const line = progressLine(console, flags.verbose ?? false);
  const channels = await waysToTell(flags, {
    ...console,
    // With --json standard output is the document's alone.
    deliver: (text) => {
      line?.clear();
      return console.deliver(text, flags.json ? 'stderr' : 'stdout');
    },
  });
  return watch(
    bundle,
    {
      openWorld: () => worldOf(flags, bundle, console, pace, line),
      ...(line === undefined ? {} : { progress: line.show }),
      store: open.store,
      ...(flags.mtaSts === 'never' ? {} : { fetchPolicy: policyFetch(flags, pace) }),
      memory: open.memory,
      channels,
      now: console.now,
      sleep: (ms, signal) => wait(ms, undefined, { signal }).catch(() => undefined),
    },
    {
      runId: `${new Date(started).toISOString()}#manual`,
      holder: open.holder,
      hasEnded: open.hasEnded,
      intervalMs: flags.interval * HOUR_MS,
      confirm: { kind: 'same-run', afterMs: flags.confirmAfter * 1000 },
      pace,
      signal: pace.signal,
      controlHosts: flags.controlHost ?? [],
      historyMs: HISTORY_DAYS * DAY_MS,
      ...facts,
      own: console.own,
    },
  ).finally(() => line?.clear());
}

/** Each policy has its own time, below that of all of them. */
const policyFetch = (flags: ProbeFlags, { signal }: Pick<PaceOptions, 'signal'>) =>
  openPolicyFetch({
    allowPrivateAddresses: flags.allowPrivateAddresses ?? false,
    deadlineMs: DEFAULTS.stsPolicyMs,
    ...(signal === undefined ? {} : { signal }),
  });
