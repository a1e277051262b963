/**
 * One Postfix instance with configuration, queue and log of its own, started as `master -d` (no daemonising), so that its
 * process is ours to end.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inject } from './inject.ts';
import { lastFatal, readMaillog } from './maillog.ts';
import type { Configuration, Delivery } from './scene.ts';

export interface Instance {
  /** What `postconf -c` takes. */
  readonly configDirectory: string;
  /** Sends one message per recipient and waits for how each ends. */
  deliver(): Promise<Delivery[]>;
  readonly log: () => string;
  /** What waits, as postqueue -j tells it. */
  readonly queue: () => string;
  stop(): Promise<void>;
}

/** Longer than any one message may take: several silent hosts in a row. */
const PATIENCE_MS = 90_000;
const PARALLEL_INJECTIONS = 4;

/** Writes and starts an instance below `directory`, which the `postfix` user must be able to reach. */
export async function startInstance(
  configuration: Configuration,
  { directory, files, smtpdPort }: { readonly directory: string; readonly files: string; readonly smtpdPort: number },
): Promise<Instance> {
  const configDirectory = join(directory, 'etc');
  const maillog = join(directory, 'maillog');
  const put = (text: string) => text.replaceAll('@files@', files);
  mkdirSync(configDirectory, { recursive: true });
  writeFileSync(join(configDirectory, 'main.cf'), put(mainCf(directory, maillog, configuration)));
  writeFileSync(join(configDirectory, 'master.cf'), `${masterCf(smtpdPort)}${put(configuration.services ?? '')}`);
  writeFileSync(join(configDirectory, 'tls_policy'), put(configuration.policy));
  writeFileSync(join(configDirectory, 'transport'), configuration.transport ?? '');
  for (const table of ['tls_policy', 'transport'])
    spawnSync('postmap', ['-c', configDirectory, `hash:${join(configDirectory, table)}`]);
  makeQueue(directory);

  const { log, stop } = await startMaster({ configDirectory, maillog, smtpdPort });

  return {
    configDirectory,
    log,
    queue: () => spawnSync('postqueue', ['-c', configDirectory, '-j'], { encoding: 'utf8' }).stdout,
    deliver: async () => {
      const { recipients } = configuration;
      const shares = Array.from({ length: PARALLEL_INJECTIONS }, (_, i) =>
        recipients.filter((_name, j) => j % PARALLEL_INJECTIONS === i),
      );
      await Promise.all(
        shares.filter((share) => share.length > 0).map((share) => inject(smtpdPort, share, configuration.headers)),
      );
      const patience = Date.now() + PATIENCE_MS;
      let ended = readMaillog(log());
      while (recipients.some((domain) => !ended.has(domain)) && Date.now() < patience) {
        await sleep(200);
        ended = readMaillog(log());
        if (ended.size === 0 && lastFatal(log()) !== undefined) break;
      }
      return recipients.map(
        (recipient) =>
          ended.get(recipient) ?? {
            recipient,
            status: 'none',
            dsn: '',
            text: lastFatal(log()) ?? 'no line in the log',
            relay: 'none',
            log: [],
          },
      );
    },
    stop,
  };
}

/** Starts the Postfix of a configuration that is written, and waits until its smtpd answers. */
export async function startMaster({
  configDirectory,
  maillog,
  smtpdPort,
}: {
  readonly configDirectory: string;
  readonly maillog: string;
  readonly smtpdPort: number;
}): Promise<Pick<Instance, 'log' | 'stop'>> {
  // In a group of its own: master ends its children by ending the group.
  const master = spawn(join(daemonDirectory(), 'master'), ['-d', '-c', configDirectory], { stdio: 'ignore', detached: true });
  await listening(master, smtpdPort, maillog);
  return {
    log: () => (existsSync(maillog) ? readFileSync(maillog, 'latin1') : ''),
    stop: async () => {
      if (master.exitCode !== null || master.signalCode !== null) return;
      const ended = new Promise<void>((done) => master.once('exit', () => done()));
      master.kill('SIGTERM');
      await ended;
    },
  };
}

/** `mail_version` of the installed Postfix; undefined where there is none. */
export function installedVersion(): string | undefined {
  const asked = spawnSync('postconf', ['-d', '-h', 'mail_version'], { encoding: 'utf8' });
  return asked.status === 0 ? asked.stdout.trim() : undefined;
}

