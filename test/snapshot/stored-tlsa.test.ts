/** TLSA records over days: what is remembered, what is a change, what a watcher alone can tell, and judging it all again. */

import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { demandFor } from '../../lambda/policy/demand.ts';
import { readSettings } from '../../lambda/policy/settings.ts';
import { readMainCf } from '../../lambda/postfix/main-cf.ts';
import type { DaneRoute, TlsaFinding } from '../../lambda/route/dane-route.ts';
import type { Route } from '../../lambda/route/route.ts';
import { entryChanges, entryDifferences } from '../../lambda/snapshot/change.ts';
import { type EntrySnapshot, updateEntry } from '../../lambda/snapshot/entry-snapshot.ts';
import { inHindsight } from '../../lambda/snapshot/protection.ts';
import { evidenceFrom } from '../../lambda/snapshot/remembered-evidence.ts';
import { storedTlsa } from '../../lambda/snapshot/stored-tlsa.ts';
import { entrySnapshot } from '../../lambda/store/value-schemas.ts';
import type { EntryVerdict } from '../../lambda/verdict/verdict.ts';
import { address, host } from '../alert/verdicts.ts';
import { DAY, START } from './days.ts';
import { judgedAs } from './verdicts.ts';

const A = 'aa'.repeat(32);
const B = 'bb'.repeat(32);
const tlsa = (data: string) => ({ usage: 3, selector: 1, matchingType: 1, data });
const published = (...data: string[]): TlsaFinding => ({
  kind: 'records',
  base: 'mx.example',
  asked: ['_25._tcp.mx.example'],
  records: data.map(tlsa),
});
const NONE: TlsaFinding = { kind: 'none', asked: ['_25._tcp.mx.example'] };
const INSECURE: TlsaFinding = { kind: 'insecure' };
const failed = (failure: 'bogus' | 'servfail' | 'timeout'): TlsaFinding => ({
  kind: 'failed',
  failure,
  query: '_25._tcp.mx.example TLSA',
});

const ROUTE: Route = {
  kind: 'hosts',
  nextHop: 'example.com',
  mx: true,
  hosts: [{ host: 'mx.example', preference: 10, addresses: ['192.0.2.1'], lookup: 'found' }],
};

/** One day: what DNS says of the host, and which records the certificate met matches. */
interface Day {
  readonly finding: TlsaFinding;
  readonly matches?: readonly string[];
  readonly mxSecure?: boolean;
}

function live(days: readonly Day[]): {
  readonly kinds: string[];
  readonly now: string[];
  readonly written: boolean[];
  readonly last: EntrySnapshot | undefined;
} {
  let before: EntrySnapshot | undefined;
  const [kinds, now, written]: [string[], string[], boolean[]] = [[], [], []];
  days.forEach(({ finding, matches = [], mxSecure = true }, i) => {
    const at = START + i * DAY;
    const dane: DaneRoute = {
      nextHop: 'example.com',
      mx: { secure: mxSecure, names: ['example.com'] },
      hosts: [{ host: 'mx.example', family: 'ipv4', tlsa: finding }],
    };
    const after = updateEntry(
      before,
      { verdict: judged(finding, matches), routes: [ROUTE], tlsa: { 'example.com': dane } },
      { at },
    );
    const print = (changes: readonly { readonly kind: string; readonly subject: string }[]) =>
      changes.map(({ kind, subject }) => `${kind} ${subject}`).join(', ');
    kinds.push(after === undefined ? '' : print(entryChanges(before, after, at)));
    now.push(after === undefined ? '' : print(entryDifferences(before, after, at)));
    written.push(after !== undefined);
    before = after ?? before;
  });
  return { kinds, now, written, last: before };
}

