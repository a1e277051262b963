/**
 * One line per invocation: what it came to, for whoever reads the log, and the metrics that alarms
 * rest on. Pure.
 */
import { isBlind } from '../../alert/incident/run-facts.ts';
import { firstSentences, firstWithin } from '../../first-within.ts';
import { type MetricName, metricValues, partValues, type Subscribers } from '../../metrics.ts';
import type { RunRecord } from '../../store/stored-values.ts';
import { HOUR_MS } from '../../text/dates.ts';
import type { OwnCommand } from '../../text/own-command.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import { figuresOf } from './figures.ts';
import { owedSentence } from './owing.ts';
import type { Sight } from './sentinel.ts';
import type { LeftTold } from './tell-left.ts';
import type { Watched } from './watch.ts';

export interface Report {
  readonly level: 'INFO' | 'WARN' | 'ERROR';
  /** Names differ from those of metrics, which stand beside them in the line. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly metrics: Readonly<Partial<Record<MetricName, number>>>;
  /** Set where the invocation must count as failed. */
  readonly failure?: string;
}

/** What is known besides what the run itself says. */
export interface Around {
  /** Epoch ms. */
  readonly startedAt: number;
  readonly now: number;
  readonly intervalMs: number;
  readonly policyVersion: string;
  /** Requests to DynamoDB, repeats included. */
  readonly requests: number;
  /** Absent where the topics could not be asked. */
  readonly subscribers?: Subscribers;
  /** A run of some destinations says nothing about the whole, so it reports no metrics. */
  readonly scope: 'all' | 'some';
  readonly problems: readonly string[];
}

export function reportWatched(watched: Watched, around: Around): Report {
  switch (watched.kind) {
    case 'already-done':
      return {
        level: 'INFO',
        details: { outcome: 'already-done', runId: watched.runId },
        metrics: {},
      };
    case 'busy':
      return failed(
        `another run holds the lease: ${watched.holder}; it is tried again, ` +
          'and ends by itself within minutes if that run has died',
        { outcome: 'busy', holder: watched.holder },
        {},
      );
    case 'told-late':
      return reportLate(watched, around);
    case 'done':
      return reportDone(watched, around);
  }
}

/** The metrics of the run were reported when it looked at everything. */
function reportLate(watched: LeftTold, around: Around): Report {
  const failure = notTold(watched);
  const details = {
    outcome: outcomeOf(watched, 'told-late'),
    runId: watched.runId,
    requests: around.requests,
    ...messageOf(watched),
    problems: firstSentences([...watched.problems, ...around.problems], PROBLEMS_SHOWN),
  };
  const metrics = {
    RunFailed: failure === undefined ? 0 : 1,
    // Of a run that no channel told anything, as when it looked.
    RunCompleted: watched.told?.kind === 'untold' ? 0 : 1,
  };
  if (failure !== undefined) return failed(failure, details, metrics);
  return { level: details.problems.length === 0 ? 'INFO' : 'WARN', details, metrics };
}

const messageOf = ({ mail, told }: Pick<Done, 'mail' | 'told'>) => ({
  subject: mail?.subject ?? null,
  messageId: told?.kind === 'told' ? (told.messageId ?? null) : null,
});

/** Undefined where every channel has what it is to have. */
function notTold({ told, owed }: Pick<Done, 'told' | 'owed'>): string | undefined {
  if (told?.kind === 'untold') return told.because;
  return owed.length === 0 ? undefined : owed.map(owedSentence).join('; ');
}

const outcomeOf = <Other extends string>(
  { told, owed }: Pick<Done, 'told' | 'owed'>,
  other: Other,
): Other | 'untold' | 'owed' =>
  told?.kind === 'untold' ? 'untold' : owed.length > 0 ? 'owed' : other;

type Done = Extract<Watched, { readonly kind: 'done' }>;

