/** Objects in a folder: whole or not there, with names and sizes in bounds, for nobody else to read, and gone in the end. */
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolder, objectsIn } from '../../lambda/fleet/folder.ts';

let folder: ReturnType<typeof makeFolder>;

beforeEach(() => {
  folder = makeFolder();
});

afterEach(() => folder.removeAll());

test('what was put is read as it was, the last one counts, and what was removed is not there', async () => {
  const objects = objectsIn(folder.path);
  await objects.put('probe-1', { ids: ['a', 'ü'], none: null });
  expect(await objects.read('probe-1')).toEqual({ ids: ['a', 'ü'], none: null });
  await objects.put('probe-1', [2]);
  expect(await objects.read('probe-1')).toEqual([2]);
  await objects.remove('probe-1');
  await objects.remove('probe-1');
  await expect(objects.read('probe-1')).rejects.toThrow('object "probe-1": it is not there');
});

test.each(['', '../probe-1', 'Probe', 'probe.json', '/etc/passwd', '-probe', `p${'x'.repeat(64)}`, 'a\0b'])(
  '%j is no name',
  async (name) => {
    const objects = objectsIn(folder.path);
    const refused = `object "${name}": not a name for one`;
    await expect(objects.put(name, 1)).rejects.toThrow(refused);
    await expect(objects.read(name)).rejects.toThrow(refused);
    await expect(objects.remove(name)).rejects.toThrow(refused);
    expect(readdirSync(folder.path)).toEqual([]);
  },
);

test('one that is too large is neither put nor read, and what was there stays', async () => {
  const objects = objectsIn(folder.path, 10);
  await objects.put('small', 'x'.repeat(8));
  await expect(objects.put('small', 'x'.repeat(9))).rejects.toThrow('object "small": 11 bytes are more than the 10 it may have');
  expect(await objects.read('small')).toBe('x'.repeat(8));
  writeFileSync(join(folder.path, 'other.json'), JSON.stringify('x'.repeat(9)));
  await expect(objects.read('other')).rejects.toThrow('object "other": 11 bytes are more than the 10 it may have');
});

test('whoever reads while it is put has a whole one', async () => {
  const objects = objectsIn(folder.path);
  const large = (i: number) => Array.from({ length: 20_000 }, () => i);
  await objects.put('large', large(0));
  const writing = (async () => {
    for (let i = 1; i <= 20; i++) await objects.put('large', large(i));
  })();
  for (let i = 0; i < 20; i++) expect(new Set((await objects.read('large')) as number[]).size).toBe(1);
  await writing;
  expect(readdirSync(folder.path)).toEqual(['large.json']);
});

test('nobody else may read it, and nothing is left of it', async () => {
  await objectsIn(folder.path).put('one', 1);
  expect(statSync(folder.path).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder.path, 'one.json')).mode & 0o777).toBe(0o600);
  folder.removeAll();
  expect(existsSync(folder.path)).toBe(false);
});
