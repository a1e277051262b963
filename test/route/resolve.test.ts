import { expect, test } from 'vitest';
import type { NextHop } from '../../lambda/policy/next-hop.ts';
import { defaultSettings, type Settings } from '../../lambda/policy/settings.ts';
import { resolveBatch, resolveRoute } from '../../lambda/route/resolve.ts';
import type { Route } from '../../lambda/route/route.ts';
import { type Said, zone } from './zone.ts';

const domain = (text: string, changes: Partial<NextHop> = {}): NextHop => ({
  text,
  host: text,
  port: 25,
  mx: true,
  via: 'recipient',
  ...changes,
});
const host = (name: string): NextHop => domain(`[${name}]`, { host: name, mx: false });
const settings = (changes: Partial<Settings> = {}): Settings => ({
  ...defaultSettings('3.11'),
  inetProtocols: ['ipv4', 'ipv6'],
  ...changes,
});

/** `10 mx.a.test 192.0.2.1,192.0.2.2 found` for each host. */
const told = (route: Route): readonly string[] =>
  route.kind === 'hosts'
    ? route.hosts.map(
        ({ preference, host: name, canonical, addresses, lookup }) =>
          `${preference} ${name}${canonical === undefined ? '' : `=${canonical}`} ${addresses.join(',')} ${lookup}`,
      )
    : [];

const NOT_FOUND = 'Host or domain name not found. Name service error for';
const NO_DATA = 'Host found but no data record of requested type';

type Zone = Readonly<Record<string, Said>>;

