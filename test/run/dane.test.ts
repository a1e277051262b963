/** DANE over days, by the main job on a real store: what is told when records, signatures or the resolver go. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readCertificate } from '../../lambda/certificate/certificate.ts';
import type { Bundle } from '../../lambda/policy/bundle.ts';
import { readSettings } from '../../lambda/policy/settings.ts';
import { readMainCf } from '../../lambda/postfix/main-cf.ts';
import type { CheckDoors } from '../../lambda/run/check/check.ts';
import { historyOf } from '../../lambda/store/history.ts';
import { type Store, spaceOf } from '../../lambda/store/keys.ts';
import { selfSigned } from '../internet/authority.ts';
import type { RecordSet } from '../internet/dns-server.ts';
import { dnsOf } from '../internet/zone.ts';
import { type StoreOnDisk, storeOnDisk } from '../store/on-disk.ts';
import { bundleOf, DAY_MS, runOnce } from './watching.ts';

const START = Date.UTC(2026, 10, 24, 6);
const FALSE_RECORD = `3 1 1 ${'ab'.repeat(32)}`;

let dir: string;
let disk: StoreOnDisk;
let store: Store;
let bundle: Bundle;
let subjects: string[];
let texts: string[];
let zone: Map<string, RecordSet>;
let chains: readonly (readonly string[])[];
let presented: readonly string[];
let resolver: 'validates' | 'does-not';
let postfixAsks: boolean;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'dane-watch-'));
  disk = await storeOnDisk(START);
  // Expired for long: at usage 3 that is no news.
  const old = { notBefore: START - 400 * DAY_MS, notAfter: START - 30 * DAY_MS };
  chains = [[(await selfSigned(old)).der], [(await selfSigned(old)).der]];
});

afterAll(async () => {
  disk.close();
  rmSync(dir, { recursive: true, force: true });
});

beforeEach(() => {
  store = { table: disk.table, space: spaceOf(`p${randomUUID()}`, 'mx1') };
  const { settings } = readSettings(readMainCf('smtp_dns_support_level = dnssec\n', '3.11').parameters, '3.11');
  bundle = {
    ...bundleOf('a.example dane\nb.example dane-only\n', ''),
    settings,
    trust: { kind: 'anchors', certificates: [], source: 'none' },
  };
  [subjects, texts] = [[], []];
  presented = chains[0] ?? [];
  resolver = 'validates';
  postfixAsks = false;
  zone = new Map();
  put({ name: 'signed.example', type: 'A', data: ['192.0.2.9'] }, { name: 'broken.example', type: 'A', fail: 'BOGUS' });
  for (const domain of ['a.example', 'b.example']) {
    put(
      { name: domain, type: 'MX', data: [`10 mx.${domain}`] },
      { name: `mx.${domain}`, type: 'A', data: [domain === 'a.example' ? '192.0.2.1' : '192.0.2.2'] },
      { name: `_25._tcp.mx.${domain}`, type: 'TLSA', data: [recordOf(0)] },
    );
  }
});

/** Signed unless it says otherwise. */
function put(...sets: readonly RecordSet[]): void {
  for (const set of sets) zone.set(`${set.name} ${set.type}`, { ad: true, ...set });
}

function recordOf(which: number): string {
  const certificate = readCertificate(chains[which]?.[0] ?? '');
  if (certificate.kind === 'unreadable') throw new Error(certificate.because);
  return `3 1 1 ${certificate.spkiSha256}`;
}

function world(): CheckDoors {
  const sets = [...zone.values()].map((set) => (resolver === 'validates' ? set : { ...set, ad: false }));
  const dns = dnsOf(sets);
  return {
    dns,
    dnssec: {
      kind: 'resolver',
      dns,
      name: '127.0.0.1',
      proof: { signed: 'signed.example', broken: 'broken.example' },
      postfixAsks,
    },
    probe: async () => ({ kind: 'presented', protocol: 'TLSv1.3', cipher: 'x', chain: presented, verify: 'CERT_HAS_EXPIRED' }),
  };
}

async function on(day: number, hour = 0) {
  const at = START + day * DAY_MS + hour * 3_600_000;
  const tell = async (mail: { readonly subject: string; readonly text: string }) => {
    subjects.push(mail.subject);
    texts.push(mail.text.replace(/\s+/g, ' '));
    return { kind: 'told' } as const;
  };
  const watched = await runOnce({ bundle, store, world, at, tell });
  if (watched.kind !== 'done') throw new Error(watched.kind);
  return Object.fromEntries(watched.verdicts.map(({ id, verdict, reason }) => [id, `${verdict} ${reason}`]));
}

