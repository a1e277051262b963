/** What a match list can do without, and what it cannot. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parsePolicy } from '../../../lambda/policy/parse.ts';
import { shortened } from '../../../lambda/policy/rewrite/shorten.ts';
import { defaultSettings } from '../../../lambda/policy/settings.ts';

const SETTINGS = defaultSettings('3.11');
const A_TEST = { host: 'a.test' };
const short = (value: string, nextHop: { host: string } | null = A_TEST, isKnown = true) =>
  shortened({ value, policy: parsePolicy(value, '3.11') }, nextHop ?? undefined, SETTINGS, isKnown);

test.each([
  {
    value: 'secure match=mx.b.test:.b.test ciphers=high',
    left: 'secure match=.b.test ciphers=high',
    because: 'a name below a parent',
  },
  { value: 'secure match=.b.test:.mx.b.test', left: 'secure match=.b.test', because: 'a parent below a parent' },
  { value: 'secure match=b.test:c.test:B.test', left: 'secure match=b.test:c.test', because: 'a name twice, in capitals' },
  { value: 'secure match=b.test match=b.test', left: 'secure match=b.test', because: 'two attributes' },
  { value: 'secure match=nexthop:a.test:.b.test', left: 'secure match=nexthop:.b.test', because: 'the next hop in two words' },
  { value: 'secure match=nexthop:dot-nexthop', left: 'secure', because: 'the default of secure' },
  { value: 'secure match=.a.test:a.test ciphers=high', left: 'secure ciphers=high', because: 'the default in other words' },
  { value: 'verify match=hostname', left: 'verify', because: 'the default of verify' },
  { value: 'fingerprint match=AB:CD|abcd|ef01', left: 'fingerprint match=AB:CD|ef01', because: 'a digest twice' },
  { value: 'secure { match = mx.b.test:.b.test }', left: 'secure match=.b.test', because: 'in braces' },
  { value: 'secure match=bücher.test:xn--bcher-kva.test', left: 'secure match=bücher.test', because: 'a name in two forms' },
])('goes: $because', ({ value, left }) => {
  expect(short(value)?.value).toBe(left);
  // What is short stays as it is.
  expect(short(left)).toBeUndefined();
});

test.each([
  { value: 'secure', because: 'there is no list' },
  { value: 'secure match=b.test:.b.test', because: 'a parent is not below itself' },
  { value: 'secure match=b.test:xb.test', because: 'the label differs' },
  { value: 'secure match=*.b.test:.b.test', because: 'a star is asked for as it stands' },
  { value: 'secure match=mx.b.test.:.b.test', because: 'a dot at the end' },
  { value: 'secure match=192.0.2.1:.b.test', because: 'an address is asked for in addition' },
  { value: 'secure match=hostname:.b.test', because: 'hostname is any name' },
  { value: 'secure match=nexthop', because: 'the default has more' },
  { value: 'secure match=.b.com:.com', because: 'what covers it is a public suffix' },
  { value: 'secure match=mx.b.co.uk:.CO.UK', because: 'the same of two labels' },
  { value: 'secure match=mx.b.github.io:.github.io', because: 'the same of the private section' },
  { value: 'secure match=.:b.test', because: 'a dot alone' },
  { value: 'verify match=nexthop:dot-nexthop', because: 'that is the default of another level' },
  { value: 'secure policy_type=sts mx_host_pattern=b.test match=b.test:b.test', because: 'the patterns take its place' },
  { value: 'secure match=', because: 'the entry is broken' },
])('stays: $because', ({ value }) => {
  expect(short(value)).toBeUndefined();
});

test('what a keyword stands for is not known of an entry for many next hops', () => {
  expect(short('secure match=nexthop:a.test', null)).toBeUndefined();
  expect(short('secure match=nexthop:dot-nexthop', null)?.value).toBe('secure');
});

test('settings that are only assumed have no default to rely on', () => {
  expect(short('secure match=nexthop:dot-nexthop', A_TEST, false)).toBeUndefined();
});

test('every element that goes is named', () => {
  expect(short('secure match=mx.b.test:.b.test:.b.test')).toMatchObject({ without: ['mx.b.test', '.b.test'], isDefault: false });
});

test('whatever the list, what is left covers what was there, and is short', () => {
  const element = fc.constantFrom(
    'a.test',
    '.a.test',
    'nexthop',
    'dot-nexthop',
    'b.test',
    '.b.test',
    'mx.b.test',
    '.mx.b.test',
    'hostname',
    '192.0.2.1',
    '*.b.test',
  );
  fc.assert(
    fc.property(fc.array(element, { minLength: 1, maxLength: 6 }), (elements) => {
      const found = short(`secure match=${elements.join(':')}`);
      if (found === undefined) return;
      expect(short(found.value)).toBeUndefined();
      const left = /match=(\S+)/.exec(found.value)?.[1]?.split(':') ?? ['nexthop', 'dot-nexthop'];
      for (const literal of ['192.0.2.1', 'hostname', '*.b.test'] as const)
        expect(left.includes(literal)).toBe(elements.includes(literal));
      const accepts = (list: readonly string[], name: string) =>
        list.some((one) => {
          const meant = { nexthop: 'a.test', 'dot-nexthop': '.a.test' }[one] ?? one;
          return meant.startsWith('.') ? name.endsWith(meant) : name === meant;
        });
      for (const name of ['a.test', 'x.a.test', 'b.test', 'mx.b.test', 'y.mx.b.test', 'z.b.test'])
        expect(accepts(left, name)).toBe(accepts(elements, name));
    }),
  );
});
