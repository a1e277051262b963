/** Where mail went, as it is kept: whole, bounded, and never believed where it is damaged. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOG_BOUNDS } from '../../lambda/limits.ts';
import { type MailSent, recipientsOf } from '../../lambda/log/mail-sent.ts';
import { writeChunks } from '../../lambda/store/chunks.ts';
import { keys, type Store, spaceOf } from '../../lambda/store/keys.ts';
import { readMailSent, saveMailSent } from '../../lambda/store/mail-sent.ts';
import { type StoreOnDisk, storeOnDisk } from './on-disk.ts';

const NOW = Date.UTC(2026, 10, 26);
const DAY = NOW / 86_400_000;
let disk: StoreOnDisk;
let store: Store;

beforeAll(async () => {
  disk = await storeOnDisk(NOW);
  store = { table: disk.table, space: spaceOf('default', 'mx1') };
});
afterAll(() => disk.close());

const of = (count: number): MailSent => ({
  since: NOW - 86_400_000,
  byDay: new Map([[DAY, count]]),
  byDomain: new Map(Array.from({ length: count }, (_, i) => [`${'d'.repeat(50)}${i}.test`, new Map([[DAY, count - i]])])),
});

test('nothing was kept', async () => {
  expect(await readMailSent(store)).toBeUndefined();
});

test('what was kept is read back', async () => {
  await saveMailSent(store, of(3), NOW);
  expect(await readMailSent(store)).toEqual(of(3));
});

test('of more than there is room for, those with most mail are kept', async () => {
  const many = of(LOG_BOUNDS.mailChars / 50);
  await saveMailSent(store, many, NOW);
  const read = await readMailSent(store);
  expect(read?.byDomain.size).toBeLessThan(many.byDomain.size);
  expect(read?.byDay).toEqual(many.byDay);
  const kept = read === undefined ? [] : [...recipientsOf(read).byDomain.keys()];
  expect(kept).toEqual([...many.byDomain.keys()].slice(0, kept.length));
});

test.each([
  { content: 'x', because: 'no JSON' },
  { content: '{"since":1,"byDay":[[1,2]],"byDomain":[["a.test",1]]}', because: 'another shape' },
])('$because is damaged', async ({ content }) => {
  await writeChunks(store.table, keys.mail(store.space), 'sent', new TextEncoder().encode(content));
  await expect(readMailSent(store)).rejects.toThrow(/: default\/mail#mx1 \/ sent is no list of domains$/);
});

test('a name that is none is passed over', async () => {
  const content = '{"since":1,"byDay":[],"byDomain":[["a;$(x).test",[[1,1]]],["b.test",[[1,1]]]]}';
  await writeChunks(store.table, keys.mail(store.space), 'sent', new TextEncoder().encode(content));
  expect([...((await readMailSent(store))?.byDomain.keys() ?? [])]).toEqual(['b.test']);
});
