/**
 * Whatever the store holds, and however much strangers publish, a run tells what is due and ends well: what it keeps fits
 * into items, what it logs into a line.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bundle } from '../../../lambda/policy/bundle.ts';
import { reportWatched } from '../../../lambda/run/watch/report.ts';
import { historyBetween } from '../../../lambda/store/history.ts';
import { inParallel } from '../../../lambda/store/in-parallel.ts';
import { LARGEST_ITEM, sizeOfItem } from '../../../lambda/store/item-size.ts';
import { keys, type Store, spaceOf } from '../../../lambda/store/keys.ts';
import { lastComplete, recentRuns } from '../../../lambda/store/runs.ts';
import type { Item } from '../../../lambda/store/table.ts';
import { type Authority, createAuthority } from '../../internet/authority.ts';
import { type StoreOnDisk, storeOnDisk } from '../../store/on-disk.ts';
import { SmallWorld } from '../small-world.ts';
import { bundleOf, DAY_MS, runOnce } from '../watching.ts';

const START = Date.UTC(2026, 10, 24, 6);

let disk: StoreOnDisk;
let root: Authority;
beforeAll(async () => {
  disk = await storeOnDisk(START);
  root = await createAuthority('Full Store Root', { notBefore: START - 400 * DAY_MS });
});
afterAll(() => disk.close());

const chainOf = async (name: string) =>
  (await root.issue({ dnsNames: [name], notBefore: START - DAY_MS, notAfter: START + 355 * DAY_MS })).chain;

const freshStore = (): Store => ({ table: disk.table, space: spaceOf(`p${randomUUID()}`, 'mx1') });

/** One provider that turns bad after the first day, and what is in the store by then. */
async function afterATurn(store: Store, fill: (store: Store) => Iterable<Item>) {
  const world = new SmallWorld();
  const host = world.host('mail.one.example', await chainOf('mail.one.example'));
  world.domain('one.example', host);
  const subjects: string[] = [];
  const bundle: Bundle = bundleOf('one.example secure\n', root.certificate.pem);
  const on = (day: number) => runOnce({ bundle, store, world: () => world.doors(), at: START + day * DAY_MS }, subjects);
  await on(0);
  await inParallel(fill(store), async (item) => void (await store.table.put(item)));
  host.chain = await chainOf('elsewhere.example');
  await on(1);
  const watched = await on(2);
  return { subjects, watched };
}

type Spoil = 'newer' | 'corrupt';
const spoilt = (key: { readonly pk: string; readonly sk: string }, how: Spoil): Item => ({
  ...key,
  v: how === 'newer' ? 99 : 1,
  rev: 1,
  value: { spoilt: 'x'.repeat(300) },
});

const each = function* (
  how: Spoil,
  many: number,
  keyOf: (i: number) => { readonly pk: string; readonly sk: string },
): Iterable<Item> {
  for (let i = 0; i < many; i++) yield spoilt(keyOf(i), how);
};

test('what a newer version remembers of the entry itself is left alone, and the failure is told at once', async () => {
  const store = freshStore();
  const key = keys.entry(store.space, 'one.example');
  const { subjects, watched } = await afterATurn(store, () => [spoilt(key, 'newer')]);
  // Each run tells it as new: nothing of it can be remembered.
  expect(subjects.slice(1)).not.toEqual([]);
  for (const subject of subjects.slice(1)) expect(subject).toMatch(/^one\.example .*would defer: certificate lost a name$/);
  expect(watched).toMatchObject({ kind: 'done', complete: true });
  expect(await disk.table.get(key)).toEqual(spoilt(key, 'newer'));
});

const around = {
  startedAt: START,
  now: START + 5_000,
  intervalMs: DAY_MS,
  policyVersion: 'abc',
  requests: 1,
  scope: 'all' as const,
  problems: [],
};

describe.each<{ how: Spoil; says: string }>([
  { how: 'newer', says: 'more items were written by a newer version; they are skipped' },
  { how: 'corrupt', says: 'more items cannot be read; they are skipped' },
])('items that are $how', ({ how, says }) => {
  test.each<{ what: string; many: number; key: (store: Store, i: number) => { readonly pk: string; readonly sk: string } }>([
    { what: 'entries', many: 2_500, key: ({ space }, i) => keys.entry(space, `spoilt${i}.example`) },
    { what: 'hosts', many: 300, key: ({ space }, i) => keys.host(space, `mx${i}.spoilt.example:25#12345678`) },
    { what: 'incidents', many: 300, key: ({ space }, i) => ({ pk: keys.incidents(space), sk: `spoilt-${i}` }) },
    { what: 'mutes', many: 300, key: ({ space }, i) => ({ pk: keys.mutes(space), sk: `spoilt${i}.example` }) },
  ])('$many $what', async ({ key, many }) => {
    const store = freshStore();
    const { subjects, watched } = await afterATurn(store, (at) => each(how, many, (i) => key(at, i)));
    expect(subjects).toEqual(['Now watching 1 entry: all deliver', 'one.example would defer: certificate lost a name']);
    expect(watched).toMatchObject({ kind: 'done', complete: true });
    if (watched.kind !== 'done') return;
    expect(watched.problems).toHaveLength(6);
    expect(watched.problems[5]?.startsWith(`${many - 5} ${says}`)).toBe(true);

    const { runs } = await recentRuns(store, START + 2 * DAY_MS);
    expect(lastComplete(runs)?.exceptions).toEqual(watched.problems);
    expect(JSON.stringify(reportWatched(watched, around)).length).toBeLessThan(20_000);
  });
});

describe('what strangers publish fits into items', () => {
  const label = 'n'.repeat(60);
  const longName = (i: number, day: number) => `${label}.${label}.${label}.h${i}d${day}.example`;

  test.each([
    { what: 'a hundred MX hosts with the longest names', hosts: 100, addresses: 1 },
    { what: 'others every day', hosts: 100, addresses: 1, others: true },
  ])('$what', async ({ hosts, others = false }) => {
    const store = freshStore();
    const chain = await chainOf('one.example');
    const subjects: string[] = [];
    const bundle = bundleOf('one.example secure\n', root.certificate.pem);
    for (let day = 0; day < 4; day++) {
      const world = new SmallWorld();
      const all = Array.from({ length: hosts }, (_, i) => world.host(longName(i, others ? day : 0), chain));
      // Half of them answer nobody.
      for (const host of all.slice(hosts / 2)) host.chain = null;
      world.domain('one.example', ...all);
      const watched = await runOnce({ bundle, store, world: () => world.doors(), at: START + day * DAY_MS }, subjects);
      expect(watched).toMatchObject({ kind: 'done', complete: true, problems: [] });
    }
    const sizes: number[] = [];
    for await (const page of store.table.scan())
      for (const item of page) if (item.pk.startsWith(store.space.policy)) sizes.push(sizeOfItem(item));
    expect(sizes.length).toBeGreaterThan(10);
    expect(Math.max(...sizes)).toBeLessThan(LARGEST_ITEM / 2);
    const { events } = await historyBetween(store, START + 5 * DAY_MS, {});
    expect(events.some(({ grain }) => grain === 'entry')).toBe(true);
  });
});
