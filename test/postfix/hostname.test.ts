import { expect, test } from 'vitest';
import {
  isHostAddress,
  isHostname,
  isHostnameOrWildcard,
  isNameOrAddress,
  isUtf8Hostname,
  toAscii,
} from '../../lambda/postfix/hostname.ts';

test.each([
  { name: 'example.com', is: true, because: 'a plain name' },
  { name: 'com', is: true, because: 'one label is a name' },
  { name: 'a_b.example', is: true, because: 'Postfix allows an underscore' },
  { name: '1.2.3.4a', is: true, because: 'one letter makes it a name' },
  { name: 'xn--bcher-kva.example', is: true, because: 'an A-label is ASCII' },
  { name: '', is: false, because: 'empty' },
  { name: 'example.com.', is: false, because: 'a trailing dot' },
  { name: '.example.com', is: false, because: 'a leading dot' },
  { name: 'a..b', is: false, because: 'an empty label' },
  { name: '192.0.2.1', is: false, because: 'digits and dots alone' },
  { name: '-a.example', is: false, because: 'a hyphen at the start of a label' },
  { name: 'a-.example', is: false, because: 'a hyphen at the end of a label' },
  { name: '*.example', is: false, because: 'a star' },
  { name: '[h]', is: false, because: 'brackets' },
  { name: 'h:25', is: false, because: 'a port' },
  { name: `${'a'.repeat(64)}.example`, is: false, because: 'a label of 64' },
  { name: 'abc.'.repeat(64).concat('abcd'), is: false, because: 'more than 255 in all' },
  { name: 'bücher.example', is: false, because: 'U-labels are not ASCII' },
])('isHostname $name: $because', ({ name, is }) => {
  expect(isHostname(name)).toBe(is);
});

test('from 3.0 a U-label is judged by its A-label', () => {
  expect(isUtf8Hostname('bücher.example', '3.7')).toBe(true);
  expect(isUtf8Hostname('bücher.example', '2.11')).toBe(false);
  expect(isUtf8Hostname('b\u00fccher .example', '3.7')).toBe(false);
});

test.each([
  { text: '192.0.2.1', is: true, because: 'IPv4' },
  { text: '010.0.0.1', is: true, because: 'leading zeros pass' },
  { text: '0.0.0.0', is: true, because: 'the unspecified address' },
  { text: '2001:db8::1', is: true, because: 'IPv6' },
  { text: '::', is: true, because: 'nothing but zeros' },
  { text: '::ffff:192.0.2.1', is: true, because: 'an IPv4 tail' },
  { text: '1:2:3:4:5:6:7:8', is: true, because: 'eight fields' },
  { text: '0.1.2.3', is: false, because: 'of network 0 only 0.0.0.0' },
  { text: '256.0.0.1', is: false, because: 'an octet above 255' },
  { text: '1.2.3', is: false, because: 'three octets' },
  { text: '1.2.3.4.5', is: false, because: 'five octets' },
  { text: '1:2:3:4:5:6:7', is: false, because: 'seven fields' },
  { text: '1::2::3', is: false, because: 'two runs of zeros' },
  { text: '1:2:3:4:5:6:7:8:9', is: false, because: 'nine fields' },
  { text: 'fe80::1%eth0', is: false, because: 'a zone' },
  { text: 'example.com', is: false, because: 'a name' },
  { text: '12345::', is: false, because: 'five digits' },
])('isHostAddress $text: $because', ({ text, is }) => {
  expect(isHostAddress(text)).toBe(is);
});

test('ASCII passes untouched, as domainToASCII would read 10.1 as an address', () => {
  expect(toAscii('10.1')).toBe('10.1');
  expect(toAscii('BÜCHER.example')).toBe('xn--bcher-kva.example');
  expect(toAscii('\u2028')).toBe('\u2028');
});

test.each([
  ['a.test', true],
  ['A-b_c.test', true],
  ['*.a.test', true],
  ['_25._tcp.mx.a.test', true],
  ['a', true],
  ['*', false],
  ['a.*.test', false],
  ['*a.test', false],
  ['-a.test', false],
  ['a-.test', false],
  ['a.test.', false],
  ['a..test', false],
  ['', false],
  ['1.2.3.4', false],
  ['a b', false],
  ['bücher.test', false],
  ['a\\000b.test', false],
  [`${'a'.repeat(64)}.test`, false],
  [`${'abcdefgh.'.repeat(29)}test`, false],
])('"%s" is a host name or a wildcard: %s', (name, is) => {
  expect(isHostnameOrWildcard(name)).toBe(is);
});

test('an address in place of a name is tolerated', () => {
  expect([isNameOrAddress('192.0.2.1'), isNameOrAddress('2001:db8::1'), isNameOrAddress('192.0.2')]).toEqual([true, true, false]);
});
