/**
 * What a record of an environment may hold; the records themselves are data
 * (environment-file.ts).
 *
 * Checked at synth: a value that AWS would refuse half an hour into a deploy, or would accept and
 * never run, is an error that names its field.
 */
import * as v from 'valibot';

/** One environment, as it is written. */
export type Environment = v.InferInput<typeof ENVIRONMENT>;

/** The same with its defaults filled in. */
export type CheckedEnvironment = v.InferOutput<typeof ENVIRONMENT>;

/** Checks a record; throws one error that names every field at fault. */
export function checkEnvironment(record: unknown): CheckedEnvironment {
  const read = v.safeParse(ENVIRONMENT, record);
  if (read.success) return read.output;
  const name = (record as { name?: unknown } | null | undefined)?.name;
  throw new Error(
    read.issues
      .map((issue) => `environment ${JSON.stringify(name)}: ${describeIssue(issue)}`)
      .join('\n'),
  );
}

/** A list of records as it stands in a file, before the one of interest is chosen. */
export interface Records {
  readonly records: readonly unknown[];
  /** The file, for errors. */
  readonly path: string;
}

/**
 * The records to synthesise: the one named, or all. Throws on an unknown name, and lists the known;
 * a record that is not chosen is checked all the same, since the next deploy would choose it.
 */
export function chooseEnvironments(
  name: string | undefined,
  { records, path }: Records,
): readonly CheckedEnvironment[] {
  const checked = records.map(checkEnvironment);
  const known = checked.map((record) => record.name);
  const twice = known.find((each, index) => known.indexOf(each) !== index);
  if (twice !== undefined) throw new Error(`environment "${twice}" is written twice in ${path}`);
  if (name === undefined) return checked;
  const chosen = checked.find((record) => record.name === name);
  if (chosen === undefined)
    throw new Error(`environment "${name}" is unknown: ${path} has ${known.join(', ')}`);
  return [chosen];
}

const whole = (least: number, most: number) =>
  v.pipe(
    v.number('is no number'),
    v.integer('is no whole number'),
    v.minValue(least, `is below ${least}`),
    v.maxValue(most, `is above ${most}`),
  );
const matching = (pattern: RegExp, wanted: string) =>
  v.pipe(v.string('is no text'), v.regex(pattern, `is no ${wanted}`));
