/**
 * The scheduled function: an event, validated, → one run → one line that tells what it came to,
 * with its metrics.
 *
 * It stops probing well before its time limit, so that what was judged is stored and told. What
 * fails is thrown after the line is written: Lambda counts it, tries twice more, and then leaves it
 * in the dead-letter queue.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { type Config, readConfig } from './config.ts';
import { bringBack } from './continuations.ts';
import { countSubscribers, openPolicyFetch, openTopics, openWorld, paceFor } from './doors.ts';
import { parseEvent, type WatchEvent } from './event.ts';
import { DEFAULTS } from './limits.ts';
import { embeddedMetrics, lineText, type Subscribers } from './metrics.ts';
import type { Bundle } from './policy/bundle.ts';
import { destinationsOf } from './policy/destinations.ts';
import { tablesNotFollowed } from './run/check/status-filter.ts';
import { idsNamed } from './run/watch/named-destinations.ts';
import {
  type Report,
  reportFailure,
  reportNoPolicy,
  reportSight,
  reportWatched,
} from './run/watch/report.ts';
import { digestsUnder } from './run/watch/run-digests.ts';
import { lookForSilence } from './run/watch/sentinel.ts';
import { bundleOfPolicy } from './run/watch/stored-policy.ts';
import { secretsNote } from './run/watch/stored-secrets.ts';
import { type Watched, watch } from './run/watch/watch.ts';
import { steadyClock } from './steady-clock.ts';
import { openDynamoDb } from './store/dynamodb.ts';
import { type Store, spaceOf } from './store/keys.ts';
import { readPolicy } from './store/policies.ts';
import { HOUR_MS } from './text/dates.ts';
import { commandsForTable, type OwnCommand } from './text/own-command.ts';
import { writingReserveMs } from './writing-reserve.ts';

/** What we use of Lambda's own context. */
export interface Invocation {
  readonly awsRequestId: string;
  readonly getRemainingTimeInMillis: () => number;
}

/**
 * Answers what the log line says; throws where the run failed, is busy elsewhere, or the event is
 * none of ours.
 */
export async function handler(event: unknown, invocation: Invocation): Promise<Report['details']> {
  const config = readConfig(process.env);
  const report = await reportOn(event, config, invocation).catch(reportFailure);
  writeLine(report, config);
  if (report.failure !== undefined) throw new Error(report.failure);
  return report.details;
}

async function reportOn(event: unknown, config: Config, invocation: Invocation): Promise<Report> {
  const asked = parseEvent(event);
  const table = openDynamoDb({ tableName: config.table });
  const store: Store = { table, space: spaceOf(config.policy, config.vantage) };
  try {
    return asked.kind === 'sentinel'
      ? await lookOnce(store, config)
      : await runOnce(asked, store, config, invocation);
  } finally {
    table.close();
  }
}

async function runOnce(
  asked: Exclude<WatchEvent, { kind: 'sentinel' }>,
  store: Store,
  config: Config,
  invocation: Invocation,
): Promise<Report> {
  const startedAt = Date.now();
  const policy = await readPolicy(store);
  if (policy === undefined) return reportNoPolicy(config.policy, config.table, ownOf(config));
  const stored = withPort(bundleOfPolicy(policy), config);
  const bundle = { ...stored, assumed: [...stored.assumed, ...tablesNotFollowed(stored)] };
  const notes = secretsNote(policy);
  const entries = destinationsOf(bundle).length;
  const watched = await watchPatiently(
    asked,
    { bundle, notes, entries },
    store,
    config,
    invocation,
  );
  return reportWatched(watched, {
    startedAt,
    now: Date.now(),
    intervalMs: config.runIntervalHours * HOUR_MS,
    policyVersion: policy.version,
    ...(await subscribers(config)),
    requests: store.table.requests(),
    scope: asked.kind === 'scheduled' ? 'all' : 'some',
  });
}

interface Pushed {
  readonly bundle: Bundle;
  /** Sentences about what is stored. */
  readonly notes: readonly string[];
  /** How many there are to judge and to store. */
  readonly entries: number;
}

/**
 * A duplicate of this run, or a run by hand, holds the lease: waiting for it costs less than
 * failing. A run that died lets go within minutes; one that ends finds this one done.
 */
async function watchPatiently(
  asked: Exclude<WatchEvent, { kind: 'sentinel' }>,
  pushed: Pushed,
  store: Store,
  config: Config,
  invocation: Invocation,
): Promise<Watched> {
  for (;;) {
    const watched = await watchOnce(asked, pushed, store, config, invocation);
    if (
      watched.kind !== 'busy' ||
      invocation.getRemainingTimeInMillis() < 2 * reserveMs(config, pushed, invocation)
    )
      return watched;
    await wait(Math.min(BUSY_PAUSE_MS, invocation.getRemainingTimeInMillis() / 10));
  }
}

