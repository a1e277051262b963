/** Every request of a run to a DynamoDB-compatible table in turn, with its answer lost: told once, complete, and no problem. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Bundle } from '../../../lambda/policy/bundle.ts';
import { openDynamoDb } from '../../../lambda/store/dynamodb.ts';
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

beforeAll(async () => {
  dynalite = await startDynalite(TABLE);
  proxy = await startFaultyProxy(dynalite.endpoint);
  const root = await createAuthority('Lossy Root', { notBefore: START - 400 * DAY_MS });
  const chain = async (name: string) =>
    (await root.issue({ dnsNames: [name], notBefore: START - DAY_MS, notAfter: START + 300 * DAY_MS })).chain;
  good = new Map(await Promise.all(DOMAINS.map(async (domain) => [domain, await chain(`mail.${domain}`)] as const)));
  bad = new Map([...good, ['two.example', await chain('elsewhere.example')]]);
  const lines = DOMAINS.map((domain) => `${domain} secure\n`);
  whole = bundleOf(lines.join(''), root.certificate.pem);
  without = bundleOf(lines.slice(0, 2).join(''), root.certificate.pem);
});

afterAll(async () => {
  await proxy.close();
  await dynalite.close();
});

test('no answer of the store that is lost repeats a message, loses one, or ends a run', { timeout: 300_000 }, async () => {
  const actions = new Set<string>();
  for (let nth = 0; ; nth++) {
    const { endpoint } = proxy;
    const table = openDynamoDb({ tableName: TABLE, endpoint, region: 'local', credentials: dynalite.credentials });
    const store = { table, space: spaceOf(`lost-${nth}`, 'mx1') };
    const day = async (at: number, bundle: Bundle, chains: typeof good) => {
      const subjects: string[] = [];
      const world = new SmallWorld();
      for (const [domain, chain] of chains) world.domain(domain, world.host(`mail.${domain}`, chain));
      const run = await runOnce({ bundle, store, world: () => world.doors(), at: START + at }, subjects);
      return { run, subjects };
    };
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
    const { run, subjects } = await day(2 * DAY_MS, without, bad);
    proxy.forget();
    const next = await day(2 * DAY_MS + 3_600_000, without, bad);
    table.close();
    expect(run, `answer ${nth} to ${action}`).toMatchObject({ kind: 'done', complete: true, problems: [] });
    expect(subjects, `answer ${nth} to ${action}`).toEqual(['two.example would defer: certificate lost a name']);
    expect(next.subjects, `after answer ${nth} to ${action}`).toEqual([]);
    if (action === '') break;
    actions.add(action);
  }
  expect([...actions].toSorted()).toEqual(expect.arrayContaining(['DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem']));
});
