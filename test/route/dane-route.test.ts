import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { type NextHop, parseNextHop } from '../../lambda/policy/next-hop.ts';
import { defaultSettings } from '../../lambda/policy/settings.ts';
import { type DaneRoute, provesValidation, resolveDane } from '../../lambda/route/dane-route.ts';
import { openDns } from '../../lambda/route/dns.ts';
import type { Dns } from '../../lambda/route/dns-answer.ts';
import { resolveRoute } from '../../lambda/route/resolve.ts';
import { type RecordSet, startDns } from '../internet/dns-server.ts';

const closers: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closers) await close();
});

async function door(sets: readonly RecordSet[]) {
  const server = await startDns(sets);
  closers.push(server.close);
  // Only silence is worth waiting for, and not long.
  const timeoutMs = sets.some(({ fail }) => fail === 'TIMEOUT') ? 1_000 : 30_000;
  return { server, dns: openDns({ servers: [server.resolver], timeoutMs, tries: 1, concurrency: 50 }) };
}

const domain: NextHop = { text: 'a.test', host: 'a.test', port: 25, mx: true, via: 'recipient' };
const settings = { ...defaultSettings('3.11'), inetProtocols: ['ipv4', 'ipv6'] as const };
const TLSA = `3 1 1 ${'ab'.repeat(32)}`;

const signed = (name: string, type: RecordSet['type'], ...data: string[]): RecordSet => ({ name, type, data, ad: true });
const plain = (name: string, type: RecordSet['type'], ...data: string[]): RecordSet => ({ name, type, data });
const failing = (name: string, type: RecordSet['type'], fail: RecordSet['fail'] & string): RecordSet => ({ name, type, fail });

const MX = signed('a.test', 'MX', '10 mx.test');
const records = [{ usage: 3, selector: 1, matchingType: 1, data: 'ab'.repeat(32) }];

test('a name that is too long for DNS has no records', async () => {
  const host = `${Array.from({ length: 4 }, () => 'x'.repeat(61)).join('.')}.test`;
  const { dns } = await door([signed('a.test', 'MX', `10 ${host}`), signed(host, 'A', '192.0.2.1')]);
  const dane = await resolveDane(await resolveRoute(domain, settings, dns), domain, dns);
  expect(dane?.hosts[0]?.tlsa).toEqual({ kind: 'none', asked: [] });
});

test('of a thousand records the first hundred are read, as Postfix reads them', async () => {
  const many = Array.from({ length: 1_000 }, (_, i) => `3 1 1 ${i.toString(16).padStart(64, '0')}`);
  const { dns } = await door([MX, signed('mx.test', 'A', '192.0.2.1'), signed('_25._tcp.mx.test', 'TLSA', ...many)]);
  const dane = await resolveDane(await resolveRoute(domain, settings, dns), domain, dns);
  const tlsa = dane?.hosts[0]?.tlsa;
  expect(tlsa?.kind === 'records' ? tlsa.records.map(({ data }) => Number.parseInt(data, 16)) : tlsa).toEqual(
    Array.from({ length: 100 }, (_, i) => i),
  );
});

