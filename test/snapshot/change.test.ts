/** What changed, day by day: settled for the history, at once for the explanation of a message. */
import { expect, test } from 'vitest';
import { entryChanges, entryDifferences } from '../../lambda/snapshot/change.ts';
import { type EntrySnapshot, updateEntry } from '../../lambda/snapshot/entry-snapshot.ts';
import { type Authority, createAuthority, keyPair } from '../internet/authority.ts';
import { type Answer, broken, DAY, kinds, live, noTls, START, unseen } from './days.ts';
import { judgedAs } from './verdicts.ts';

const encrypt = await createAuthority('R10', {
  subject: [
    ['O', "Let's Encrypt"],
    ['CN', 'R10'],
  ],
});
const encryptToo = await createAuthority('R11', {
  subject: [
    ['O', "Let's Encrypt"],
    ['CN', 'R11'],
  ],
});
const other = await createAuthority('Other CA', {
  subject: [
    ['O', 'Other'],
    ['CN', 'CA 1'],
  ],
});
const oneKey = await keyPair('ec');

async function leaf(
  by: Authority,
  names: readonly string[],
  fromDay: number,
  more: object = {},
): Promise<Answer & { chain: readonly string[] }> {
  const notBefore = START + fromDay * DAY;
  const issued = await by.issue({
    commonName: names[0] ?? '',
    dnsNames: names,
    notBefore,
    notAfter: notBefore + 90 * DAY,
    ...more,
  });
  return { chain: [issued.der] };
}

const a = await leaf(encrypt, ['mx.example', 'smtp.example'], -60);
const renewed = await leaf(encryptToo, ['smtp.example', 'mx.example'], 0);
const renewedSameKey = await leaf(encrypt, ['mx.example', 'smtp.example'], 1, { key: oneKey });
const sameKey = await leaf(encrypt, ['mx.example', 'smtp.example'], -59, { key: oneKey });
const fewer = await leaf(encrypt, ['mx.example'], 0);
const more = await leaf(encrypt, ['mx.example', 'smtp.example', 'new.example'], 0);
const elsewhere = await leaf(other, ['mx.example', 'smtp.example'], 0);
const earlier = await leaf(encrypt, ['mx.example', 'smtp.example'], -80);
const ecdsa = await leaf(encrypt, ['mx.example', 'smtp.example'], -60);

const anchored = (answer: Answer, anchor = '/CN=Root'): Answer => ({ ...answer, trust: { kind: 'anchored', anchor } }) as Answer;
const untrusted = (answer: Answer): Answer => ({ ...answer, trust: { kind: 'untrusted', reason: 'expired' } }) as Answer;

const row = (
  because: string,
  days: readonly (readonly Answer[])[],
  history: readonly string[],
  now: readonly string[] = history,
) => ({
  because,
  days,
  history,
  now,
});

test.each([
  row('the first look is no change', [[a]], ['']),
  row('nor is the second', [[a], [a]], ['', '']),
  row('a routine renewal, by another name of the same issuer', [[a], [renewed]], ['', 'renewed key-changed']),
  row('a renewal under the same key', [[sameKey], [renewedSameKey]], ['', 'renewed']),
  row(
    'half of the addresses renewed, then the rest',
    [
      [a, a],
      [a, renewed],
      [renewed, renewed],
    ],
    ['', 'renewed key-changed', ''],
  ),
  row(
    'a name less: gone for the history after three runs',
    [[a], [fewer], [fewer], [fewer]],
    ['', 'key-changed', '', 'name-removed'],
    ['', 'name-removed key-changed', '', ''],
  ),
  row('a name more counts at once', [[a], [more]], ['', 'name-added key-changed']),
  row('another issuer', [[a], [elsewhere]], ['', 'issuer-changed key-changed']),
  row('an older certificate is no renewal', [[a], [earlier]], ['', 'key-changed']),
  row('RSA beside ECDSA from the start varies in nothing that matters', [[a, ecdsa], [ecdsa, a], [a]], ['', '', '']),
  row(
    'ECDSA put beside RSA',
    [
      [a, a],
      [a, ecdsa],
    ],
    ['', 'key-changed'],
  ),
  row(
    'two addresses that differ in names',
    [
      [a, a],
      [a, fewer],
      [a, fewer],
    ],
    ['', 'key-changed varies', ''],
  ),
  row('two that differed from the start, then no more for three runs', [[a, elsewhere], [a], [a], [a]], ['', '', '', 'uniform']),
  row(
    'now this, now that: said once',
    [[a], [fewer], [a], [fewer], [a], [fewer]],
    ['', 'key-changed', 'varies', '', '', ''],
    ['', 'name-removed key-changed', 'varies', '', '', ''],
  ),
  row(
    'STARTTLS gone, and back',
    [[a], [noTls], [noTls], [noTls], [noTls], [a]],
    ['', 'starttls-lost', '', '', '', 'starttls-regained'],
  ),
  row(
    'STARTTLS gone from one of two addresses',
    [
      [a, a],
      [a, noTls],
    ],
    ['', 'varies'],
  ),
  row('now STARTTLS, now none', [[a], [noTls], [a], [noTls], [a]], ['', 'starttls-lost', 'starttls-regained varies', '', '']),
  row('a handshake that breaks is not STARTTLS lost', [[a], [broken]], ['', '']),
  row('what could not be looked at is no change', [[a], [unseen], [unseen], [unseen], [unseen], [a]], ['', '', '', '', '', '']),
  row(
    'one of two addresses unseen',
    [
      [a, a],
      [a, unseen],
    ],
    ['', ''],
  ),
  row(
    'trust lost by the calendar, under the same certificate, and regained with another',
    [[anchored(a)], [untrusted(a)], [untrusted(a)], [anchored(renewed)]],
    ['', 'trust-lost', '', 'renewed key-changed trust-regained'],
  ),
  row('trust that nobody asks for any more is not lost', [[anchored(a)], [a]], ['', '']),
  row('the same certificate under another anchor', [[anchored(a)], [anchored(a, '/CN=New')]], ['', 'anchor-changed']),
  row(
    'a renewal under another anchor',
    [[anchored(a)], [anchored(renewed, '/CN=New')]],
    ['', 'renewed anchor-changed key-changed'],
  ),
])('$because', ({ days, history, now }) => {
  const lived = live(days);
  expect(lived.map(({ changes }) => kinds(changes))).toEqual(history);
  expect(lived.map(({ differences }) => kinds(differences))).toEqual(now);
});

