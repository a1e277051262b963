/** Any lines as an export of a store: what is none is said in one short printable line, and anything else is an error of ours. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toCanonicalJson } from '../../../lambda/store/item-json.ts';
import type { Item } from '../../../lambda/store/table.ts';
import { StoreError } from '../../../lambda/store/table-error.ts';
import { importItems, itemsOf, NoExport } from '../../../lambda/store/transfer/lines.ts';
import { type StoreOnDisk, storeOnDisk } from '../on-disk.ts';

const SEED = 13;
let disk: StoreOnDisk;
beforeAll(async () => {
  disk = await storeOnDisk();
});
afterAll(() => disk.close());

const FIRST = { 'postfix-tls-watch': 'store', format: 1, release: '0.2.0', at: '2026-11-24T06:00:00.000Z' };

async function* given(lines: readonly string[]): AsyncIterable<string> {
  yield* lines;
}

/** How many items the lines hold, or what is said of them. */
async function read(lines: readonly string[]): Promise<number | string> {
  let items: Item[] = [];
  try {
    for await (const item of itemsOf(given(lines))) items = [...items, item];
    await importItems(disk.table, items);
    return items.length;
  } catch (error) {
    if (!(error instanceof NoExport || error instanceof StoreError)) throw error;
    return error.message;
  }
}

const withEnd = (lines: readonly string[]): readonly string[] => {
  const sha256 = createHash('sha256')
    .update(lines.map((line) => `${line}\n`).join(''))
    .digest('hex');
  return [...lines, JSON.stringify({ items: lines.length - 1, sha256 })];
};

const name = fc.oneof(
  fc.constantFrom(
    'pk',
    'sk',
    'v',
    'rev',
    'value',
    'expiresAt',
    '__proto__',
    'constructor',
    'toString',
    '$bytes',
    '$$',
    'items',
    'sha256',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.jsonValue({ maxDepth: 1 }),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom(1e308, -0, 1e21, Number.MAX_SAFE_INTEGER, 'x'.repeat(3_000)),
    fc.dictionary(name, tie('any'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).any;
const odd = fc.dictionary(name, value, { maxKeys: 6, noNullPrototype: true }).map((object) => JSON.stringify(object));
const item = fc
  .record({ pk: fc.string({ unit: 'binary', maxLength: 12 }), sk: fc.string({ unit: 'binary', maxLength: 12 }), v: value, value })
  .map((object) => JSON.stringify(object));
const deep = (open: string, shut: string, many: number): string =>
  `{"pk":"a","sk":"b","value":${open.repeat(many)}1${shut.repeat(many)}}`;
const DEEP = [deep('[', ']', 3_000), deep('{"a":', '}', 3_000), deep('[', ']', 200_000), deep('{"$a":', '}', 200_000)];
const line = fc.oneof(
  { weight: 4, arbitrary: item },
  { weight: 3, arbitrary: odd },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: fc.constantFrom('', '{', 'null', '[]', '7', '{"pk":1,"sk":2}', '\u001b[2J', ...DEEP) },
);
const first = fc.oneof(
  { weight: 5, arbitrary: fc.constant(JSON.stringify(FIRST)) },
  { weight: 2, arbitrary: value.map((format) => JSON.stringify({ ...FIRST, format })) },
  { weight: 1, arbitrary: line },
);

test('strange lines', async () => {
  await fc.assert(
    fc.asyncProperty(first, fc.array(line, { maxLength: 6 }), fc.boolean(), async (head, rest, ended) => {
      const said = await read(ended ? withEnd([head, ...rest]) : [head, ...rest]);
      if (typeof said === 'number') return;
      expect(said).toMatch(/^[\x20-\x7e]{1,400}$/);
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test.each([
  { format: { toString: 1 }, shown: 'format of another kind' },
  { format: [[[]]], shown: 'format of another kind' },
  { format: '\u001b[2J', shown: 'format of another kind' },
  { format: 'x'.repeat(10_000), shown: 'format of another kind' },
  { format: 2, shown: 'format 2' },
])('a first line of $shown', async ({ format, shown }) => {
  expect(await read([JSON.stringify({ ...FIRST, format })])).toBe(`${shown} is of a newer version; update this one`);
});

const NO_ITEMS = [...DEEP, '{"pk":"a","sk":"b","expiresAt":1e300}', '{"pk":"a","sk":"b","expiresAt":"never"}'];
test.each(NO_ITEMS.map((text, i) => ({ text, i })))(
  'an item as no item is: too deep, or with no time of expiry, $i',
  async ({ text }) => {
    const said = await read(withEnd([JSON.stringify(FIRST), text]));
    expect(said).toBe('line 2: it is no item; export it anew');
  },
);

test('an item whose lines were not touched is there afterwards', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uuid(), fc.jsonValue({ maxDepth: 3 }), async (sk, held) => {
      const key = { pk: 'untouched', sk };
      const one = JSON.stringify({ ...key, value: held });
      expect(await read(withEnd([JSON.stringify(FIRST), one]))).toBe(1);
      expect(toCanonicalJson((await disk.table.get(key)) ?? key)).toBe(toCanonicalJson({ ...key, value: JSON.parse(one).value }));
    }),
    { seed: SEED, numRuns: 50 },
  );
});