function reportDone(watched: Done, around: Around): Report {
  const { complete, goesOn, check, verdicts, counts, vantage } = watched;
  const failure = notTold(watched);
  const figures = figuresOf(
    { ...counts },
    {
      durationMs: around.now - Math.min(around.startedAt, watched.startedAt),
      completed: complete,
      failed: failure !== undefined,
      policyInUse: true,
      blind: isBlind({ name: '', ...vantage }),
      subscribers: around.subscribers,
    },
  );
  const details = {
    outcome: outcomeOf(watched, goesOn ? 'goes-on' : complete ? 'complete' : 'partial'),
    scope: around.scope,
    runId: watched.runId,
    policyVersion: around.policyVersion,
    vantage,
    counts,
    durationMs: figures.durationMs,
    requests: around.requests,
    ...messageOf(watched),
    problems: firstSentences([...watched.problems, ...around.problems], PROBLEMS_SHOWN),
    ...(check.noDnssec === undefined ? {} : { noDnssec: check.noDnssec }),
    ...(around.scope === 'some' ? entryLines(verdicts) : {}),
  };
  // What is left is no partial run before its last part; what a part failed at is told at once.
  const metrics =
    around.scope === 'some' ? {} : goesOn ? partValues(figures) : metricValues(figures);
  if (failure !== undefined) return failed(failure, details, metrics);
  const level = (complete || goesOn) && details.problems.length === 0 ? 'INFO' : 'WARN';
  return { level, details, metrics };
}

/** As many as the line has room for, and how many there are besides. */
function entryLines(verdicts: readonly EntryVerdict[]) {
  const entries = firstWithin(verdicts.slice(0, ENTRIES.most).map(entryLine), ENTRIES);
  const more = verdicts.length - entries.length;
  return { entries, ...(more === 0 ? {} : { moreEntries: more }) };
}

const entryLine = ({ destination, verdict, sentence }: EntryVerdict) => ({
  destination,
  verdict,
  sentence,
});

/**
 * Nothing was ever pushed: the run neither fails nor counts as complete. "Run missed" waits for the
 * first policy; one that is lost later is raised by it.
 */
export function reportNoPolicy(policy: string, table: string, own: OwnCommand): Report {
  const message =
    `table ${table} holds no policy "${policy}" yet: push one, on the mail host, with ` +
    (own('policy push') ?? 'policy push');
  return {
    level: 'WARN',
    details: { outcome: 'no-policy', message },
    metrics: { RunCompleted: 0 },
  };
}

/**
 * What the sentinel saw. Alarms need their metrics every hour; the rest is reported in the hour
 * after a run alone, because metrics are charged by the hour.
 */
export function reportSight(
  sight: Sight,
  around: Pick<Around, 'now' | 'requests' | 'subscribers' | 'problems'>,
): Report {
  const { latest, silent, failed, blind, sentence } = sight;
  const figures = figuresOf(latest?.counts ?? {}, {
    durationMs: latest === undefined ? 0 : latest.stageAt - latest.startedAt,
    completed: !silent,
    failed,
    policyInUse: latest !== undefined,
    blind,
    subscribers: around.subscribers,
  });
  const all = metricValues(figures);
  const fresh = latest !== undefined && isFresh(latest, around.now);
  return {
    level: silent || failed || blind || figures.unfinished > 0 ? 'WARN' : 'INFO',
    details: {
      outcome: silent ? 'silent' : failed ? 'failed' : blind ? 'blind' : 'well',
      message: sentence,
      runId: latest?.runId ?? null,
      requests: around.requests,
      problems: around.problems,
    },
    metrics: fresh
      ? all
      : Object.fromEntries(Object.entries(all).filter(([name]) => ALARMED.has(name as MetricName))),
  };
}

/** An exception: we are at fault, or something of ours is missing. */
export function reportFailure(error: unknown): Report {
  const message = error instanceof Error ? error.message : String(error);
  return failed(message, { outcome: 'failed' }, { RunFailed: 1 });
}

function failed(failure: string, details: Report['details'], metrics: Report['metrics']): Report {
  return { level: 'ERROR', details: { ...details, message: failure }, metrics, failure };
}

const isFresh = ({ stageAt }: RunRecord, now: number) => now - stageAt <= HOUR_MS;

const ALARMED: ReadonlySet<MetricName> = new Set<MetricName>([
  'RunCompleted',
  'RunFailed',
  'PolicyInUse',
  'Blind',
  'EntriesUnfinished',
  'ConfirmedSubscribers',
  'MailSubscribers',
  'ChatSubscribers',
]);

const PROBLEMS_SHOWN = 20;
const ENTRIES = { chars: 60_000, most: 500 };