test.each<{ sets: readonly RecordSet[]; nextHop?: NextHop; found: Partial<DaneRoute>; because: string }>([
  {
    sets: [MX, signed('mx.test', 'A', '192.0.2.1'), signed('_25._tcp.mx.test', 'TLSA', TLSA)],
    found: {
      mx: { secure: true, names: ['a.test'] },
      hosts: [
        { host: 'mx.test', family: 'ipv4', tlsa: { kind: 'records', base: 'mx.test', asked: ['_25._tcp.mx.test'], records } },
      ],
    },
    because: 'all signed',
  },
  {
    sets: [plain('a.test', 'MX', '10 mx.test'), signed('mx.test', 'A', '192.0.2.1'), signed('_25._tcp.mx.test', 'TLSA', TLSA)],
    found: {
      mx: { secure: false, names: ['a.test'] },
      hosts: [
        { host: 'mx.test', family: 'ipv4', tlsa: { kind: 'records', base: 'mx.test', asked: ['_25._tcp.mx.test'], records } },
      ],
    },
    because: 'an unsigned MX is told, and TLSA asked all the same',
  },
  {
    sets: [
      MX,
      plain('mx.test', 'A', '192.0.2.1'),
      signed('mx.test', 'AAAA', '2001:db8::1'),
      signed('_25._tcp.mx.test', 'TLSA', TLSA),
    ],
    found: {
      hosts: [
        { host: 'mx.test', family: 'ipv4', tlsa: { kind: 'insecure' } },
        { host: 'mx.test', family: 'ipv6', tlsa: { kind: 'records', base: 'mx.test', asked: ['_25._tcp.mx.test'], records } },
      ],
    },
    because: 'each family for itself',
  },
  {
    sets: [MX, signed('mx.test', 'A', '192.0.2.1')],
    found: { hosts: [{ host: 'mx.test', family: 'ipv4', tlsa: { kind: 'none', asked: ['_25._tcp.mx.test'] } }] },
    because: 'no records',
  },
  {
    sets: [MX, signed('mx.test', 'A', '192.0.2.1'), plain('_25._tcp.mx.test', 'TLSA', TLSA)],
    found: { hosts: [{ host: 'mx.test', family: 'ipv4', tlsa: { kind: 'none', asked: ['_25._tcp.mx.test'] } }] },
    because: 'records without AD are none',
  },
  {
    sets: [MX, signed('mx.test', 'A', '192.0.2.1'), failing('_25._tcp.mx.test', 'TLSA', 'SERVFAIL')],
    found: {
      hosts: [{ host: 'mx.test', family: 'ipv4', tlsa: { kind: 'failed', failure: 'servfail', query: '_25._tcp.mx.test TLSA' } }],
    },
    because: 'a failed lookup is no absence',
  },
  {
    sets: [
      MX,
      signed('mx.test', 'CNAME', 'real.test'),
      signed('real.test', 'A', '192.0.2.1'),
      signed('_25._tcp.real.test', 'TLSA', TLSA),
    ],
    found: {
      hosts: [
        { host: 'mx.test', family: 'ipv4', tlsa: { kind: 'records', base: 'real.test', asked: ['_25._tcp.real.test'], records } },
      ],
    },
    because: 'an alias has the records of its target',
  },
  {
    sets: [
      MX,
      signed('mx.test', 'CNAME', 'real.test'),
      signed('real.test', 'A', '192.0.2.1'),
      signed('_25._tcp.mx.test', 'TLSA', TLSA),
    ],
    found: {
      hosts: [
        {
          host: 'mx.test',
          family: 'ipv4',
          tlsa: { kind: 'records', base: 'mx.test', asked: ['_25._tcp.real.test', '_25._tcp.mx.test'], records },
        },
      ],
    },
    because: 'else its own',
  },
  {
    sets: [
      MX,
      signed('mx.test', 'CNAME', 'real.test'),
      signed('real.test', 'A', '192.0.2.1'),
      failing('_25._tcp.real.test', 'TLSA', 'REFUSED'),
      signed('_25._tcp.mx.test', 'TLSA', TLSA),
    ],
    found: {
      hosts: [
        { host: 'mx.test', family: 'ipv4', tlsa: { kind: 'failed', failure: 'refused', query: '_25._tcp.real.test TLSA' } },
      ],
    },
    because: 'but not after a failure',
  },
  {
    sets: [
      MX,
      signed('mx.test', 'CNAME', 'real.test'),
      plain('real.test', 'A', '192.0.2.1'),
      signed('_25._tcp.real.test', 'TLSA', TLSA),
      signed('_25._tcp.mx.test', 'TLSA', TLSA),
    ],
    found: {
      hosts: [
        { host: 'mx.test', family: 'ipv4', tlsa: { kind: 'records', base: 'mx.test', asked: ['_25._tcp.mx.test'], records } },
      ],
    },
    because: 'a signed alias of an unsigned host has its own alone',
  },
  {
    sets: [
      MX,
      plain('mx.test', 'CNAME', 'real.test'),
      signed('real.test', 'A', '192.0.2.1'),
      signed('_25._tcp.mx.test', 'TLSA', TLSA),
    ],
    found: { hosts: [{ host: 'mx.test', family: 'ipv4', tlsa: { kind: 'insecure' } }] },
    because: 'an unsigned alias has none',
  },
  {
    sets: [
      MX,
      signed('mx.test', 'A', '192.0.2.1'),
      signed('_25._tcp.mx.test', 'CNAME', 'tlsa.test'),
      signed('tlsa.test', 'TLSA', TLSA),
    ],
    found: {
      hosts: [
        { host: 'mx.test', family: 'ipv4', tlsa: { kind: 'records', base: 'mx.test', asked: ['_25._tcp.mx.test'], records } },
      ],
    },
    because: 'a TLSA name may be an alias',
  },
  {
    sets: [
      MX,
      signed('mx.test', 'A', '192.0.2.1'),
      plain('_25._tcp.mx.test', 'CNAME', 'tlsa.test'),
      signed('tlsa.test', 'TLSA', TLSA),
    ],
    found: { hosts: [{ host: 'mx.test', family: 'ipv4', tlsa: { kind: 'none', asked: ['_25._tcp.mx.test'] } }] },
    because: 'a signed one',
  },
  {
    sets: [signed('a.test', 'CNAME', 'b.test'), signed('b.test', 'MX', '10 mx.test'), plain('mx.test', 'A', '192.0.2.1')],
    found: {
      mx: { secure: true, names: ['b.test', 'a.test'] },
      hosts: [{ host: 'mx.test', family: 'ipv4', tlsa: { kind: 'insecure' } }],
    },
    because: 'a next hop that is an alias has two names',
  },
  {
    sets: [signed('relay.test', 'A', '192.0.2.1'), signed('_587._tcp.relay.test', 'TLSA', TLSA)],
    nextHop: { text: '[relay.test]:587', host: 'relay.test', port: 587, mx: false, via: 'transport' },
    found: {
      hosts: [
        {
          host: 'relay.test',
          family: 'ipv4',
          tlsa: { kind: 'records', base: 'relay.test', asked: ['_587._tcp.relay.test'], records },
        },
      ],
    },
    because: 'the port is in the name, and without MX there is none to be insecure',
  },
  {
    sets: [],
    nextHop: { text: '[192.0.2.1]', host: '192.0.2.1', port: 25, mx: false, via: 'transport' },
    found: { hosts: [{ host: '192.0.2.1', family: 'ipv4', tlsa: { kind: 'insecure' } }] },
    because: 'an address has no zone',
  },
])('$because', async ({ sets, nextHop = domain, found }) => {
  const { dns } = await door(sets);
  const route = await resolveRoute(nextHop, settings, dns);
  expect(await resolveDane(route, nextHop, dns)).toEqual({
    nextHop: nextHop.text,
    ...found,
    ...('mx' in found || nextHop !== domain ? {} : { mx: { secure: true, names: ['a.test'] } }),
  });
});