test('a change says of whom, what before and what after', () => {
  const [, second] = live([[a], [elsewhere]]);
  expect(second?.changes[0]).toEqual({
    kind: 'issuer-changed',
    subject: 'mx.example',
    before: ["/O=Let's Encrypt/CN=R10"],
    after: ['/O=Other/CN=CA 1'],
    at: START + DAY,
  });
  const [, dropped] = live([[a], [fewer]]);
  expect(dropped?.differences[0]).toEqual({
    kind: 'name-removed',
    subject: 'mx.example',
    before: ['smtp.example'],
    at: START + DAY,
  });
  const [, next] = live([[a], [renewed]]);
  expect(next?.changes[0]).toEqual({
    kind: 'renewed',
    subject: 'mx.example',
    before: ['2026-12-24T06:00:00.000Z'],
    after: ['2027-02-22T06:00:00.000Z'],
    at: START + DAY,
  });
});

test('names are compared whole and shown in part', async () => {
  const names = Array.from({ length: 300 }, (_, i) => `n${String(i).padStart(3, '0')}.example`);
  const [all, one] = [await leaf(encrypt, names, -1), await leaf(encrypt, names.slice(0, 299), 0)];
  const [, second] = live([[all], [one]]);
  expect(second?.differences[0]).toMatchObject({ kind: 'name-removed', before: ['n299.example'] });
  const [, third] = live([[one], [await leaf(encrypt, ['x.example'], 1)]]);
  expect(third?.differences[1]).toMatchObject({ kind: 'name-removed', before: names.slice(0, 50) });
});

test('a renewal every three days, hours apart across hosts, is only ever a renewal', async () => {
  const leaves = await Promise.all(
    Array.from({ length: 11 }, (_, i) => leaf(encrypt, ['mx.example'], 3 * i, { notAfter: START + (3 * i + 6) * DAY })),
  );
  // Two addresses, the second renews a run later; six runs a day.
  const at = (run: number) => leaves[Math.floor(run / 18)] ?? a;
  const lived = live(
    Array.from({ length: 180 }, (_, run) => [at(run), at(Math.max(0, run - 1))]),
    DAY / 6,
  );
  const all = lived.flatMap(({ changes }) => changes.map(({ kind }) => kind));
  expect(all.filter((kind) => kind !== 'key-changed')).toEqual(Array.from({ length: 9 }, () => 'renewed'));
});

const hosts = (...names: string[]) => ({
  kind: 'hosts' as const,
  nextHop: 'example.com',
  mx: true,
  hosts: names.map((host, i) => ({ host, preference: 10 * i, addresses: ['192.0.2.1'], lookup: 'found' as const })),
});
const nowhere = { kind: 'nowhere' as const, nextHop: 'example.com', reason: 'nxdomain' as const, dsn: '5.4.4', text: '' };

test.each([
  { because: 'the first look', days: [hosts('a')], history: [''], now: [''] },
  { because: 'a host more', days: [hosts('a'), hosts('a', 'b')], history: ['', 'mx-added'], now: ['', 'mx-added'] },
  { because: 'other preferences', days: [hosts('a', 'b'), hosts('b', 'a')], history: ['', ''], now: ['', ''] },
  {
    because: 'a host less, for good after three runs',
    days: [hosts('a', 'b'), hosts('a'), hosts('a'), hosts('a')],
    history: ['', '', '', 'mx-removed'],
    now: ['', 'mx-removed', '', ''],
  },
  {
    because: 'another provider',
    days: [hosts('a'), hosts('b'), hosts('b'), hosts('b')],
    history: ['', 'mx-added', '', 'mx-removed'],
    now: ['', 'mx-added mx-removed', '', ''],
  },
  {
    because: 'a host that comes back soon',
    days: [hosts('a', 'b'), hosts('a'), hosts('a', 'b')],
    history: ['', '', ''],
    now: ['', 'mx-removed', 'mx-added'],
  },
  { because: 'a domain that is gone says nothing of its hosts', days: [hosts('a'), nowhere], history: ['', ''], now: ['', ''] },
])('MX: $because', ({ days, history, now }) => {
  let before: EntrySnapshot | undefined;
  const lived = days.map((route, i) => {
    const at = START + i * DAY;
    const after = updateEntry(before, { verdict: judgedAs('pass'), routes: [route] }, { at, previousAt: at - DAY });
    if (after === undefined) return ['', ''];
    const found = [kinds(entryChanges(before, after, at)), kinds(entryDifferences(before, after, at))];
    before = after;
    return found;
  });
  expect(lived.map(([one]) => one)).toEqual(history);
  expect(lived.map(([, two]) => two)).toEqual(now);
});
