import fc from 'fast-check';
import { expect, test } from 'vitest';
import { familyOf } from '../../lambda/postfix/hostname.ts';
import { bytesOf, networkOf, printIpv6, sameAddress } from '../../lambda/route/address.ts';
import { barred } from '../../lambda/route/special-purpose.ts';

test.each([
  { address: '127.0.0.1', purpose: 'loopback' },
  { address: '127.255.255.254', purpose: 'loopback' },
  { address: '10.1.2.3', purpose: 'private network' },
  { address: '172.16.0.1', purpose: 'private network' },
  { address: '172.31.255.255', purpose: 'private network' },
  { address: '192.168.0.1', purpose: 'private network' },
  { address: '100.64.0.1', purpose: 'carrier-grade NAT' },
  { address: '100.127.255.255', purpose: 'carrier-grade NAT' },
  { address: '169.254.169.254', purpose: 'link-local' },
  { address: '0.0.0.0', purpose: 'unspecified' },
  { address: '192.0.0.1', purpose: 'protocol assignment' },
  { address: '192.0.2.1', purpose: 'documentation' },
  { address: '192.88.99.1', purpose: '6to4 relay' },
  { address: '198.19.255.1', purpose: 'benchmarking' },
  { address: '198.51.100.1', purpose: 'documentation' },
  { address: '203.0.113.1', purpose: 'documentation' },
  { address: '224.0.0.1', purpose: 'multicast' },
  { address: '255.255.255.255', purpose: 'reserved' },
  { address: '::', purpose: 'unspecified' },
  { address: '::1', purpose: 'loopback' },
  { address: '::192.0.2.1', purpose: 'unassigned' },
  { address: '::ffff:127.0.0.1', purpose: 'mapped form of a loopback address' },
  { address: '::ffff:a9fe:a9fe', purpose: 'mapped form of a link-local address' },
  { address: '64:ff9b::10.0.0.1', purpose: 'NAT64 form of a private network address' },
  { address: '64:ff9b:1::1', purpose: 'local NAT64' },
  { address: '2002:7f00:1::', purpose: '6to4 form of a loopback address' },
  { address: '2002:c0a8:1::1', purpose: '6to4 form of a private network address' },
  { address: '100::1', purpose: 'discard' },
  { address: '2001::1', purpose: 'Teredo' },
  { address: '2001:2::1', purpose: 'benchmarking' },
  { address: '2001:1ff::1', purpose: 'protocol assignment' },
  { address: '2001:db8:ffff::1', purpose: 'documentation' },
  { address: '3fff:fff::1', purpose: 'documentation' },
  { address: '5f00::1', purpose: 'segment routing' },
  { address: 'fd00::1', purpose: 'unique local' },
  { address: 'fe80::1', purpose: 'link-local' },
  { address: 'febf::1', purpose: 'link-local' },
  { address: 'fec0::1', purpose: 'site-local' },
  { address: 'ff02::1', purpose: 'multicast' },
  { address: '4000::1', purpose: 'unassigned' },
  { address: 'fe80::1%eth0', purpose: 'not an address' },
  { address: '010.0.0.1', purpose: 'not an address' },
  { address: 'localhost', purpose: 'not an address' },
  { address: '', purpose: 'not an address' },
])('$address is barred: $purpose', ({ address, purpose }) => {
  expect(barred(address)).toBe(purpose);
});

test.each([
  '1.1.1.1',
  '11.0.0.1',
  '100.63.255.255',
  '100.128.0.1',
  '126.255.255.255',
  '128.0.0.1',
  '172.15.255.255',
  '172.32.0.1',
  '192.0.0.9',
  '192.0.1.1',
  '192.0.3.1',
  '192.167.255.255',
  '198.17.255.255',
  '198.20.0.1',
  '223.255.255.255',
  '2000::1',
  '2001:200::1',
  '2001:3::1',
  '2001:20::1',
  '2001:4860:4860::8888',
  '2001:db7:ffff::1',
  '2001:db9::1',
  '2002:101:101::1',
  '2a01:4f8::1',
  '3fff:1000::1',
  '::ffff:1.1.1.1',
  '64:ff9b::1.1.1.1',
])('%s may be connected to', (address) => {
  expect(barred(address)).toBeUndefined();
});

test.each([
  ['192.0.2.77', 'c00002/24'],
  ['2001:db8:1:2::3', '20010db80001/48'],
  ['2001:DB8:1:ffff::', '20010db80001/48'],
  ['::ffff:192.0.2.1', '000000000000/48'],
  ['no address', 'no address'],
])('%s belongs to the network %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test.each([
  ['2001:db8::1', '2001:0DB8:0:0:0:0:0:1', true],
  ['::ffff:192.0.2.1', '::ffff:c000:201', true],
  ['192.0.2.1', '192.0.2.2', false],
  ['192.0.2.1', '::ffff:192.0.2.1', false],
  ['a', 'a', false],
])('%s and %s are the same: %s', (one, other, same) => {
  expect(sameAddress(one, other)).toBe(same);
});

test('bytes and text of an IPv6 address are one another', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.array(fc.nat(15)), (bytes, zeros) => {
      for (const i of zeros) bytes[i] = 0;
      const text = printIpv6(bytes);
      expect(familyOf(text)).toBe('ipv6');
      expect(bytesOf(text)).toEqual([...bytes]);
    }),
  );
});

test('whatever the text, it has a network and either a purpose or none', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()), (text) => {
      expect(typeof networkOf(text)).toBe('string');
      expect(['string', 'undefined']).toContain(typeof barred(text));
    }),
  );
});