test('certificates that ran out long ago are no news where a record names their key', async () => {
  expect(await on(0)).toEqual({ 'a.example': 'pass null', 'b.example': 'pass null' });
  await on(1);
  await on(2);
  expect(subjects).toHaveLength(1);
  expect(subjects[0]).not.toMatch(/fail|expire/);
});

test('a key that no record names any more fails, and the message says whose change it was', async () => {
  await on(0);
  presented = chains[1] ?? [];
  expect(await on(1)).toEqual({ 'a.example': 'fail tlsa-mismatch', 'b.example': 'fail tlsa-mismatch' });
  await on(2);
  expect(subjects).toHaveLength(2);
  expect(texts[1]).toContain('certificate does not match the TLSA records');
  expect(texts[1]).toContain('mx.a.example has a new key');
});

test('records that are withdrawn: dane-only defers, and dane is told to protect no more, until they are back', async () => {
  await on(0);
  zone.delete('_25._tcp.mx.a.example TLSA');
  zone.delete('_25._tcp.mx.b.example TLSA');
  expect(await on(1)).toEqual({ 'a.example': 'degraded protection-lost', 'b.example': 'fail no-tlsa' });
  expect(await on(2)).toEqual({ 'a.example': 'degraded protection-lost', 'b.example': 'fail no-tlsa' });
  expect(texts[1]).toContain('TLSA records no longer protect the mail');
  expect(texts[1]).toContain('mx.b.example no longer has the TLSA record');
  put({ name: '_25._tcp.mx.a.example', type: 'TLSA', data: [recordOf(0)] });
  expect((await on(3))['a.example']).toBe('pass null');
  await on(4);
  expect(subjects.at(-1)).toBe('a.example is no longer degraded');
});

test('an MX moved to a host without records', async () => {
  await on(0);
  put({ name: 'a.example', type: 'MX', data: ['10 mx.new.example'] }, { name: 'mx.new.example', type: 'A', data: ['192.0.2.7'] });
  expect((await on(1))['a.example']).toBe('degraded protection-lost');
  await on(2);
  expect(texts[1]).toContain('mail to a.example no longer goes to mx.a.example, and now goes to mx.new.example');
});

test('signatures that broke where there was security', async () => {
  await on(0);
  put({ name: '_25._tcp.mx.a.example', type: 'TLSA', fail: 'BOGUS' }, { name: 'b.example', type: 'MX', fail: 'BOGUS' });
  expect(await on(1)).toEqual({ 'a.example': 'fail tlsa-lookup-failed', 'b.example': 'fail dns-bogus' });
  await on(2);
  expect(texts[1]).toContain('DNSSEC signatures are wrong');
  expect(texts[1]).toContain('DNS fails over the signatures of mx.a.example');
});

test('a record that names another key beside the one in use is written down, and wakes nobody', async () => {
  await on(0);
  put({ name: '_25._tcp.mx.a.example', type: 'TLSA', data: [recordOf(0), FALSE_RECORD] });
  expect((await on(1))['a.example']).toBe('pass null');
  await on(2);
  expect(subjects).toHaveLength(1);
  const history = await historyOf(store, 'entry', 'a.example', START + 3 * DAY_MS);
  expect(JSON.stringify(history)).toContain('tlsa-announced');
});

test('a resolver that stopped validating is told after some days, and retires nothing', async () => {
  await on(0);
  resolver = 'does-not';
  for (const day of [1, 2, 3, 4]) {
    expect(await on(day)).toEqual({ 'a.example': 'undetermined dnssec-lost', 'b.example': 'undetermined dnssec-lost' });
  }
  expect(subjects).toEqual([
    'Now watching 2 entries: all deliver',
    'a.example not judged for 3 days: no DNSSEC resolver any more; 1 more',
    'a.example still not judged for 4 days: no DNSSEC resolver any more; 1 more',
  ]);
});

test("the mail host's own resolver does not validate: dane is may, dane-only defers, and DANE is named as off", async () => {
  postfixAsks = true;
  resolver = 'does-not';
  expect(await on(0)).toEqual({ 'a.example': 'pass null', 'b.example': 'fail mx-insecure' });
});
