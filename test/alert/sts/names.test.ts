/** Which lines rest on a policy, and which on DNS. */
import { describe, expect, test } from 'vitest';
import { isFromDns, left, namedEntry, restsOn, uncovered } from '../../../lambda/alert/sts/names.ts';
import type { EntryVerdict } from '../../../lambda/verdict/verdict.ts';
import { passing } from '../verdicts.ts';

describe('a line and the hosts of a policy', () => {
  test.each([
    { because: 'the host itself', match: ['mx1.p.net'], mx: ['mx1.p.net'], rests: true, uncovers: [] },
    { because: 'without case', match: ['MX1.P.net'], mx: ['mx1.p.net'], rests: true, uncovers: [] },
    { because: 'every name below', match: ['.p.net'], mx: ['mx1.p.net', '*.in.p.net'], rests: true, uncovers: [] },
    { because: 'the star as a parent', match: ['.p.net'], mx: ['*.p.net'], rests: true, uncovers: [] },
    { because: 'a host of the star', match: ['mx1.p.net'], mx: ['*.p.net'], rests: true, uncovers: ['*.p.net'] },
    { because: 'one of two', match: ['mx1.p.net'], mx: ['mx1.p.net', 'mx2.p.net'], rests: true, uncovers: ['mx2.p.net'] },
    { because: 'beside names of its own', match: ['nexthop', 'mx1.p.net'], mx: ['mx1.p.net'], rests: true, uncovers: [] },
    { because: 'another host', match: ['mx1.p.net'], mx: ['mx2.p.net'], rests: false, uncovers: ['mx2.p.net'] },
    { because: 'an end that looks alike', match: ['.p.net'], mx: ['mx.evilp.net'], rests: false, uncovers: ['mx.evilp.net'] },
    { because: 'the parent itself', match: ['.p.net'], mx: ['p.net'], rests: false, uncovers: ['p.net'] },
    {
      because: 'words are no names',
      match: ['hostname', 'nexthop', 'dot-nexthop'],
      mx: ['hostname'],
      rests: false,
      uncovers: ['hostname'],
    },
    { because: 'no host', match: ['mx1.p.net'], mx: [], rests: false, uncovers: [] },
  ])('$because', ({ match, mx, rests, uncovers }) => {
    expect([restsOn({ match }, mx), uncovered({ match }, mx)]).toEqual([rests, uncovers]);
  });

  test.each([
    {
      because: 'the name that went',
      match: ['a.p.net', 'b.p.net'],
      before: ['a.p.net', 'b.p.net'],
      after: ['b.p.net'],
      is: ['a.p.net'],
    },
    { because: 'not one that was in neither', match: ['c.p.net'], before: ['a.p.net'], after: ['b.p.net'], is: [] },
    { because: 'not one that still takes another', match: ['.p.net'], before: ['a.p.net'], after: ['b.p.net'], is: [] },
  ])('left: $because', ({ match, before, after, is }) => {
    expect(left({ match }, before, after)).toEqual(is);
  });
});

test.each([
  { because: 'the host name that DNS gives', match: ['hostname'], is: true },
  { because: 'a name beyond the domain', match: ['mx.p.net'], is: true },
  { because: 'a parent beyond it', match: ['nexthop', '.p.net'], is: true },
  { because: 'the domain, asked for', match: ['nexthop', 'dot-nexthop'], is: false },
  { because: 'the domain, written out', match: ['a.test', '.a.test'], is: false },
  { because: 'a name of the domain', match: ['mx.a.test'], is: false },
])('from DNS: $because: $is', ({ match, is }) => {
  expect(isFromDns({ match }, 'a.test')).toBe(is);
});

describe('the entries that are looked at', () => {
  const secure = (more: Partial<EntryVerdict>): EntryVerdict => ({
    ...passing('a.test'),
    ...{
      table: 'hash:/etc/postfix/tls_policy',
      line: 3,
      key: 'a.test',
      destination: 'a.test',
      level: 'secure',
      match: ['mx.p.net'],
    },
    ...{ verdict: 'pass', nextHop: { text: 'a.test', host: 'A.test', port: 25, mx: true, via: 'recipient' } },
    ...more,
  });

  test('a line that asks for names, by the domain of its next hop', () => {
    expect(namedEntry(secure({}))).toEqual({
      domain: 'a.test',
      entry: { id: 'a.test', label: 'a.test', destination: 'a.test', line: 3, match: ['mx.p.net'] },
    });
  });

  test.each<{ because: string; more: Partial<EntryVerdict> }>([
    { because: 'no line at all', more: { table: null, line: null } },
    { because: 'an answer of a daemon for MTA-STS', more: { table: 'socketmap:inet:127.0.0.1:8461:postfix', line: null } },
    { because: 'another level', more: { level: 'encrypt' } },
    { because: 'names of the domain alone', more: { match: ['nexthop', 'dot-nexthop'] } },
    { because: 'a next hop without MX', more: { nextHop: { text: '[a]', host: 'a', port: 25, mx: false, via: 'recipient' } } },
    { because: 'no next hop', more: { nextHop: null } },
    { because: 'nothing to check', more: { verdict: 'unchecked' } },
  ])('none for $because', ({ more }) => {
    expect(namedEntry(secure(more))).toBeUndefined();
  });
});
