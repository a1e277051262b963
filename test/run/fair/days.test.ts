/**
 * The fair share over days, with the store and the messages of a watcher: who keeps silent today
 * spoils nobody's tomorrow.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Store, spaceOf } from '../../../lambda/store/keys.ts';
import type { Behaviour } from '../../internet/smtp-script.ts';
import { type StoreOnDisk, storeOnDisk } from '../../store/on-disk.ts';
import { bundleOf, DAY_MS, type Run, runOnce } from '../watching.ts';
import { besideNeighbours, hostsOf, NEIGHBOURS, openStreet, type Stranger, type Street } from './street.ts';

const START = Date.UTC(2026, 10, 24, 6);
const NAME = 'stranger.test';
let street: Street;
let disk: StoreOnDisk;
beforeAll(async () => {
  street = await openStreet();
  disk = await storeOnDisk(START);
});
afterAll(async () => {
  await street.close();
  disk.close();
});

/** Runs on days 1, 2, … of a fresh store; `begun` has the addresses in the order in which they were called. */
async function* days(count: number, more: (at: number, begun: readonly string[]) => Partial<Run> = () => ({})) {
  const store: Store = { table: disk.table, space: spaceOf(`p${randomUUID()}`, 'mx1') };
  const table = [NAME, ...NEIGHBOURS].map((name) => `${name} secure match=.test\n`).join('');
  const bundle = bundleOf(table, street.anchorsPem);
  for (let day = 1; day <= count; day++) {
    const begun: string[] = [];
    const subjects: string[] = [];
    const began = Date.now();
    // The clock goes on while a run works: a little more than a day apart, whichever took longer.
    const at = START + (day - 1) * (DAY_MS + 60_000);
    const own = more(at, begun);
    const watched = await runOnce(
      {
        bundle: { ...bundle, settings: { ...bundle.settings, tcpPort: street.port } },
        store,
        world: () => street.doors(({ address }) => begun.push(address)),
        at,
        now: () => at + Date.now() - began,
        ...own,
        pace: { restAfter421Ms: 30, concurrency: 4, perNetwork: 4, ...own.pace },
      },
      subjects,
    );
    if (watched.kind !== 'done') throw new Error(watched.kind);
    const verdicts = new Map(watched.verdicts.map((one) => [one.destination, one]));
    const others = NEIGHBOURS.map((name) => verdicts.get(name)?.verdict);
    yield { day, begun, subjects, watched, stranger: verdicts.get(NAME), others };
  }
}

const ALL_PASS = NEIGHBOURS.map(() => 'pass');
const isTheirs = (address: string) => address.startsWith('127.130.') || /^127\.77\.0\.\d\d/.test(address);

describe('on days 1, 2 and 3 all others are judged, and no run is called blind', () => {
  test.each<{ because: string; stranger: Omit<Stranger, 'name'>; reason: string; calls: number }>([
    ...(['silent', 'ehlo-silent', 'banner421', 'banner450', 'close'] satisfies Behaviour[]).map((behaves) => ({
      because: `10,000 addresses, ${behaves}`,
      stranger: { hosts: hostsOf(NAME, 100, 100), behaves },
      reason: 'nothing-seen',
      calls: 25,
    })),
    {
      because: '180 in the /24 of neighbours, silent',
      stranger: { hosts: besideNeighbours(NAME, 180), behaves: 'silent' },
      reason: 'nothing-seen',
      calls: 25,
    },
    {
      because: '180 in the /24 of neighbours, 421',
      stranger: { hosts: besideNeighbours(NAME, 180), behaves: 'banner421' },
      reason: 'nothing-seen',
      calls: 25,
    },
    {
      because: '60 MX names of which DNS says nothing',
      stranger: { hosts: hostsOf(NAME, 60, 1), behaves: 'ok', silentDns: true },
      reason: 'dns-timeout',
      calls: 0,
    },
  ])('$because', async ({ stranger, reason, calls }) => {
    street.settle({ name: NAME, ...stranger });
    const told: string[] = [];
    for await (const { day, begun, subjects, watched, stranger, others } of days(3)) {
      expect(others).toEqual(ALL_PASS);
      expect(stranger).toMatchObject({ verdict: 'undetermined', reason });
      expect(watched.check.vantage.ipv4).toBe('clear');
      expect(watched.check.complete).toBe(true);
      const called = new Set(begun.filter(isTheirs)).size;
      expect(called).toBeLessThanOrEqual(calls);
      if (stranger?.hosts.length === 100) expect(called).toBe(calls);
      // From the second day on whoever was seen comes first.
      if (day > 1 && calls > 0) expect(begun.findIndex(isTheirs)).toBeGreaterThanOrEqual(7);
      told.push(...subjects);
    }
    expect(told).toEqual([
      'Now watching 6 entries: 1 not judged',
      `${NAME} not judged for 2 days: ${reason === 'dns-timeout' ? 'DNS does not answer' : 'nothing was seen'}`,
    ]);
  });
});

test('other addresses have their turn each day, and the second look of a run meets the same', async () => {
  street.settle({ name: NAME, hosts: hostsOf(NAME, 2, 50), behaves: 'silent' });
  const seen = new Set<string>();
  for await (const { begun } of days(4)) for (const address of begun.filter(isTheirs)) seen.add(address);
  expect(seen.size).toBe(100);
});

test('a run that is cut short leaves some unfinished: the next one begins with them, and then all were judged', async () => {
  street.settle({ name: NAME, hosts: hostsOf(NAME, 3, 3), behaves: 'silent' });
  const judged = new Set<string>();
  // Eight addresses of five neighbours, and each day there is time for six conversations.
  const short = (at: number, begun: readonly string[]): Partial<Run> => ({
    now: () => (begun.length < 6 ? at : at + DAY_MS / 2),
    pace: { concurrency: 1 },
  });
  for await (const { watched, day } of days(4, short)) {
    expect(watched.complete).toBe(false);
    for (const { destination, verdict } of watched.verdicts) if (verdict === 'pass') judged.add(destination);
    if (day === 3) expect([...judged].toSorted()).toEqual(NEIGHBOURS);
  }
});

test('a domain that passed and grows to a hundred addresses is told as not judged', async () => {
  const told: string[] = [];
  const settle = (each: number) => street.settle({ name: NAME, hosts: hostsOf(NAME, 2, each), behaves: 'ok' });
  settle(1);
  for await (const { day, subjects, stranger } of days(5)) {
    if (day === 2) expect(stranger).toMatchObject({ verdict: 'undetermined', reason: 'partly-unseen' });
    settle(50);
    told.push(...subjects.map((subject) => `${day} ${subject}`));
  }
  expect(told).toEqual([
    '1 Now watching 6 entries: all deliver',
    `4 ${NAME} not judged for 3 days: too little was seen`,
    `5 ${NAME} still not judged for 4 days: too little was seen`,
  ]);
});
