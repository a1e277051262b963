import { expect, test } from 'vitest';
import { countsOf, figuresOf } from '../../../lambda/run/watch/figures.ts';
import type { AddressVerdict, EntryVerdict } from '../../../lambda/verdict/verdict.ts';

const at = Date.UTC(2026, 10, 24, 6);

test('entries are counted by verdict, and what nobody watches apart', () => {
  const verdicts = [
    entry({ verdict: 'pass' }),
    entry({ verdict: 'pass' }),
    entry({ verdict: 'degraded' }),
    entry({ verdict: 'undetermined', reason: 'timed-out' }),
    entry({ verdict: 'unchecked', reason: 'level-none' }),
  ];
  expect(countsOf(verdicts, 7, at)).toEqual({
    pass: 2,
    degraded: 1,
    fail: 0,
    undetermined: 1,
    unchecked: 1,
    notWatched: 1,
    unfinished: 0,
    conversations: 7,
  });
});

test('an entry that time was too short for is unfinished, one that timed out is not', () => {
  const verdicts = [
    entry({ verdict: 'undetermined', hosts: hosts('not-attempted') }),
    entry({ verdict: 'undetermined', hosts: hosts('timed-out') }),
  ];
  expect(countsOf(verdicts, 1, at)).toMatchObject({ undetermined: 2, unfinished: 1 });
});

const DAYS = [
  { because: 'nothing is in sight', verdicts: [entry({ verdict: 'pass' })], days: undefined },
  { because: 'an entry fails now', verdicts: [entry({ verdict: 'pass' }), entry({ verdict: 'fail' })], days: 0 },
  {
    because: 'the nearest end counts, in whole days',
    verdicts: [
      entry({ verdict: 'pass', failsFrom: '2027-01-03T12:00:00Z' }),
      entry({ verdict: 'degraded', failsFrom: '2026-12-04T05:00:00Z' }),
    ],
    days: 9,
  },
  {
    because: 'a date that has passed meanwhile is no negative number',
    verdicts: [entry({ verdict: 'pass', failsFrom: '2026-11-23T00:00:00Z' })],
    days: 0,
  },
];

test.for(DAYS)('days to the first failure: $because', ({ verdicts, days }) => {
  expect(countsOf(verdicts, 0, at).daysToFirstFailure).toBe(days);
});

test('the counts of a record become figures again, an older record without some of them too', () => {
  const rest = { durationMs: 5, completed: true, failed: false, policyInUse: true, blind: false, subscribers: undefined };
  expect(figuresOf({ pass: 2, fail: 1, daysToFirstFailure: 0, requests: 26 }, rest)).toEqual({
    ...rest,
    verdicts: { pass: 2, degraded: 0, fail: 1, undetermined: 0, unchecked: 0 },
    notWatched: 0,
    unfinished: 0,
    toldLate: 0,
    conversations: 0,
    daysToFirstFailure: 0,
  });
});

function entry(given: Partial<EntryVerdict>): EntryVerdict {
  return {
    id: 'example.com',
    table: 'tls_policy',
    line: 1,
    key: 'example.com',
    destination: 'example.com',
    nextHop: null,
    level: 'secure',
    match: [],
    verdict: 'pass',
    reason: null,
    sentence: '',
    protection: 'none',
    postfixWould: null,
    postfixSays: null,
    postfixDsn: null,
    endings: [],
    failsFrom: null,
    degradedFrom: null,
    failsBecause: null,
    suggestion: null,
    hosts: [],
    ...given,
  };
}

function hosts(reason: AddressVerdict['reason']): EntryVerdict['hosts'] {
  const address: AddressVerdict = {
    address: '192.0.2.1',
    port: 25,
    outcome: 'unseen',
    reason,
    detail: null,
    phase: 'connect',
    reply: null,
    tls: null,
    asked: [],
    matched: null,
    anchor: null,
    tlsa: null,
    chain: [],
    says: null,
  };
  return [{ host: 'mx.example.com', preference: 10, addresses: [address] }];
}