function watchOnce(
  asked: Exclude<WatchEvent, { kind: 'sentinel' }>,
  pushed: Pushed,
  store: Store,
  config: Config,
  invocation: Invocation,
): Promise<Watched> {
  const { bundle, notes } = pushed;
  const { continuations } = config;
  const clock = steadyClock();
  const now = clock();
  const stopAt =
    now + invocation.getRemainingTimeInMillis() - reserveMs(config, pushed, invocation);
  return watch(
    bundle,
    {
      openWorld: () =>
        openWorld(
          {
            ...(config.resolver === undefined ? {} : { resolvers: [config.resolver] }),
            ...(config.dnssecResolver === undefined
              ? {}
              : { dnssecResolver: config.dnssecResolver }),
            ...(config.dnssecSignedName === undefined
              ? {}
              : { dnssecSignedName: config.dnssecSignedName }),
            ...(config.dnssecBrokenName === undefined
              ? {}
              : { dnssecBrokenName: config.dnssecBrokenName }),
            ...(config.helo === undefined ? {} : { helo: config.helo }),
            allowPrivateAddresses: config.allowPrivateAddresses,
            stopAt,
            now: clock,
          },
          bundle,
        ),
      store,
      ...(config.mtaSts === 'never' ? {} : { fetchPolicy: policyFetch(config) }),
      memory: () => ({ keeps: true, notes }),
      channels: openTopics(config),
      now: clock,
      sleep: (ms, signal) => wait(ms, undefined, { signal }).catch(() => undefined),
      ...(continuations === undefined
        ? {}
        : { handOver: (runId, afterMs) => bringBack(continuations, runId, afterMs) }),
    },
    {
      runId: asked.kind === 'scheduled' ? asked.runId : `${new Date(now).toISOString()}#manual`,
      // Lambda repeats a failed invocation under its id: the repeat may take over at once what the
      // first left behind.
      holder: `${config.vantage}#${invocation.awsRequestId}`,
      ...(asked.kind === 'scheduled' ? {} : { only: idsNamed(bundle, asked.destinations) }),
      intervalMs: config.runIntervalHours * HOUR_MS,
      // Where the time that is left does not allow it, the run comes back by the queue.
      confirm:
        asked.kind === 'scheduled'
          ? { kind: 'same-run', afterMs: SECOND_LOOK_MS }
          : { kind: 'next-run' },
      pace: paceFor({
        concurrency: config.concurrency,
        perNetwork: config.perNetwork,
        stopAt,
        now: clock,
      }),
      controlHosts: config.controlHosts,
      historyMs: config.historyDays * DAY_MS,
      digests: digestsUnder(bundle, process.version),
      own: ownOf(config),
    },
  );
}

const policyFetch = ({ allowPrivateAddresses }: Config) =>
  openPolicyFetch({ allowPrivateAddresses, deadlineMs: DEFAULTS.stsPolicyMs });

async function lookOnce(store: Store, config: Config): Promise<Report> {
  const now = Date.now();
  const sight = await lookForSilence(store, config.silenceHours * HOUR_MS, now);
  return reportSight(sight, {
    now,
    requests: store.table.requests(),
    ...(await subscribers(config)),
  });
}

/** Of each topic; where one cannot be asked, that is a problem to tell and no number. */
async function subscribers(
  config: Config,
): Promise<{ readonly subscribers?: Subscribers; readonly problems: readonly string[] }> {
  const { topic, chatTopic } = config;
  try {
    const [mail, chat] = await Promise.all([
      countSubscribers(topic),
      chatTopic === undefined ? undefined : countSubscribers(chatTopic),
    ]);
    return { subscribers: { mail, ...(chat === undefined ? {} : { chat }) }, problems: [] };
  } catch (error) {
    return { problems: [error instanceof Error ? error.message : String(error)] };
  }
}

/**
 * One line on standard output, as it is: Lambda's own logger would wrap it, and metrics must stand
 * at the top level.
 */
function writeLine({ level, details, metrics }: Report, { environment }: Config): void {
  const line = embeddedMetrics(environment, metrics, { level, ...details }, Date.now());
  process.stdout.write(`${lineText(line)}\n`);
}

/** Commands as messages print them, for whoever may read the table. */
const ownOf = ({ table, policy, vantage }: Config): OwnCommand =>
  commandsForTable({ table, policy, vantage, region: process.env.AWS_REGION });

/** For next hops that name no port. */
function withPort(bundle: Bundle, { smtpPort }: Config): Bundle {
  return smtpPort === undefined
    ? bundle
    : { ...bundle, settings: { ...bundle.settings, tcpPort: smtpPort } };
}

function reserveMs(
  { reserveSeconds }: Config,
  { entries }: Pushed,
  invocation: Invocation,
): number {
  return writingReserveMs(reserveSeconds, entries, invocation.getRemainingTimeInMillis());
}

const DAY_MS = 24 * HOUR_MS;
const BUSY_PAUSE_MS = 20_000;
/** Waiting so long costs a cent; a failure that is told the next day may have bounced mail. */
const SECOND_LOOK_MS = 10 * 60_000;
