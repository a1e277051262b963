/**
 * `--hook PROGRAM`: a program that tells in a way that is not built in. It gets the mail text on
 * standard input, the whole alert as JSON in a file whose path is its one argument, and the subject
 * in POSTFIX_TLS_WATCH_SUBJECT. Of the environment it gets PATH, HOME, USER, LANG, LC_*, TZ and
 * TMPDIR: credentials of AWS and of other services are not handed on.
 *
 * A status other than 0, a signal or no end in time means that nothing was told: the next run tries
 * again.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { plain } from '../../text/strangers.ts';
import type { Alert } from '../message/describe.ts';
import type { Mail } from '../message/mail.ts';

export class HookError extends Error {
  override readonly name = 'HookError';
}

const HOOK_DEADLINE_MS = 60_000;

/**
 * Runs the program, without a shell, and waits for its end.
 *
 * @throws HookError where it could not be started, failed, or took longer than the deadline
 */
export async function runHook(
  program: string,
  alert: Alert,
  mail: Mail,
  deadlineMs = HOOK_DEADLINE_MS,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'postfix-tls-watch-'));
  try {
    const path = join(folder, 'alert.json');
    await writeFile(path, `${JSON.stringify({ version: 1, ...alert }, null, 2)}\n`, {
      mode: 0o600,
    });
    await ended(program, path, mail, deadlineMs);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Whether the program is there and may be executed; looked for as it is when it is run.
 *
 * @throws HookError
 */
export async function findHook(program: string): Promise<void> {
  const paths = program.includes('/')
    ? [program]
    : (process.env.PATH ?? '')
        .split(':')
        .map((folder) => join(folder === '' ? '.' : folder, program));
  let denied = false;
  for (const path of paths) {
    const isFile = await stat(path).then(
      (found) => found.isFile(),
      () => false,
    );
    if (!isFile) continue;
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return;
    denied = true;
  }
  throw new HookError(`hook ${program}: ${START_ERRORS[denied ? 'EACCES' : 'ENOENT']}`);
}

function ended(program: string, path: string, mail: Mail, deadlineMs: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (fact: string) => reject(new HookError(`hook ${program}: ${fact}`));
  // A process group of its own, so that `killGroup` also ends what the program started.
  const child = spawn(program, [path], {
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
    env: { ...ownEnvironment(process.env), POSTFIX_TLS_WATCH_SUBJECT: mail.subject },
  });
  const timer = globalThis.setTimeout(() => {
    if (child.pid !== undefined) killGroup(child.pid);
    fail(`no end after ${deadlineMs / 1_000} seconds, stopped; nothing counts as told`);
  }, deadlineMs);
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (said.length < ERROR_CHARS) said += chunk.toString('utf8');
  });
  // A hook need not read all of its input; only its status counts.
  child.stdin.on('error', () => undefined);
  child.stdin.end(`Subject: ${mail.subject}\n\n${mail.text}`);
  child.on('error', (error: NodeJS.ErrnoException) => {
    clearTimeout(timer);
    fail(START_ERRORS[error.code ?? ''] ?? `could not be started (${plain(error.message, 200)})`);
  });
  child.on('exit', async (code, signal) => {
    clearTimeout(timer);
    // Waits for what it said last, but not for long: a process that it left behind may hold the
    // pipe open.
    const passed = code === 0 ? closed(child.stdin) : closed(child.stderr);
    await Promise.race([passed, setTimeout(LAST_WORDS_MS)]);
    child.stdin.destroy();
    child.stderr.destroy();
    if (code === 0) return resolve();
    const how = signal === null ? `ended with status ${code}` : `was ended by ${signal}`;
    const last = said.trim() === '' ? '' : `, saying "${plain(said.trim(), ERROR_CHARS)}"`;
    fail(`${how}${last}; nothing counts as told`);
  });
  return promise;
}

/**
 * What a hook needs of our environment, and none of the credentials in it: where programs are,
 * whose files, which language and time zone.
 */
function ownEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && (PASSED_ON.has(name) || name.startsWith('LC_'))
        ? [[name, value] as const]
        : [],
    ),
  );
}

const PASSED_ON: ReadonlySet<string> = new Set(['PATH', 'HOME', 'USER', 'LANG', 'TZ', 'TMPDIR']);

/** Resolves once the stream is closed, after an error as well. */
const closed = (stream: Readable | Writable): Promise<unknown> =>
  stream.closed ? Promise.resolve() : once(stream, 'close').catch(() => undefined);

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group has ended already.
  }
}

const START_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'no such program, give --hook its whole path',
  EACCES: 'may not be executed, look at its mode and owner',
  ENOEXEC: 'is no program and has no #! line',
};

const ERROR_CHARS = 300;
const LAST_WORDS_MS = 500;