function judged(finding: TlsaFinding, matches: readonly string[]): EntryVerdict {
  const records = finding.kind === 'records' ? finding.records : [];
  const shown = address({
    tlsa: {
      mxSigned: true,
      asked: [],
      answer: 'records',
      base: 'mx.example',
      records: records.map(({ data }) => ({
        record: `3 1 1 ${data}`,
        use: 'counts',
        because: null,
        matches: matches.includes(data),
      })),
      acts: 'dane',
    },
  });
  return judgedAs('pass', null, { level: 'dane', protection: 'authenticated', hosts: [host('mx.example', shown)] });
}

test.each<{ because: string; days: readonly Day[]; changes: string[] }>([
  {
    because: 'the same records, in another order',
    days: [
      { finding: published(A, B), matches: [A] },
      { finding: published(B, A), matches: [A] },
    ],
    changes: ['', ''],
  },
  {
    because: 'a record for a key to come',
    days: [
      { finding: published(A), matches: [A] },
      { finding: published(A, B), matches: [A] },
    ],
    changes: ['', 'tlsa-announced mx.example'],
  },
  {
    because: 'a roll-over from end to end',
    days: [
      { finding: published(A), matches: [A] },
      { finding: published(A, B), matches: [A] },
      { finding: published(A, B), matches: [B] },
      { finding: published(B), matches: [B] },
    ],
    changes: ['', 'tlsa-announced mx.example', '', 'tlsa-removed mx.example'],
  },
  {
    because: 'records that go altogether',
    days: [{ finding: published(A), matches: [A] }, { finding: NONE }],
    changes: ['', 'tlsa-removed mx.example'],
  },
  {
    because: 'records that come',
    days: [{ finding: NONE }, { finding: published(A), matches: [A] }],
    changes: ['', 'tlsa-added mx.example'],
  },
  {
    because: 'a zone that is no longer signed, and signed again',
    days: [{ finding: published(A), matches: [A] }, { finding: INSECURE }, { finding: published(A), matches: [A] }],
    changes: ['', 'dnssec-lost mx.example', 'tlsa-added mx.example, dnssec-regained mx.example'],
  },
  {
    because: 'MX records that are no longer signed',
    days: [
      { finding: published(A), matches: [A] },
      { finding: published(A), matches: [A], mxSecure: false },
    ],
    changes: ['', 'dnssec-lost example.com'],
  },
  {
    because: 'signatures that broke',
    days: [{ finding: published(A), matches: [A] }, { finding: failed('bogus') }],
    changes: ['', 'dnssec-broken mx.example'],
  },
  {
    because: 'silence is no change',
    days: [
      { finding: published(A), matches: [A] },
      { finding: failed('timeout'), matches: [A] },
      { finding: published(A), matches: [A] },
    ],
    changes: ['', '', ''],
  },
])('$because', ({ days, changes }) => {
  const { kinds, now } = live(days);
  expect(kinds).toEqual(changes);
  expect(now).toEqual(changes);
});

test('nothing is written while nothing changes', () => {
  const day = { finding: published(A), matches: [A] };
  expect(live([day, day, day]).written).toEqual([true, false, false]);
});

test('signatures made anew are no change, and are not remembered', () => {
  const on = (from: number): DaneRoute => {
    const signature = { zone: 'example.com', from, until: from + 14 * DAY };
    return {
      nextHop: 'example.com',
      mx: { secure: true, names: ['example.com'], signature },
      hosts: [{ host: 'mx.example', family: 'ipv4', tlsa: published(A), signature }],
    };
  };
  const verdict = judged(published(A), [A]);
  const first = updateEntry(undefined, { verdict, routes: [ROUTE], tlsa: { 'example.com': on(START) } }, { at: START });
  const tlsaLater = { 'example.com': on(START + DAY) };
  expect(updateEntry(first, { verdict, routes: [ROUTE], tlsa: tlsaLater }, { at: START + DAY })).toBeUndefined();
  expect(JSON.stringify(first)).not.toContain('signature');
});

