/** Candidates over days, on a real store: what is remembered of them answers for lines of every level, and nobody hears of them. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readCertificate } from '../../../lambda/certificate/certificate.ts';
import type { Bundle } from '../../../lambda/policy/bundle.ts';
import { candidatesOf } from '../../../lambda/policy/candidates.ts';
import { destinationsOf } from '../../../lambda/policy/destinations.ts';
import type { CheckDoors } from '../../../lambda/run/check/check.ts';
import { recollect } from '../../../lambda/run/past/recollect.ts';
import { heldOver } from '../../../lambda/run/past/replay.ts';
import { type Observed, observe } from '../../../lambda/run/watch/observe.ts';
import { digestsUnder } from '../../../lambda/run/watch/run-digests.ts';
import { readIncidents } from '../../../lambda/store/incidents.ts';
import { type Store, spaceOf } from '../../../lambda/store/keys.ts';
import { readLatest, retiredAt } from '../../../lambda/store/latest.ts';
import { takeLease } from '../../../lambda/store/lease.ts';
import { recentRuns } from '../../../lambda/store/runs.ts';
import { observedSpace, spacesWithRuns } from '../../../lambda/store/spaces.ts';
import { createAuthority } from '../../internet/authority.ts';
import { dnsOf } from '../../internet/zone.ts';
import { type StoreOnDisk, storeOnDisk } from '../../store/on-disk.ts';
import { type SmallHost, SmallWorld } from '../small-world.ts';
import { bundleOf, DAY_MS, runOnce } from '../watching.ts';

const START = Date.UTC(2026, 8, 1, 6);
const root = await createAuthority('Root');
const named = async (...dnsNames: string[]) => (await root.issue({ dnsNames })).chain;
const [ONE, TWO] = [await named('in1.mailhub.net'), await named('in2.mailhub.net')];

let disk: StoreOnDisk;
let store: Store;
let beside: Store;
let world: SmallWorld;
let hub: SmallHost;
let bundle: Bundle;

beforeAll(async () => {
  disk = await storeOnDisk(START);
});
afterAll(() => disk.close());
beforeEach(() => {
  store = { table: disk.table, space: spaceOf(`p${randomUUID()}`, 'mx1') };
  beside = { table: disk.table, space: observedSpace(store.space) };
  world = new SmallWorld();
  hub = world.host('mx.mailhub.net', ONE);
  world.domain('new.example', hub);
  world.domain('other.example', world.host('mx.other.example', TWO));
  bundle = bundleOf('own.example encrypt\n', root.certificate.pem);
});

const on = (day: number, names: readonly string[], doors = () => world.doors()): Promise<Observed> => {
  const at = START + day * DAY_MS;
  return observe(
    bundle,
    candidatesOf(bundle, names).candidates,
    { openWorld: doors, store: beside, now: () => at },
    {
      runId: new Date(at).toISOString(),
      holder: 'test',
      pace: { concurrency: 16, perAddress: 2, perNetwork: 16, restAfter421Ms: 1, stopAt: at + 3_600_000 },
      controlHosts: [],
      historyMs: 400 * DAY_MS,
      asksSts: true,
      digests: digestsUnder(bundle, 'v24'),
    },
  );
};

async function held(day: number, line: string) {
  const past = await recollect(beside, START + day * DAY_MS);
  expect(past.problems).toEqual([]);
  const proposed = { ...bundle, policyTables: bundleOf(`${line}\n`, '').policyTables };
  const [destination] = destinationsOf(proposed);
  if (destination === undefined) throw new Error(line);
  const { days, of, untold } = heldOver(destination, proposed, past);
  return `${days} of ${of}, ${untold} untold`;
}

test('what was seen on each day answers for a line of any level', async () => {
  for (const [day, chain] of [ONE, ONE, TWO, TWO].entries()) {
    hub.chain = chain;
    expect(await on(day, ['new.example', 'other.example'])).toMatchObject({
      kind: 'looked',
      candidates: 2,
      unseen: [],
      complete: true,
      problems: [],
    });
  }
  expect(await held(4, 'new.example secure match=.mailhub.net')).toBe('4 of 4, 0 untold');
  expect(await held(4, 'new.example secure match=in1.mailhub.net')).toBe('2 of 4, 0 untold');
  expect(await held(4, 'new.example secure')).toBe('0 of 4, 0 untold');
  expect(await held(4, 'new.example encrypt')).toBe('4 of 4, 0 untold');
});

test('a host without STARTTLS, and one that answers nobody', async () => {
  hub.result = { kind: 'no-tls', why: 'not-offered' };
  await on(0, ['new.example', 'silent.example']);
  expect(await held(1, 'new.example encrypt')).toBe('0 of 1, 0 untold');
});

test('what nothing was seen of is told, and counts as no day', async () => {
  await on(0, ['new.example']);
  hub.chain = null;
  expect(await on(1, ['new.example'])).toMatchObject({ candidates: 1, unseen: ['new.example'], complete: true });
  expect(await held(2, 'new.example secure match=.mailhub.net')).toBe('1 of 1, 0 untold');
});

test('what DNSSEC says is kept too, so that dane-only is judged on it', async () => {
  const certificate = readCertificate(ONE[0] ?? '');
  if (certificate.kind === 'unreadable') throw new Error(certificate.because);
  const signed = (name: string, type: 'MX' | 'A' | 'TLSA', data: string) => ({ name, type, data: [data], ad: true });
  const dns = dnsOf([
    signed('new.example', 'MX', '10 mx.mailhub.net'),
    signed('mx.mailhub.net', 'A', hub.address),
    signed('_25._tcp.mx.mailhub.net', 'TLSA', `3 1 1 ${certificate.spkiSha256}`),
    signed('signed.example', 'A', '192.0.2.9'),
    { name: 'broken.example', type: 'A', fail: 'BOGUS' },
  ]);
  const proof = { signed: 'signed.example', broken: 'broken.example' };
  const validating = (): CheckDoors => ({
    ...world.doors(),
    dns,
    dnssec: { kind: 'resolver', dns, name: '127.0.0.1', proof, postfixAsks: false },
  });
  bundle = { ...bundle, settings: { ...bundle.settings, dnsSupportLevel: 'dnssec' } };
  await on(0, ['new.example'], validating);
  await on(1, ['new.example'], validating);
  expect(await held(2, 'new.example dane-only')).toBe('2 of 2, 0 untold');
  hub.chain = TWO;
  await on(2, ['new.example'], validating);
  expect(await held(3, 'new.example dane-only')).toBe('2 of 3, 0 untold');
  expect(await held(3, 'new.example secure match=.mailhub.net')).toBe('3 of 3, 0 untold');
});

test('hosts of a domain that announces an MTA-STS policy are met with their name, too', async () => {
  world.txt('_mta-sts.new.example', 'v=STSv1; id=1;');
  for (const day of [0, 1]) await on(day, ['new.example', 'other.example']);
  expect(await held(2, 'new.example secure match=in1.mailhub.net servername=hostname')).toBe('2 of 2, 0 untold');
  expect(await held(2, 'new.example secure match=in1.mailhub.net')).toBe('2 of 2, 0 untold');
  expect(await held(2, 'other.example secure match=in2.mailhub.net servername=hostname')).toBe('0 of 0, 2 untold');
});

test('nothing of it is an incident, nor shows among the policies of the store', async () => {
  world.domain('own.example', world.host('mx.own.example', ONE));
  const subjects: string[] = [];
  const main = (day: number) => runOnce({ bundle, store, world: () => world.doors(), at: START + day * DAY_MS }, subjects);
  for (const day of [0, 1, 2]) {
    await main(day);
    if (day === 2) hub.result = { kind: 'no-tls', why: 'not-offered' };
    await on(day, ['new.example', 'gone.example']);
  }
  await main(3);
  expect(subjects).toEqual(['Now watching 1 entry: all deliver']);
  const now = START + 4 * DAY_MS;
  expect((await readIncidents(beside, now)).incidents.size).toBe(0);
  const [latest, others] = [await readLatest(store, now), await readLatest(beside, now)];
  expect([...latest.entries.keys()]).toEqual(['own.example']);
  expect([...others.entries.keys()].sort()).toEqual(['gone.example', 'new.example']);
  const known = (await spacesWithRuns(disk.table, now)).map(({ policy }) => policy);
  expect(known).toContain(store.space.policy);
  expect(known.filter((policy) => policy.includes('~'))).toEqual([]);
});

test('one that is a candidate no more expires, and one that comes back is known', async () => {
  await on(0, ['new.example', 'other.example']);
  await on(1, ['new.example']);
  const now = START + 2 * DAY_MS;
  const { entries, hosts } = await readLatest(beside, now);
  const retired = (id: string) => entries.get(id) !== undefined && retiredAt(entries.get(id) as never) !== undefined;
  expect(['new.example', 'other.example'].map(retired)).toEqual([false, true]);
  expect([...hosts.values()].filter(({ expiresAt }) => expiresAt !== undefined)).toHaveLength(1);
  await on(2, ['new.example', 'other.example']);
  expect(await held(3, 'other.example secure match=in2.mailhub.net')).toBe('2 of 2, 0 untold');
});

test('one that was forgotten and comes back was not looked at in between', async () => {
  await on(0, ['new.example', 'other.example']);
  for (const day of [1, 10, 20, 30]) await on(day, ['new.example']);
  for (const day of [31, 32]) await on(day, ['new.example', 'other.example']);
  expect(await held(33, 'other.example secure match=in2.mailhub.net')).toBe('3 of 3, 0 untold');
  expect(await held(33, 'new.example secure match=in1.mailhub.net')).toBe('7 of 7, 0 untold');
});

test('another run is left to it, and the same one is not made twice', async () => {
  const lease = await takeLease(beside, { holder: 'another', runId: 'x' }, START);
  expect(await on(0, ['new.example'])).toEqual({ kind: 'skipped', because: 'a run of another is looking at them' });
  expect(lease.kind).toBe('held');
  expect(await on(1, ['new.example'])).toMatchObject({ kind: 'looked' });
  expect(await on(1, ['new.example'])).toEqual({
    kind: 'skipped',
    because: 'run 2026-09-02T06:00:00.000Z looked at them already',
  });
  expect((await recentRuns(beside, START + 2 * DAY_MS)).runs.map(({ value }) => value.stage)).toEqual(['complete']);
});

test('time that ends before all were met: what was seen is kept, and it counts as no day', async () => {
  let now = START;
  const at = START;
  const result = await observe(
    bundle,
    candidatesOf(bundle, ['new.example']).candidates,
    { openWorld: () => world.doors(), store: beside, now: () => now },
    {
      runId: new Date(at).toISOString(),
      holder: 'test',
      pace: { concurrency: 1, perAddress: 1, perNetwork: 1, restAfter421Ms: 1, stopAt: at - 1 },
      controlHosts: [],
      historyMs: 400 * DAY_MS,
      asksSts: true,
      digests: digestsUnder(bundle, 'v24'),
    },
  );
  now += 1;
  expect(result).toMatchObject({ kind: 'looked', complete: false, unseen: ['new.example'] });
  expect(await held(1, 'new.example encrypt')).toBe('0 of 0, 0 untold');
});