const hostName = matching(
  /^(?=.{1,253}$)([a-z0-9_]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/i,
  'host name',
);
const chosenFrom = <const T extends readonly [number, ...number[]]>(values: T) =>
  v.picklist(values, `is none of ${values.join(', ')}`);

const COMMON = {
  /** Part of the stack's name, `tls-watch-NAME`. */
  name: matching(/^[a-z][a-z0-9-]{0,30}$/, 'name of lower-case letters, digits and hyphens'),
  /** Both or neither. Without them the stack goes where the credentials of the deploy point. */
  account: v.optional(matching(/^\d{12}$/, 'account number of 12 digits')),
  region: v.optional(matching(/^[a-z]{2}(-[a-z]+)+-\d$/, 'region, such as eu-central-1')),
  /** Of the bootstrap (`cdk bootstrap --qualifier`), where it is not CDK's own. */
  qualifier: v.optional(matching(/^[a-z0-9]{1,10}$/, 'qualifier of a bootstrap')),
  /** On everything that takes tags. */
  tags: v.optional(
    v.record(
      matching(/^(?!aws:)[\p{L}\p{N} _.:/=+@-]{1,128}$/u, 'key of a tag'),
      matching(/^[\p{L}\p{N} _.:/=+@-]{0,256}$/u, 'value of a tag'),
    ),
    {},
  ),
  /** The managed policy, by name or ARN, that every role made here is bounded by. */
  permissionsBoundary: v.optional(
    matching(
      /^(?:arn:aws[a-z-]*:iam::(?:\d{12}|aws):policy\/)?(?:[\w+=,.@-]{1,128}\/)*[\w+=,.@-]{1,128}$/,
      'name or ARN of a managed policy',
    ),
  ),
  /**
   * Whether table, log and Elastic IP outlive the stack, and the table is protected from deletion.
   */
  keep: v.boolean('is neither true nor false'),
  schedule: v.strictObject({
    hour: whole(0, 23),
    minute: whole(0, 59),
    timeZone: v.pipe(
      v.string('is no text'),
      v.check(isTimeZone, 'is no time zone, such as Europe/Berlin'),
    ),
    /** A run starts up to so many minutes late, at random; 0 starts it on time. */
    jitterMinutes: whole(0, 240),
  }),
  retention: v.strictObject({
    /** What CloudWatch offers. */
    logDays: chosenFrom([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731]),
    historyDays: whole(7, 3_650),
  }),
  emails: v.array(v.pipe(v.string('is no text'), v.email('is no e-mail address')), 'is no list'),
  slack: v.optional(
    v.strictObject({
      workspace: matching(/^[TE][A-Z0-9]{6,20}$/, 'Slack workspace id, such as T0123ABCD'),
      channel: matching(/^[CG][A-Z0-9]{6,20}$/, 'Slack channel id, such as C0123ABCD'),
    }),
  ),
  /** Topics of the operator's that alarms go to as well, when they begin and when they end. */
  alarmTopicArns: v.optional(
    v.array(
      matching(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/, 'ARN of an SNS topic'),
      'is no list',
    ),
    [],
  ),
  /** The name the pushed policy is kept under. */
  policy: v.optional(matching(/^[a-z0-9][a-z0-9.-]{0,62}$/, 'policy name'), 'default'),
  /** Where docs/runbook.md is to be read, for links to it. */
  runbook: v.optional(
    matching(/^https:\/\/[^\s"'<>#]{1,500}$/, 'https address without a fragment'),
  ),
  /**
   * A table that exists, which a restore made, in the place of the stack's own (docs/aws.md,
   * "Restore drill").
   */
  restoredTable: v.optional(matching(/^[A-Za-z0-9_.-]{3,255}$/, 'table name')),
  thresholds: v.optional(
    v.strictObject({
      /**
       * "Run missed" is raised after so many hours without a complete run; more than a day, because
       * the start has jitter and a run takes time.
       */
      silenceHours: v.optional(whole(25, 168), 26),
      /** A run may leave so many entries unfinished without an alarm. */
      unfinishedEntries: v.optional(whole(0, 100_000), 0),
    }),
    {},
  ),
};

const FUNCTION = {
  ...COMMON,
  runner: v.literal('function'),
  /**
   * EHLO name; it should match the PTR record of the address used. Default: the pushed settings'.
   */
  helo: v.optional(hostName),
  /** Hosts of your own whose STARTTLS on port 25 proves the way out. */
  controlHosts: v.optional(v.array(hostName, 'is no list'), []),
  /** A validating resolver, for entries at dane and dane-only: `tls://IP#NAME` or `https://…`. */
  dnssecResolver: v.optional(
    matching(/^(?:tls|https):\/\/[^\s"]+$/, 'resolver, such as tls://192.0.2.53#dns.example.net'),
  ),
  /** Whether MTA-STS policies of domains in the table are looked at; default daily. */
  mtaSts: v.optional(v.picklist(['daily', 'never'], 'is neither "daily" nor "never"')),
  concurrency: v.optional(whole(1, 1_000), 64),
  perNetwork: v.optional(whole(1, 100), 4),
  memoryMb: v.optional(whole(256, 10_240), 1_769),
  timeoutMinutes: v.optional(whole(3, 15), 15),
  /**
   * Reserves a concurrency of 1, so that Lambda too keeps runs apart, beside the lease. Off by
   * default: new accounts have too little concurrency to reserve any.
   */
  reserveConcurrency: v.optional(v.boolean('is neither true nor false'), false),
};

const zone = matching(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/, 'zone, such as eu-central-1a');
const subnet = matching(/^subnet-[0-9a-f]{8,17}$/, 'subnet id');

const ENVIRONMENT = v.pipe(
  v.variant('runner', [
    v.variant('egress', [
      v.strictObject({
        ...FUNCTION,
        /**
         * A VPC of its own, one NAT gateway with a fixed Elastic IP, for which AWS lifts the
         * port-25 restriction.
         */
        egress: v.literal('nat-gateway'),
        /**
         * An address for which port 25 is open already; absent: the stack makes one and keeps it.
         */
        elasticIp: v.optional(
          matching(
            /^eipalloc-[0-9a-f]{8,17}$/,
            'allocation id of an Elastic IP, such as eipalloc-0123456789abcdef0',
          ),
        ),
        /** Where function and NAT gateway stand; absent: the first zone of the region. */
        zone: v.optional(zone),
      }),
      v.strictObject({
        ...FUNCTION,
        /** Subnets of yours whose route leads out through an address with port 25 open. */
        egress: v.literal('vpc-existing'),
        vpc: v.strictObject({
          id: matching(/^vpc-[0-9a-f]{8,17}$/, 'VPC id'),
          zones: v.pipe(v.array(zone, 'is no list'), v.minLength(1, 'is empty')),
          /** One for each zone, in the same order. */
          subnets: v.pipe(v.array(subnet, 'is no list'), v.minLength(1, 'is empty')),
        }),
      }),
      v.strictObject({
        ...FUNCTION,
        /**
         * Outside any VPC, where AWS never opens port 25: only for next hops on other ports, and
         * for trying the rest.
         */
        egress: v.literal('none'),
      }),
    ]),
    v.strictObject({
      ...COMMON,
      runner: v.literal('mail-host'),
      /** The `--vantage` the mail host runs under: whose run records the sentinel reads. */
      vantage: matching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'vantage name'),
    }),
  ]),
  v.check(
    (record) => (record.account === undefined) === (record.region === undefined),
    'account and region: give both or neither',
  ),
  v.check(
    (record) =>
      record.runner !== 'function' ||
      record.egress !== 'nat-gateway' ||
      record.zone === undefined ||
      record.region === undefined ||
      record.zone.slice(0, -1) === record.region,
    'zone: is none of the region',
  ),
  v.check(
    (record) =>
      record.runner !== 'function' ||
      record.egress !== 'vpc-existing' ||
      record.vpc.zones.length === record.vpc.subnets.length,
    'vpc.subnets: one for each of vpc.zones, in the same order',
  ),
);

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name.includes('/');
  } catch {
    return false;
  }
}

function describeIssue(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  if (path === null) return issue.kind === 'schema' ? 'is no record' : issue.message;
  if (issue.received === 'undefined' && issue.input === undefined) return `${path} is missing`;
  if (issue.expected === 'never') return `${path}: no such field here`;
  const choices =
    issue.type === 'variant'
      ? `is none of ${issue.expected
          ?.replace(/[()" ]/g, '')
          .split('|')
          .join(', ')}`
      : undefined;
  return `${path}: ${JSON.stringify(issue.input)} ${choices ?? issue.message}`;
}