test('what is remembered comes back from the store as it was', () => {
  const { last } = live([{ finding: published(A, B), matches: [A] }]);
  expect(v.parse(entrySnapshot, JSON.parse(JSON.stringify(last)))).toEqual(last);
  expect(last?.authenticated).toBe(true);
});

test('the judge gets it again', () => {
  const { last } = live([{ finding: published(B, A), matches: [A] }]);
  const { settings } = readSettings(
    readMainCf('smtp_dns_support_level = dnssec\nsmtp_tls_security_level = dane\n', '3.11').parameters,
    '3.11',
  );
  const nextHop = { text: 'example.com', host: 'example.com', port: 25, mx: true, via: 'recipient' } as const;
  const hop = { nextHop, fallback: false, demand: demandFor(nextHop, { tables: [], settings, anchorFiles: {} }) };
  const destination = { id: 'example.com', name: 'example.com', hops: [hop] };
  const { tlsa: found } = evidenceFrom(
    [destination],
    { entries: last === undefined ? [] : [last], hosts: [], certificates: {} },
    settings,
  );
  expect(found?.['example.com']).toEqual({
    nextHop: 'example.com',
    mx: { secure: true, names: ['example.com'] },
    hosts: [{ host: 'mx.example', family: 'ipv4', tlsa: published(A, B) }],
  });
});

test('a set too large to keep is cut, and counts as unknown', () => {
  const many = Array.from({ length: 400 }, (_, i) => i.toString(16).padStart(64, '0'));
  const { last } = live([{ finding: published(...many) }]);
  const stored = last?.routes[0]?.kind === 'hosts' ? last.routes[0].hosts[0]?.tlsa?.families[0]?.finding : undefined;
  expect(stored).toMatchObject({ kind: 'records', more: 275 });
  expect(JSON.stringify(last).length).toBeLessThan(60_000);
});

test('a host of which DNSSEC was not asked has nothing stored', () => {
  expect(storedTlsa({ host: 'mx.example' }, undefined, undefined, judged(NONE, []))).toBeUndefined();
});

