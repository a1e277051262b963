/** `kill -9` of whoever writes, at any moment: what was taken is there, and the next one goes on. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { hasEnded } from '../../../lambda/local-doors.ts';
import { spaceOf } from '../../../lambda/store/keys.ts';
import { takeLease } from '../../../lambda/store/lease.ts';
import { openToRead, openToWatch } from '../../../lambda/store/sqlite/open.ts';
import { going, obey } from './processes.ts';

const NOW = Date.UTC(2026, 10, 24, 6);
const KILLS = Number(process.env.KILL_COUNT ?? 12);

function directory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'killed-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

test(`${KILLS} kills while it writes lose nothing that was taken`, { timeout: 300_000 }, async () => {
  const dir = directory();
  const taken: string[] = [];
  for (let i = 0; i < KILLS; i++) {
    const writing = going({ work: 'write', directory: dir, key: `k${i}` });
    await writing.said(20 + i);
    // Somewhere within a transaction or between two: no two of them alike.
    await wait((i * 7) % 11);
    await writing.kill();
    taken.push(...writing.lines);
    const { table } = await openToRead(dir);
    const found = await table.getMany(taken.map((sk) => ({ pk: 'default/t', sk })));
    expect(found.filter(({ rev }) => rev === 1).length).toBe(taken.length);
    table.close();
  }
  const { table, memory } = await openToWatch(dir, NOW);
  await table.put({ pk: 'p', sk: 'a' });
  expect(memory()).toEqual({ keeps: true, notes: [] });
  table.close();
  expect(readdirSync(dir)).toEqual(['store.sqlite']);
});

test('a reader that was open when the writer died goes on with what was before', async () => {
  const dir = directory();
  await obey({ work: 'watch', directory: dir, key: 'a' });
  const { table } = await openToRead(dir);
  expect((await table.get({ pk: 'default/t', sk: 'a' }))?.rev).toBe(1);
  await obey({ work: 'die-writing', directory: dir });
  expect((await table.get({ pk: 'default/t', sk: 'a' }))?.rev).toBe(1);
  table.close();
});

test('a mute during a run is seen by the run and kept', async () => {
  const dir = directory();
  const writing = going({ work: 'write', directory: dir });
  await writing.said(40);
  expect(await obey({ work: 'mute', directory: dir, key: 'fastmail.fm' })).toMatchObject({ mutes: ['fastmail.fm'] });
  const known = writing.lines.length;
  await writing.said(known + 40);
  await writing.kill();
  const said = await obey({ work: 'read', directory: dir });
  expect(said?.mutes).toEqual(['fastmail.fm']);
  expect(said?.items).toBeGreaterThanOrEqual(known + 41);
});

test('two runs at once hold one lease; that of a process that died is free at once', async () => {
  const dir = directory();
  const [first, second] = [await openToWatch(dir, NOW), await openToWatch(dir, NOW)];
  const space = spaceOf('default', 'mx1');
  const take = ({ table }: typeof first, holder: string) =>
    takeLease({ table, space }, { holder, runId: holder }, NOW, hasEnded).then(({ kind }) => kind);
  const { hostname } = await import('node:os');
  const mine = `${hostname()}#${process.pid}`;
  const both = await Promise.all([take(first, mine), take(second, 'mx2#1')]);
  expect(both.toSorted()).toEqual(['busy', 'held']);
  first.table.close();
  second.table.close();

  const writing = going({ work: 'write', directory: dir });
  await writing.said(1);
  const died = await openToWatch(directory(), NOW);
  expect(await take(died, `${hostname()}#${writing.pid}`)).toBe('held');
  expect(await take(died, mine)).toBe('busy');
  await writing.kill();
  expect(await take(died, mine)).toBe('held');
  died.table.close();
});
