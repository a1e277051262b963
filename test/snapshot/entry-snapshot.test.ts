/** One entry as remembered: what is written, and what an undetermined run leaves alone. */
import { expect, test } from 'vitest';
import type { Route } from '../../lambda/route/route.ts';
import { type EntrySnapshot, type Judged, published, updateEntry } from '../../lambda/snapshot/entry-snapshot.ts';
import type { AddressVerdict } from '../../lambda/verdict/verdict.ts';
import { DAY, START } from './days.ts';
import { judgedAs } from './verdicts.ts';

const route = (...hosts: readonly (readonly [string, number, string?])[]): Route => ({
  kind: 'hosts',
  nextHop: 'example.com',
  mx: true,
  hosts: hosts.map(([host, preference, address = '192.0.2.1']) => ({ host, preference, addresses: [address], lookup: 'found' })),
});
const routes = [route(['mx1.example', 10], ['mx2.example', 20])];
const pass: Judged = { verdict: judgedAs('pass'), routes };

function days(all: readonly Judged[], everyMs = DAY): (EntrySnapshot | undefined)[] {
  let before: EntrySnapshot | undefined;
  return all.map((judged, i) => {
    const at = START + i * everyMs;
    const after = updateEntry(before, judged, { at, previousAt: i === 0 ? undefined : at - everyMs });
    before = after ?? before;
    return after;
  });
}

test.each([
  { because: 'the same again', next: pass, written: false },
  { because: 'another line number', next: { verdict: judgedAs('pass', null, { line: 7 }), routes }, written: false },
  {
    because: 'another address',
    next: { verdict: judgedAs('pass'), routes: [route(['mx1.example', 10, '192.0.2.9'], ['mx2.example', 20])] },
    written: false,
  },
  {
    because: 'other preferences',
    next: { verdict: judgedAs('pass'), routes: [route(['mx2.example', 5], ['mx1.example', 10])] },
    written: false,
  },
  {
    because: 'another host',
    next: { verdict: judgedAs('pass'), routes: [route(['mx1.example', 10], ['mx3.example', 20])] },
    written: true,
  },
  { because: 'another verdict', next: { verdict: judgedAs('fail', 'name-mismatch'), routes }, written: true },
  {
    because: 'a date in sight',
    next: { verdict: judgedAs('pass', null, { failsFrom: '2027-01-03T12:00:00Z' }), routes },
    written: true,
  },
  { because: 'another level', next: { verdict: judgedAs('pass', null, { level: 'verify' }), routes }, written: true },
  { because: 'undetermined', next: { verdict: judgedAs('undetermined', 'timed-out'), routes: [] }, written: true },
])('written is $written: $because', ({ next, written }) => {
  expect(days([pass, next])[1] !== undefined).toBe(written);
});

test('since when: verdict and reason together', () => {
  const fail = (sentence: string): Judged => ({ verdict: judgedAs('fail', 'name-mismatch', { sentence }), routes });
  const all = days([pass, fail('one'), fail('two'), { verdict: judgedAs('fail', 'expired'), routes }]);
  expect(all.map((one) => one && [one.reason, one.sentence, (one.since - START) / DAY, (one.firstAt - START) / DAY])).toEqual([
    [null, '', 0, 0],
    ['name-mismatch', 'one', 1, 0],
    ['name-mismatch', 'two', 1, 0],
    ['expired', '', 3, 0],
  ]);
});

test('an undetermined run keeps what was known, and is written down once', () => {
  const unseen = (cause: 'timed-out' | 'dns-servfail'): Judged => ({ verdict: judgedAs('undetermined', cause), routes: [] });
  const all = days([pass, unseen('timed-out'), unseen('timed-out'), unseen('dns-servfail'), pass]);
  expect(all.map((one) => one && [one.verdict, one.routes.length, one.undetermined])).toEqual([
    ['pass', 1, undefined],
    ['pass', 1, { since: START + DAY, cause: 'timed-out' }],
    undefined,
    ['pass', 1, { since: START + DAY, cause: 'dns-servfail' }],
    ['pass', 1, undefined],
  ]);
  expect(all[4]?.since).toBe(START);
});

test('one that was never judged says so from the start', () => {
  const unseen: Judged = { verdict: judgedAs('undetermined', 'timed-out'), routes };
  const all = days([unseen, unseen, pass]);
  expect(all.map((one) => one && [one.verdict, one.undetermined, (one.since - START) / DAY])).toEqual([
    ['undetermined', { since: START, cause: 'timed-out' }, 0],
    undefined,
    ['pass', undefined, 2],
  ]);
});

test('a host that left DNS is remembered for three runs and seven days, and is not published', () => {
  const one: Judged = { verdict: judgedAs('pass'), routes: [route(['mx1.example', 10])] };
  const all = days([pass, ...Array.from({ length: 8 }, () => one)]);
  expect(all.map((entry) => entry?.routes.flatMap((stored) => (stored.kind === 'hosts' ? stored.hosts.length : [])))).toEqual([
    [2],
    ...Array.from({ length: 6 }, () => [2]),
    [1],
    undefined,
  ]);
  const [stored] = all[6]?.routes ?? [];
  expect(stored === undefined ? [] : published(stored).map(({ host }) => host)).toEqual(['mx1.example']);
});

test('a hundred hosts are kept, and how many more there are', () => {
  const many = Array.from({ length: 130 }, (_, i) => [`mx${i}.example`, i] as const);
  const [entry] = days([{ verdict: judgedAs('pass'), routes: [route(...many)] }]);
  expect(entry?.routes).toMatchObject([{ more: 30 }]);
  expect(entry?.routes.flatMap(published).length).toBe(100);
});

test.each([
  { because: 'by its own name', shown: { host: 'mx1.example' } },
  { because: 'by the name in the MX record, whatever its alias', shown: { host: 'target.example', published: 'mx1.example' } },
])('what could not be looked at is noted with its host, and is no change by itself: $because', ({ shown }) => {
  const address = (outcome: 'pass' | 'unseen', at: string): AddressVerdict => ({
    address: at,
    port: 25,
    outcome,
    reason: outcome === 'unseen' ? 'no-way-out' : null,
    detail: null,
    phase: null,
    reply: null,
    tls: null,
    asked: [],
    matched: null,
    anchor: null,
    tlsa: null,
    chain: [],
    says: null,
  });
  const hosts = [{ ...shown, preference: 10, addresses: [address('pass', '192.0.2.1'), address('unseen', '2001:db8::1')] }];
  const partly: Judged = { verdict: judgedAs('pass', null, { hosts }), routes };
  const [entry, again] = days([partly, pass]);
  expect(entry?.routes.flatMap(published).map(({ unseen }) => unseen)).toEqual([
    [{ address: '2001:db8::1', phase: 'connect', reason: 'no-way-out' }],
    undefined,
  ]);
  expect(again).toBeUndefined();
});
