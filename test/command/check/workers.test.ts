/** `--workers` as a person meets it: the same document, a warning for what was lost, and nothing left behind. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { CheckDocument } from '../../../lambda/command/check/verdict-schema.ts';
import type { WatchDocument } from '../../../lambda/command/watch/schema.ts';
import { type Crowd, startCrowd } from '../../run/fleet/crowd.ts';
import { CLI, runCommand } from '../run-command.ts';

let crowd: Crowd;
let dir: string;
let flags: readonly string[];
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  crowd = await startCrowd(24);
  dir = mkdtempSync(join(tmpdir(), 'workers-'));
  const own = join(dir, 'tmp');
  mkdirSync(own);
  writeFileSync(join(dir, 'ca.pem'), crowd.anchorsPem);
  writeFileSync(join(dir, 'tls_policy'), crowd.table);
  env = { TMPDIR: own, STATE_DIRECTORY: join(dir, 'state') };
  flags = [
    join(dir, 'tls_policy'),
    ...['--resolver', crowd.dns.resolver, '--smtp-port', String(crowd.port), '--allow-private-addresses'],
    ...['--ca-file', join(dir, 'ca.pem'), '--postfix-version', '3.11'],
    ...['--dnssec-signed-name', 'signed.test', '--dnssec-broken-name', 'broken.test'],
  ];
});

beforeEach(() => {
  for (let i = 0; i < 24; i++) crowd.behave(i, 'ok');
  crowd.behave(3, 'nostarttls');
  crowd.behave(5, 'banner421');
  crowd.onEhlo(() => {});
});

afterAll(async () => {
  await crowd.close();
  rmSync(dir, { recursive: true, force: true });
});

test('check: the same entries, and nothing is left in the directory for temporary files', async () => {
  const [alone, together] = [
    await runCommand(['check', ...flags, '--json'], env),
    await runCommand(['check', ...flags, '--json', '--workers', '3'], env),
  ];
  const entriesOf = ({ out }: { readonly out: string }) => (JSON.parse(out) as CheckDocument).entries;
  expect(together.err).toBe('');
  expect(together.code).toBe(alone.code);
  expect(entriesOf(together)).toEqual(entriesOf(alone));
  expect(crowd.most()).toBe(4);
  expect(readdirSync(env.TMPDIR ?? '')).toEqual([]);
});

test('watch: the same message, from a store that is new each time', async () => {
  // Nobody is waited for that said 421.
  crowd.behave(5, 'banner554');
  const store = join(dir, 'store');
  const told = async (...more: readonly string[]) => {
    const options = ['--store', store, '--confirm-after', '0', '--vantage', 'mx1', '--json', ...more];
    const { out, err, code } = await runCommand(['watch', ...flags, ...options], env);
    rmSync(store, { recursive: true });
    const { outcome, summary, message } = JSON.parse(out) as WatchDocument;
    return { outcome, summary, message, err, code };
  };
  const alone = await told();
  expect(alone.outcome).toBe('complete');
  expect(await told('--workers', '3')).toEqual(alone);
});

/** `check` by three workers, once so many conversations are under way. */
async function underWay(conversations: number) {
  const begun = new Promise<void>((resolve) => {
    let heard = 0;
    crowd.onEhlo(() => {
      if (++heard === conversations) resolve();
    });
  });
  const child = spawn(process.execPath, [CLI, 'check', ...flags, '--json', '--workers', '3'], {
    env: { ...process.env, ...env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.err += text;
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  await begun;
  const workers = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  return { child, workers, said, ended };
}

test('a worker that is killed: a warning says what is not judged, and the exit status that not all is known', async () => {
  const { workers, said, ended } = await underWay(1);
  process.kill(workers[0] ?? 0, 'SIGKILL');
  // An entry fails as well: that goes first.
  expect(await ended).toBe(2);
  expect(said.err).toMatch(
    /^warning: a worker that had \d+ conversations was ended by SIGKILL: what rests on them is not judged in this run\n$/,
  );
  const { run, summary } = JSON.parse(said.out) as CheckDocument;
  expect(run.complete).toBe(false);
  expect(summary.undetermined).toBeGreaterThan(2);
  expect(readdirSync(env.TMPDIR ?? '')).toEqual([]);
});

test('interrupted, it takes its workers with it', async () => {
  for (let i = 0; i < 24; i++) crowd.behave(i, 'ehlo-silent');
  const { child, workers, said, ended } = await underWay(3);
  expect(workers).toHaveLength(3);
  child.kill('SIGINT');
  expect(await ended).toBe(3);
  expect(said).toEqual({ out: '', err: 'error: interrupted (SIGINT)\n' });
  expect(readdirSync(env.TMPDIR ?? '')).toEqual([]);
  const isThere = (pid: number) => existsSync(`/proc/${pid}`);
  await vi.waitFor(() => expect(workers.filter(isThere)).toEqual([]), 60_000);
});

test.each(['0', '65', '1.5', 'many'])('--workers %s is no number of workers', async (value) => {
  const { code, err } = await runCommand(['check', ...flags, '--workers', value], env);
  expect(code).toBe(3);
  expect(err).toContain(`option '--workers <n>' argument '${value}' is invalid. a whole number from 1 to 64 is wanted`);
});

test('without a directory for temporary files it says which one, and what to do', async () => {
  const nowhere = join(dir, 'nowhere');
  expect(await runCommand(['check', ...flags, '--workers', '2'], { ...env, TMPDIR: nowhere })).toEqual({
    code: 3,
    out: '',
    err: `error: --workers: no folder can be made in ${nowhere} (ENOENT); name another directory in TMPDIR\n`,
  });
});
