/** The one rule about lines whose names DNS chose: moved or not, related or not, proved, confirmed. */
import { describe, expect, test } from 'vitest';
import { type Confirmation, type Memory, memoryOf, withCaution } from '../../lambda/snapshot/caution.ts';
import { type EntrySnapshot, updateEntry } from '../../lambda/snapshot/entry-snapshot.ts';
import { type LastPassed, lastPassed } from '../../lambda/snapshot/last-passed.ts';
import type { EntryVerdict, Suggestion } from '../../lambda/verdict/verdict.ts';
import { address, certificate, DAY, failing, host, passing, START, unseen } from '../alert/verdicts.ts';

const LINE: Suggestion = {
  line: 'a.test secure match=mx.attacker.test',
  restsOn: 'dns',
  because:
    'its names were found through DNS, which is not signed here: check that mail for a.test is meant to go to attacker.test',
  verdict: 'pass',
};
const BEFORE: LastPassed = { hosts: ['mx1.provider.example', 'mx2.provider.example'], domains: ['provider.example'] };
const NAMED: Confirmation = {
  id: 'a.test',
  destination: 'a.test',
  hosts: ['mx.attacker.test'],
  how: 'their postmaster, by telephone',
  by: 'alice',
  at: START - DAY,
  until: START + 89 * DAY,
};

const presenting = (...dnsNames: string[]) =>
  address({ outcome: 'fail', reason: 'name-mismatch', matched: null, chain: [certificate({ dnsNames, commonName: null })] });
const at = (...hosts: (readonly [name: string, ...names: string[]])[]): EntryVerdict =>
  failing('a.test', { suggestion: LINE, hosts: hosts.map(([name, ...names]) => host(name, presenting(...names))) });
const FORGED = at(['mx.attacker.test', 'mx.attacker.test']);
const knowing = (more: Partial<Memory> = {}): Memory => ({
  passed: BEFORE,
  confirmations: [],
  failingSince: START - DAY,
  queueLifetimeMs: 5 * DAY,
  now: START,
  ...more,
});

describe('the line is withheld', () => {
  test.each([
    { because: 'host and certificate are of somebody else', verdict: FORGED },
    { because: 'however long it has lasted', verdict: FORGED, memory: { failingSince: START - 300 * DAY } },
    { because: 'at verify as well', verdict: { ...FORGED, level: 'verify' as const } },
    { because: 'degraded as well', verdict: { ...FORGED, verdict: 'degraded' as const } },
    {
      because: 'one strange host beside the old ones',
      verdict: at(['mx1.provider.example', 'x.provider.example'], ['mx.attacker.test', 'mx.attacker.test']),
    },
    {
      because: 'a strange host that hostname let pass, which the line would name',
      verdict: failing('a.test', {
        suggestion: LINE,
        match: ['hostname'],
        hosts: [
          host('mx1.provider.example', presenting('web.provider.example')),
          host(
            'mx.attacker.test',
            address({ matched: 'mx.attacker.test', chain: [certificate({ dnsNames: ['mx.attacker.test'] })] }),
          ),
        ],
      }),
    },
    {
      because: 'a host below a public suffix that the old one shares',
      verdict: at(['mx.attacker.example.co.uk', 'mx.attacker.example.co.uk']),
      memory: { passed: { hosts: ['mx.good.co.uk'], domains: ['good.co.uk'] } },
    },
    {
      because: 'a customer of the same hosting company',
      verdict: at(['evil.github.io', 'evil.github.io']),
      memory: { passed: { hosts: ['good.github.io'], domains: [] } },
    },
    { because: 'a name that only ends like the old one', verdict: at(['mx.notprovider.example', 'mx.notprovider.example']) },
    {
      because: 'another set was confirmed',
      verdict: FORGED,
      memory: { confirmations: [{ ...NAMED, hosts: ['mx.moved.test'] }] },
    },
    {
      because: 'a host came beside the confirmed one',
      verdict: at(['mx.attacker.test', 'mx.attacker.test'], ['mx.third.test', 'mx.third.test']),
      memory: { confirmations: [NAMED] },
    },
    { because: 'another destination was confirmed', verdict: FORGED, memory: { confirmations: [{ ...NAMED, id: 'b.test' }] } },
    { because: 'the confirmation has ended', verdict: FORGED, memory: { confirmations: [{ ...NAMED, until: START }] } },
    {
      because: 'of the certificates then nothing is known',
      verdict: FORGED,
      memory: { passed: { hosts: BEFORE.hosts, domains: [] } },
    },
    {
      because: 'one address of the host presents a related certificate, and the other does not',
      verdict: {
        ...FORGED,
        hosts: [host('mx.attacker.test', presenting('mx.provider.example'), presenting('mx.attacker.test'))],
      },
    },
    { because: 'a certificate without any name', verdict: at(['mx.attacker.test']) },
  ])('$because', ({ verdict, memory }) => {
    const told = withCaution(verdict, knowing(memory));
    expect(told.suggestion).toBeNull();
    expect(told.caution?.kind).toBe('moved');
    expect(JSON.stringify(told)).not.toContain(LINE.line);
    expect({ ...told, suggestion: verdict.suggestion, caution: undefined }).toEqual({ ...verdict, caution: undefined });
  });
});

