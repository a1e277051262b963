/** A run on a real store, day by day: the line after a move stands at once where DNSSEC proves the hosts, and else waits. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareFates } from '../../../lambda/command/policy/fates.ts';
import type { Bundle } from '../../../lambda/policy/bundle.ts';
import { readSettings } from '../../../lambda/policy/settings.ts';
import { readMainCf } from '../../../lambda/postfix/main-cf.ts';
import type { CheckDoors } from '../../../lambda/run/check/check.ts';
import { certificatesOf } from '../../../lambda/snapshot/host-snapshot.ts';
import { readCertificates } from '../../../lambda/store/certificates.ts';
import { saveConfirmation } from '../../../lambda/store/confirmations.ts';
import { type Store, spaceOf } from '../../../lambda/store/keys.ts';
import { readLatest } from '../../../lambda/store/latest.ts';
import type { EntryVerdict } from '../../../lambda/verdict/verdict.ts';
import { createAuthority } from '../../internet/authority.ts';
import type { RecordSet } from '../../internet/dns-server.ts';
import { dnsOf } from '../../internet/zone.ts';
import { type StoreOnDisk, storeOnDisk } from '../../store/on-disk.ts';
import { bundleOf, DAY_MS, runOnce } from '../watching.ts';

const START = Date.UTC(2026, 10, 24, 6);
const ADDRESSES: Readonly<Record<string, string>> = {
  'mx.old.test': '192.0.2.1',
  'mx.moved.test': '192.0.2.2',
  'mx.third.test': '192.0.2.3',
};
const root = await createAuthority('Root');
const chainOf = async (...dnsNames: string[]) => (await root.issue({ dnsNames })).chain;
const chains: Readonly<Record<string, readonly string[]>> = {
  '192.0.2.1': await chainOf('a.example'),
  '192.0.2.2': await chainOf('mx.moved.test'),
  '192.0.2.3': await chainOf('mx.third.test'),
};

let disk: StoreOnDisk;
beforeAll(async () => {
  disk = await storeOnDisk(START);
});
afterAll(() => disk.close());

const newStore = (): Store => ({ table: disk.table, space: spaceOf(`p${randomUUID()}`, 'mx1') });

function bundleWith(mainCf: string): Bundle {
  const { settings } = readSettings(readMainCf(mainCf, '3.11').parameters, '3.11');
  return { ...bundleOf('a.example secure\n', root.certificate.pem), settings };
}

/** What two resolvers say of the one domain: the usual one, and the one that validates. */
interface Said {
  readonly usual: string;
  readonly validated?: string;
  readonly signed?: boolean;
}

function zoneOf(mx: string, signed: boolean): RecordSet[] {
  const a = Object.entries(ADDRESSES).map(([name, address]) => ({ name, type: 'A' as const, data: [address], ad: signed }));
  return [
    { name: 'a.example', type: 'MX', data: [`10 ${mx}`], ad: signed },
    { name: 'signed.example', type: 'A', data: ['192.0.2.9'], ad: true },
    { name: 'broken.example', type: 'A', fail: 'BOGUS' },
    ...a,
  ];
}

const world = ({ usual, validated = usual, signed = false }: Said): CheckDoors => ({
  dns: dnsOf(zoneOf(usual, false)),
  dnssec: {
    kind: 'resolver',
    dns: dnsOf(zoneOf(validated, signed)),
    name: '127.0.0.1',
    proof: { signed: 'signed.example', broken: 'broken.example' },
    postfixAsks: false,
  },
  probe: async ({ address }) => ({
    kind: 'presented',
    protocol: 'TLSv1.3',
    cipher: 'x',
    chain: chains[address] ?? [],
    verify: 'OK',
  }),
});

async function look(store: Store, said: Said, day: number, bundle = bundleWith(DANE)): Promise<EntryVerdict> {
  const watched = await runOnce({ bundle, store, world: () => world(said), at: START + day * DAY_MS });
  const verdict = watched.kind === 'done' ? watched.verdicts[0] : undefined;
  if (verdict === undefined) throw new Error(`no verdict: ${watched.kind}`);
  return verdict;
}

const DANE = 'smtp_dns_support_level = dnssec\n';
const OLD: Said = { usual: 'mx.old.test' };
const MOVED = 'a.example secure match=mx.moved.test';

