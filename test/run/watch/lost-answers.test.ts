/**
 * A run on a DynamoDB-compatible table in trouble: every request in turn with its answer lost, and a table that is too busy. Told
 * once, complete, and no problem; or not complete, and what was not stored is seen again.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Bundle } from '../../../lambda/policy/bundle.ts';
import { openDynamoDb } from '../../../lambda/store/dynamodb.ts';
import { historyBetween } from '../../../lambda/store/history.ts';
import { spaceOf } from '../../../lambda/store/keys.ts';
import { createAuthority } from '../../internet/authority.ts';
import { type FaultyProxy, startFaultyProxy } from '../../internet/faulty-proxy.ts';
import { type Dynalite, startDynalite } from '../../store/dynalite.ts';
import { SmallWorld } from '../small-world.ts';
import { bundleOf, DAY_MS, runOnce } from '../watching.ts';

const START = Date.UTC(2026, 10, 24, 6);
const TABLE = 'tls-watch';
const DOMAINS = ['one.example', 'two.example', 'three.example'];
let dynalite: Dynalite;
let proxy: FaultyProxy;
let whole: Bundle;
let without: Bundle;
let good: ReadonlyMap<string, readonly string[]>;
let bad: ReadonlyMap<string, readonly string[]>;
/** As bad, and another certificate was renewed. */
let renewed: ReadonlyMap<string, readonly string[]>;

beforeAll(async () => {
  dynalite = await startDynalite(TABLE);
  proxy = await startFaultyProxy(dynalite.endpoint);
  const root = await createAuthority('Lossy Root', { notBefore: START - 400 * DAY_MS });
  const chain = async (name: string) =>
    (await root.issue({ dnsNames: [name], notBefore: START - DAY_MS, notAfter: START + 300 * DAY_MS })).chain;
  good = new Map(await Promise.all(DOMAINS.map(async (domain) => [domain, await chain(`mail.${domain}`)] as const)));
  bad = new Map([...good, ['two.example', await chain('elsewhere.example')]]);
  renewed = new Map([...bad, ['one.example', await chain('mail.one.example')]]);
  const lines = DOMAINS.map((domain) => `${domain} secure\n`);
  whole = bundleOf(lines.join(''), root.certificate.pem);
  without = bundleOf(lines.slice(0, 2).join(''), root.certificate.pem);
});

afterAll(async () => {
  await proxy.close();
  await dynalite.close();
});

function watching(policy: string) {
  const { endpoint } = proxy;
  const table = openDynamoDb({ tableName: TABLE, endpoint, region: 'local', credentials: dynalite.credentials });
  const store = { table, space: spaceOf(policy, 'mx1') };
  return {
    store,
    day: async (at: number, bundle: Bundle, chains: typeof good) => {
      const subjects: string[] = [];
      const world = new SmallWorld();
      for (const [domain, chain] of chains) world.domain(domain, world.host(`mail.${domain}`, chain));
      const run = await runOnce({ bundle, store, world: () => world.doors(), at: START + at }, subjects);
      return { run, subjects };
    },
  };
}

test('no answer of the store that is lost repeats a message, loses one, or ends a run', { timeout: 300_000 }, async () => {
  const actions = new Set<string>();
  for (let nth = 0; ; nth++) {
    const { day, store } = watching(`lost-${nth}`);
    await day(0, whole, good);
    await day(DAY_MS, whole, bad);
    let action = '';
    proxy.forget();
    proxy.pick((request) => {
      if (request.nth !== nth) return undefined;
      action = request.action;
      return { kind: 'answer-lost' };
    });
    // An entry leaves the policy meanwhile, so that every kind of write is among them.
    const { run, subjects } = await day(2 * DAY_MS, without, renewed);
    proxy.forget();
    const next = await day(2 * DAY_MS + 3_600_000, without, renewed);
    store.table.close();
    expect(run, `answer ${nth} to ${action}`).toMatchObject({ kind: 'done', complete: true, problems: [] });
    expect(subjects, `answer ${nth} to ${action}`).toEqual(['two.example would defer: certificate lost a name']);
    expect(next.subjects, `after answer ${nth} to ${action}`).toEqual([]);
    if (action === '') break;
    actions.add(action);
  }
  expect([...actions].toSorted()).toEqual(
    expect.arrayContaining(['BatchWriteItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem']),
  );
});

test.each([2, 5])('every request in %i throttled, and half of each batch unprocessed: told once, and complete', async (every) => {
  const { day, store } = watching(`busy-${every}`);
  await day(0, whole, good);
  await day(DAY_MS, whole, bad);
  proxy.pick(({ nth, action }) => {
    if (nth % every === 0) return { kind: 'throttled' };
    return action === 'BatchWriteItem' ? { kind: 'unprocessed', refuses: (_, i) => i % 2 === 1 } : undefined;
  });
  const { run, subjects } = await day(2 * DAY_MS, without, renewed);
  proxy.forget();
  expect(run).toMatchObject({ kind: 'done', complete: true, problems: [] });
  expect(subjects).toEqual(['two.example would defer: certificate lost a name']);
  store.table.close();
});

test('what the table refuses to the end is named, and seen again by the next run', { timeout: 120_000 }, async () => {
  const { day, store } = watching('refused');
  await day(0, whole, good);
  const events = async (now: number) =>
    (await historyBetween(store, now)).events.filter(({ grain, name }) => grain === 'host' && name.startsWith('mail.two.'));
  proxy.pick(({ action }) =>
    action === 'BatchWriteItem' ? { kind: 'unprocessed', refuses: ({ pk }) => pk.S.includes('#host#mail.two.') } : undefined,
  );
  const { run } = await day(DAY_MS, whole, bad);
  proxy.forget();
  expect(run).toMatchObject({
    complete: false,
    problems: [
      expect.stringMatching(
        /^table tls-watch: item refused\/history#mx1#host#mail\.two\.example:25#[0-9a-f]{8} \/ 2026-11-25T06:00:00\.000Z#2026-11-25T06:00:00\.000Z was not stored: DynamoDB still throttles after repeated tries; this run is not complete, and the next one stores what it sees$/,
      ),
    ],
  });
  const next = await day(2 * DAY_MS, whole, bad);
  expect(next.run).toMatchObject({ complete: true, problems: [] });
  expect(next.subjects).toEqual(['two.example would defer: certificate lost a name']);
  const [latest] = await events(START + 2 * DAY_MS);
  expect(latest).toMatchObject({ at: START + 2 * DAY_MS, before: expect.anything() });
  store.table.close();
});
