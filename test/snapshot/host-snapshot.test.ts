/** One host as it presents itself: what is written, what is kept, and for how long. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  certificatesOf,
  current,
  hostKey,
  observeHosts,
  offerDigest,
  sightingKey,
  updateHost,
} from '../../lambda/snapshot/host-snapshot.ts';
import { type Answer, conversation, conversationOf, DAY, live, noTls, START, unseen } from './days.ts';

/** What stands for DER: digests are over any bytes. */
const chain = (...names: string[]): Answer => ({ chain: names.map((name) => Buffer.from(name).toString('base64')) });
const a = chain('a', 'ca');
const b = chain('b', 'ca');

test.each([
  { because: 'the first look', days: [[a]], written: [true] },
  { because: 'the same again', days: [[a], [a], [a]], written: [true, false, false] },
  { because: 'another address', days: [[a], [{ ...a, address: '198.51.100.9' }]], written: [true, false] },
  { because: 'an address more', days: [[a], [a, a]], written: [true, false] },
  { because: 'another cipher', days: [[a], [{ ...a, cipher: 'TLS_CHACHA20_POLY1305_SHA256' }]], written: [true, false] },
  { because: 'nothing seen', days: [[a], [unseen], [a]], written: [true, false, false] },
  { because: 'nothing ever seen', days: [[unseen]], written: [false] },
  { because: 'another certificate', days: [[a], [b]], written: [true, true] },
  { because: 'another intermediate', days: [[a], [chain('a', 'ca2')]], written: [true, true] },
  { because: 'one of two missing', days: [[a, b], [a]], written: [true, true] },
  {
    because: 'both in other places',
    days: [
      [a, b],
      [b, a],
    ],
    written: [true, false],
  },
  { because: 'no STARTTLS', days: [[a], [noTls], [noTls]], written: [true, true, true] },
])('written $written: $because', ({ days, written }) => {
  expect(live(days as Answer[][]).map((day) => day.written)).toEqual(written);
});

test('an absence is forgotten only after three runs and seven days', () => {
  const remembered = (everyMs: number) =>
    live([[a], ...Array.from({ length: 12 }, () => [b])], everyMs).map(({ snapshot }) => snapshot?.sightings.length);
  // Met at 0; three runs later seven days are not over, or seven days later not three runs.
  expect(remembered(DAY)).toEqual([1, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1]);
  expect(remembered(DAY / 24)).toEqual([1, ...Array.from({ length: 12 }, () => 2)]);
  expect(remembered(7 * DAY)).toEqual([1, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
});

test('what is met each day is dated to the run before it was missed', () => {
  const days = live([[a], [a], [a], [a], [b], [b]]);
  const [fresh, old] = days[5]?.snapshot?.sightings ?? [];
  expect([old?.lastAt, old?.missed]).toEqual([START + 3 * DAY, 2]);
  expect([fresh?.firstAt, fresh?.lastAt, fresh?.missed]).toEqual([START + 4 * DAY, START + 5 * DAY, 0]);
});

test('a host that mints a certificate per connection fills no table', () => {
  const days = live(
    Array.from({ length: 100 }, (_, i) => [chain(`one ${i}`)]),
    3_600_000,
  );
  expect(days.at(-1)?.snapshot?.sightings.length).toBe(32);
  expect(current(days.at(-1)?.snapshot ?? ({ sightings: [] } as never)).length).toBe(1);
});

test('a clock that was set back makes nothing older', () => {
  const [observed] = observeHosts([a].map(conversationOf));
  const [next] = observeHosts([b].map(conversationOf));
  if (observed === undefined || next === undefined) throw new Error('nothing observed');
  const first = updateHost(undefined, observed, { at: START });
  const second = updateHost(first, next, { at: START - 5 * DAY, previousAt: START });
  expect(second?.sightings.map(({ lastAt, missed }) => [lastAt, missed])).toEqual([
    [START - 5 * DAY, 0],
    [START, 1],
  ]);
});

test('trust that turned is written, trust nobody asked for is kept', () => {
  const anchored = { ...a, trust: { kind: 'anchored', anchor: '/CN=Root' } } as Answer;
  const lost = { ...a, trust: { kind: 'untrusted', reason: 'expired' } } as Answer;
  const days = live([[anchored], [a], [lost], [lost]]);
  expect(days.map(({ written }) => written)).toEqual([true, false, true, false]);
  expect(days[3]?.snapshot?.sightings[0]?.trust).toEqual({ kind: 'untrusted', reason: 'expired' });
});

test('conversations are grouped by host, port and what was offered; addresses are kept once and sorted', () => {
  const at = (address: string, answer: Answer, more = {}) => ({
    ...conversationOf(answer, 0),
    conversation: conversation(address, more),
  });
  const conversations = observeHosts([
    at('192.0.2.2', a),
    at('192.0.2.1', a),
    at('192.0.2.1', b, { servername: 'mx.example' }),
    at('192.0.2.1', a, { port: 587 }),
    { ...at('192.0.2.3', a), host: 'other.example' },
    at('192.0.2.9', unseen),
  ]);
  expect(conversations.map(({ host, port, servername, seen }) => [host, port, servername, seen.length])).toEqual([
    ['mx.example', 25, undefined, 2],
    ['mx.example', 25, 'mx.example', 1],
    ['mx.example', 587, undefined, 1],
    ['other.example', 25, undefined, 1],
  ]);
  const [first] = conversations;
  if (first === undefined) throw new Error('nothing observed');
  const snapshot = updateHost(undefined, first, { at: START });
  expect(snapshot?.sightings[0]?.addresses).toEqual(['192.0.2.1', '192.0.2.2']);
  expect(hostKey(first)).toBe(`mx.example:25#${offerDigest(conversation('192.0.2.1'))}`);
  expect(snapshot === undefined ? [] : certificatesOf(snapshot)).toEqual(Object.keys(first.certificates));
});

test('what a server sees decides over the offer, what it does not see does not', () => {
  const base = offerDigest(conversation('192.0.2.1'));
  expect(offerDigest(conversation('192.0.2.2', { id: 'x', port: 26 }))).toBe(base);
  expect(offerDigest(conversation('192.0.2.1', { discardEhloKeywords: ['pipelining'] }))).toBe(base);
  const others = [
    { servername: 'a' },
    { wrapperMode: true },
    { discardEhloKeywords: ['starttls'] },
    { offer: { kind: 'impossible', because: '' } },
  ] as const;
  expect(new Set([base, ...others.map((more) => offerDigest(conversation('192.0.2.1', more)))]).size).toBe(5);
});

test('whatever the order of looks, what is current is what was met last', () => {
  const answers = fc.array(fc.constantFrom(a, b, noTls, unseen), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(answers, { minLength: 1, maxLength: 20 }), fc.constantFrom(DAY, DAY / 24), (days, everyMs) => {
      const lived = live(days, everyMs);
      lived.forEach(({ snapshot }, i) => {
        const [met] = observeHosts((days[i] ?? []).map(conversationOf));
        if (snapshot === undefined || met === undefined) return;
        const keys = (results: readonly { result: Parameters<typeof sightingKey>[0] }[]) =>
          new Set(results.map(({ result }) => sightingKey(result)));
        expect(keys(current(snapshot))).toEqual(keys(met.seen));
        for (const { firstAt, lastAt } of snapshot.sightings) expect(firstAt).toBeLessThanOrEqual(lastAt);
      });
    }),
  );
});