describe('in hindsight', () => {
  const authenticated = live([{ finding: published(A), matches: [A] }]).last;
  const dane = (verdict: EntryVerdict['verdict'], overrides: Partial<EntryVerdict> = {}) =>
    judgedAs(verdict, null, { level: 'dane', sentence: 'mail to example.com is delivered encrypted', ...overrides });

  test.each([
    { now: dane('pass', { protection: 'encrypted' }), is: 'degraded protection-lost', because: 'protection is gone' },
    { now: dane('pass', { protection: 'none' }), is: 'degraded protection-lost', because: 'all of it' },
    { now: dane('pass', { protection: 'authenticated' }), is: 'pass null', because: 'it is there' },
    {
      now: dane('fail', { reason: 'tlsa-mismatch', protection: 'authenticated' }),
      is: 'fail tlsa-mismatch',
      because: 'a failure is worse',
    },
    { now: dane('pass', { level: 'encrypt', protection: 'encrypted' }), is: 'pass null', because: 'the entry was edited' },
    {
      now: dane('undetermined', { reason: 'no-dnssec' }),
      is: 'undetermined dnssec-lost',
      because: 'there was a resolver before',
    },
    { now: dane('undetermined', { reason: 'dns-timeout' }), is: 'undetermined dns-timeout', because: 'not seen is not seen' },
  ])('$is: $because', ({ now, is }) => {
    const { verdict, reason } = inHindsight(now, authenticated);
    expect(`${verdict} ${reason}`).toBe(is);
  });

  test('the sentence says what is lost', () => {
    expect(inHindsight(dane('pass', { protection: 'encrypted' }), authenticated).sentence).toBe(
      'mail to example.com is delivered encrypted. Before, what was presented there matched signed TLSA records: whoever sits in ' +
        'between could now read along unnoticed. Ask them whether that is meant; dane-only would hold the mail rather than send it so',
    );
  });

  test('it stays so until the records are back', () => {
    const lost = inHindsight(dane('pass', { protection: 'encrypted' }), authenticated);
    const after = updateEntry(authenticated, { verdict: lost, routes: [ROUTE] }, { at: START + DAY });
    expect(inHindsight(dane('pass', { protection: 'encrypted' }), after).verdict).toBe('degraded');
    expect(inHindsight(dane('pass', { protection: 'authenticated' }), after).verdict).toBe('pass');
  });

  test.each<{ days: readonly Day[]; left: string; says: string; because: string }>([
    {
      days: [{ finding: published(A, B), matches: [A] }],
      left: B,
      says: `. The record that was matched before is gone from DNS; the records announce another key: sha256 ${B}, which mx.example does not present yet`,
      because: 'the announced record alone is left',
    },
    {
      days: [{ finding: published(A, B), matches: [A] }, { finding: published(B) }],
      left: B,
      says: `. The record that was matched before is gone from DNS; the records announce another key: sha256 ${B}, which mx.example does not present yet`,
      because: 'and still is on the next day',
    },
    {
      days: [{ finding: published(A), matches: [A] }],
      left: B,
      says: `. The record that was matched before is gone from DNS; the records announce another key: sha256 ${B}, which mx.example does not present yet`,
      because: 'nor need it have been announced',
    },
    {
      days: [{ finding: published(A, B), matches: [A] }],
      left: A,
      says: '',
      because: 'the old record is there: the key changed',
    },
    { days: [{ finding: published(A, B) }], left: B, says: '', because: 'nothing ever matched' },
  ])('of a mismatch it tells of the roll-over: $because', ({ days, left, says }) => {
    const { hosts } = judged(published(left), []);
    const failing = hosts.map((one) => ({
      ...one,
      addresses: one.addresses.map((shown) => ({ ...shown, outcome: 'fail' as const, reason: 'tlsa-mismatch' as const })),
    }));
    const now = dane('fail', { reason: 'tlsa-mismatch', hosts: failing });
    expect(inHindsight(now, live(days).last).sentence).toBe(`mail to example.com is delivered encrypted${says}`);
  });

  test('an alias that goes by its target is joined by the name in the MX record', () => {
    const aliased = (verdict: EntryVerdict): EntryVerdict => ({
      ...verdict,
      hosts: verdict.hosts.map((one) => ({ ...one, host: 'target.example', published: one.host })),
    });
    const dane: DaneRoute = {
      nextHop: 'example.com',
      mx: { secure: true, names: ['example.com'] },
      hosts: [{ host: 'mx.example', family: 'ipv4', tlsa: published(A) }],
    };
    const day = { verdict: aliased(judged(published(A), [A])), routes: [ROUTE], tlsa: { 'example.com': dane } };
    const before = updateEntry(undefined, day, { at: START });
    expect(before?.routes).toMatchObject([{ hosts: [{ host: 'mx.example', tlsa: { matched: [`3 1 1 ${A}`] } }] }]);
    const failing = aliased(judged(published(B), []));
    const now: EntryVerdict = {
      ...failing,
      verdict: 'fail',
      hosts: failing.hosts.map((one) => ({
        ...one,
        addresses: one.addresses.map((shown) => ({ ...shown, outcome: 'fail', reason: 'tlsa-mismatch' })),
      })),
    };
    expect(inHindsight(now, before).sentence).toBe(
      `. The record that was matched before is gone from DNS; the records announce another key: sha256 ${B}, which target.example does not present yet`,
    );
  });

  test('what never was protected has lost nothing', () => {
    const { authenticated: _, ...never } = authenticated ?? {};
    expect(inHindsight(dane('pass', { protection: 'encrypted' }), never as EntrySnapshot).verdict).toBe('pass');
    expect(inHindsight(dane('pass', { protection: 'encrypted' }), undefined).verdict).toBe('pass');
    expect(inHindsight(dane('undetermined', { reason: 'no-dnssec' }), undefined).reason).toBe('no-dnssec');
  });
});