test.each<{ zone: Zone; nextHop?: NextHop; with?: Partial<Settings>; hosts: readonly string[]; because: string }>([
  {
    zone: {
      'a.test MX': ['20 b.test', '10 c.test', '10 d.test'],
      'b.test A': ['192.0.2.1'],
      'c.test A': ['192.0.2.2'],
      'd.test A': ['192.0.2.3'],
    },
    hosts: ['10 c.test 192.0.2.2 found', '10 d.test 192.0.2.3 found', '20 b.test 192.0.2.1 found'],
    because: 'hosts go by preference, equals as answered',
  },
  {
    zone: { 'a.test MX': ['10 b.test'], 'b.test AAAA': ['2001:db8::1'], 'b.test A': ['192.0.2.1', '192.0.2.2'] },
    hosts: ['10 b.test 192.0.2.1,192.0.2.2,2001:db8::1 found'],
    because: 'A comes before AAAA',
  },
  {
    zone: { 'a.test MX': ['10 b.test'], 'b.test AAAA': ['2001:db8::1'], 'b.test A': ['192.0.2.1'] },
    with: { inetProtocols: ['ipv6'] },
    hosts: ['10 b.test 2001:db8::1 found'],
    because: 'a family that is switched off is not asked for',
  },
  {
    zone: { 'a.test A': ['192.0.2.1'] },
    hosts: ['0 a.test 192.0.2.1 found'],
    because: 'without MX the domain itself is the host',
  },
  {
    zone: { 'a.test MX': ['10 b.test', '20 c.test'], 'b.test AAAA': 'servfail', 'c.test A': ['192.0.2.2'] },
    hosts: ['10 b.test  servfail', '20 c.test 192.0.2.2 found'],
    because: 'a failed lookup is harmless next to a host with an address',
  },
  {
    zone: { 'a.test MX': ['10 b.test'], 'b.test AAAA': 'timeout', 'b.test A': ['192.0.2.2'] },
    hosts: ['10 b.test 192.0.2.2 found'],
    because: 'so is one of the other family',
  },
  {
    zone: { 'a.test MX': ['10 b.test', '20 c.test'], 'c.test A': ['192.0.2.2'] },
    hosts: ['10 b.test  none', '20 c.test 192.0.2.2 found'],
    because: 'a host that does not exist is passed over',
  },
  {
    zone: { 'a.test MX': ['10 bad\\032name.test', '20 c.test'], 'c.test A': ['192.0.2.2'] },
    hosts: ['10 bad\\032name.test  not-a-name', '20 c.test 192.0.2.2 found'],
    because: 'and one whose name is none',
  },
  {
    zone: { 'a.test MX': ['10 192.0.2.7', '20 2001:db8::7'] },
    hosts: ['10 192.0.2.7 192.0.2.7 found', '20 2001:db8::7 2001:db8::7 found'],
    because: 'an address in an MX record is used',
  },
  {
    zone: { 'a.test MX': ['10 B.test'], 'b.test A': { alias: 'real.test', data: ['192.0.2.1'] } },
    hosts: ['10 b.test 192.0.2.1 found'],
    because: 'an alias keeps the name of the MX record',
  },
  {
    zone: { 'a.test MX': ['10 b.test'], 'b.test A': { alias: 'real.test', data: ['192.0.2.1'] } },
    with: { cnameOverridesServername: true },
    hosts: ['10 b.test=real.test 192.0.2.1 found'],
    because: 'unless smtp_cname_overrides_servername has its target',
  },
  {
    zone: {
      'a.test MX': ['10 b.test'],
      'b.test A': { alias: 'bad\\032name.test', data: ['192.0.2.1'] },
      'b.test AAAA': ['2001:db8::1'],
    },
    hosts: ['10 b.test 2001:db8::1 found'],
    because: 'an alias to what is no name spoils the answer',
  },
  {
    zone: { 'b.test MX': ['10 c.test'], 'b.test A': ['192.0.2.1'] },
    nextHop: host('b.test'),
    hosts: ['0 b.test 192.0.2.1 found'],
    because: 'brackets ask for no MX',
  },
  { zone: {}, nextHop: host('192.0.2.1'), hosts: ['0 192.0.2.1 192.0.2.1 found'], because: 'an address is its own route' },
  { zone: {}, nextHop: host('2001:db8::1'), hosts: ['0 2001:db8::1 2001:db8::1 found'], because: 'in either family' },
  { zone: {}, nextHop: domain('192.0.2.1'), hosts: ['0 192.0.2.1 192.0.2.1 found'], because: 'with brackets forgotten too' },
  {
    zone: { 'xn--bcher-kva.test MX': ['10 b.test'], 'b.test A': ['192.0.2.1'] },
    nextHop: domain('bücher.test'),
    hosts: ['10 b.test 192.0.2.1 found'],
    because: 'DNS is asked in A-labels',
  },
  {
    zone: { 'a.test MX': 'servfail', 'a.test A': ['192.0.2.1'] },
    with: { ignoreMxLookupError: true },
    hosts: ['0 a.test 192.0.2.1 found'],
    because: 'ignore_mx_lookup_error takes a failed MX lookup for none',
  },
  {
    zone: { 'a.test MX': ['10 b.test'], 'a.test A': ['192.0.2.1'] },
    with: { dnsSupportLevel: 'disabled' },
    hosts: ['0 a.test 192.0.2.1 found'],
    because: 'without DNS support there are no MX records',
  },
  {
    zone: {
      'a.test MX': ['10 b.test', '20 me.test', '20 c.test', '30 d.test'],
      'b.test A': ['192.0.2.1'],
      'me.test A': ['192.0.2.9'],
      'c.test A': ['192.0.2.2'],
      'd.test A': ['192.0.2.3'],
    },
    with: { ownAddresses: ['192.0.2.9'] },
    hosts: ['10 b.test 192.0.2.1 found'],
    because: 'an own address cuts off its preference and what is worse',
  },
  {
    zone: { 'a.test MX': ['10 me.test'], 'me.test A': ['192.0.2.9'] },
    nextHop: domain('a.test', { text: 'a.test:587', port: 587 }),
    with: { ownAddresses: ['192.0.2.9'] },
    hosts: ['10 me.test 192.0.2.9 found'],
    because: 'only on port 25 is an own address ourselves',
  },
])('$because', async ({ zone: sets, nextHop = domain('a.test'), with: changes, hosts }) => {
  const route = await resolveRoute(nextHop, settings(changes), zone(sets).dns);
  expect(told(route)).toEqual(hosts);
  expect(route).toMatchObject({ kind: 'hosts', nextHop: nextHop.text });
});

