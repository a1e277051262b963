/** A table that is too busy: what is appended goes again by itself, and what is refused to the end is named. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDynamoDb } from '../../lambda/store/dynamodb.ts';
import type { Item, Table } from '../../lambda/store/table.ts';
import { type FaultyProxy, startFaultyProxy } from '../internet/faulty-proxy.ts';
import { randomFrom } from '../simulate/random.ts';
import { type Dynalite, startDynalite } from './dynalite.ts';

let dynalite: Dynalite;
let proxy: FaultyProxy;
let table: Table;
let places = 0;

beforeAll(async () => {
  dynalite = await startDynalite('busy');
  proxy = await startFaultyProxy(dynalite.endpoint);
  table = openDynamoDb({ tableName: 'busy', endpoint: proxy.endpoint, region: 'local', credentials: dynalite.credentials });
});
afterAll(async () => {
  table.close();
  await proxy.close();
  await dynalite.close();
});
beforeEach(() => proxy.forget());

function itemsOf(count: number): readonly Item[] {
  places++;
  return Array.from({ length: count }, (_, i) => ({ pk: `p${places}`, sk: `n${i}`, value: i }));
}
/** Whether a table of which so many of a hundred tries fail refuses this one; never more than eight times in a row. */
function busyness(percent: number): (what: string) => boolean {
  const random = randomFrom(percent);
  const refusals = new Map<string, number>();
  return (what) => {
    let left = refusals.get(what) ?? -1;
    if (left < 0) for (left = 0; left < 8 && random.chance(percent / 100); left++);
    refusals.set(what, left === 0 ? 0 : left - 1);
    return left > 0;
  };
}
const stored = async (items: readonly Item[]) => (await table.getMany(items)).length;

test.each([20, 50])('%i of a hundred requests throttled: all is put', { timeout: 60_000 }, async (percent) => {
  const busy = busyness(percent);
  const items = itemsOf(400);
  proxy.pick(({ body }) => (busy(body) ? { kind: 'throttled' } : undefined));
  expect(await table.putMany(items)).toEqual([]);
  for (const item of items.slice(0, 60)) expect(await table.put({ ...item, value: 'again' })).toBe('written');
  proxy.forget();
  expect(await stored(items)).toBe(items.length);
});

test.each([20, 50])('%i of a hundred items unprocessed: all is put', { timeout: 60_000 }, async (percent) => {
  const busy = busyness(percent);
  const items = itemsOf(400);
  proxy.pick(({ action }) =>
    action === 'BatchWriteItem' ? { kind: 'unprocessed', refuses: ({ sk }) => busy(sk.S) } : undefined,
  );
  expect(await table.putMany(items)).toEqual([]);
  expect(await stored(items)).toBe(items.length);
});

test('half of every batch unprocessed, and twenty-five a request', async () => {
  const items = itemsOf(100);
  proxy.pick(() => ({ kind: 'unprocessed', refuses: (_, i) => i % 2 === 1 }));
  expect(await table.putMany(items)).toEqual([]);
  expect(Math.max(...proxy.requests().map(({ body }) => body.split('PutRequest').length - 1))).toBe(25);
  proxy.forget();
  expect(await stored(items)).toBe(100);
});

test('lost answers: all is put once', async () => {
  const items = itemsOf(60);
  proxy.pick(({ nth }) => (nth % 2 === 0 ? { kind: 'answer-lost' } : undefined));
  expect(await table.putMany(items)).toEqual([]);
  proxy.forget();
  expect(await stored(items)).toBe(60);
});

test('one that is refused to the end is named, and the others are put', { timeout: 120_000 }, async () => {
  const items = itemsOf(60);
  const poisoned = items[30];
  proxy.pick(() => ({ kind: 'unprocessed', refuses: ({ sk }) => sk.S === poisoned?.sk }));
  expect(await table.putMany(items)).toEqual([
    {
      item: poisoned,
      kind: 'refused',
      because:
        `table busy: item ${poisoned?.pk} / n30 was not stored: DynamoDB still throttles after repeated tries; ` +
        'this run is not complete, and the next one stores what it sees',
    },
  ]);
  proxy.forget();
  expect(await stored(items)).toBe(59);
});
