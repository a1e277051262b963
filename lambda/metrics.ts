/**
 * What one run tells CloudWatch: names and units shared by the function, its alarms and its
 * dashboard, and the one line that carries them in embedded metric format. Pure.
 *
 * The line goes to standard output as it is; the agent behind the function's log group makes
 * metrics of it, so that no call and no permission is needed. Format: "Specification: Embedded
 * metric format" of the CloudWatch manual.
 */
import type { Verdict } from './verdict/verdict.ts';

/** Shared by all environments; the dimension keeps them apart. */
export const NAMESPACE = 'PostfixTlsWatch';
export const DIMENSION = 'Environment';

/**
 * Every metric, with its unit in CloudWatch's words. Gauges: several reports of one run must not be
 * summed.
 */
export const METRICS = {
  EntriesPass: 'Count',
  EntriesDegraded: 'Count',
  EntriesFail: 'Count',
  EntriesUndetermined: 'Count',
  EntriesUnchecked: 'Count',
  /** Entries that are not watched: unchecked, muted, or not judged in this run. */
  EntriesNotWatched: 'Count',
  /**
   * Entries the run had no time for; they come first next time. Above zero, the run was partial.
   */
  EntriesUnfinished: 'Count',
  /** Entries that newly fail and were told later than 15 minutes after their first look. */
  EntriesToldLate: 'Count',
  /** Absent while no end is in sight; zero once an entry fails. */
  DaysToFirstFailure: 'Count',
  Conversations: 'Count',
  Duration: 'Milliseconds',
  /** 1 where the run was complete; from the sentinel, 1 where a complete run is recent enough. */
  RunCompleted: 'Count',
  /** 1 where the run could not do its work: nothing stored, or something due was not told. */
  RunFailed: 'Count',
  /** 1 where a policy was there to judge; never 0, so that what was in use once stays so. */
  PolicyInUse: 'Count',
  /** 1 where no address family proved that port 25 is open from here. */
  Blind: 'Count',
  /** Of both topics together. */
  ConfirmedSubscribers: 'Count',
  MailSubscribers: 'Count',
  ChatSubscribers: 'Count',
} as const;

export type MetricName = keyof typeof METRICS;

/** What one run, or one look of the sentinel, came to. */
export interface RunFigures {
  readonly verdicts: Readonly<Record<Verdict, number>>;
  readonly notWatched: number;
  readonly unfinished: number;
  readonly toldLate: number;
  /** Absent while no failure is in sight. */
  readonly daysToFirstFailure?: number | undefined;
  readonly conversations: number;
  readonly durationMs: number;
  readonly completed: boolean;
  readonly failed: boolean;
  readonly policyInUse: boolean;
  readonly blind: boolean;
  /** Absent where the topics could not be asked. */
  readonly subscribers?: Subscribers | undefined;
}

/** Confirmed subscribers, by topic. */
export interface Subscribers {
  readonly mail: number;
  /** Absent where there is no chat topic. */
  readonly chat?: number;
}

/** The figures as metrics; one that is unknown is left out and never reported as zero. */
export function metricValues(figures: RunFigures): Readonly<Partial<Record<MetricName, number>>> {
  return {
    EntriesPass: figures.verdicts.pass,
    EntriesDegraded: figures.verdicts.degraded,
    EntriesFail: figures.verdicts.fail,
    EntriesUndetermined: figures.verdicts.undetermined,
    EntriesUnchecked: figures.verdicts.unchecked,
    EntriesNotWatched: figures.notWatched,
    EntriesUnfinished: figures.unfinished,
    EntriesToldLate: figures.toldLate,
    ...(figures.daysToFirstFailure === undefined
      ? {}
      : { DaysToFirstFailure: figures.daysToFirstFailure }),
    Conversations: figures.conversations,
    Duration: figures.durationMs,
    RunCompleted: figures.completed ? 1 : 0,
    RunFailed: figures.failed ? 1 : 0,
    ...(figures.policyInUse ? { PolicyInUse: 1 } : {}),
    Blind: figures.blind ? 1 : 0,
    ...(figures.subscribers === undefined ? {} : subscriberValues(figures.subscribers)),
  };
}

/** Of a part of a run that goes on: what is known of the whole is for the last part to say. */
export function partValues(
  figures: Pick<RunFigures, 'toldLate' | 'failed' | 'policyInUse'>,
): Readonly<Partial<Record<MetricName, number>>> {
  return {
    EntriesToldLate: figures.toldLate,
    RunFailed: figures.failed ? 1 : 0,
    ...(figures.policyInUse ? { PolicyInUse: 1 } : {}),
  };
}

const subscriberValues = ({ mail, chat }: Subscribers) => ({
  ConfirmedSubscribers: mail + (chat ?? 0),
  MailSubscribers: mail,
  ...(chat === undefined ? {} : { ChatSubscribers: chat }),
});

/**
 * One log line: metrics by name at the top level, as the format asks, and whatever else the summary
 * tells beside them. `at` is epoch ms. Nothing in `details` may bear the name of a metric.
 */
export function embeddedMetrics(
  environment: string,
  values: Readonly<Partial<Record<MetricName, number>>>,
  details: Readonly<Record<string, unknown>>,
  at: number,
): Readonly<Record<string, unknown>> {
  const named = Object.keys(values) as MetricName[];
  // The format has no empty list of metrics, so a line without any is a plain log line.
  if (named.length === 0) return { ...details, [DIMENSION]: environment };
  return {
    ...details,
    _aws: {
      Timestamp: at,
      CloudWatchMetrics: [
        {
          Namespace: NAMESPACE,
          Dimensions: [[DIMENSION]],
          Metrics: named.map((name) => ({ Name: name, Unit: METRICS[name] })),
        },
      ],
    },
    [DIMENSION]: environment,
    ...values,
  };
}

/**
 * The line as it is written, without its line break. One event of CloudWatch Logs has 256 KB, and a
 * line that is cut is no JSON and has lost its metrics: what does not fit is left out, lists first,
 * and `leftOut` names it.
 */
export function lineText(line: Readonly<Record<string, unknown>>): string {
  let left = line;
  const leftOut: string[] = [];
  for (;;) {
    const text = JSON.stringify(leftOut.length === 0 ? left : { ...left, leftOut });
    if (Buffer.byteLength(text) <= LARGEST_LINE) return text;
    const name = largestDetail(left);
    if (name === undefined) return text;
    const { [name]: _dropped, ...rest } = left;
    left = rest;
    leftOut.push(name);
  }
}

/** What is neither a metric nor the description of one. */
function largestDetail(line: Readonly<Record<string, unknown>>): string | undefined {
  const size = (name: string) => JSON.stringify(line[name])?.length ?? 0;
  return Object.keys(line)
    .filter((name) => name !== '_aws' && name !== DIMENSION && typeof line[name] !== 'number')
    .toSorted((a, b) => size(b) - size(a))[0];
}

const LARGEST_LINE = 200_000;
