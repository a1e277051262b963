/**
 * The flags that commands share: where the policy comes from, how to look at the world, how to
 * print.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { ASSUMED_OPENSSL } from '../certificate/openssl-version.ts';
import { BOUNDS, DEFAULTS } from '../limits.ts';
import { NEWEST_PROVED } from '../postfix/version.ts';
import { CONFIG_FILE } from './configuration/usual-place.ts';
import { addMailFlags, addWebhookFlags } from './tell-flags.ts';

/** The sender's side: table, settings, anchors. */
export interface BundleFlags {
  readonly configDirectory?: string;
  readonly service?: string;
  readonly mainCf?: string;
  readonly transport?: string;
  readonly caFile?: string;
  readonly caPath?: string;
  readonly postfixVersion?: string;
  readonly opensslVersion?: string;
  readonly destination?: readonly string[];
  readonly destinations?: string;
  readonly smtpPort?: number;
}

/** Which resolver to believe about DNSSEC, and what proves that it validates. */
export interface DnssecFlags {
  readonly dnssecResolver?: string;
  readonly dnssecSignedName?: string;
  readonly dnssecBrokenName?: string;
}

/** How to resolve, probe and judge. */
export interface ProbeFlags extends DnssecFlags {
  readonly resolver?: readonly string[];
  readonly helo?: string;
  readonly allowPrivateAddresses?: boolean;
  readonly controlHost?: readonly string[];
  readonly concurrency: number;
  readonly perNetwork: number;
  /** Seconds. */
  readonly timeout?: number;
  /** Seconds. */
  readonly deadline: number;
  /** Epoch ms. */
  readonly at?: number;
  /** Progress off a terminal, too. */
  readonly verbose?: boolean;
}

/** For commands that look at a whole table. */
export interface WorkerFlags {
  /** Processes that look beside one another; absent or 1: this one alone. */
  readonly workers?: number;
}

/** For commands that somebody waits for. */
export interface PatienceFlags {
  /** Seconds to wait for whoever said 421, where nothing else is left to wait for. */
  readonly patience: number;
}

export function addBundleFlags(command: Command): Command {
  return command
    .option(
      '--config-directory <dir>',
      "ask that Postfix's own postconf for version, settings, tables and the smtp services' " +
        "overrides (default without a table: this host's Postfix)",
    )
    .option(
      '--service <name>',
      'judge everything by this master.cf service (with --config-directory), in place of the one ' +
        'that delivers',
    )
    .option('--main-cf <file>', 'a main.cf, or the output of postconf -n')
    .option('--transport <file>', 'a transport table, as path or type:path')
    .addOption(caFileFlag())
    .addOption(caPathFlag())
    .option(
      '--postfix-version <n>',
      'judge as this version would, 3.7 being the latest 3.7.N (default: ' +
        `${NEWEST_PROVED}, printed as assumed)`,
    )
    .addOption(opensslVersionFlag())
    .option(
      '--destination <name>',
      'judge this destination too, for instance one below a .parent entry (repeatable)',
      collect,
    )
    .option('--destinations <file>', 'the same for every name of a file, one a line')
    .addOption(smtpPortFlag());
}

const caFileFlag = () =>
  new Option(
    '--ca-file <file>',
    "trust anchors (PEM) instead of main.cf's; without settings: Mozilla's roots",
  );
const caPathFlag = () =>
  new Option('--ca-path <dir>', 'trust anchors, a directory with OpenSSL hash links');
const opensslVersionFlag = () =>
  new Option(
    '--openssl-version <n>',
    "the OpenSSL that the mail host's smtp(8) runs on, as openssl version prints it (default: " +
      `found with --config-directory, else ${ASSUMED_OPENSSL}, printed as assumed)`,
  );
const smtpPortFlag = () =>
  new Option('--smtp-port <n>', 'for next hops that name no port (default: 25)').argParser(port);

/** For the commands that judge more than the table names. */
export function addMailLogFlags(command: Command): Command {
  return command.option(
    '--destinations-from-log <log>',
    'judge where mail really went in the last 30 days too, by this log of Postfix with its rotated ' +
      'files (repeatable; journal, or - for standard input), and say how much of it is watched',
    collect,
  );
}