test.each<{
  zone: Zone;
  nextHop?: NextHop;
  with?: Partial<Settings>;
  reason?: string;
  failure?: string;
  dsn: string;
  text: string;
  because: string;
}>([
  {
    zone: {},
    reason: 'nxdomain',
    dsn: '5.4.4',
    text: `${NOT_FOUND} name=a.test type=AAAA: Host not found`,
    because: 'a domain that does not exist',
  },
  {
    zone: {},
    with: { inetProtocols: ['ipv4'] },
    reason: 'nxdomain',
    dsn: '5.4.4',
    text: `${NOT_FOUND} name=a.test type=A: Host not found`,
    because: 'the type told is the last one asked',
  },
  {
    zone: { 'a.test MX': [], 'a.test A': [] },
    reason: 'no-address',
    dsn: '5.4.4',
    text: `${NOT_FOUND} name=a.test type=AAAA: Host found but no data record of requested type`,
    because: 'neither MX nor address',
  },
  {
    zone: { 'a.test MX': ['0 .'] },
    reason: 'null-mx',
    dsn: '5.1.0',
    text: 'Domain a.test does not accept mail (nullMX)',
    because: 'null MX',
  },
  {
    zone: { 'a.test MX': ['10 b.test', '20 .'], 'b.test A': ['192.0.2.1'] },
    reason: 'null-mx',
    dsn: '5.1.0',
    text: 'Domain a.test does not accept mail (nullMX)',
    because: 'null MX next to a real one',
  },
  {
    zone: { 'a.test MX': ['10 b.test', '20 c.test'], 'c.test TXT': [] },
    reason: 'no-address',
    dsn: '5.4.4',
    text: `${NOT_FOUND} name=c.test type=AAAA: Host found but no data record of requested type`,
    because: 'no MX host with an address: the last one is told',
  },
  {
    zone: { 'a.test MX': ['10 b.test'] },
    with: { deferIfNoMxAddressFound: true },
    reason: 'no-address',
    dsn: '4.4.4',
    text: `${NOT_FOUND} name=b.test type=AAAA: Host not found`,
    because: 'smtp_defer_if_no_mx_address_found defers',
  },
  {
    zone: {},
    with: { deferIfNoMxAddressFound: true },
    reason: 'nxdomain',
    dsn: '5.4.4',
    text: `${NOT_FOUND} name=a.test type=AAAA: Host not found`,
    because: 'but only for MX hosts',
  },
  {
    zone: { 'a.test MX': 'servfail' },
    failure: 'servfail',
    dsn: '4.4.3',
    text: `${NOT_FOUND} name=a.test type=MX: Host not found, try again`,
    because: 'MX lookup fails',
  },
  {
    zone: { 'a.test MX': 'timeout' },
    failure: 'timeout',
    dsn: '4.4.3',
    text: `${NOT_FOUND} name=a.test type=MX: Host not found, try again`,
    because: 'MX lookup times out',
  },
  {
    zone: { 'a.test MX': 'malformed' },
    failure: 'malformed',
    dsn: '4.4.3',
    text: 'Name service error for name=a.test type=MX: Malformed or unexpected name server reply',
    because: 'MX answer is garbage',
  },
  {
    zone: { 'a.test MX': ['10 b.test'], 'b.test A': 'refused', 'b.test AAAA': [] },
    failure: 'refused',
    dsn: '4.4.3',
    text: `${NOT_FOUND} name=b.test type=A: Host not found, try again`,
    because: 'a failed address lookup outweighs a final one',
  },
  {
    zone: { 'a.test MX': ['10 b.test', '20 c.test'], 'b.test A': 'servfail' },
    failure: 'servfail',
    dsn: '4.4.4',
    text: `${NOT_FOUND} name=c.test type=AAAA: Host not found`,
    because: 'soft before hard: the code stays soft, the text is the last',
  },
  {
    zone: { 'a.test MX': ['10 b.test', '20 c.test'], 'c.test A': 'servfail' },
    failure: 'servfail',
    dsn: '4.4.3',
    text: `${NOT_FOUND} name=c.test type=A: Host not found, try again`,
    because: 'hard before soft',
  },
  {
    zone: { 'a.test MX': 'servfail' },
    with: { ignoreMxLookupError: true },
    reason: 'no-address',
    dsn: '5.4.4',
    text: `${NOT_FOUND} name=a.test type=AAAA: Host found but no data record of requested type`,
    because: 'a failed MX lookup ignored, and no address either',
  },
  {
    zone: { 'a.test MX': ['10 -bad.test', '20 b\\000d.test'] },
    reason: 'not-a-name',
    dsn: '5.4.4',
    text: 'Name service error for name=a.test type=MX: Malformed or unexpected name server reply',
    because: 'no MX record names a host',
  },
  {
    zone: {},
    nextHop: domain('no_dots but a blank'),
    reason: 'not-a-name',
    dsn: '5.4.4',
    text: 'Name service error for no_dots but a blank: invalid host or domain name',
    because: 'what is no name is never sent',
  },
  {
    zone: {},
    nextHop: host('2001:db8::1'),
    with: { inetProtocols: ['ipv4'] },
    reason: 'not-a-name',
    dsn: '5.4.4',
    text: 'Name service error for 2001:db8::1: invalid host or domain name',
    because: 'an address of a family that is switched off is not even a name',
  },
  {
    zone: { 'a.test MX': ['10 me.test', '20 b.test'], 'me.test A': ['192.0.2.9'], 'b.test A': ['192.0.2.1'] },
    with: { ownAddresses: ['192.0.2.9'] },
    reason: 'loops',
    dsn: '5.4.6',
    text: 'mail for a.test loops back to myself',
    because: 'the best MX is an own address',
  },
  {
    zone: { 'a.test MX': ['10 b.test', '20 me.test'], 'me.test A': ['192.0.2.9'] },
    with: { ownAddresses: ['192.0.2.9'] },
    reason: 'loops',
    dsn: '4.4.4',
    text: 'unable to find primary relay for a.test',
    because: 'we are the backup, and the better host has no address',
  },
  {
    zone: { 'b.test A': ['192.0.2.9'] },
    nextHop: host('b.test'),
    with: { ownAddresses: ['192.0.2.9'] },
    reason: 'loops',
    dsn: '5.4.6',
    text: 'mail for b.test loops back to myself',
    because: 'a bracketed host is ours',
  },
  {
    zone: {},
    nextHop: domain('relay.test', { via: 'relayhost' }),
    with: { relayhost: 'relay.test' },
    reason: 'nxdomain',
    dsn: '4.3.5',
    text: `${NOT_FOUND} name=relay.test type=AAAA: Host not found`,
    because: 'a relayhost that does not exist is our own slip',
  },
  {
    zone: { 'relay.test MX': ['0 .'] },
    nextHop: domain('relay.test', { via: 'fallback-relay' }),
    reason: 'null-mx',
    dsn: '4.3.5',
    text: 'Domain relay.test does not accept mail (nullMX)',
    because: 'and so is a fallback relay',
  },
  {
    zone: { 'b.test A': [] },
    nextHop: domain('b.test'),
    with: { dnsSupportLevel: 'disabled' },
    reason: 'no-address',
    dsn: '5.3.0',
    text: 'unable to look up host b.test: No address associated with hostname',
    because: 'without DNS support getaddrinfo() speaks',
  },
  {
    zone: {},
    nextHop: host('b.test'),
    with: { hostLookup: ['dns', 'native'] },
    reason: 'nxdomain',
    dsn: '5.4.4',
    text: 'unable to look up host b.test: Name or service not known',
    because: 'native after DNS has the last word',
  },
  {
    zone: { 'b.test A': 'servfail', 'b.test AAAA': 'servfail' },
    nextHop: host('b.test'),
    with: { hostLookup: ['dns', 'native'] },
    failure: 'servfail',
    dsn: '4.4.3',
    text: `${NOT_FOUND} name=b.test type=AAAA: Host not found, try again`,
    because: 'but is not asked after a failure',
  },
  {
    zone: { 'b.test A': 'servfail', 'b.test AAAA': 'servfail' },
    nextHop: host('b.test'),
    with: { hostLookup: ['native'] },
    failure: 'servfail',
    dsn: '4.4.4',
    text: 'unable to look up host b.test: Temporary failure in name resolution',
    because: 'native alone fails in its own words',
  },
])('nowhere: $because', async ({ zone: sets, nextHop = domain('a.test'), with: changes, reason, failure, dsn, text }) => {
  const route = await resolveRoute(nextHop, settings(changes), zone(sets).dns);
  const expected = reason === undefined ? { kind: 'unanswered', failure } : { kind: 'nowhere', reason };
  expect(route).toMatchObject({ ...expected, nextHop: nextHop.text, dsn, text });
});

