/** Properties of the plan, whatever there is to do: everything once, no network in two shards, loads within Graham's bound. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { demandFor } from '../../../lambda/policy/demand.ts';
import type { Hop } from '../../../lambda/policy/destinations.ts';
import { parseNextHop } from '../../../lambda/policy/next-hop.ts';
import { routeKey } from '../../../lambda/policy/service.ts';
import { defaultSettings } from '../../../lambda/policy/settings.ts';
import { networkOf } from '../../../lambda/route/address.ts';
import type { Wanted } from '../../../lambda/run/check/meeting.ts';
import { evenly, type Networks, shardsOfHops, shardsOfNetworks } from '../../../lambda/run/fleet/plan.ts';

const settings = defaultSettings('3.11');

function hop(name: string, level: 'encrypt' | 'dane' = 'encrypt', service?: string): Hop {
  const nextHop = parseNextHop(name, 'recipient', settings);
  if ('kind' in nextHop) throw new Error(`${name} is no next hop`);
  const demand = demandFor(nextHop, {
    tables: [],
    settings: { ...settings, securityLevel: level, dnsSupportLevel: 'dnssec' },
    anchorFiles: {},
  });
  return { nextHop, demand, fallback: false, ...(service === undefined ? {} : { service }) };
}

const wish = (address: string, port: number, owner: string, late: boolean): Wanted => ({
  conversation: {
    id: `${address}:${port}`,
    address,
    port,
    wrapperMode: false,
    offer: { kind: 'impossible', because: 'nobody connects in this test' },
    discardEhloKeywords: [],
  },
  wish: { owner, late },
});

const ADDRESS = fc.oneof(
  fc.tuple(fc.nat(6), fc.nat(30)).map(([network, host]) => `198.51.${network}.${host}`),
  fc.tuple(fc.nat(3), fc.nat(30)).map(([network, host]) => `2001:db8:${network}::${host.toString(16)}`),
);
const WANTED = fc.array(
  fc
    .tuple(ADDRESS, fc.constantFrom(25, 465), fc.nat(20), fc.boolean())
    .map(([address, port, owner, late]) => wish(address, port, `d${owner}.test`, late)),
  { maxLength: 300 },
);
const wishesOf = ({ conversations, wishes }: Networks) =>
  wishes.map(({ of, owner, late }) => `${conversations[of]?.id} ${owner} ${late}`);
const networksOf = ({ conversations }: Networks) => [...new Set(conversations.map(({ address }) => networkOf(address)))];

test('every wish is in one shard, every conversation once, and no network in two', () => {
  fc.assert(
    fc.property(WANTED, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 400 }), (wanted, workers, most) => {
      const shards = shardsOfNetworks(wanted, workers, most);
      const asked = wanted.map(({ conversation: { id }, wish: { owner, late } }) => `${id} ${owner} ${late}`);
      expect(shards.flatMap(wishesOf).toSorted()).toEqual(asked.toSorted());
      const ids = shards.flatMap(({ conversations }) => conversations.map(({ id }) => id));
      expect(ids).toHaveLength(new Set(wanted.map(({ conversation: { id } }) => id)).size);
      const networks = shards.flatMap(networksOf);
      expect(networks).toHaveLength(new Set(networks).size);
      expect(shards.every(({ conversations }) => conversations.length > 0)).toBe(true);
    }),
  );
});

test('within a shard wishes stand in the order in which they came, and the same wishes give the same plan', () => {
  fc.assert(
    fc.property(WANTED, fc.integer({ min: 1, max: 9 }), (wanted, workers) => {
      const shards = shardsOfNetworks(wanted, workers);
      expect(shardsOfNetworks(wanted, workers)).toEqual(shards);
      for (const shard of shards) {
        const own = new Set(shard.conversations.map(({ id }) => id));
        const inOrder = wanted.filter(({ conversation }) => own.has(conversation.id));
        expect(wishesOf(shard)).toEqual(
          inOrder.map(({ conversation, wish: { owner, late } }) => `${conversation.id} ${owner} ${late}`),
        );
      }
    }),
  );
});

test('no place has more than the even share and one item besides; one place alone has all', () => {
  const items = fc.array(fc.nat(1_000), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(items, fc.integer({ min: 1, max: 12 }), (weights, places) => {
      const named = weights.map((weight, i) => ({ name: `n${i}`, weight }));
      const shares = evenly(named, places);
      const loads = shares.map((names) => names.reduce((sum, name) => sum + (weights[Number(name.slice(1))] ?? 0), 0));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      // Least loaded first: what went on top found at most the mean of the others there.
      expect(Math.max(...loads)).toBeLessThanOrEqual(total / places + Math.max(...weights) * (1 - 1 / places) + 1e-9);
      expect(shares.flat().toSorted()).toEqual(named.map(({ name }) => name).toSorted());
      expect(loads).toEqual(loads.toSorted((a, b) => b - a));
    }),
  );
});

test('the longest first: one large network has a worker for itself, and the small ones share the other', () => {
  const large = Array.from({ length: 40 }, (_, i) => wish(`192.0.2.${i + 1}`, 25, `large${i}.test`, false));
  const small = Array.from({ length: 40 }, (_, i) => wish(`198.51.${i}.1`, 25, `small${i}.test`, false));
  const [one, other, ...more] = shardsOfNetworks([...small, ...large], 2);
  expect(more).toEqual([]);
  expect([one, other].map((shard) => shard && networksOf(shard).length).toSorted()).toEqual([1, 40]);
});

test('more shards than workers where one would hold too much, and none that is empty', () => {
  const wanted = Array.from({ length: 100 }, (_, i) => wish(`198.51.${i}.1`, 25, 'd.test', false));
  expect(shardsOfNetworks(wanted, 2, 10).map(({ conversations }) => conversations.length)).toEqual(Array(10).fill(10));
  expect(shardsOfNetworks(wanted.slice(0, 3), 8)).toHaveLength(3);
  expect(shardsOfNetworks([], 8)).toEqual([]);
});

test('every route is resolved in one shard, by a hop at a dane level where there is one', () => {
  const hops = [
    hop('a.test'),
    hop('b.test'),
    hop('a.test', 'dane'),
    hop('a.test', 'encrypt', 'other'),
    hop('c.test'),
    hop('b.test'),
  ];
  const shards = shardsOfHops(hops, 1, 2);
  expect(shards.map((shard) => shard.map(routeKey))).toEqual([
    ['a.test', 'b.test'],
    ['a.test by other', 'c.test'],
  ]);
  expect(shards[0]?.[0]).toBe(hops[2]);
  const many = Array.from({ length: 1_234 }, (_, i) => hop(`d${i % 617}.test`));
  expect(shardsOfHops(many, 1).map(({ length }) => length)).toEqual([500, 117]);
  expect(shardsOfHops(many, 3).map(({ length }) => length)).toEqual([206, 206, 205]);
  expect(shardsOfHops([], 3)).toEqual([]);
});

test.each([1_000, 10_000, 100_000])('a plan for %i conversations looks at each as often as a sort does, and no more', (count) => {
  let looks = 0;
  const counted = (i: number): Wanted => {
    const { conversation, wish: own } = wish(`198.${i >> 14}.${(i >> 6) & 255}.${i & 63}`, 25, `d${i}.test`, false);
    return {
      get conversation() {
        looks++;
        return conversation;
      },
      wish: own,
    };
  };
  const shards = shardsOfNetworks(
    Array.from({ length: count }, (_, i) => counted(i)),
    8,
  );
  expect(shards.reduce((sum, { conversations }) => sum + conversations.length, 0)).toBe(count);
  expect(looks).toBeLessThanOrEqual(3 * count);

  let weighed = 0;
  const items = Array.from({ length: count }, (_, i) => ({
    name: `n${i}`,
    get weight() {
      weighed++;
      return (i * 7_919) % 1_000;
    },
  }));
  expect(evenly(items, 64).reduce((sum, names) => sum + names.length, 0)).toBe(count);
  expect(weighed).toBeLessThanOrEqual(2 * count * Math.log2(count));
});
