/** Whom a hop's mail would meet, row by row; what the demands come to at dane levels is host-demand.test.ts's. */
import { expect, test } from 'vitest';
import type { Hop } from '../../lambda/policy/destinations.ts';
import { defaultSettings } from '../../lambda/policy/settings.ts';
import { type Contact, contactsByHop, contactsOf, conversationsOf } from '../../lambda/probe/contact.ts';
import type { DaneRoute, Found, TlsaFinding } from '../../lambda/route/dane-route.ts';
import type { MxHost, Route } from '../../lambda/route/route.ts';
import { hop } from './demand.ts';

const settings = defaultSettings('3.11');
const SNI = { servername: { kind: 'hostname' } } as const;

const host = (name: string, addresses: readonly string[], more: Partial<MxHost> = {}): MxHost => ({
  host: name,
  preference: 10,
  addresses,
  lookup: 'found',
  ...more,
});

const leadingTo = (...hosts: readonly MxHost[]): Route => ({ kind: 'hosts', nextHop: 'example.test', mx: true, hosts });

function signed(...hosts: readonly (readonly [string, TlsaFinding])[]): DaneRoute {
  return {
    nextHop: 'example.test',
    mx: { secure: true, names: ['example.test'] },
    hosts: hosts.map(([name, tlsa]) => ({ host: name, family: 'ipv4', tlsa })),
  };
}

const records = (base: string): TlsaFinding => ({
  kind: 'records',
  base,
  asked: [`_25._tcp.${base}`],
  records: [{ usage: 3, selector: 1, matchingType: 1, data: 'ab'.repeat(32) }],
});

interface Row {
  readonly hop?: Hop;
  readonly route?: Route;
  readonly tlsa?: DaneRoute;
  /** `HOST ADDRESS DEMAND`, and ` as SNI` where a server name is sent; ` unconnected` where none is met. */
  readonly meets: readonly string[];
  readonly because: string;
}

test.each<Row>([
  {
    route: leadingTo(host('mx1.test', ['192.0.2.1', '2001:db8::1']), host('mx2.test', ['192.0.2.2'])),
    meets: ['mx1.test 192.0.2.1 encrypt', 'mx1.test 2001:db8::1 encrypt', 'mx2.test 192.0.2.2 encrypt'],
    because: 'hosts in order, addresses as answered',
  },
  {
    route: leadingTo(host('mx1.test', [], { lookup: 'none' }), host('mx2.test', ['192.0.2.2'])),
    meets: ['mx2.test 192.0.2.2 encrypt'],
    because: 'nobody is met at a host without addresses',
  },
  {
    hop: hop(SNI),
    route: leadingTo(host('mx.test', ['192.0.2.1'])),
    meets: ['mx.test 192.0.2.1 encrypt as mx.test'],
    because: 'an alias that keeps its name',
  },
  {
    hop: hop(SNI),
    route: leadingTo(host('mx.test', ['192.0.2.1'], { canonical: 'real.test' })),
    meets: ['mx.test 192.0.2.1 encrypt as real.test'],
    because: 'an alias that goes by its target stays the host of the MX record',
  },
  {
    hop: hop(SNI),
    route: leadingTo(
      host('mx1.test', ['192.0.2.1'], { canonical: 'real.test' }),
      host('mx2.test', ['192.0.2.1'], { canonical: 'real.test' }),
    ),
    meets: ['mx1.test 192.0.2.1 encrypt as real.test', 'mx2.test 192.0.2.1 encrypt as real.test'],
    because: 'two aliases of one target are two hosts',
  },
  {
    hop: hop({ level: 'dane' }),
    route: leadingTo(host('mx.test', ['192.0.2.1'])),
    tlsa: signed(['mx.test', records('mx.test')]),
    meets: ['mx.test 192.0.2.1 dane as mx.test'],
    because: 'the name that has the TLSA records is sent',
  },
  {
    hop: hop({ level: 'dane', ...SNI }),
    route: leadingTo(host('mx.test', ['192.0.2.1'], { canonical: 'real.test' })),
    tlsa: signed(['mx.test', records('real.test')]),
    meets: ['mx.test 192.0.2.1 dane as real.test'],
    because: 'TLSA records of an alias are found under the name in the MX record',
  },
  {
    hop: hop({ level: 'dane-only' }),
    route: leadingTo(host('mx1.test', ['192.0.2.1']), host('mx2.test', ['192.0.2.2'])),
    tlsa: signed(['mx1.test', { kind: 'none', asked: [] }], ['mx2.test', records('mx2.test')]),
    meets: ['mx1.test 192.0.2.1 refused unconnected', 'mx2.test 192.0.2.2 dane-only as mx2.test'],
    because: 'a host without records is passed over',
  },
  {
    hop: hop({ level: 'dane' }),
    route: leadingTo(host('mx.test', ['192.0.2.1'])),
    tlsa: signed(['mx.test', { kind: 'failed', failure: 'timeout', query: '_25._tcp.mx.test TLSA' }]),
    meets: ['mx.test 192.0.2.1 failed unconnected'],
    because: 'so is one whose records DNS kept back',
  },
  {
    hop: hop({ level: 'dane' }),
    route: leadingTo(host('mx.test', ['192.0.2.1'])),
    meets: ['mx.test 192.0.2.1 unknown unconnected'],
    because: 'DNSSEC was not asked',
  },
  {
    hop: { ...hop(), demand: { kind: 'broken', warning: 'invalid security level' } },
    route: leadingTo(host('mx.test', ['192.0.2.1'])),
    meets: [],
    because: 'a broken entry connects to nothing',
  },
  { meets: [], because: 'a next hop that was not resolved' },
  {
    hop: hop({}, { text: 'constructor', host: 'constructor' }),
    route: leadingTo(host('mx.test', ['192.0.2.1'])),
    meets: [],
    because: 'nor one with a name that every object inherits',
  },
  {
    route: { kind: 'nowhere', nextHop: 'example.test', reason: 'null-mx', dsn: '5.1.0', text: 'no mail' },
    meets: [],
    because: 'a next hop that leads nowhere',
  },
])('meets: $because', ({ hop: given = hop(), route, tlsa, meets }) => {
  expect(contactsOf(given, found(route, tlsa), settings).map(told)).toEqual(meets);
});

