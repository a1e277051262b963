/**
 * The function's environment variables, read once into a typed Config; infra writes the same names.
 *
 * Flags of the command line are not here: each command has its own. A value that does not fit is
 * our fault or the deployer's, so it throws, naming the variable.
 */
import * as v from 'valibot';
import { DEFAULTS } from './limits.ts';

/** Name of each variable, by what it holds. */
export const VARIABLES = {
  environment: 'WATCH_ENVIRONMENT',
  table: 'WATCH_TABLE',
  topic: 'WATCH_TOPIC',
  chatTopic: 'WATCH_CHAT_TOPIC',
  policy: 'WATCH_POLICY',
  vantage: 'WATCH_VANTAGE',
  helo: 'WATCH_HELO',
  controlHosts: 'WATCH_CONTROL_HOSTS',
  concurrency: 'WATCH_CONCURRENCY',
  perNetwork: 'WATCH_PER_NETWORK',
  resolver: 'WATCH_RESOLVER',
  dnssecResolver: 'WATCH_DNSSEC_RESOLVER',
  dnssecSignedName: 'WATCH_DNSSEC_SIGNED_NAME',
  dnssecBrokenName: 'WATCH_DNSSEC_BROKEN_NAME',
  smtpPort: 'WATCH_SMTP_PORT',
  allowPrivateAddresses: 'WATCH_ALLOW_PRIVATE_ADDRESSES',
  mtaSts: 'WATCH_MTA_STS',
  runIntervalHours: 'WATCH_RUN_INTERVAL_HOURS',
  silenceHours: 'WATCH_SILENCE_HOURS',
  continuations: 'WATCH_CONTINUATIONS',
  historyDays: 'WATCH_HISTORY_DAYS',
  reserveSeconds: 'WATCH_RESERVE_SECONDS',
  runbook: 'WATCH_RUNBOOK',
} as const;

export type Variable = keyof typeof VARIABLES;

/**
 * The stack of an environment, and the outputs by which commands find its table and topics in `cdk
 * deploy --outputs-file`.
 */
export const stackName = (environment: string) => `tls-watch-${environment}`;
export const OUTPUTS = {
  region: 'Region',
  table: 'TableName',
  topic: 'MailTopicArn',
  chatTopic: 'ChatTopicArn',
  /** The name the function reads its policy under. */
  policy: 'PolicyName',
  /**
   * The vantage of the function's records; absent where the stack's release has no such output yet.
   */
  vantage: 'VantageName',
} as const;

const wholeNumber = (least: number, most: number) =>
  v.pipe(
    v.string(),
    v.regex(/^\d{1,9}$/, 'is no whole number'),
    v.transform(Number),
    v.minValue(least, `is below ${least}`),
    v.maxValue(most, `is above ${most}`),
  );
const text = v.pipe(v.string(), v.trim(), v.nonEmpty('is empty'));
const list = v.pipe(
  v.string(),
  v.transform((value) =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  ),
);
const topicArn = v.pipe(
  text,
  v.regex(/^arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[^:]+$/, 'is no ARN of an SNS topic'),
);

const SCHEMA = v.object({
  /** The stack's environment: the dimension of every metric. */
  environment: text,
  table: text,
  topic: topicArn,
  chatTopic: v.optional(topicArn),
  policy: v.optional(text, 'default'),
  vantage: text,
  /** EHLO name; absent: smtp_helo_name or myhostname of the pushed settings. */
  helo: v.optional(text),
  controlHosts: v.optional(list, ''),
  concurrency: v.optional(wholeNumber(1, 1_000), String(DEFAULTS.concurrency)),
  perNetwork: v.optional(wholeNumber(1, 1_000), String(DEFAULTS.perNetwork)),
  /** `IP` or `IP:PORT`; absent: the resolver of the machine. */
  resolver: v.optional(text),
  /**
   * A validating resolver that may be believed: `IP`, `tls://IP#NAME` or `https://…`; absent:
   * `resolver`, if it is on this host.
   */
  dnssecResolver: v.optional(text),
  dnssecSignedName: v.optional(text),
  dnssecBrokenName: v.optional(text),
  /** For next hops that name no port; absent: smtp_tcp_port of the pushed settings. */
  smtpPort: v.optional(wholeNumber(1, 65_535)),
  allowPrivateAddresses: v.optional(
    v.pipe(
      v.picklist(['yes', 'no'], 'is neither "yes" nor "no"'),
      v.transform((value) => value === 'yes'),
    ),
    'no',
  ),
  /** Whether MTA-STS policies are looked at. */
  mtaSts: v.optional(v.picklist(['daily', 'never'], 'is neither "daily" nor "never"'), 'daily'),
  /** Time between two runs: the horizon of a forecast is at least two of them. */
  runIntervalHours: v.optional(wholeNumber(1, 168), '24'),
  /** For the sentinel: so many hours without a complete run are reported as silence. */
  silenceHours: v.optional(wholeNumber(1, 168), '26'),
  /** URL of the queue that brings a run back to the function; absent: none does. */
  continuations: v.optional(
    v.pipe(text, v.regex(/^https?:\/\/[^\s/]+\/\d{12}\/[^\s/]+$/, 'is no URL of an SQS queue')),
  ),
  historyDays: v.optional(wholeNumber(7, 3_650), '400'),
  /** So much of the function's time limit is kept for second look, telling and storing. */
  reserveSeconds: v.optional(wholeNumber(1, 600), '120'),
});

export type Config = v.InferOutput<typeof SCHEMA>;

/** An address that may stand in a page as it is. */
const HTTPS = /^https:\/\/[^\s"'<>]+$/;

/** Of the function behind the dashboard, which only reads. */
const DASHBOARD = v.object({
  ...v.pick(SCHEMA, ['table', 'policy', 'vantage', 'silenceHours']).entries,
  /** Where the runbook is to be read; absent: nowhere that is known. */
  runbook: v.optional(v.pipe(text, v.regex(HTTPS, 'is no https address'))),
});

export type DashboardConfig = v.InferOutput<typeof DASHBOARD>;

/**
 * Reads the variables; throws one error that names every variable at fault, with what is wrong with
 * it.
 */
export const readConfig = (environment: Environment): Config => read(SCHEMA, environment);

/** The same of the function behind the dashboard. */
export const readDashboardConfig = (environment: Environment): DashboardConfig =>
  read(DASHBOARD, environment);

/** That one variable, whatever is wrong with the others; undefined where it is none. */
export function runbookIn(environment: Environment): string | undefined {
  const given = environment[VARIABLES.runbook] ?? '';
  return HTTPS.test(given) ? given : undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

function read<S extends typeof SCHEMA | typeof DASHBOARD>(
  schema: S,
  environment: Environment,
): v.InferOutput<S> {
  const given = Object.fromEntries(
    Object.entries(VARIABLES).flatMap(([field, name]) => {
      const value = environment[name];
      return value === undefined || value === '' ? [] : [[field, value]];
    }),
  );
  const read = v.safeParse(schema, given);
  if (read.success) return read.output;
  throw new Error(read.issues.map((issue) => describeIssue(issue, given)).join('; '));
}

function describeIssue(
  issue: v.InferIssue<typeof SCHEMA> | v.InferIssue<typeof DASHBOARD>,
  given: Readonly<Record<string, string>>,
): string {
  const field = v.getDotPath(issue) as Variable;
  const value = given[field];
  const variable = `environment variable ${VARIABLES[field]}`;
  if (value === undefined) return `${variable} is not set: the stack of this function sets it`;
  return `${variable}: "${value}" ${issue.message}`;
}