/** Logs, the queue, and the policy that they are held against. */
export function addWhyFlags(command: Command): Command {
  return command
    .option('--log <name>', 'journal: what the journal has of Postfix, read through journalctl')
    .option(
      '--queue [file]',
      'what waits now: ask postqueue -j, or read its output from a file (- for standard input); ' +
        'with no log named, the queue alone',
    )
    .option('--table <table>', 'the policy table, as path or type:path')
    .option(
      '--config-directory <dir>',
      "ask that Postfix's own postconf for the policy (default without a table: this host's " +
        'Postfix, if there is one)',
    )
    .option('--service <name>', 'the master.cf service that delivers (with --config-directory)')
    .option('--main-cf <file>', 'a main.cf, or the output of postconf -n')
    .option('--transport <file>', 'a transport table, as path or type:path')
    .option(
      '--postfix-version <n>',
      'read the policy as this version would (default: as the log says, else ' +
        `${NEWEST_PROVED}, printed as assumed)`,
    )
    .option(
      '--live',
      'look at each next hop today, as explain does, and say whether it is over; the flags below ' +
        'are for this look',
    )
    .addOption(caFileFlag())
    .addOption(caPathFlag())
    .addOption(opensslVersionFlag())
    .addOption(smtpPortFlag());
}

export function addDnssecFlags(command: Command): Command {
  return command
    .option(
      '--dnssec-resolver <address>',
      'a validating resolver, for dane and dane-only: ip[:port], tls://ip[:port][#name] or ' +
        'https://… (default: the resolver, if it is on this host)',
    )
    .option(
      '--dnssec-signed-name <name>',
      'a name known to be signed, to prove that it validates',
      DEFAULTS.dnssecSignedName,
    )
    .option(
      '--dnssec-broken-name <name>',
      'a name whose signatures are known to be broken',
      DEFAULTS.dnssecBrokenName,
    );
}

/** @param deadline seconds, the default for the whole command */
export function addProbeFlags(command: Command, deadline = DEFAULTS.deadlineMs / 1000): Command {
  return addDnssecFlags(command)
    .option(
      '--resolver <ip[:port]>',
      'DNS server to ask (repeatable; default: the system resolver)',
      collect,
    )
    .option(
      '--helo <name>',
      "EHLO name (default: main.cf's smtp_helo_name or myhostname, else this host's name)",
    )
    .option(
      '--allow-private-addresses',
      'also connect to loopback, private, link-local and other special-purpose addresses',
    )
    .option(
      '--control-host <host[:port]>',
      'a mail host with a valid certificate, to prove that port 25 is open from here (repeatable)',
      collect,
    )
    .option('--concurrency <n>', 'conversations at a time', positive, DEFAULTS.concurrency)
    .option(
      '--per-network <n>',
      'conversations at a time per /24 or /48',
      positive,
      DEFAULTS.perNetwork,
    )
    .option(
      '--timeout <seconds>',
      `each step of a conversation (default: greeting ${DEFAULTS.greetingTimeoutMs / 1000}, ` +
        `later steps ${DEFAULTS.stepTimeoutMs / 1000})`,
      positive,
    )
    .option('--deadline <seconds>', 'the whole command', positive, deadline)
    .option('--at <date>', 'judge as of that date (ISO 8601)', date)
    .option('--verbose', 'say what is waited for, off a terminal too: a line a minute on stderr');
}

export function addWorkersFlag(command: Command): Command {
  return command.option(
    '--workers <n>',
    'look by so many processes, each with networks of its own, for a table of many thousand lines ' +
      '(default: 1, this one alone)',
    workers,
  );
}

export function addPatienceFlag(command: Command): Command {
  return command.option(
    '--patience <seconds>',
    'wait so long, and no longer, for hosts that said 421: they are asked again after ' +
      `${DEFAULTS.restAfter421Ms / 1000} seconds; 0 does so only where others take that long anyway`,
    notNegative,
    0,
  );
}

export function addStoreFlags(command: Command): Command {
  return command
    .option(
      '--store <place>',
      'a directory, or dynamodb:TABLE (default: /var/lib/postfix-tls-watch for root, else the ' +
        "user's data directory)",
    )
    .option('--policy <name>', 'the name under which things are stored (default: default)')
    .option(
      '--vantage <name>',
      "the point of view, compared within itself (default: this host's name)",
    )
    .option(
      '--env <name>',
      'the store, policy, vantage and topics of a deployed environment, unless named otherwise',
    )
    .option('--outputs <file>', 'with --env: what the deploy wrote (default: cdk-outputs.json)');
}