describe('the line stands at once', () => {
  test.each([
    { because: 'the registrable domain of the host is the same', verdict: at(['new.eu.provider.example', 'new.other.test']) },
    { because: 'written in capitals', verdict: at(['NEW.Provider.Example', 'new.other.test']) },
    {
      because: 'an alias of a host of the same domain',
      verdict: {
        ...FORGED,
        hosts: [{ ...host('mx.attacker.test', presenting('mx.attacker.test')), published: 'mx3.provider.example' }],
      },
    },
    {
      because: 'the certificate has a name of the provider still',
      verdict: at(['mx.moved.test', 'mx.moved.test', 'mx1.provider.example']),
    },
    { because: 'a wildcard of the provider', verdict: at(['mx.moved.test', '*.provider.example']) },
    {
      because: 'a name of the domain that was matched',
      verdict: at(['mx.moved.test', 'mx.a.test']),
      memory: { passed: { hosts: BEFORE.hosts, domains: ['a.test'] } },
    },
    { because: 'DNSSEC proves the hosts', verdict: { ...FORGED, suggestion: { ...LINE, restsOn: 'dnssec' as const } } },
    {
      because: 'it asks for names of the domain alone',
      verdict: { ...FORGED, suggestion: { ...LINE, restsOn: 'policy' as const } },
    },
    { because: 'nothing is remembered', verdict: FORGED, memory: { passed: undefined } },
    { because: 'there is none', verdict: { ...FORGED, suggestion: null } },
    {
      because: 'the strange host delivers as asked',
      verdict: {
        ...at(['mx1.provider.example', 'x.test']),
        hosts: [host('mx1.provider.example', presenting('x.test')), host('mx.elsewhere.test', address())],
      },
    },
    {
      because: 'the strange host was not seen',
      verdict: {
        ...FORGED,
        hosts: [
          host('mx1.provider.example', presenting('x.test')),
          host('mx.elsewhere.test', address({ outcome: 'unseen', reason: 'timed-out', chain: [] })),
        ],
      },
    },
  ])('$because', ({ verdict, memory }) => {
    expect(withCaution(verdict, knowing(memory))).toEqual(verdict);
  });

  test.each([
    { because: 'that set was confirmed', verdict: FORGED },
    { because: 'and one of its hosts is gone', verdict: FORGED, hosts: ['mx.attacker.test', 'mx9.attacker.test'] },
  ])('$because, with who said so', ({ verdict, hosts }) => {
    const told = withCaution(verdict, knowing({ confirmations: [{ ...NAMED, hosts: hosts ?? NAMED.hosts }] }));
    expect(told.caution).toBeUndefined();
    expect(told.suggestion).toEqual({
      ...LINE,
      because: `${LINE.because}. Confirmed by alice on Mon 2026-11-23: their postmaster, by telephone`,
    });
  });
});

