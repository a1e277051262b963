/**
 * From a next hop to the addresses that Postfix would walk, or to its reason for not having any.
 *
 * Follows smtp_domain_addr(), smtp_host_addr() and smtp_addr_one() in src/smtp/smtp_addr.c and
 * dns_lookup_x() in src/dns/dns_lookup.c, down to the wording of the status text. Order, shuffling
 * and limits are route/address-limit.
 */

import { BOUNDS } from '../limits.ts';
import type { NextHop } from '../policy/next-hop.ts';
import type { Settings } from '../policy/settings.ts';
import { isNameOrAddress, toAscii } from '../postfix/hostname.ts';
import { sameAddress } from './address.ts';
import type { Dns, DnsRecords } from './dns-answer.ts';
import { findAddresses, type Lookup, mailExchangers } from './name-lookup.ts';
import type { MxHost, Route } from './route.ts';

/**
 * The routes of many next hops, in their order; equal questions are asked once, by the door's
 * promise, and each next hop's in its turn. `onRoute` is told each as it is found, and waited for.
 */
export function resolveBatch(
  nextHops: readonly NextHop[],
  settings: Settings,
  dns: Dns,
  onRoute?: (nextHop: NextHop, route: Route, dns: Dns) => Promise<void> | void,
): Promise<Route[]> {
  return Promise.all(
    nextHops.map(async (nextHop) => {
      const own = dns.inTurnOf?.(nextHop.text) ?? dns;
      const route = await resolveRoute(nextHop, settings, own);
      await onRoute?.(nextHop, route, own);
      return route;
    }),
  );
}

/** The route of one next hop. Never rejects unless the door does. */
export async function resolveRoute(nextHop: NextHop, settings: Settings, dns: Dns): Promise<Route> {
  const name = toAscii(nextHop.host);
  if (!nextHop.mx || settings.dnsSupportLevel === 'disabled')
    return hostRoute(nextHop, name, settings, dns);
  const mx = await mailExchangers(name, dns);
  switch (mx.kind) {
    case 'found':
      return mxRoute(nextHop, mx.records, settings, dns);
    case 'null-mx':
      return nowhere(nextHop, settings, { reason: 'null-mx', dsn: '5.1.0', text: mx.text });
    case 'not-found':
      return hostRoute(nextHop, name, settings, dns);
    case 'invalid':
      if (settings.ignoreMxLookupError) return hostRoute(nextHop, name, settings, dns);
      return nowhere(nextHop, settings, { reason: 'not-a-name', dsn: '5.4.4', text: mx.text });
    case 'failed':
      if (settings.ignoreMxLookupError) return hostRoute(nextHop, name, settings, dns);
      return unanswered(nextHop, {
        failure: mx.failure,
        query: `${name} MX`,
        dsn: '4.4.3',
        text: mx.text,
      });
  }
}

/** Hosts by MX. Any host with an address makes the failures of others harmless. */
async function mxRoute(
  nextHop: NextHop,
  records: readonly DnsRecords['MX'][],
  settings: Settings,
  dns: Dns,
): Promise<Route> {
  const sorted = records
    .toSorted((a, b) => a.preference - b.preference)
    .slice(0, BOUNDS.hostsPerNextHop);
  const found = await Promise.all(sorted.map(({ exchange }) => lookUp(exchange, settings, dns)));
  const hosts = sorted.map(({ preference, exchange }, i) =>
    mxHost(exchange, preference, found[i], settings),
  );
  const reachable = hosts.filter((host) => host.addresses.length > 0);
  const asked = found.filter((_, i) => isNameOrAddress(sorted[i]?.exchange ?? ''));
  const [best] = reachable;
  if (best === undefined) return noAddress(nextHop, asked, settings, true);
  const word = lastWord(asked);
  const way = { kind: 'hosts', nextHop: nextHop.text, mx: true } as const;
  const held = word === undefined ? {} : { unaddressed: relayed(nextHop, settings, word) };

  const self = detectsLoops(nextHop) ? reachable.find((host) => isOurs(host, settings)) : undefined;
  if (self === undefined) return { ...way, hosts, ...held };
  // We are a backup: only better hosts count. With none of them in DNS we may not claim a loop
  // (smtp_addr.c).
  const better = hosts.filter((host) => host.preference < self.preference);
  if (better.some((host) => host.addresses.length > 0))
    return { ...way, hosts: better, looped: true, ...held };
  return hosts[0]?.preference === best.preference
    ? loops(nextHop, settings)
    : nowhere(nextHop, settings, {
        reason: 'loops',
        dsn: '4.4.4',
        text: `unable to find primary relay for ${nextHop.host}`,
      });
}

