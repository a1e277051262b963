/** One Postfix on one configuration directory: started, handed its messages, asked for its routes, ended. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { configDirectoryOf, type Directory, type Message, placeOf } from './directory.ts';
import { type Ending, fatalLines, readMaillog } from './maillog.ts';
import { askRoute, type Route } from './route.ts';
import { type Programs, writeDirectory } from './write.ts';

/** What Postfix did with one message. */
export interface Delivered {
  readonly message: Message;
  readonly ending: Ending;
  readonly route: Route;
}

export interface PostfixRun {
  readonly delivered: readonly Delivered[];
  /** Lines by which programs died. */
  readonly fatal: readonly string[];
  readonly log: string;
}

/** Delivers every message of the directory once; `meanwhile` runs while this Postfix is still up, its proxymap included. */
export async function runPostfix<T>(
  directory: Directory,
  programs: Programs,
  meanwhile: (run: PostfixRun) => Promise<T>,
): Promise<{ readonly run: PostfixRun; readonly meanwhile: T }> {
  writeDirectory(directory, programs);
  const place = placeOf(directory);
  const etc = configDirectoryOf(directory);
  const read = () => (existsSync(`${place}/maillog`) ? readFileSync(`${place}/maillog`, 'latin1') : '');
  // In a group of its own: master ends its children by ending the group.
  const master = spawn(join(programs.daemonDirectory, 'master'), ['-d', '-c', etc], { stdio: 'ignore', detached: true });
  try {
    await started(master, place);
    const refused = await inject(etc, directory.messages);
    const endings = await ended(directory, read, master);
    const delivered: Delivered[] = [];
    for (const message of directory.messages) {
      const { recipient } = message;
      const sender = message.sender === '<>' ? '' : message.sender;
      const lost = refused.get(recipient) ?? fatalLines(read()).at(-1) ?? 'no line in the log';
      const ending = endings.get(recipient.toLowerCase()) ?? none(recipient, lost);
      const alive = master.exitCode === null && refused.size === 0;
      const route: Route = alive ? await askRoute(`${place}/queue/private/rewrite`, { sender, recipient }) : { kind: 'silent' };
      delivered.push({ message, ending, route });
    }
    const run = { delivered, fatal: [...new Set(fatalLines(read()))], log: read() };
    return { run, meanwhile: await meanwhile(run) };
  } finally {
    await stop(master);
  }
}

const none = (recipient: string, text: string): Ending => ({
  recipient,
  status: 'none',
  dsn: '',
  text,
  relay: 'none',
  agent: 'none',
  said: [],
});

/** The queue manager's trigger socket is what `master` makes last of what we need. */
async function started(master: ChildProcess, place: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    await sleep(50);
    if (master.exitCode !== null || existsSync(`${place}/queue/private/postlog`)) return;
    if (existsSync(`${place}/queue/public/postlog`)) return;
  }
}

/** By sendmail(1), so that no server has an opinion about a recipient. What it refuses, by recipient. */
async function inject(etc: string, messages: readonly Message[]): Promise<Map<string, string>> {
  const refused = new Map<string, string>();
  const waiting = [...messages];
  await Promise.all(
    Array.from({ length: 3 }, async () => {
      for (let message = waiting.shift(); message !== undefined; message = waiting.shift()) {
        const error = await sendmail(etc, message);
        if (error !== undefined) refused.set(message.recipient, error);
      }
    }),
  );
  return refused;
}

async function sendmail(etc: string, { sender, recipient }: Message): Promise<string | undefined> {
  const child = spawn('sendmail', ['-C', etc, '-i', '-f', sender, '--', recipient], {
    stdio: ['pipe', 'ignore', 'pipe'],
    timeout: 15_000,
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end('From: someone@sender.test\nSubject: reference\n\nhello\n');
  const code = await new Promise<number | null>((done) => child.once('close', done));
  return code === 0 ? undefined : `sendmail ended with code ${code}: ${errors.trim()}`;
}

/** Waits until every message has ended, or until nothing moves any more after a program died. */
async function ended(directory: Directory, read: () => string, master: ChildProcess): Promise<Map<string, Ending>> {
  const began = Date.now();
  let size = -1;
  let quietSince = Date.now();
  for (;;) {
    const log = read();
    const endings = readMaillog(log);
    if (directory.messages.every(({ recipient }) => endings.has(recipient.toLowerCase()))) return endings;
    const died = fatalLines(log).length > 0;
    // A program that dies over each message keeps the log from ever being quiet.
    if (master.exitCode !== null || Date.now() - began > (died ? SILENT_MS : PATIENCE_MS)) return endings;
    if (log.length !== size) quietSince = Date.now();
    size = log.length;
    if (Date.now() - quietSince > (died ? QUIET_MS : SILENT_MS)) return endings;
    await sleep(150);
  }
}

async function stop(master: ChildProcess): Promise<void> {
  if (master.exitCode !== null || master.signalCode !== null) return;
  const gone = new Promise<void>((done) => master.once('exit', () => done()));
  master.kill('SIGTERM');
  await gone;
}

/** All messages one after the other, as for a next hop that times out each time. */
const PATIENCE_MS = 180_000;
/** Longer than any one message may take. */
const SILENT_MS = 60_000;
/** After a program died: master starts it again once a minute, and it dies again. Longer than another's step may take. */
const QUIET_MS = 12_000;
