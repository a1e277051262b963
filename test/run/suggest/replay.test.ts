/** A line judged on each day of a real store: on how many it would have held. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { destinationsOf } from '../../../lambda/policy/destinations.ts';
import { recollect } from '../../../lambda/run/past/recollect.ts';
import { heldOver } from '../../../lambda/run/past/replay.ts';
import { type Store, spaceOf } from '../../../lambda/store/keys.ts';
import { createAuthority } from '../../internet/authority.ts';
import { type StoreOnDisk, storeOnDisk } from '../../store/on-disk.ts';
import { SmallWorld } from '../small-world.ts';
import { bundleOf, DAY_MS, runOnce } from '../watching.ts';

const START = Date.UTC(2026, 8, 1, 6);
const root = await createAuthority('Root');
const named = async (...dnsNames: string[]) => (await root.issue({ dnsNames })).chain;
const [ONE, TWO, WILD] = [await named('in1.mailhub.net'), await named('in2.mailhub.net'), await named('*.mailhub.net')];

let disk: StoreOnDisk;
beforeAll(async () => {
  disk = await storeOnDisk(START);
});
afterAll(() => disk.close());

const TABLE = 'a.example secure match=in1.mailhub.net\nb.example encrypt\n';

/** @param presented by day; null: nobody answers, undefined: no run */
async function days(
  presented: readonly (readonly string[] | null | undefined)[],
  ends = Number.POSITIVE_INFINITY,
): Promise<Store> {
  const store: Store = { table: disk.table, space: spaceOf(`p${randomUUID()}`, 'mx1') };
  const world = new SmallWorld();
  const mx = world.host('mx.mailhub.net', ONE);
  const steady = world.host('mx.steady.net', WILD);
  world.domain('a.example', mx);
  world.domain('b.example', steady);
  for (const [day, chain] of presented.entries()) {
    if (chain === undefined) continue;
    mx.chain = chain;
    if (chain !== null && START + day * DAY_MS > ends)
      mx.result = { kind: 'presented', protocol: 'TLSv1.3', cipher: 'x', chain, verify: 'CERT_HAS_EXPIRED' };
    await runOnce({
      bundle: bundleOf(TABLE, root.certificate.pem),
      store,
      world: () => world.doors(),
      at: START + day * DAY_MS,
    });
  }
  return store;
}

async function held(store: Store, line: string, day: number, name = 'a.example') {
  const past = await recollect(store, START + day * DAY_MS);
  expect(past.problems).toEqual([]);
  const bundle = bundleOf(`${line}\n`, root.certificate.pem);
  const destination = destinationsOf(bundle).find((one) => one.name === name);
  if (destination === undefined) throw new Error(name);
  const { days: good, of, untold, lastFailedAt } = heldOver(destination, bundle, past);
  return { good, of, untold, lastFailed: lastFailedAt === null ? null : (Date.parse(lastFailedAt) - START) / DAY_MS };
}

test('a provider that rotates between two names: once both are known, only a line with both is sure to hold', async () => {
  const store = await days([ONE, ONE, TWO, TWO, TWO, ONE, ONE, TWO, ONE, ONE]);
  expect(await held(store, 'a.example secure match=in1.mailhub.net', 10)).toEqual({ good: 2, of: 10, untold: 0, lastFailed: 9 });
  expect(await held(store, 'a.example secure match=in2.mailhub.net', 10)).toEqual({ good: 0, of: 10, untold: 0, lastFailed: 9 });
  expect(await held(store, 'a.example secure match=.mailhub.net', 10)).toEqual({ good: 10, of: 10, untold: 0, lastFailed: null });
});

test('days without a run, and on which nobody answered, are not told', async () => {
  const store = await days([ONE, null, undefined, ONE]);
  expect(await held(store, 'a.example secure match=.mailhub.net', 4)).toEqual({ good: 2, of: 2, untold: 0, lastFailed: null });
});

test('a clock that ran ahead: days that are still to come are none', async () => {
  const store = await days([ONE, ONE, undefined, undefined, ONE]);
  expect(await held(store, 'a.example secure match=.mailhub.net', 2)).toEqual({ good: 2, of: 2, untold: 0, lastFailed: null });
});

test('what another level asks is judged on the same days', async () => {
  const store = await days([ONE, ONE, ONE]);
  expect(await held(store, 'b.example secure match=.mailhub.net', 3, 'b.example')).toMatchObject({ good: 3, of: 3 });
  expect(await held(store, 'b.example secure', 3, 'b.example')).toMatchObject({ good: 0, of: 3 });
});

test('a name that would be sent and never was: nothing can be told', async () => {
  const store = await days([ONE, ONE]);
  expect(await held(store, 'a.example secure match=.mailhub.net servername=hostname', 2)).toEqual({
    good: 0,
    of: 0,
    untold: 2,
    lastFailed: null,
  });
});

test('a certificate that ended on the way', async () => {
  const short = await root.issue({
    dnsNames: ['in1.mailhub.net'],
    notBefore: START - DAY_MS,
    notAfter: START + 2.5 * DAY_MS,
  });
  const store = await days([short.chain, short.chain, short.chain, short.chain, short.chain], START + 2.5 * DAY_MS);
  expect(await held(store, 'a.example secure match=.mailhub.net', 5)).toEqual({ good: 3, of: 5, untold: 0, lastFailed: 4 });
});

test('the days of the last three months count, of an entry that was known', async () => {
  const store = await days([ONE, ...Array.from({ length: 88 }, () => undefined), ONE, ONE]);
  expect(await held(store, 'a.example secure match=.mailhub.net', 91)).toMatchObject({ of: 2 });
  expect(await held(store, 'other.example secure', 91, 'other.example')).toMatchObject({ of: 0, untold: 0 });
});