test('what is said of it, in full', () => {
  expect(withCaution(FORGED, knowing()).caution).toEqual({
    kind: 'moved',
    sentence:
      'secure may just have done its work: a.test was authenticated at mx1.provider.example and mx2.provider.example before, and DNS, which is not signed here, now names mx.attacker.test, whose domain and certificate have nothing in common with those. A move to another provider looks like this, and so does a forged answer in front of a host of somebody else, to whom the line would deliver the mail. That it lasts proves nothing',
    hosts: ['mx.attacker.test'],
    formerHosts: ['mx1.provider.example', 'mx2.provider.example'],
    bouncesFrom: '2026-11-28T06:00:00.000Z',
    confirm:
      'ask by another way than DNS and mail: by telephone, under a number that you had before, or in a contract or documentation of theirs that you reach without this domain',
    command: 'postfix-tls-watch explain a.test --confirmed "who said so, and how"',
  });
});

test.each([
  { because: 'a queue of ten days', memory: { queueLifetimeMs: 10 * DAY }, from: '2026-12-03T06:00:00.000Z' },
  { because: 'a failure of today', memory: { failingSince: START }, from: '2026-11-29T06:00:00.000Z' },
])('the oldest mail bounces: $because', ({ memory, from }) => {
  expect(withCaution(FORGED, knowing(memory)).caution?.bouncesFrom).toBe(from);
});

test('a destination that no shell takes has no command', () => {
  expect(withCaution({ ...FORGED, destination: 'a\u202e.test' }, knowing()).caution?.command).toBeNull();
});

describe('where mail went when it was proved', () => {
  test.each([
    {
      because: 'hosts and the names that matched',
      verdict: passing('a.test'),
      is: { hosts: ['mx.provider.example'], domains: ['provider.example'] },
    },
    {
      because: 'a name of another customer on the certificate is none of theirs',
      verdict: passing('a.test', {
        hosts: [
          host('mx.provider.example', address({ chain: [certificate({ dnsNames: ['mx.provider.example', 'attacker.test'] })] })),
        ],
      }),
      is: { hosts: ['mx.provider.example'], domains: ['provider.example'] },
    },
    {
      because: 'a digest that matched is no name',
      verdict: passing('a.test', {
        level: 'fingerprint',
        match: [],
        hosts: [host('mx.provider.example', address({ matched: 'AB:CD' }))],
      }),
      is: { hosts: ['mx.provider.example'], domains: [] },
    },
    { because: 'a failure proves nothing', verdict: FORGED, is: BEFORE },
    { because: 'nor does a host that was not seen', verdict: unseen('a.test'), is: BEFORE },
    { because: 'nor encryption alone', verdict: passing('a.test', { level: 'encrypt', protection: 'encrypted' }), is: BEFORE },
    {
      because: 'nor a name that the MX answer chose',
      verdict: passing('a.test', { level: 'verify', match: ['hostname'] }),
      is: BEFORE,
    },
    {
      because: 'at verify with names of its own it does',
      verdict: passing('a.test', { level: 'verify' }),
      is: { hosts: ['mx.provider.example'], domains: ['provider.example'] },
    },
    {
      because: 'a host not seen today keeps what was known',
      verdict: passing('a.test', {
        hosts: [
          host('mx.new.test', address({ matched: 'mx.new.test' })),
          host('mx1.provider.example', address({ outcome: 'unseen', reason: 'timed-out', chain: [], matched: null })),
        ],
      }),
      is: { hosts: ['mx.new.test', 'mx1.provider.example'], domains: ['new.test', 'provider.example'] },
    },
    {
      because: 'a host that fails is not among them',
      verdict: passing('a.test', {
        verdict: 'degraded',
        hosts: [host('mx.provider.example', address()), host('mx.attacker.test', presenting('mx.attacker.test'))],
      }),
      is: { hosts: ['mx.provider.example'], domains: ['provider.example'] },
    },
  ])('$because', ({ verdict, is }) => {
    expect(lastPassed(verdict, BEFORE)).toEqual(is);
  });
});

