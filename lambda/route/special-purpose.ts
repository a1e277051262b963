/**
 * Addresses that no mail host on the Internet has, by the IANA special-purpose registries (RFC
 * 6890): a name in a stranger's zone must not send us to our own network. An IPv6 address that
 * carries an IPv4 one is judged by both. Pure.
 */
import { bytesOf } from './address.ts';

/**
 * What the address is reserved for (`loopback`, `private network`, …); undefined for one that may
 * be connected to.
 */
export function barred(address: string): string | undefined {
  const bytes = bytesOf(address);
  if (bytes === undefined) return 'not an address';
  return bytes.length === 4 ? barredIpv4(bytes) : barredIpv6(bytes);
}

function barredIpv4(bytes: readonly number[]): string | undefined {
  if (GLOBAL_IPV4.some((prefix) => starts(bytes, prefix))) return undefined;
  return IPV4.find((prefix) => starts(bytes, prefix))?.purpose;
}

function barredIpv6(bytes: readonly number[]): string | undefined {
  const carrier = CARRIERS.find((prefix) => starts(bytes, prefix));
  if (carrier !== undefined) {
    const inner = barredIpv4(bytes.slice(carrier.at, carrier.at + 4));
    return inner === undefined ? undefined : `${carrier.form} of a ${inner} address`;
  }
  if (GLOBAL_IPV6.some((prefix) => starts(bytes, prefix))) return undefined;
  const special = IPV6.find((prefix) => starts(bytes, prefix));
  if (special !== undefined) return special.purpose;
  return starts(bytes, GLOBAL_UNICAST) ? undefined : 'unassigned';
}

interface Prefix {
  readonly bytes: readonly number[];
  readonly length: number;
}

function starts(bytes: readonly number[], { bytes: prefix, length }: Prefix): boolean {
  for (let bit = 0; bit < length; bit += 8) {
    const mask = (0xff << Math.max(0, 8 - (length - bit))) & 0xff;
    if ((((bytes[bit / 8] ?? 0) ^ (prefix[bit / 8] ?? 0)) & mask) !== 0) return false;
  }
  return true;
}

function prefix(text: string): Prefix {
  const [address = '', length] = text.split('/');
  return { bytes: bytesOf(address) ?? [], length: Number(length) };
}

const special = ([text, purpose]: readonly [string, string]) => ({ ...prefix(text), purpose });

/** iana-ipv4-special-registry, and multicast. */
const IPV4 = (
  [
    ['0.0.0.0/8', 'unspecified'],
    ['10.0.0.0/8', 'private network'],
    ['100.64.0.0/10', 'carrier-grade NAT'],
    ['127.0.0.0/8', 'loopback'],
    ['169.254.0.0/16', 'link-local'],
    ['172.16.0.0/12', 'private network'],
    ['192.0.0.0/24', 'protocol assignment'],
    ['192.0.2.0/24', 'documentation'],
    ['192.88.99.0/24', '6to4 relay'],
    ['192.168.0.0/16', 'private network'],
    ['198.18.0.0/15', 'benchmarking'],
    ['198.51.100.0/24', 'documentation'],
    ['203.0.113.0/24', 'documentation'],
    ['224.0.0.0/4', 'multicast'],
    ['240.0.0.0/4', 'reserved'],
  ] as const
).map(special);

/** Inside 192.0.0.0/24 the two anycast addresses are globally reachable. */
const GLOBAL_IPV4 = ['192.0.0.9/32', '192.0.0.10/32'].map(prefix);

/** iana-ipv6-special-registry, and multicast. */
const IPV6 = (
  [
    ['::/128', 'unspecified'],
    ['::1/128', 'loopback'],
    ['64:ff9b:1::/48', 'local NAT64'],
    ['100::/64', 'discard'],
    ['100:0:0:1::/64', 'dummy prefix'],
    ['2001::/32', 'Teredo'],
    ['2001:2::/48', 'benchmarking'],
    ['2001::/23', 'protocol assignment'],
    ['2001:db8::/32', 'documentation'],
    ['3fff::/20', 'documentation'],
    ['5f00::/16', 'segment routing'],
    ['fc00::/7', 'unique local'],
    ['fe80::/10', 'link-local'],
    ['fec0::/10', 'site-local'],
    ['ff00::/8', 'multicast'],
  ] as const
).map(special);

/** Inside 2001::/23 these are globally reachable. */
const GLOBAL_IPV6 = [
  '2001:1::1/128',
  '2001:1::2/128',
  '2001:1::3/128',
  '2001:3::/32',
  '2001:4:112::/48',
  '2001:20::/28',
  '2001:30::/28',
].map(prefix);

/**
 * IPv6 addresses that lead to an IPv4 one, at the byte where it begins. The well-known NAT64 prefix
 * and 6to4 are as good as the address inside.
 */
const CARRIERS = [
  { ...prefix('::ffff:0:0/96'), at: 12, form: 'mapped form' },
  { ...prefix('64:ff9b::/96'), at: 12, form: 'NAT64 form' },
  { ...prefix('2002::/16'), at: 2, form: '6to4 form' },
] as const;

const GLOBAL_UNICAST = prefix('2000::/3');
