import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defaultSettings, readSettings } from '../../lambda/policy/settings.ts';
import { readMainCf } from '../../lambda/postfix/main-cf.ts';
import { addressesInReach, addressList, type LimitSettings, type Stop } from '../../lambda/route/address-limit.ts';
import type { MxHost } from '../../lambda/route/route.ts';

const asAnswered = (stops: readonly Stop[]): readonly Stop[] => stops;
const addresses = (stops: readonly Stop[]): string[] => stops.map(({ address }) => address);
const host = (preference: number, ...own: readonly string[]): MxHost => ({
  host: 'mx.test',
  preference,
  addresses: own,
  lookup: 'found',
});

const settings = (changes: Partial<LimitSettings> = {}): LimitSettings => ({ ...defaultSettings('3.11'), ...changes });

const v4 = (count: number, from = 1): string[] => Array.from({ length: count }, (_, i) => `192.0.2.${from + i}`);
const v6 = (count: number, from = 1): string[] => Array.from({ length: count }, (_, i) => `2001:db8::${(from + i).toString(16)}`);

test.each<{ hosts: readonly MxHost[]; with?: Partial<LimitSettings>; reach: readonly string[]; because: string }>([
  { hosts: [host(10, ...v4(7))], reach: v4(7), because: 'seven equals can each be among five' },
  { hosts: [host(10, ...v4(5)), host(20, '192.0.2.9')], reach: v4(5), because: 'five better ones hide a backup' },
  {
    hosts: [host(10, ...v4(4)), host(20, ...v4(3, 9))],
    reach: [...v4(4), ...v4(3, 9)],
    because: 'four leave room for any of the next',
  },
  { hosts: [host(10, ...v4(6))], with: { randomizeAddresses: false }, reach: v4(5), because: 'unshuffled, the first five' },
  { hosts: [host(10, ...v4(9))], with: { mxAddressLimit: 0, randomizeAddresses: false }, reach: v4(9), because: 'no limit' },
  {
    hosts: [host(10, ...v6(6)), host(20, '192.0.2.1')],
    reach: [...v6(6), '192.0.2.1'],
    because: 'balance keeps the only IPv4 address',
  },
  {
    hosts: [host(10, ...v6(6)), host(20, '192.0.2.1')],
    with: { balanceInetProtocols: false },
    reach: v6(6),
    because: 'and nothing else does',
  },
  {
    hosts: [host(10, ...v4(1)), host(20, ...v6(3)), host(30, ...v4(2, 5)), host(40, ...v6(1, 9))],
    with: { mxAddressLimit: 4 },
    reach: ['192.0.2.1', ...v6(2), '192.0.2.5', '192.0.2.6', '2001:db8::3'],
    because: 'half each: any two of the three IPv6, and one more IPv4 of two',
  },
  {
    hosts: [host(10, ...v4(1), ...v6(1))],
    with: { mxAddressLimit: 1 },
    reach: ['192.0.2.1', '2001:db8::1'],
    because: 'of one place either family may have it',
  },
  {
    hosts: [host(10, ...v4(1), ...v6(1))],
    with: { mxAddressLimit: 1, addressPreference: 'ipv6' },
    reach: ['2001:db8::1'],
    because: 'unless one is preferred',
  },
  { hosts: [], reach: [], because: 'nothing' },
])('in reach: $because', ({ hosts, with: changes, reach }) => {
  expect(addresses(addressesInReach(hosts, settings(changes))).toSorted()).toEqual(reach.toSorted());
});

/** Up to six addresses on up to three preferences, so that all orders can be tried. */
const someHosts = fc
  .array(fc.record({ preference: fc.constantFrom(10, 20, 30), families: fc.array(fc.boolean(), { maxLength: 3 }) }), {
    maxLength: 3,
  })
  .map((hosts) => {
    let next = 0;
    return hosts
      .toSorted((a, b) => a.preference - b.preference)
      .map(({ preference, families }) =>
        host(preference, ...families.map((six) => (six ? `2001:db8::${++next}` : `192.0.2.${++next}`))),
      );
  })
  .filter((hosts) => hosts.flatMap((one) => one.addresses).length <= 6);

const someSettings = fc.record({
  mxAddressLimit: fc.integer({ min: 0, max: 4 }),
  randomizeAddresses: fc.boolean(),
  addressPreference: fc.constantFrom('any', 'ipv4', 'ipv6'),
  balanceInetProtocols: fc.boolean(),
} as const);

test('in reach is what some order of all orders visits', () => {
  fc.assert(
    fc.property(someHosts, someSettings, (hosts, changes) => {
      const visited = new Set<string>();
      const all = hosts.flatMap((one) => one.addresses.map((address) => ({ host: one, address })));
      for (const order of permutations(all))
        for (const { address } of addressList(hosts, settings(changes), () => order)) visited.add(address);
      expect(addresses(addressesInReach(hosts, settings(changes))).toSorted()).toEqual([...visited].toSorted());
    }),
    { numRuns: 150 },
  );
});

function* permutations<T>(items: readonly T[]): Generator<readonly T[]> {
  if (items.length < 2) return yield items;
  for (const [i, item] of items.entries()) for (const rest of permutations(items.toSpliced(i, 1))) yield [item, ...rest];
}

interface Recorded {
  readonly destinations: readonly {
    readonly destination: string;
    readonly mainCf?: readonly string[];
    readonly mx?: readonly { readonly preference: number; readonly host: string; readonly addresses: readonly string[] }[];
    readonly postfix: Readonly<
      Record<
        string,
        { readonly text: string; readonly walkVaries?: true; readonly walk?: readonly { readonly address: string }[] }
      >
    >;
  }[];
}

const { destinations } = JSON.parse(readFileSync('test/cases/postfix-settings.json', 'utf8')) as Recorded;

const walks = destinations
  .filter(({ mainCf = [] }) => mainCf.includes('smtp_randomize_addresses = no'))
  .flatMap(({ destination, mainCf = [], mx = [], postfix }) =>
    Object.entries(postfix).map(([version, { text, walk = [] }]) => ({
      destination,
      mainCf,
      mx,
      version,
      text,
      walked: walk.map(({ address }) => address),
    })),
  );

test.each(walks)('$destination walks as recorded by $version', ({ mainCf, mx, version, text, walked }) => {
  const { settings: read } = readSettings(readMainCf(mainCf.join('\n'), version).parameters, version);
  const hosts = mx.map(({ preference, host: name, addresses: own }) => ({
    ...host(preference, ...own.toSorted((a, b) => (a.includes(':') ? 1 : 0) - (b.includes(':') ? 1 : 0))),
    host: name,
  }));
  const own = hosts.map((one) => ({
    ...one,
    addresses: one.addresses.filter((address) => read.inetProtocols.includes(address.includes(':') ? 'ipv6' : 'ipv4')),
  }));
  const list = addresses(addressList(own, read, asAnswered));
  // The log tells whom Postfix connected to: all of the list where none passed, else what comes before the good or beside the dead.
  const visited = text === 'Server certificate not verified' ? list : list.filter((address) => walked.includes(address));
  expect(visited).toEqual(walked);
  expect(list.length).toBeLessThanOrEqual(read.mxAddressLimit || 100);
});