test('what the route asked is not asked again', async () => {
  const { dns, server } = await door([MX, signed('mx.test', 'A', '192.0.2.1')]);
  const route = await resolveRoute(domain, settings, dns);
  const before = server.queries.length;
  await resolveDane(route, domain, dns);
  expect(server.queries.slice(before).map(({ name, type }) => `${name} ${type}`)).toEqual(['_25._tcp.mx.test TLSA']);
});

test('a route that leads nowhere has no TLSA', async () => {
  const { dns } = await door([]);
  expect(await resolveDane(await resolveRoute(domain, settings, dns), domain, dns)).toBeUndefined();
});

test.each<{ sets: readonly RecordSet[]; says: unknown; because: string }>([
  {
    sets: [signed('signed.test', 'A', '192.0.2.1'), failing('broken.test', 'A', 'SERVFAIL')],
    says: { kind: 'validates' },
    because: 'vouches for one and refuses the other',
  },
  {
    sets: [plain('signed.test', 'A', '192.0.2.1'), failing('broken.test', 'A', 'SERVFAIL')],
    says: { kind: 'does-not', because: 'it does not vouch for signed.test, which is signed', vouches: false },
    because: 'vouches for nothing',
  },
  {
    sets: [signed('signed.test', 'A', '192.0.2.1'), plain('broken.test', 'A', '192.0.2.1')],
    says: { kind: 'does-not', because: 'it answers for broken.test, whose signatures are broken', vouches: true },
    because: 'answers anything',
  },
  {
    sets: [signed('signed.test', 'A', '192.0.2.1'), failing('broken.test', 'A', 'TIMEOUT')],
    says: { kind: 'unanswered', failure: 'timeout', query: 'broken.test A' },
    because: 'falls silent',
  },
  {
    sets: [failing('signed.test', 'A', 'SERVFAIL'), failing('broken.test', 'A', 'SERVFAIL')],
    says: { kind: 'unanswered', failure: 'servfail', query: 'signed.test A' },
    because: 'fails at everything',
  },
])('a resolver that $because', async ({ sets, says }) => {
  const { dns } = await door(sets);
  expect(await provesValidation(dns, { signed: 'signed.test', broken: 'broken.test' })).toEqual(says);
});

