/**
 * Which addresses of a route Postfix would visit, and in which order: sorting, shuffling, balance
 * of the families, limit.
 *
 * Follows smtp_domain_addr() and smtp_balance_inet_proto() in src/smtp/smtp_addr.c, and the count
 * of addresses in smtp_connect_inet(). Pure: the shuffle is an argument.
 */
import type { Settings } from '../policy/settings.ts';
import { type AddressFamily, familyOf } from '../postfix/hostname.ts';
import type { MxHost } from './route.ts';

export interface Stop {
  readonly host: MxHost;
  readonly address: string;
}

export type LimitSettings = Pick<
  Settings,
  'mxAddressLimit' | 'randomizeAddresses' | 'addressPreference' | 'balanceInetProtocols'
>;

/**
 * The addresses in the order in which Postfix would visit them, after this shuffle; `shuffle` is
 * not asked where smtp_randomize_addresses is off.
 */
export function addressList(
  hosts: readonly MxHost[],
  settings: LimitSettings,
  shuffle: (stops: readonly Stop[]) => readonly Stop[],
): Stop[] {
  const answered = stopsOf(hosts);
  const sorted = (settings.randomizeAddresses ? shuffle(answered) : answered).toSorted(
    byRank(settings),
  );
  return withinLimit(sorted, settings);
}

/** The first ones of a list in its final order, balanced where both families are to be met. */
function withinLimit<S extends Stop>(sorted: readonly S[], settings: LimitSettings): S[] {
  const limit = limitOf(settings);
  const targets = balancedTargets(
    sorted,
    settings,
    sorted[0] === undefined ? 'ipv4' : family(sorted[0]),
  );
  if (targets === undefined) return sorted.slice(0, limit);
  return sorted.filter((stop) => targets[family(stop)]-- > 0);
}

/**
 * Every address that some shuffle brings within the limit, in the order answered. What is not among
 * them need not be asked.
 */
export const addressesInReach = (hosts: readonly MxHost[], settings: LimitSettings): Stop[] =>
  inReach(stopsOf(hosts), settings);

/** Those of the stops that some shuffle brings within the limit, by rank. */
export function inReach<S extends Stop>(stops: readonly S[], settings: LimitSettings): S[] {
  const rank = byRank(settings);
  const sorted = stops.toSorted(rank);
  const [first] = sorted;
  if (first === undefined) return [];
  if (!settings.randomizeAddresses) return withinLimit(sorted, settings);

  // The balance leans to the family of the first address, and any of the best rank may be the
  // first.
  const starts = new Set(sorted.filter((stop) => rank(stop, first) === 0).map(family));
  const leaning = [...starts].map((start) => balancedTargets(sorted, settings, start));
  const balanced = leaning[0] !== undefined;
  const room = (of: AddressFamily): number =>
    Math.max(...leaning.map((targets) => targets?.[of] ?? limitOf(settings)));
  const roomFor = { ipv4: room('ipv4'), ipv6: room('ipv6') };

  // How many there are of better rank, in all and of each family.
  let better = { all: 0, ipv4: 0, ipv6: 0 };
  let counted = { ...better };
  return sorted.filter((stop, i) => {
    const previous = sorted[i - 1];
    if (previous !== undefined && rank(previous, stop) < 0) better = { ...counted };
    const own = family(stop);
    counted = { ...counted, all: counted.all + 1, [own]: counted[own] + 1 };
    return better[balanced ? own : 'all'] < roomFor[own];
  });
}

/**
 * How many of each family are kept; undefined where nothing needs balancing. `start` is the family
 * of the first address.
 */
export function balancedTargets(
  stops: readonly Stop[],
  settings: LimitSettings,
  start: AddressFamily,
): Record<AddressFamily, number> | undefined {
  const limit = settings.mxAddressLimit;
  const ipv4 = stops.filter((stop) => family(stop) === 'ipv4').length;
  const ipv6 = stops.length - ipv4;
  if (
    !settings.balanceInetProtocols ||
    limit === 0 ||
    ipv4 === 0 ||
    ipv6 === 0 ||
    stops.length <= limit
  )
    return undefined;
  const half = Math.floor(limit / 2);
  if (ipv6 <= half) return { ipv4: limit - ipv6, ipv6 };
  if (ipv4 <= half) return { ipv4, ipv6: limit - ipv4 };
  const more = limit - half;
  return start === 'ipv4' ? { ipv4: more, ipv6: half } : { ipv4: half, ipv6: more };
}

const stopsOf = (hosts: readonly MxHost[]): Stop[] =>
  hosts.flatMap((host) => host.addresses.map((address) => ({ host, address })));

/**
 * dns_rr_compare_pref_any() and its siblings: preference first, then the family where one is
 * preferred.
 */
export const byRank =
  ({ addressPreference }: LimitSettings) =>
  (a: Stop, b: Stop): number => {
    const later = (stop: Stop): number =>
      addressPreference === 'any' || family(stop) === addressPreference ? 0 : 1;
    return a.host.preference - b.host.preference || later(a) - later(b);
  };

const limitOf = ({ mxAddressLimit }: LimitSettings): number =>
  mxAddressLimit === 0 ? Number.POSITIVE_INFINITY : mxAddressLimit;
export const family = ({ address }: Stop): AddressFamily => familyOf(address) ?? 'ipv4';
