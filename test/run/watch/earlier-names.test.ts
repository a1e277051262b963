/** A run on a real store, day by day: the line that is told holds for what the hosts present by turns, and for no stranger's. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CheckDoors } from '../../../lambda/run/check/check.ts';
import { type Store, spaceOf } from '../../../lambda/store/keys.ts';
import type { EntryVerdict } from '../../../lambda/verdict/verdict.ts';
import { createAuthority } from '../../internet/authority.ts';
import { dnsOf } from '../../internet/zone.ts';
import { type StoreOnDisk, storeOnDisk } from '../../store/on-disk.ts';
import { bundleOf, DAY_MS, runOnce } from '../watching.ts';

const START = Date.UTC(2026, 10, 24, 6);
const root = await createAuthority('Root');
const chains = new Map<string, readonly string[]>();
for (const name of ['a.p.test', 'b.p.test', 'a.q.test', 'shop.evil.example']) {
  chains.set(name, (await root.issue({ dnsNames: [name] })).chain);
}

let disk: StoreOnDisk;
beforeAll(async () => {
  disk = await storeOnDisk(START);
});
afterAll(() => disk.close());

/** Of the one host of k.example, which presents this name, or two at two addresses. */
const world = (names: readonly string[]): CheckDoors => {
  const addresses = names.map((_, i) => `192.0.2.${i + 1}`);
  return {
    dns: dnsOf([
      { name: 'k.example', type: 'MX', data: ['10 mx.p.test'] },
      { name: 'mx.p.test', type: 'A', data: addresses },
    ]),
    probe: async ({ address }) => ({
      kind: 'presented',
      protocol: 'TLSv1.3',
      cipher: 'x',
      chain: chains.get(names[addresses.indexOf(address)] ?? '') ?? [],
      verify: 'OK',
    }),
  };
};

/** The verdict of each day; `a.p.test+b.p.test` at two addresses. */
async function overDays(line: string, days: readonly string[]): Promise<EntryVerdict[]> {
  const store: Store = { table: disk.table, space: spaceOf(`p${randomUUID()}`, 'mx1') };
  const bundle = bundleOf(`${line}\n`, root.certificate.pem);
  const verdicts: EntryVerdict[] = [];
  for (const [day, shown] of days.entries()) {
    const watched = await runOnce({ bundle, store, world: () => world(shown.split('+')), at: START + day * DAY_MS });
    const verdict = watched.kind === 'done' ? watched.verdicts[0] : undefined;
    if (verdict === undefined) throw new Error(`no verdict: ${watched.kind}`);
    verdicts.push(verdict);
  }
  return verdicts;
}

const [A, B] = ['a.p.test', 'b.p.test'];

test.each([
  {
    entry: 'k.example secure match=a.p.test',
    days: [A, B],
    line: 'k.example secure match=a.p.test:b.p.test',
    because: 'the old name',
  },
  { entry: 'k.example secure', days: [A, B], line: 'k.example secure match=.p.test', because: 'what both have in common' },
  { entry: 'k.example secure', days: [A, B, A, B, A], line: 'k.example secure match=.p.test', because: 'by turns' },
  { entry: 'k.example secure', days: [`${A}+${B}`, A, A], line: 'k.example secure match=.p.test', because: 'at another address' },
  {
    entry: 'k.example secure match=a.p.test',
    days: [A, A, ...Array<string>(9).fill(B)],
    line: 'k.example secure match=b.p.test',
    because: 'not what is gone for a week',
  },
  { entry: 'k.example secure', days: [A, 'a.q.test', A], line: 'k.example secure match=a.p.test', because: 'nobody else' },
  {
    entry: 'k.example secure',
    days: [A, 'shop.evil.example', A],
    line: 'k.example secure match=a.p.test',
    because: 'no interceptor',
  },
])('$days: $line, $because', async ({ entry, days, line }) => {
  const told = (await overDays(entry, days)).at(-1)?.suggestion;
  expect(told?.line).toBe(line);
});

test('the line holds on each of those days, and says what it holds for', async () => {
  const days = [A, B, A, A, B, `${A}+${B}`, B];
  const told = (await overDays('k.example secure', days)).at(-1)?.suggestion;
  expect(told?.because).toBe(
    'its names were found through DNS, which is not signed here: check that mail for k.example is meant to go to p.test, in ' +
      'their documentation or with k.example',
  );
  expect((await overDays(told?.line ?? '', days)).map(({ verdict }) => verdict)).toEqual(days.map(() => 'pass'));
  const two = (await overDays('k.example secure match=a.p.test', [A, B])).at(-1)?.suggestion;
  expect(two?.because).toBe(
    'its names were found through DNS, which is not signed here: check that mail for k.example is meant to go to p.test, in ' +
      'their documentation or with k.example; it holds as well for what the hosts presented in the last days',
  );
});

test('a day on which an interceptor answers gives no line', async () => {
  const verdicts = await overDays('k.example secure match=a.p.test', [A, B, 'shop.evil.example']);
  expect(verdicts.map(({ suggestion }) => suggestion?.line ?? null)).toEqual([
    null,
    'k.example secure match=a.p.test:b.p.test',
    null,
  ]);
});