interface Recorded {
  readonly dns: readonly RecordSet[];
  readonly destinations: readonly {
    readonly destination: string;
    readonly policy: string;
    readonly postfix: Readonly<
      Record<string, { readonly text: string; readonly walk?: readonly { readonly address: string; readonly sni?: string }[] }>
    >;
  }[];
}

test('recorded DANE deliveries sent as SNI the name that had the records, and met lookup errors where one is found', async () => {
  const recorded = JSON.parse(readFileSync('test/cases/postfix-dane.json', 'utf8')) as Recorded;
  const { dns } = await door(recorded.dns);
  let seen = 0;
  for (const { destination, policy, postfix } of recorded.destinations) {
    // A servername= is sent where DANE does not apply.
    if (!/ dane(-only)?\b/.test(policy) || policy.includes('servername=')) continue;
    const nextHop = parseNextHop(destination, 'recipient', settings);
    if (!('host' in nextHop)) continue;
    const route = await resolveRoute(nextHop, { ...settings, inetProtocols: ['ipv4'] }, dns);
    const dane = await resolveDane(route, nextHop, dns);
    if (route.kind !== 'hosts' || dane === undefined) continue;
    const finding = (host: string) => dane.hosts.find((one) => one.host === host)?.tlsa;
    for (const { text, walk = [] } of Object.values(postfix)) {
      const failed = /^TLSA lookup error for (\S+):\d+$/.exec(text)?.[1];
      if (failed !== undefined) {
        expect(finding(failed)?.kind).toBe('failed');
        seen++;
      }
      for (const { address, sni } of walk) {
        const tlsa = finding(route.hosts.find((host) => host.addresses.includes(address))?.host ?? '');
        if (sni === undefined) continue;
        expect(tlsa).toMatchObject({ kind: 'records', base: sni });
        seen++;
      }
    }
  }
  expect(seen).toBeGreaterThan(300);
});

test('the signature that ends first is kept, of what is vouched for alone', async () => {
  const signature = (until: number) => ({ zone: 'test', from: 0, until });
  const ends: Readonly<Record<string, { readonly until: number; readonly ad: boolean }>> = {
    'a.test MX': { until: 5, ad: true },
    'mx.test A': { until: 7, ad: true },
    '_25._tcp.mx.test TLSA': { until: 3, ad: true },
    'plain.test MX': { until: 1, ad: false },
  };
  const data = { MX: { preference: 10, exchange: 'mx.test' }, A: '192.0.2.1', TLSA: records[0] };
  const dns = {
    async query(name: string, type: keyof typeof data) {
      const end = ends[`${name} ${type}`];
      if (end === undefined) return { kind: 'nodata', ad: true };
      return { kind: 'found', records: [data[type]], aliases: [], ad: end.ad, signature: signature(end.until) };
    },
  } as unknown as Dns;
  const found = async (nextHop: NextHop) => resolveDane(await resolveRoute(nextHop, settings, dns), nextHop, dns);
  const signed = await found(domain);
  expect([signed?.mx?.signature, signed?.hosts[0]?.signature]).toEqual([signature(5), signature(3)]);
  const unsigned = await found({ ...domain, text: 'plain.test', host: 'plain.test' });
  expect(unsigned?.mx).toEqual({ secure: false, names: ['plain.test'] });
});