export function addTellFlags(command: Command): Command {
  return addWebhookFlags(addMailFlags(command))
    .option('--topic <arn>', 'publish messages to this SNS topic')
    .option('--chat-topic <arn>', 'publish chat cards to this SNS topic')
    .option(
      '--hook <program>',
      'hand messages to this program: text on stdin, a JSON file as its argument',
    )
    .option(
      '--ping <url>',
      'ask for this address after each complete run that told what was due: an outside ' +
        "dead-man's switch",
      web,
    );
}

export function addMetricsFileFlag(command: Command): Command {
  return command.option(
    '--metrics-file <file>',
    "after each run, replace this file as metrics --output does, for node_exporter's textfile " +
      'collector; whatever the run came to',
  );
}

export function addObserveFlag(command: Command): Command {
  return command.option(
    '--observe [file]',
    'once the run is done, look at destinations that no line of the table covers too, those of this ' +
      'file, one a line, or else where mail went by --destinations-from-log: what is seen is kept ' +
      'for suggest --new, and nobody is told of it',
  );
}

export function addConfigFlags(command: Command): Command {
  return command
    .option(
      '--config <file>',
      `flags from this TOML file (default: ${CONFIG_FILE} if it is there; docs/configuration.md)`,
    )
    .option('--no-config', 'no flags but those of this command line');
}

/**
 * Long names of flags that answer for one run, or print something else: a file that says them each
 * time would do harm.
 */
export const ONE_RUN: ReadonlySet<string> = new Set([
  'as-service',
  'at',
  'by-root',
  'config',
  'confirmed',
  'distrust',
  'expect',
  'for-partner',
  'force',
  'in-place',
  'key',
  'nagios',
  'no-config',
  'open',
  'output',
  'part',
  'reason',
  'since',
  'tell-failure',
  'test',
  'test-message',
  'until',
]);

export function jsonFlag(): Option {
  return new Option('--json', 'one JSON document instead of sentences');
}

export function nagiosFlag(): Option {
  return new Option(
    '--nagios',
    'as a monitoring plugin: one line with performance data, details below (docs/monitoring.md)',
  );
}

/** The bounds nobody can change by flag, for the end of --help. */
export function boundsHelp(): string {
  return [
    '',
    'Bounds on what strangers may send:',
    `  an SMTP reply: ${BOUNDS.replyLines} lines of ${BOUNDS.replyLineBytes} bytes; a DNS ` +
      `answer: ${BOUNDS.dnsRecords} records;`,
    `  hosts per next hop: ${BOUNDS.hostsPerNextHop}; addresses per host: ` +
      `${BOUNDS.addressesPerHost}; certificates per chain: ${BOUNDS.chainCertificates}`,
  ].join('\n');
}

/** For flags that may be repeated: the values in the order given. */
export function collect(value: string, earlier: readonly string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}

/** @throws InvalidArgumentError for anything but a number above 0 */
export function positive(value: string): number {
  const n = Number(value);
  if (!Number.isFinite(n) || n <= 0) throw new InvalidArgumentError('a number above 0 is wanted');
  return n;
}

/** @throws InvalidArgumentError for anything but a whole number from 1 to 64 */
export function workers(value: string): number {
  const n = Number(value);
  if (!Number.isInteger(n) || n < 1 || n > MOST_WORKERS)
    throw new InvalidArgumentError(`a whole number from 1 to ${MOST_WORKERS} is wanted`);
  return n;
}

const MOST_WORKERS = 64;

/** @throws InvalidArgumentError for anything but a whole number from 0 */
export function notNegative(value: string): number {
  const n = Number(value);
  if (!Number.isInteger(n) || n < 0)
    throw new InvalidArgumentError('a whole number, 0 or more, is wanted');
  return n;
}

export function port(value: string): number {
  const n = Number(value);
  if (!Number.isInteger(n) || n < 1 || n > 65_535)
    throw new InvalidArgumentError('a port from 1 to 65535 is wanted');
  return n;
}

function web(value: string): string {
  if (!URL.canParse(value) || !/^https?:/i.test(value))
    throw new InvalidArgumentError('an http or https address is wanted');
  return value;
}

/** ISO 8601 date or instant, to epoch ms. */
export function date(value: string): number {
  const day = /^\d{4}-\d{2}-\d{2}/.exec(value)?.[0];
  // Date.parse() takes a 30th of February for the 2nd of March.
  const exists = day !== undefined && new Date(`${day}T00:00Z`).toJSON()?.startsWith(day);
  const at = exists ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(at))
    throw new InvalidArgumentError('a date such as 2027-01-03 or 2027-01-03T12:00:00Z is wanted');
  return at;
}
