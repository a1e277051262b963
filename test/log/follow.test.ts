/** A log that is read on from run to run, on a real disk: appended, rotated, emptied, replaced. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, copyFileSync, mkdtempSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { type LogPlace, openSince } from '../../lambda/log/follow.ts';

const NOW = Date.UTC(2026, 10, 26);
const root = mkdtempSync(join(tmpdir(), 'follow-'));
let n = 0;
let log: string;
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeEach(() => {
  log = join(root, `${n++}.log`);
  writeFileSync(log, 'one\ntwo\n');
});

async function readOn(place?: LogPlace): Promise<{ lines: string[]; place: LogPlace; notes: string[] }> {
  const followed = await openSince(log, place, NOW);
  const lines: string[] = [];
  for (const source of followed.sources) for await (const block of source.lines()) lines.push(...block);
  return { lines, place: followed.place(), notes: followed.sources.flatMap(({ notes }) => notes) };
}

test('the first time all that is there is read, then what was added', async () => {
  const first = await readOn();
  expect(first.lines).toEqual(['one', 'two']);
  appendFileSync(log, 'three\n');
  const second = await readOn(first.place);
  expect(second.lines).toEqual(['three']);
  expect((await readOn(second.place)).lines).toEqual([]);
});

test('a line that is not whole yet is read again once it is', async () => {
  appendFileSync(log, 'thr');
  const first = await readOn();
  appendFileSync(log, 'ee\n');
  expect((await readOn(first.place)).lines).toEqual(['three']);
});

test('of a file that was rotated away the rest is read, and then the new one', async () => {
  const { place } = await readOn();
  appendFileSync(log, 'three\n');
  renameSync(log, `${log}.1`);
  writeFileSync(log, 'four\n');
  const second = await readOn(place);
  expect(second.lines).toEqual(['three', 'four']);
  appendFileSync(log, 'five\n');
  expect((await readOn(second.place)).lines).toEqual(['five']);
});

test('one that was copied and emptied is begun anew', async () => {
  const { place } = await readOn();
  copyFileSync(log, `${log}.1`);
  truncateSync(log, 0);
  appendFileSync(log, 'new\n');
  expect((await readOn(place)).lines).toEqual(['new']);
});

test('one that was emptied and has grown past the place is known by its first bytes', async () => {
  const { place } = await readOn();
  truncateSync(log, 0);
  appendFileSync(log, 'another first line\nand a second\n');
  expect((await readOn(place)).lines).toEqual(['another first line', 'and a second']);
});

test('an empty log grows', async () => {
  writeFileSync(log, '');
  const first = await readOn();
  expect(first.lines).toEqual([]);
  appendFileSync(log, 'one\n');
  expect((await readOn(first.place)).lines).toEqual(['one']);
});

test('the place in another log does not count', async () => {
  const { place } = await readOn();
  expect((await readOn({ ...place, path: '/var/log/other.log' })).lines).toEqual(['one', 'two']);
});

test('only regular files are read, also behind a link, and nobody is waited for', async () => {
  const says = (path: string, why: string) => `cannot read the log ${path}: ${why}`;
  const open = (path: string) => openSince(path, undefined, NOW);
  const pipe = join(root, 'pipe');
  execFileSync('mkfifo', [pipe]);
  symlinkSync(pipe, join(root, 'link'));
  await expect(open(pipe)).rejects.toThrow(says(pipe, 'only a regular file is followed'));
  await expect(open(join(root, 'link'))).rejects.toThrow(says(join(root, 'link'), 'only a regular file is followed'));
  await expect(open('/dev/zero')).rejects.toThrow(says('/dev/zero', 'only a regular file is followed'));
  await expect(open(root)).rejects.toThrow(says(root, 'only a regular file is followed'));
  await expect(open(join(root, 'none'))).rejects.toThrow(says(join(root, 'none'), 'No such file or directory'));
});

test('of a log that grew beyond all measure the newest is read, and that is said', async () => {
  const { place } = await readOn();
  truncateSync(log, 300 * 1024 * 1024);
  appendFileSync(log, '\nlast\n');
  const { lines, notes } = await readOn(place);
  expect(lines.at(-1)).toBe('last');
  expect(notes).toEqual([`${log}: of what was written since the last run the newest is read`]);
});
