/** The embedded store as a process: its lock, its end, its safety, and who else may ask. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { openDynamoDb } from '../../../lambda/store/dynamodb.ts';
import {
  defaultStoreDirectory,
  type Embedded,
  type EmbeddedOptions,
  openEmbedded,
} from '../../../lambda/store/embedded/embedded.ts';

const key = { pk: 'p', sk: 's' };
const now = Date.UTC(2026, 10, 24, 6);

function directory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'embedded-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function opened(dir: string, options: EmbeddedOptions = {}): Promise<Embedded> {
  const store = await openEmbedded(dir, { waitMs: 0, ...options });
  onTestFinished(() => store.close());
  return store;
}

test('what was written is there when it is opened again', async () => {
  const dir = directory();
  const first = await opened(dir);
  await first.table.put({ ...key, value: 1 });
  await first.close();
  const second = await opened(dir);
  expect(await second.table.get(key)).toEqual({ ...key, value: 1 });
});

test('nobody else can read it, even in a directory that is open to all', async () => {
  const open = directory();
  chmodSync(open, 0o755);
  await opened(open);
  const dir = join(directory(), 'below', 'state');
  await opened(dir);
  expect([join(open, 'db'), dir, join(dir, 'lock')].map((path) => statSync(path).mode & 0o077)).toEqual([0, 0, 0]);
});

test('a second process is told who holds it', async () => {
  const dir = directory();
  await opened(dir, { command: 'postfix-tls-watch watch' });
  const { since } = JSON.parse(readFileSync(join(dir, 'lock'), 'utf8')) as { since: string };
  await expect(openEmbedded(dir, { waitMs: 0 })).rejects.toMatchObject({
    kind: 'held',
    message:
      `the store in ${dir} is in use by postfix-tls-watch watch (process ${process.pid} on ${hostname()}, since ${since}); ` +
      `wait for it to end; if it ended long ago, remove ${join(dir, 'lock')}`,
  });
});

test('a second process that waits a little gets its turn', async () => {
  const dir = directory();
  const first = await opened(dir);
  const second = opened(dir, { waitMs: 20_000 });
  await wait(150);
  await first.close();
  expect(await (await second).table.get(key)).toBeUndefined();
});

test('of several that start at once, one has it', async () => {
  const dir = directory();
  const all = await Promise.allSettled([1, 2, 3].map(() => opened(dir)));
  expect(all.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected']);
});

test('a lock whose process was killed is taken over, with all that was acknowledged', async () => {
  const dir = directory();
  const first = await opened(dir);
  const written: number[] = [];
  const writing = (async () => {
    for (let i = 0; ; i++) {
      await first.table.put({ pk: 'p', sk: `${i}` });
      written.push(i);
    }
  })();
  const broken = expect(writing).rejects.toMatchObject({ kind: 'unreachable' });
  while (written.length < 20) await wait(5);
  process.kill(first.pid, 'SIGKILL');
  await broken;
  const second = await opened(dir);
  const found = await second.table.getMany(written.map((i) => ({ pk: 'p', sk: `${i}` })));
  expect(found.length).toBe(written.length);
});

test('a store whose process is gone says so', async () => {
  const dir = directory();
  const store = await opened(dir);
  process.kill(store.pid, 'SIGKILL');
  await wait(50);
  await expect(store.table.get(key)).rejects.toThrow(
    `the store in ${dir}: cannot reach DynamoDB at ${store.endpoint} (ECONNREFUSED); its process has ended; run the command again`,
  );
});

test.each([
  { lock: { pid: process.pid, born: '1', host: hostname() }, taken: true, because: 'another process got the same number' },
  { lock: { pid: 2 ** 22 + 1, born: null, host: hostname() }, taken: true, because: 'no process has that number' },
  { lock: { pid: process.pid, born: null, host: hostname() }, taken: false, because: 'that process lives' },
  { lock: { pid: 2 ** 22 + 1, born: null, host: 'elsewhere' }, taken: false, because: 'another host cannot be asked' },
  { lock: 'garbage', taken: false, because: 'what cannot be read is not removed' },
])('a lock that was left: $because', async ({ lock, taken }) => {
  const dir = directory();
  const left = typeof lock === 'string' ? lock : JSON.stringify({ ...lock, command: 'watch', since: '2026-11-24T06:00:00.000Z' });
  writeFileSync(join(dir, 'lock'), left);
  const opening = opened(dir).then(
    () => true,
    (error: unknown) => (error as { kind: string }).kind,
  );
  expect(await opening).toBe(taken ? true : 'held');
});

test('LevelDB has the last word when the lock file was removed', async () => {
  const dir = directory();
  await opened(dir);
  rmSync(join(dir, 'lock'));
  await expect(openEmbedded(dir, { waitMs: 0 })).rejects.toMatchObject({
    kind: 'held',
    message: expect.stringContaining(`the store in ${dir} is in use by another process`),
  });
});

test('a database that is damaged is an error that names it', async () => {
  const dir = directory();
  await (await opened(dir)).close();
  writeFileSync(join(dir, 'db', 'CURRENT'), 'nonsense');
  await expect(openEmbedded(dir, { waitMs: 0 })).rejects.toMatchObject({
    kind: 'other',
    message:
      `the store in ${dir}: Corruption: CURRENT file does not end with newline; ` +
      `restore it from a backup, or remove ${join(dir, 'db')} to begin anew`,
  });
});

test('it ends with its parent, however that ends', async () => {
  const dir = directory();
  const program = `
    import { openEmbedded } from '${join(import.meta.dirname, '../../../lambda/store/embedded/embedded.ts')}';
    const store = await openEmbedded('${dir}', {});
    console.log(store.pid);
    setInterval(() => undefined, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const pid = await new Promise<number>((resolve) =>
    createInterface({ input: parent.stdout }).once('line', (line) => resolve(Number(line))),
  );
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  // Taken only once the child has let go.
  const store = await opened(dir, { waitMs: 20_000 });
  expect(await store.table.get(key)).toBeUndefined();
  const ended = () => readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  // Whoever inherits it may not reap it.
  expect(ended).toSatisfy((zombie: () => boolean) => {
    try {
      return zombie();
    } catch {
      return true;
    }
  });
});

test('signals of the terminal are not for it', async () => {
  const store = await opened(directory());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(store.pid, signal);
  await wait(50);
  expect(await store.table.get(key)).toBeUndefined();
});

test('without its access key nobody gets an answer', async () => {
  const { endpoint } = await opened(directory());
  const stranger = openDynamoDb({
    tableName: 'postfix-tls-watch',
    endpoint,
    region: 'local',
    credentials: { accessKeyId: 'x', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  onTestFinished(() => stranger.close());
  await expect(stranger.get(key)).rejects.toMatchObject({ name: 'StoreError' });
  expect((await fetch(endpoint)).status).toBe(403);
});

test('a directory that cannot be made is an error that names it', async () => {
  const file = join(directory(), 'file');
  writeFileSync(file, '');
  await expect(openEmbedded(join(file, 'state'), { waitMs: 0 })).rejects.toMatchObject({
    kind: 'other',
    message: `the store in ${join(file, 'state')}: ENOTDIR: not a directory, mkdir '${join(file, 'state')}'`,
  });
});

test('what has expired is removed once a day', async () => {
  const dir = directory();
  const first = await opened(dir, { now });
  await first.table.put({ pk: 'p', sk: 'ends', expiresAt: now / 1000 + 60 });
  await first.table.put({ pk: 'p', sk: 'ends later', expiresAt: now / 1000 + 3 * 86_400 });
  await first.table.put({ pk: 'p', sk: 'stays' });
  await first.close();
  const left = async (at: number) => {
    const store = await opened(dir, { now: at });
    const found: string[] = [];
    for await (const page of store.table.query('p')) found.push(...page.map(({ sk }) => sk));
    await store.close();
    return found;
  };
  expect(await left(now + 3_600_000)).toEqual(['ends', 'ends later', 'stays']);
  expect(await left(now + 25 * 3_600_000)).toEqual(['ends later', 'stays']);
  // A clock that was set back: the mark lies in the future.
  utimesSync(join(dir, 'swept'), now / 1000 + 9 * 86_400, now / 1000 + 9 * 86_400);
  expect(await left(now + 4 * 86_400_000)).toEqual(['stays']);
});

test.each([
  { env: { STATE_DIRECTORY: '/var/lib/tls' }, uid: 0, is: '/var/lib/tls', because: 'the service knows best' },
  { env: { STATE_DIRECTORY: '/var/lib/a:/var/lib/b' }, uid: 990, is: '/var/lib/a', because: 'of several the first' },
  { env: { STATE_DIRECTORY: '', HOME: '/root' }, uid: 0, is: '/var/lib/postfix-tls-watch', because: 'root' },
  { env: { XDG_DATA_HOME: '/data', HOME: '/home/a' }, uid: 1000, is: '/data/postfix-tls-watch', because: 'the data directory' },
  {
    env: { XDG_DATA_HOME: 'data', HOME: '/home/a' },
    uid: 1000,
    is: '/home/a/.local/share/postfix-tls-watch',
    because: 'not a relative one',
  },
  { env: { HOME: '/home/a' }, uid: 1000, is: '/home/a/.local/share/postfix-tls-watch', because: 'the default of XDG' },
  { env: { XDG_DATA_HOME: '/data' }, uid: 0, is: '/var/lib/postfix-tls-watch', because: "root's is the system's" },
])('default directory $is: $because', ({ env, uid, is }) => {
  expect(defaultStoreDirectory(env, uid)).toBe(is);
});
