/** The mail host of the demo: namespaces made its own, Debian's Postfix with a configuration over /etc/postfix, mailboxes, a clock that can be put on. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLI, type Ran, runProgram } from '../command/run-command.ts';
import { inject } from '../reference/inject.ts';
import { daemonDirectory, type Instance, makeQueue, masterCf, startMaster } from '../reference/instance.ts';

export const HOST = 'mx.demo.example';
/** On a tmpfs that goes with the namespace. */
export const PLACE = '/mnt/host';
export const FLAGS_FILE = join(PLACE, 'postfix-tls-watch.toml');
const MAILLOG = join(PLACE, 'mail.log');
const MAILBOXES = join(PLACE, 'mail');
const DAY_MS = 86_400_000;

/** Loopback up, a resolver and a name of our own, a tmpfs to work on: for namespaces made for it, that of the host name too. */
export function settle(): void {
  const run = (program: string, ...args: readonly string[]) =>
    execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  run('ip', 'link', 'set', 'lo', 'up');
  run('mount', '--make-rprivate', '/');
  run('mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/mnt');
  mkdirSync(MAILBOXES, { recursive: true, mode: 0o777 });
  const resolvConf = join(PLACE, 'resolv.conf');
  writeFileSync(resolvConf, 'nameserver 127.0.0.1\n');
  run('mount', '--bind', resolvConf, '/etc/resolv.conf');
  run('hostname', HOST);
}

/** Debian's files with a main.cf and a master.cf of ours, put over /etc/postfix; started. */
export async function startPostfix(table: string, anchors: string): Promise<Pick<Instance, 'log' | 'stop'>> {
  const etc = join(PLACE, 'etc');
  execFileSync('cp', ['-r', '/etc/postfix', etc]);
  execFileSync('mount', ['--bind', etc, '/etc/postfix']);
  const put = (name: string, text: string) => writeFileSync(join('/etc/postfix', name), text);
  put('ca.pem', anchors);
  put('tls_policy', table);
  put('main.cf', MAIN_CF);
  put(
    'master.cf',
    `${masterCf(25)}local unix - n n - - local
showq unix n - n - - showq
`,
  );
  execFileSync('postmap', ['hash:/etc/postfix/tls_policy']);
  makeQueue(PLACE);
  return startMaster({ configDirectory: '/etc/postfix', maillog: MAILLOG, smtpdPort: 25 });
}

const MAIN_CF = `compatibility_level = 3.6
myhostname = ${HOST}
mydestination = $myhostname
inet_interfaces = 127.0.0.1
mynetworks = 127.0.0.0/8
alias_maps = inline:{postmaster=root}
mail_spool_directory = ${MAILBOXES}
smtp_tls_policy_maps = hash:/etc/postfix/tls_policy
smtp_tls_CAfile = /etc/postfix/ca.pem
queue_directory = ${join(PLACE, 'queue')}
data_directory = ${join(PLACE, 'data')}
daemon_directory = ${daemonDirectory()}
maillog_file = ${MAILLOG}
maillog_file_prefixes = ${PLACE}
`;

/** The command as it is typed on that day, from 1: only the clock is made up. */
export function typed(args: readonly string[], day: number): Promise<Ran> {
  const { MAIL_CONFIG: _, ...env } = process.env;
  const made = {
    NO_COLOR: '1',
    POSTFIX_TLS_WATCH_CONFIG: FLAGS_FILE,
    CLOCK_SHIFT_MS: String((day - 1) * DAY_MS),
    NODE_OPTIONS: `--import=${new URL('../command/noon-clock.ts', import.meta.url).href}`,
  };
  return runProgram(process.execPath, [CLI, ...args], { ...env, ...made }, '/');
}

/** What a mailbox got since the last time; waits for it. */
export async function newMail(user: string, read: number): Promise<string> {
  const path = join(MAILBOXES, user);
  return until(`mail for ${user}`, () => {
    const text = existsSync(path) ? readFileSync(path, 'utf8').slice(read) : '';
    return text.endsWith('\n\n') ? text : undefined;
  });
}

/** Sends somebody's mail, and gives Postfix's line on how it ended. */
export async function send(domain: string): Promise<string> {
  const before = maillog().length;
  await inject(25, [domain]);
  return ending(domain, before);
}

/** Postfix's line on how a message to that domain ended. */
export function ending(domain: string, since = 0): Promise<string> {
  return until(`the end of mail to ${domain}`, () =>
    maillog()
      .slice(since)
      .split('\n')
      .find((line) => line.includes(`@${domain}>`) && / status=/.test(line)),
  );
}

/** What is in the queue for an address, as it was handed over. */
export function queued(address: string): string {
  const waiting = execFileSync('postqueue', ['-j'], { encoding: 'utf8' }).trim().split('\n');
  const found = waiting.find((line) => line.includes(`"${address}"`));
  if (found === undefined) throw new Error(`nothing waits for ${address}: ${waiting.join('\n')}`);
  const { queue_id: id } = JSON.parse(found) as { readonly queue_id: string };
  return execFileSync('postcat', ['-bhq', id], { encoding: 'utf8' });
}

export const maillog = (): string => (existsSync(MAILLOG) ? readFileSync(MAILLOG, 'utf8') : '');

async function until<T>(what: string, look: () => T | undefined): Promise<T> {
  for (let tries = 0; tries < 600; tries++) {
    const found = look();
    if (found !== undefined) return found;
    await sleep(100);
  }
  throw new Error(`${what} did not come: ${maillog().split('\n').slice(-5).join('\n')}`);
}