/** Short waits, long backoff: one attempt per message. Nothing about TLS is set but the policy table. */
function mainCf(directory: string, maillog: string, configuration: Configuration): string {
  return [
    'compatibility_level = 3.6',
    `queue_directory = ${join(directory, 'queue')}`,
    `data_directory = ${join(directory, 'data')}`,
    `daemon_directory = ${daemonDirectory()}`,
    `maillog_file = ${maillog}`,
    `maillog_file_prefixes = ${directory}`,
    'myhostname = sender.test',
    'mydestination =',
    'local_recipient_maps =',
    'mynetworks = 127.0.0.0/8',
    'inet_interfaces = 127.0.0.1',
    'inet_protocols = all',
    'smtp_host_lookup = dns',
    'smtpd_relay_restrictions = permit_mynetworks, reject',
    'smtpd_peername_lookup = no',
    'smtp_connect_timeout = 3s',
    'smtp_helo_timeout = 3s',
    'smtp_starttls_timeout = 3s',
    'smtp_connection_cache_on_demand = no',
    'default_destination_concurrency_failed_cohort_limit = 1000',
    'minimal_backoff_time = 4000s',
    'queue_run_delay = 4000s',
    `smtp_tls_policy_maps = hash:${join(directory, 'etc', 'tls_policy')}`,
    `transport_maps = hash:${join(directory, 'etc', 'transport')}`,
    'smtp_tls_loglevel = 1',
    ...configuration.mainCf,
    '',
  ].join('\n');
}

export function masterCf(smtpdPort: number): string {
  const service = (name: string, type: string, program: string, limit: string, privacy = '-', wakeup = '-') =>
    `${name} ${type} ${privacy} - n ${wakeup} ${limit} ${program}`;
  return [
    service(`127.0.0.1:${smtpdPort}`, 'inet', 'smtpd', '20', 'n'),
    service('cleanup', 'unix', 'cleanup', '0', 'n'),
    service('qmgr', 'unix', 'qmgr', '1', 'n', '300'),
    service('rewrite', 'unix', 'trivial-rewrite', '4'),
    service('bounce', 'unix', 'bounce', '0'),
    service('defer', 'unix', 'bounce', '0'),
    service('trace', 'unix', 'bounce', '0'),
    service('verify', 'unix', 'verify', '1'),
    service('flush', 'unix', 'flush', '0', 'n', '1000?'),
    service('proxymap', 'unix', 'proxymap', '10'),
    service('smtp', 'unix', 'smtp', '60'),
    service('relay', 'unix', 'smtp', '20'),
    service('error', 'unix', 'error', '10'),
    service('retry', 'unix', 'error', '10'),
    service('discard', 'unix', 'discard', '10'),
    service('tlsmgr', 'unix', 'tlsmgr', '1', '-', '1000?'),
    service('tlsproxy', 'unix', 'tlsproxy', '0'),
    service('anvil', 'unix', 'anvil', '1'),
    service('scache', 'unix', 'scache', '1'),
    service('showq', 'unix', 'showq', '0', 'n'),
    service('postlog', 'unix-dgram', 'postlogd', '1', 'n'),
    '',
  ].join('\n');
}

/** `queue` and `data` below the directory, with the owners that Postfix wants. */
export function makeQueue(directory: string): void {
  const postfix = numericId('passwd', 'postfix');
  const postdrop = numericId('group', 'postdrop');
  const make = (path: string, mode: number, user: number, group: number) => {
    mkdirSync(path, { recursive: true });
    chownSync(path, user, group);
    chmodSync(path, mode);
  };
  make(join(directory, 'data'), 0o700, postfix, postfix);
  const queue = join(directory, 'queue');
  make(queue, 0o755, 0, 0);
  for (const name of [
    'active',
    'bounce',
    'corrupt',
    'defer',
    'deferred',
    'flush',
    'hold',
    'incoming',
    'private',
    'saved',
    'trace',
  ])
    make(join(queue, name), 0o700, postfix, 0);
  make(join(queue, 'pid'), 0o755, 0, 0);
  make(join(queue, 'maildrop'), 0o730, postfix, postdrop);
  make(join(queue, 'public'), 0o710, postfix, postdrop);
}

function numericId(database: 'passwd' | 'group', name: string): number {
  const line = readFileSync(`/etc/${database}`, 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`${name}:`));
  if (line === undefined) throw new Error(`/etc/${database} has no "${name}", is postfix installed?`);
  return Number(line.split(':')[2]);
}

export function daemonDirectory(): string {
  return spawnSync('postconf', ['-d', '-h', 'daemon_directory'], { encoding: 'utf8' }).stdout.trim();
}

async function listening(master: ChildProcess, port: number, maillog: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    await sleep(50);
    if (master.exitCode !== null) break;
    const answered = await inject(port, []).then(
      () => true,
      () => false,
    );
    if (answered) return;
  }
  const said = existsSync(maillog) ? readFileSync(maillog, 'utf8') : 'no log was written';
  throw new Error(`the reference Postfix did not start on port ${port}: ${said.split('\n').slice(-5).join(' | ')}`);
}