/** The next hop is the host: bracketed, without MX, or with DNS switched off. */
async function hostRoute(
  nextHop: NextHop,
  name: string,
  settings: Settings,
  dns: Dns,
): Promise<Route> {
  const found = await lookUp(name, settings, dns);
  const host = mxHost(name, 0, found, settings);
  if (host.addresses.length === 0) return noAddress(nextHop, [found], settings, false);
  if (detectsLoops(nextHop) && isOurs(host, settings)) return loops(nextHop, settings);
  return { kind: 'hosts', nextHop: nextHop.text, mx: false, hosts: [host] };
}

const lookUp = (host: string, settings: Settings, dns: Dns): Promise<Lookup> =>
  findAddresses(host, settings, dns);

function mxHost(
  name: string,
  preference: number,
  found: Lookup | undefined,
  settings: Settings,
): MxHost {
  const host = name.toLowerCase();
  if (found?.kind === 'found') {
    const { addresses, canonical } = found;
    const overrides = settings.cnameOverridesServername && canonical !== undefined;
    return { host, ...(overrides ? { canonical } : {}), preference, addresses, lookup: 'found' };
  }
  const none = isNameOrAddress(name) ? 'none' : 'not-a-name';
  return {
    host,
    preference,
    addresses: [],
    lookup: found?.kind === 'failed' ? found.failure : none,
  };
}

interface Word {
  readonly dsn: string;
  readonly text: string;
}

/**
 * What Postfix holds after the lookups of hosts, whether or not others were found: the text of the
 * last failure, be it of one family of a host that has the other; the code remembers any soft error.
 * Undefined where every host was found.
 */
function lastWord(found: readonly Lookup[]): Word | undefined {
  let dsn = '';
  let text = '';
  for (const lookup of found) {
    if (lookup.kind === 'found') {
      text = lookup.partly ?? text;
    } else {
      dsn = dsn.startsWith('4') ? lookup.softDsn : lookup.dsn;
      text = lookup.text;
    }
  }
  return dsn === '' ? undefined : { dsn, text };
}

/** No host has an address: final when all answers were. */
function noAddress(
  nextHop: NextHop,
  found: readonly Lookup[],
  settings: Settings,
  mx: boolean,
): Route {
  const { dsn: held, text } = lastWord(found) ?? { dsn: '', text: '' };
  const failed = found.findLast((lookup) => lookup.kind === 'failed');
  if (failed !== undefined)
    return unanswered(nextHop, { failure: failed.failure, query: failed.query, dsn: held, text });
  const dsn = mx && settings.deferIfNoMxAddressFound ? held.replace(/^5/, '4') : held;
  const last = found.at(-1);
  const reason = mx || last?.kind !== 'not-found' ? 'no-address' : last.reason;
  return nowhere(nextHop, settings, { reason, dsn, text });
}

/** SMTP_MISC_FLAG_LOOP_DETECT: only on port 25 may an address of ours mean ourselves. */
const detectsLoops = (nextHop: NextHop): boolean => nextHop.port === 25;

const isOurs = (host: MxHost, settings: Settings): boolean =>
  host.addresses.some((address) => settings.ownAddresses.some((own) => sameAddress(own, address)));

const loops = (nextHop: NextHop, settings: Settings): Route =>
  nowhere(nextHop, settings, {
    reason: 'loops',
    dsn: '5.4.6',
    text: `mail for ${nextHop.host} loops back to myself`,
  });

type Nowhere = Extract<Route, { readonly kind: 'nowhere' }>;
type Unanswered = Extract<Route, { readonly kind: 'unanswered' }>;

/**
 * smtp_connect_inet(): a final error about the relayhost or a fallback relay counts as a mistake of
 * the administrator's, and mail is deferred.
 */
function nowhere(
  nextHop: NextHop,
  settings: Settings,
  why: Pick<Nowhere, 'reason' | 'dsn' | 'text'>,
): Route {
  return { kind: 'nowhere', nextHop: nextHop.text, ...relayed(nextHop, settings, why) };
}

function relayed<W extends Word>(nextHop: NextHop, settings: Settings, why: W): W {
  const relay =
    nextHop.via === 'fallback-relay' ||
    (settings.relayhost !== '' && nextHop.text === settings.relayhost);
  return { ...why, dsn: relay && why.dsn.startsWith('5') ? '4.3.5' : why.dsn };
}

function unanswered(nextHop: NextHop, why: Omit<Unanswered, 'kind' | 'nextHop'>): Route {
  return { kind: 'unanswered', nextHop: nextHop.text, ...why };
}