test.each<{ zone: Zone; with?: Partial<Settings>; held: unknown; because: string }>([
  { zone: { 'b.test A': ['192.0.2.1'], 'c.test A': ['192.0.2.2'] }, held: undefined, because: 'every host has an address' },
  {
    zone: { 'c.test A': ['192.0.2.2'] },
    held: { dsn: '5.4.4', text: `${NOT_FOUND} name=c.test type=AAAA: ${NO_DATA}` },
    because: 'a better one does not exist, and the text is of a family of the other',
  },
  {
    zone: { 'c.test A': ['192.0.2.2'], 'c.test AAAA': ['2001:db8::1'] },
    held: { dsn: '5.4.4', text: `${NOT_FOUND} name=b.test type=AAAA: Host not found` },
    because: 'the other has both families',
  },
  {
    zone: { 'b.test A': 'servfail', 'b.test AAAA': 'servfail', 'c.test AAAA': ['2001:db8::1'] },
    held: { dsn: '4.4.3', text: `${NOT_FOUND} name=c.test type=A: ${NO_DATA}` },
    because: 'the code is of the host that failed',
  },
  {
    zone: { 'b.test A': ['192.0.2.1'], 'c.test A': 'servfail', 'c.test AAAA': 'servfail' },
    held: { dsn: '4.4.3', text: `${NOT_FOUND} name=c.test type=AAAA: Host not found, try again` },
    because: 'DNS does not answer for a worse one',
  },
  {
    zone: { 'c.test A': ['192.0.2.2'] },
    with: { relayhost: 'a.test' },
    held: { dsn: '4.3.5', text: `${NOT_FOUND} name=c.test type=AAAA: ${NO_DATA}` },
    because: 'the relayhost is a mistake of ours, and mail waits',
  },
  {
    zone: { 'c.test A': ['192.0.2.2'] },
    with: { deferIfNoMxAddressFound: true },
    held: { dsn: '5.4.4', text: `${NOT_FOUND} name=c.test type=AAAA: ${NO_DATA}` },
    because: 'smtp_defer_if_no_mx_address_found is about a domain without any address',
  },
])('what is held of hosts without address, $because', async ({ zone: sets, with: changes, held }) => {
  const { dns } = zone({ 'a.test MX': ['10 b.test', '20 c.test'], ...sets });
  const route = await resolveRoute(domain('a.test'), settings(changes), dns);
  expect(route.kind === 'hosts' && route.unaddressed).toEqual(held);
});

test('a domain with a thousand MX records has its best hundred looked up', async () => {
  const records = Array.from({ length: 1_000 }, (_, i) => `${1_000 - i} mx${i}.test`);
  const { dns, asked } = zone({ 'a.test MX': records, 'mx999.test A': ['192.0.2.1'] });
  const route = await resolveRoute(domain('a.test'), settings(), dns);
  expect(route.kind === 'hosts' && route.hosts.length).toBe(100);
  expect(asked.length).toBe(201);
});

test('a batch keeps its order', async () => {
  const { dns } = zone({ 'a.test A': ['192.0.2.1'], 'b.test A': ['192.0.2.2'] });
  const routes = await resolveBatch([domain('b.test'), domain('a.test'), domain('b.test')], settings(), dns);
  expect(routes.map((route) => route.nextHop)).toEqual(['b.test', 'a.test', 'b.test']);
});