describe('day by day', () => {
  const route = (...hosts: string[]) => ({
    kind: 'hosts' as const,
    nextHop: 'a.test',
    mx: true,
    hosts: hosts.map((name) => ({ host: name, preference: 10, addresses: ['192.0.2.1'], lookup: 'found' as const })),
  });
  const days = (looks: readonly EntryVerdict[], from?: EntrySnapshot): EntryVerdict[] => {
    let known = from;
    return looks.map((look, i) => {
      const now = START + i * DAY;
      const verdict = withCaution(look, memoryOf(known, { confirmations: [], queueLifetimeMs: 5 * DAY, now }));
      const routes = [route(...verdict.hosts.map(({ host: name }) => name))];
      known = updateEntry(known, { verdict, routes }, { at: now }) ?? known;
      return verdict;
    });
  };
  const lines = (verdicts: readonly EntryVerdict[]) =>
    verdicts.map(({ suggestion, caution }) => (caution === undefined ? (suggestion === null ? '-' : 'line') : 'caution'));

  test('ten days of a forged answer bring no line', () => {
    const told = days([passing('a.test'), ...Array.from({ length: 10 }, () => FORGED)]);
    expect(lines(told)).toEqual(['-', ...Array.from({ length: 10 }, () => 'caution')]);
    expect(new Set(told.slice(1).map(({ caution }) => caution?.bouncesFrom))).toEqual(new Set(['2026-11-30T06:00:00.000Z']));
  });

  test('nor after days that saw nothing, or another failure', () => {
    const expired = failing('a.test', { reason: 'expired' });
    expect(lines(days([passing('a.test'), unseen('a.test'), FORGED, expired, unseen('a.test'), FORGED]))).toEqual([
      '-',
      '-',
      'caution',
      '-',
      '-',
      'caution',
    ]);
  });

  test('a line that was put in makes the new hosts those that are known', () => {
    const moved = passing('a.test', {
      match: ['mx.attacker.test'],
      hosts: [host('mx.attacker.test', address({ matched: 'mx.attacker.test' }))],
    });
    const next = at(['mx2.attacker.test', 'mx2.other.test']);
    const back = at(['mx.provider.example', 'mx.provider.example']);
    expect(lines(days([passing('a.test'), FORGED, moved, next, back]))).toEqual(['-', 'caution', '-', 'line', 'caution']);
  });

  test('an entry that never delivered has its line at the first look', () => {
    expect(lines(days([FORGED, FORGED]))).toEqual(['line', 'line']);
  });

  test('what an older release kept of a passing entry is enough', () => {
    const first = updateEntry(undefined, { verdict: passing('a.test'), routes: [route('mx.provider.example')] }, { at: START });
    if (first === undefined) throw new Error('nothing was kept');
    const { passed: _, ...older } = first;
    expect(lines(days([FORGED, FORGED, FORGED], older))).toEqual(['caution', 'caution', 'caution']);
    expect(lines(days([at(['mx2.provider.example', 'x.other.test'])], older))).toEqual(['line']);
  });

  test('the words stand in the memory too, before the line or in its place', () => {
    const look = (verdict: EntryVerdict) => updateEntry(undefined, { verdict, routes: [] }, { at: START });
    const cautioned = withCaution(FORGED, knowing());
    expect(look(cautioned)).toMatchObject({ suggestion: null, caution: cautioned.caution?.sentence });
    expect(look(FORGED)).toMatchObject({ suggestion: LINE.line, caution: LINE.because });
    expect(look({ ...FORGED, suggestion: { ...LINE, restsOn: 'policy' } })?.caution).toBeUndefined();
  });
});