test.each([
  { because: 'nobody signed the answer', said: { usual: 'mx.moved.test' }, line: null },
  { because: 'it is signed', said: { usual: 'mx.moved.test', signed: true }, line: MOVED, restsOn: 'dnssec' },
  {
    because: 'what is signed names another host than mail goes to',
    said: { usual: 'mx.moved.test', validated: 'mx.old.test', signed: true },
    line: null,
  },
])('moved: $because', async ({ said, line, restsOn }) => {
  const store = newStore();
  expect(await look(store, OLD, 0)).toMatchObject({ verdict: 'pass', suggestion: null });
  for (const day of [1, 2, 30]) {
    const { suggestion, caution, verdict } = await look(store, said, day);
    expect({ verdict, line: suggestion?.line ?? null, cautioned: caution !== undefined }).toEqual({
      verdict: 'fail',
      line,
      cautioned: line === null,
    });
    if (restsOn === 'dnssec')
      expect(suggestion).toMatchObject({
        restsOn,
        because: 'the MX answer of a.example is signed: whoever signs its zone says that mail for it goes to moved.test',
      });
  }
});

test('an entry that never delivered gets its line at once, whose names DNS chose', async () => {
  expect((await look(newStore(), { usual: 'mx.moved.test' }, 0)).suggestion).toMatchObject({ line: MOVED, restsOn: 'dns' });
});

test.each([
  { because: 'as main.cf has it', mainCf: 'maximal_queue_lifetime = 2d\n', days: 2 },
  { because: 'without a unit', mainCf: 'maximal_queue_lifetime = 3\n', days: 3 },
  { because: 'in hours', mainCf: 'maximal_queue_lifetime = 12h\n', days: 0.5 },
  { because: 'in weeks', mainCf: 'maximal_queue_lifetime = 1w\n', days: 7 },
  { because: 'by default', mainCf: '', days: 5 },
  { because: 'where it is no time', mainCf: 'maximal_queue_lifetime = soon\n', days: 5 },
])('the date when the oldest mail bounces: $because', async ({ mainCf, days }) => {
  const store = newStore();
  const bundle = bundleWith(mainCf);
  await look(store, OLD, 0, bundle);
  await look(store, { usual: 'mx.moved.test' }, 1, bundle);
  const { caution } = await look(store, { usual: 'mx.moved.test' }, 2, bundle);
  expect(caution?.bouncesFrom).toBe(new Date(START + (1 + days) * DAY_MS).toISOString());
});

test('confirmed, the line is given by the next run; another host asks again', async () => {
  const store = newStore();
  await look(store, OLD, 0);
  const { id } = await look(store, { usual: 'mx.moved.test' }, 1);
  const at = START + DAY_MS;
  await saveConfirmation(store, {
    id,
    destination: 'a.example',
    hosts: ['mx.moved.test'],
    how: 'by telephone',
    by: 'alice',
    at,
    until: at + 90 * DAY_MS,
  });
  expect((await look(store, { usual: 'mx.moved.test' }, 2)).suggestion?.line).toBe(MOVED);
  expect((await look(store, { usual: 'mx.third.test' }, 3)).suggestion).toBeNull();
  // After 90 days nobody remembers what was said.
  expect((await look(store, { usual: 'mx.moved.test' }, 100)).caution?.hosts).toEqual(['mx.moved.test']);
});

test('the guard of a push keeps to the same rule', async () => {
  const store = newStore();
  await look(store, OLD, 0);
  const now = START + DAY_MS;
  const bundle = bundleWith('');
  const before = { ...bundle, policyTables: [{ name: 'hash:/etc/postfix/tls_policy', text: 'a.example encrypt\n' }] };
  await look(store, { usual: 'mx.moved.test' }, 1, before);
  const latest = await readLatest(store, now);
  const hosts = [...latest.hosts.values()].map(({ value }) => value);
  const remembered = {
    entries: [...latest.entries.values()].map(({ value }) => value.snapshot),
    hosts,
    certificates: (await readCertificates(store, hosts.flatMap(certificatesOf))).der,
  };
  const [difference] = compareFates(before, bundle, remembered, now);
  expect(difference?.breaks).toMatchObject({ verdict: 'fail', suggestion: null, caution: { hosts: ['mx.moved.test'] } });
});
