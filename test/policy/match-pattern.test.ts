import { expect, test } from 'vitest';
import { parseDigest, parseMatch, printMatch } from '../../lambda/policy/match-pattern.ts';

test.each([
  { element: 'NextHop', pattern: { kind: 'nexthop' }, because: 'keywords are case-insensitive' },
  { element: 'dot-nexthop', pattern: { kind: 'dot-nexthop' }, because: 'below the next hop' },
  { element: 'HOSTNAME', pattern: { kind: 'hostname' }, because: 'the MX name' },
  { element: 'mx.a.test', pattern: { kind: 'name', name: 'mx.a.test' }, because: 'a name' },
  { element: '.a.test', pattern: { kind: 'subdomains', parent: 'a.test' }, because: 'names below' },
  { element: '\u3002a.test', pattern: { kind: 'subdomains', parent: 'a.test' }, because: 'an ideographic full stop is a dot' },
  { element: '*.a.test', pattern: { kind: 'name', name: '*.a.test' }, because: 'a star is a star' },
  { element: 'hostname.test', pattern: { kind: 'name', name: 'hostname.test' }, because: 'no keyword' },
  { element: '.', pattern: { kind: 'subdomains', parent: '' }, because: 'a dot alone names nothing' },
  { element: '\uff0e', pattern: { kind: 'name', name: '\uff0e' }, because: 'but a wide dot alone is text' },
])('$element: $because', ({ element, pattern }) => {
  expect(parseMatch(element)).toEqual(pattern);
});

test('printing gives the element again', () => {
  for (const element of ['nexthop', 'dot-nexthop', 'hostname', 'mx.a.test', '.a.test']) {
    expect(printMatch(parseMatch(element))).toBe(element);
  }
});

test.each([
  { element: 'AA:bb:0C', version: '3.7', digest: 'aabb0c', because: 'colons and case do not matter' },
  { element: 'aabb0c', version: '3.7', digest: 'aabb0c', because: 'colons are optional from 3.6' },
  { element: 'aa:bb0c', version: '3.7', digest: 'aabb0c', because: 'even mixed' },
  { element: 'aa:bb', version: '3.5', digest: 'aabb', because: 'before, with colons' },
  { element: 'aabb', version: '3.5', digest: undefined, because: 'without them it never matches' },
  { element: 'aa:b', version: '3.7', digest: undefined, because: 'half a byte' },
  { element: 'aa:', version: '3.7', digest: undefined, because: 'a colon at the end' },
  { element: ':aa', version: '3.7', digest: undefined, because: 'a colon at the start' },
  { element: 'aa::bb', version: '3.7', digest: undefined, because: 'two colons' },
  { element: 'aag0', version: '3.7', digest: undefined, because: 'no hex digit' },
  { element: '', version: '3.7', digest: undefined, because: 'nothing' },
  { element: 'aa'.repeat(100), version: '3.7', digest: undefined, because: 'longer than any digest' },
])('$element on $version: $because', ({ element, version, digest }) => {
  expect(parseDigest(element, version)).toBe(digest);
});
