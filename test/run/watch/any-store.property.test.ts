/**
 * Whatever the store holds, a run tells what is due and ends: items of a real store that were damaged, of a newer version or of
 * another shape, and strange ones beside them, under every key that is read.
 */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keys, type Store, spaceOf } from '../../../lambda/store/keys.ts';
import type { Item } from '../../../lambda/store/table.ts';
import { type Authority, createAuthority } from '../../internet/authority.ts';
import { type StoreOnDisk, storeOnDisk } from '../../store/on-disk.ts';
import { SmallWorld } from '../small-world.ts';
import { bundleOf, DAY_MS, runOnce } from '../watching.ts';

const START = Date.UTC(2026, 10, 24, 6);

let disk: StoreOnDisk;
let root: Authority;
let good: readonly string[];
let bad: readonly string[];
beforeAll(async () => {
  disk = await storeOnDisk(START);
  root = await createAuthority('Any Store Root', { notBefore: START - 400 * DAY_MS });
  const chainOf = async (name: string) =>
    (await root.issue({ dnsNames: [name], notBefore: START - DAY_MS, notAfter: START + 355 * DAY_MS })).chain;
  [good, bad] = await Promise.all([chainOf('mail.one.example'), chainOf('elsewhere.example')]);
});
afterAll(() => disk.close());

const strangeName = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'v', 'rev', 'value', 'expiresAt', 'toString', '\0', '\u001b[2J'),
  fc.string({ unit: 'binary', maxLength: 10 }),
);
const strange: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<unknown>(
      null,
      true,
      0,
      -1,
      99,
      0.5,
      1e9,
      1e15,
      9e15,
      1e300,
      '',
      '\u001b[2J\n',
      'x'.repeat(50_000),
      new Uint8Array(3),
    ),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(strangeName, tie('any'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).any;

/** What happens to one item. */
type Spoil =
  | { readonly kind: 'leaf'; readonly at: number; readonly by: unknown }
  | { readonly kind: 'newer' }
  | { readonly kind: 'gone' };
const spoil: fc.Arbitrary<Spoil> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('leaf' as const), at: fc.nat(10_000), by: strange }) },
  { weight: 1, arbitrary: fc.constant<Spoil>({ kind: 'newer' }) },
  { weight: 1, arbitrary: fc.constant<Spoil>({ kind: 'gone' }) },
);

const places = (space: Store['space'], name: string) => [
  keys.owed(space, name),
  { pk: keys.owedOf(space), sk: 'a test' },
  { pk: keys.incidents(space), sk: name },
  { pk: keys.confirmations(space), sk: name },
  { pk: keys.runs(space), sk: name },
  { pk: keys.runs(space), sk: '2026-11-25T05:00:00.000Z' },
  { pk: keys.mutes(space), sk: name },
  keys.entry(space, name),
  keys.host(space, name),
  { pk: keys.tellings(space, '2026-11-24T06:00:00.000Z'), sk: 'part#000' },
];
const beside = fc.record({
  place: fc.nat(9),
  name: fc.oneof(strangeName, fc.constant('one.example')),
  attributes: fc.oneof(
    fc.record({ v: fc.constantFrom<unknown>(1, 2, 99, 'x', null), rev: fc.constantFrom<unknown>(1, 'x', -1), value: strange }),
    fc.dictionary(strangeName, strange, { maxKeys: 4, noNullPrototype: true }),
  ),
});

/** The value with one of its leaves replaced: which one, counts through all of them. */
function withLeaf(value: unknown, at: number, by: unknown): unknown {
  let many = 0;
  const walk = (one: unknown, visit: (n: number, leaf: unknown) => unknown): unknown => {
    if (Array.isArray(one) && one.length > 0) return one.map((each) => walk(each, visit));
    if (typeof one === 'object' && one !== null && !(one instanceof Uint8Array) && Object.keys(one).length > 0)
      return Object.fromEntries(Object.entries(one).map(([name, each]) => [name, walk(each, visit)]));
    return visit(many++, one);
  };
  walk(value, (_, leaf) => leaf);
  const chosen = at % Math.max(1, many);
  many = 0;
  return walk(value, (n, leaf) => (n === chosen ? by : leaf));
}

/** The database itself takes no other time of expiry than a whole number. */
async function put({ expiresAt, ...item }: Item): Promise<void> {
  await disk.table.put(Number.isSafeInteger(expiresAt) ? { ...item, expiresAt } : item);
}

async function apply(item: Item, how: Spoil): Promise<void> {
  const { pk, sk, ...attributes } = item;
  switch (how.kind) {
    case 'leaf':
      await put({ ...(withLeaf(attributes, how.at, how.by) as object), pk, sk });
      return;
    case 'newer':
      await disk.table.put({ ...item, v: 99 });
      return;
    case 'gone':
      await disk.table.delete({ pk, sk });
      return;
  }
}

async function itemsUnder({ space }: Store): Promise<Item[]> {
  const found: Item[] = [];
  for await (const page of disk.table.scan())
    for (const item of page) if (item.pk.startsWith(`${space.policy}/`)) found.push(item);
  return found;
}

test('what is due is told', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(1_000), spoil), { maxLength: 8 }),
      fc.array(beside, { maxLength: 8 }),
      async (spoils, others) => {
        const store: Store = { table: disk.table, space: spaceOf(`p${randomUUID()}`, 'mx1') };
        const world = new SmallWorld();
        const host = world.host('mail.one.example', good);
        world.domain('one.example', host);
        const texts: string[] = [];
        const on = (day: number) =>
          runOnce({
            bundle: bundleOf('one.example secure\n', root.certificate.pem),
            store,
            world: () => world.doors(),
            at: START + day * DAY_MS,
            tell: async ({ subject, text }) => {
              texts.push(`${subject}\n${text}`);
              return { kind: 'told' };
            },
          });
        await on(0);
        const items = await itemsUnder(store);
        const touched = new Map(spoils.map(([which, how]) => [which % items.length, how]));
        for (const [which, how] of touched) await apply(items[which] as Item, how);
        for (const { place, name, attributes } of others) {
          const key = places(store.space, name)[place];
          if (key !== undefined && key.sk !== '') await put({ ...attributes, ...key });
        }

        host.chain = bad;
        texts.length = 0;
        for (const watched of [await on(1), await on(2), await on(3)]) {
          expect(watched.kind).toBe('done');
          if (watched.kind !== 'done') return;
          for (const problem of watched.problems) expect(problem).toMatch(/^[^\0-\x1f\x7f-\x9f\u202e]{1,1000}$/u);
          expect(watched.problems.length).toBeLessThan(40);
        }
        const told = texts.filter((text) => text.includes('one.example')).map((text) => text.slice(0, text.indexOf('\n')));
        expect(told.join('\n')).toMatch(/would (defer|fail)/);
        for (const text of texts) expect(text).not.toMatch(/\u001b|\0/);
      },
    ),
    { seed: 13, numRuns: 30 },
  );
});