function found(route: Route | undefined, tlsa: DaneRoute | undefined): Found {
  return {
    routes: route === undefined ? {} : { 'example.test': route },
    ...(tlsa === undefined ? {} : { tlsa: { 'example.test': tlsa } }),
  };
}

function told({ host: { host: name }, address, demand, conversation }: Contact): string {
  const where = `${name} ${address} ${demand.kind === 'demand' ? demand.level : demand.kind}`;
  if (conversation === undefined) return `${where} unconnected`;
  expect(conversation.address).toBe(address);
  return conversation.servername === undefined ? where : `${where} as ${conversation.servername}`;
}

test('hops that lead to the same addresses share their conversations, and keep their hosts', () => {
  const one = hop();
  const other = hop({}, { text: 'other.test', host: 'other.test' });
  const strict = hop({ level: 'secure' });
  const routes = {
    'example.test': leadingTo(host('mx.test', ['192.0.2.1', '192.0.2.2'])),
    'other.test': leadingTo(host('alias.test', ['192.0.2.2'])),
  };
  const contacts = contactsByHop([one, other, strict], { routes }, settings);
  expect([...contacts.keys()]).toEqual([one, other, strict]);
  const [shared] = contacts.get(other) ?? [];
  expect(shared?.host.host).toBe('alias.test');
  expect(shared?.conversation).toBe(contacts.get(one)?.[1]?.conversation);

  const had = conversationsOf([...contacts.values()].flat());
  expect(had.map(({ address }) => address)).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.1', '192.0.2.2']);
  expect(new Set(had.map(({ id }) => id)).size).toBe(4);
});

test('an address that is passed over has no conversation to be had', () => {
  const route = leadingTo(host('mx.test', ['192.0.2.1']));
  const contacts = contactsOf(hop({ level: 'dane' }), found(route, undefined), settings);
  expect(contacts).toHaveLength(1);
  expect(conversationsOf(contacts)).toEqual([]);
});
