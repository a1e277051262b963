/** `--hook PROGRAM`, with real programs. */
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { runHook } from '../../../lambda/alert/channel/hook.ts';
import { mailOf } from '../../../lambda/alert/message/mail.ts';
import { testMessage } from '../../../lambda/alert/message/test-message.ts';
import { START } from '../verdicts.ts';

const alert = testMessage('mx1', [], START);
const mail = mailOf(alert);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hook-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => {
  vi.useRealTimers();
});

async function program(name: string, body: string, mode = 0o755): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, mode);
  return path;
}

const failure = (hook: Promise<void>) =>
  hook.then(
    () => 'told',
    (error: Error) => error.message,
  );

test('gets the text on standard input, the JSON in a file, the subject in the environment', async () => {
  const path = await program(
    'takes',
    `cat > ${folder}/text; cp "$1" ${folder}/json; echo "$POSTFIX_TLS_WATCH_SUBJECT" > ${folder}/subject`,
  );
  await runHook(path, alert, mail);
  expect(await readFile(join(folder, 'text'), 'utf8')).toBe(`Subject: ${mail.subject}\n\n${mail.text}`);
  expect(JSON.parse(await readFile(join(folder, 'json'), 'utf8'))).toEqual({ version: 1, ...alert });
  expect(await readFile(join(folder, 'subject'), 'utf8')).toBe(`${mail.subject}\n`);
});

test('gets an environment of its own, without credentials', async () => {
  const secret = {
    AWS_SECRET_ACCESS_KEY: 'geheim',
    AWS_SESSION_TOKEN: 'geheim',
    GITHUB_TOKEN: 'geheim',
    SMTP_PASSWORD: 'geheim',
  };
  const passed = { HOME: '/root', LANG: 'C.UTF-8', LC_TIME: 'C', TZ: 'Europe/Berlin', USER: 'alice', TMPDIR: folder };
  for (const [name, value] of Object.entries({ ...secret, ...passed })) vi.stubEnv(name, value);
  try {
    await runHook(await program('environment', `env > ${folder}/env`), alert, mail);
  } finally {
    vi.unstubAllEnvs();
  }
  const lines = (await readFile(join(folder, 'env'), 'utf8')).split('\n');
  expect(lines).toEqual(expect.arrayContaining(Object.entries(passed).map(([name, value]) => `${name}=${value}`)));
  expect(lines).toContain(`PATH=${process.env.PATH}`);
  expect(lines.join('\n')).not.toContain('geheim');
  const names = lines.flatMap((line) => /^(\w+)=/.exec(line)?.[1] ?? []);
  // A shell adds PWD, SHLVL and _ of its own.
  const own = ['PWD', 'OLDPWD', 'SHLVL', '_', 'PATH', 'POSTFIX_TLS_WATCH_SUBJECT', ...Object.keys(passed)];
  expect(names.filter((name) => !own.includes(name) && !name.startsWith('LC_'))).toEqual([]);
});

test('need not read any of it', async () => {
  const long = { ...mail, text: 'x'.repeat(1_000_000) };
  expect(await failure(runHook(await program('ignores', 'exit 0'), alert, long))).toBe('told');
});

test('a status other than 0 means not told, with what it said', async () => {
  const path = await program('fails', 'echo "pager is full" >&2; exit 3');
  expect(await failure(runHook(path, alert, mail))).toBe(
    `hook ${path}: ended with status 3, saying "pager is full"; nothing counts as told`,
  );
});

test("what it says is a stranger's text too", async () => {
  const path = await program('paints', "printf '\\033[31mred' >&2; exit 1");
  expect(await failure(runHook(path, alert, mail))).toBe(
    `hook ${path}: ended with status 1, saying "\\u{1b}[31mred"; nothing counts as told`,
  );
});

test('a signal means not told', async () => {
  const path = await program('dies', 'kill -9 $$');
  expect(await failure(runHook(path, alert, mail))).toBe(`hook ${path}: was ended by SIGKILL; nothing counts as told`);
});

test('no end in time means not told, and ends it with all it started', async () => {
  const path = await program('hangs', `sh -c 'sleep 60' & echo $! > ${folder}/child; sleep 60`);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const said = failure(runHook(path, alert, mail, 300));
  while ((await readFile(join(folder, 'child'), 'utf8').catch(() => '')) === '') await setImmediate();
  vi.advanceTimersByTime(300);
  vi.useRealTimers();
  expect(await said).toBe(`hook ${path}: no end after 0.3 seconds, stopped; nothing counts as told`);
  const child = Number(await readFile(join(folder, 'child'), 'utf8'));
  await expect.poll(() => isAlive(child), { timeout: 30_000 }).toBe(false);
});

test('something left behind that holds the pipe does not hold the run', async () => {
  const path = await program('leaves', 'sleep 5 & exit 4');
  expect(await failure(runHook(path, alert, mail))).toBe(`hook ${path}: ended with status 4; nothing counts as told`);
});

test.each([
  { because: 'no such program', name: 'missing', mode: undefined, fact: 'no such program, give --hook its whole path' },
  { because: 'not executable', name: 'plain', mode: 0o644, fact: 'may not be executed, look at its mode and owner' },
])('$because', async ({ name, mode, fact }) => {
  const path = mode === undefined ? join(folder, name) : await program(name, 'exit 0', mode);
  expect(await failure(runHook(path, alert, mail))).toBe(`hook ${path}: ${fact}`);
});

/** A zombie that nobody has buried yet is over, too. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !existsSync(`/proc/${pid}/stat`) || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
