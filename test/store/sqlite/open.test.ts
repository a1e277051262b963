/** The store on disk as a file: made whole, opened for a purpose, tidied, and left as one file. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type OnDisk, openToChange, openToRead, openToWatch } from '../../../lambda/store/sqlite/open.ts';
import { stateDirectoryOf } from '../../../lambda/store/state-directory.ts';

const NOW = Date.UTC(2026, 10, 24, 6);
const HOUR = 3_600_000;
const key = { pk: 'p', sk: 's' };

function directory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'on-disk-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function opened(opening: Promise<OnDisk>): Promise<OnDisk['table']> {
  const { table } = await opening;
  onTestFinished(() => table.close());
  return table;
}

test('what was written is there when it is opened again, in one file', async () => {
  const dir = directory();
  const first = await opened(openToWatch(dir, NOW));
  await first.put({ ...key, value: 1 });
  first.close();
  expect(readdirSync(dir)).toEqual(['store.sqlite']);
  expect(await (await opened(openToRead(dir))).get(key)).toEqual({ ...key, value: 1 });
});

test('one that reads writes nothing, and sees what is written meanwhile', async () => {
  const dir = directory();
  const writer = await opened(openToWatch(dir, NOW));
  const reader = await opened(openToRead(dir));
  expect(await reader.get(key)).toBeUndefined();
  await writer.put({ ...key, value: 1 });
  expect(await reader.get(key)).toEqual({ ...key, value: 1 });
  await expect(reader.put(key)).rejects.toMatchObject({
    kind: 'other',
    message: `the store in ${dir}: it was opened for reading`,
  });
});

test('the whole path is made, and the file is not for all, whatever the directory', async () => {
  const open = directory();
  chmodSync(open, 0o755);
  await opened(openToWatch(open, NOW));
  const below = join(directory(), 'below', 'state');
  await opened(openToChange(below, NOW, { create: true }));
  const modes = [join(open, 'store.sqlite'), below, join(below, 'store.sqlite')].map((path) => statSync(path).mode & 0o777);
  expect(modes).toEqual([0o640, 0o750, 0o640]);
});

test.each([
  { purpose: 'reading', open: openToRead },
  { purpose: 'changing', open: (dir: string) => openToChange(dir, NOW) },
])('$purpose makes nothing where nothing is', async ({ open }) => {
  const dir = join(directory(), 'mistyped');
  const missing = {
    kind: 'missing',
    message: `there is no store in ${dir}: nothing was kept there yet; "watch" makes one, --store names another place`,
  };
  await expect(open(dir)).rejects.toMatchObject(missing);
  mkdirSync(dir);
  await expect(open(dir)).rejects.toMatchObject(missing);
  expect(readdirSync(dir)).toEqual([]);
});

test('several that make it at once have the same one', async () => {
  const dir = directory();
  const all = await Promise.all([1, 2, 3].map(() => opened(openToWatch(dir, NOW))));
  await Promise.all(all.map((table, i) => table.put({ pk: 'p', sk: `${i}` })));
  expect((await all[0]?.getMany([0, 1, 2].map((i) => ({ pk: 'p', sk: `${i}` }))))?.length).toBe(3);
  expect(readdirSync(dir)).toEqual(['store.sqlite']);
});

test('a path that is no directory is an error that names it', async () => {
  const file = join(directory(), 'file');
  writeFileSync(file, '');
  const says = { kind: 'other', message: `the store in ${file}: it is no directory; name one with --store` };
  await expect(openToRead(file)).rejects.toMatchObject(says);
  await expect(openToWatch(file, NOW)).rejects.toMatchObject(says);
  const below = join(file, 'state');
  await expect(openToWatch(below, NOW)).rejects.toMatchObject({
    kind: 'other',
    message: `the store in ${below}: ENOTDIR: not a directory, mkdir '${below}'`,
  });
});

test('one that is replaced under a run is not written any more', async () => {
  const dir = directory();
  const table = await opened(openToWatch(dir, NOW));
  await table.put(key);
  renameSync(join(dir, 'store.sqlite'), join(dir, 'elsewhere'));
  await opened(openToWatch(dir, NOW));
  await expect(table.put({ ...key, value: 1 })).rejects.toMatchObject({
    kind: 'other',
    message: `the store in ${dir}: it was moved or replaced while this command worked; run the command again`,
  });
});

test('a journal that was left by a store that is gone does not go into the next one', async () => {
  const dir = directory();
  writeFileSync(join(dir, 'store.sqlite-journal'), Buffer.alloc(4_096, 0xd9));
  const table = await opened(openToWatch(dir, NOW));
  await table.put(key);
  expect(readdirSync(dir)).toEqual(['store.sqlite']);
});

test('what has expired is removed once a day', async () => {
  const dir = directory();
  const first = await opened(openToWatch(dir, NOW));
  await first.put({ pk: 'p', sk: 'ends', expiresAt: NOW / 1000 + 60 });
  await first.put({ pk: 'p', sk: 'ends later', expiresAt: NOW / 1000 + 3 * 86_400 });
  await first.put({ pk: 'p', sk: 'stays' });
  const many = Array.from({ length: 1_200 }, (_, i) => ({ pk: 'many', sk: `${i}`, expiresAt: NOW / 1000 + 60 }));
  await Promise.all(many.map((item) => first.put(item)));
  const left = async (at: number) => {
    const table = await opened(openToWatch(dir, at));
    const found: string[] = [];
    for await (const page of table.scan()) found.push(...page.map(({ pk, sk }) => (pk === 'p' ? sk : pk)));
    return [...new Set(found)];
  };
  expect(await left(NOW + HOUR)).toEqual(['ends', 'ends later', 'stays', 'many']);
  expect(await left(NOW + 25 * HOUR)).toEqual(['ends later', 'stays']);
  // A clock that was set back: the mark lies in the future.
  expect(await left(NOW + 9 * 24 * HOUR)).toEqual(['stays']);
  await first.put({ pk: 'p', sk: 'ends', expiresAt: NOW / 1000 - 60 });
  expect(await left(NOW)).toEqual(['stays']);
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
  expect(stateDirectoryOf(env, uid)).toBe(is);
});
