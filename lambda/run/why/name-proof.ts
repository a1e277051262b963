/**
 * Who could prove the names of a next hop's hosts in place of a match list: DNSSEC with TLSA
 * records, or an MTA-STS policy. Asked of DNS alone, whatever the level is.
 */
import { named } from '../../named-record.ts';
import type { Bundle } from '../../policy/bundle.ts';
import { type Destination, destinationsOf, type Hop } from '../../policy/destinations.ts';
import { clientOf, routeKey } from '../../policy/service.ts';
import { toAscii } from '../../postfix/hostname.ts';
import type { DaneRoute, Found } from '../../route/dane-route.ts';
import type { Dns } from '../../route/dns-answer.ts';
import { findMtaSts, type MtaStsAnnouncement } from '../../route/mta-sts.ts';
import { type DnssecDoor, findRoutes, proveDnssec } from '../check/dnssec.ts';

/** What DNSSEC says of the MX hosts. */
export type DaneProof =
  | { readonly kind: 'everywhere' }
  /** Some have signed TLSA records, so many of so many. */
  | { readonly kind: 'partly'; readonly hosts: number; readonly of: number }
  /** The MX records are signed, and no host has signed TLSA records. */
  | { readonly kind: 'none' }
  | { readonly kind: 'mx-unsigned' }
  /** A clause for people. */
  | { readonly kind: 'unknown'; readonly because: string };

export interface NameProof {
  readonly nextHop: string;
  readonly dane: DaneProof;
  /** smtp_dns_support_level = dnssec, without which there is no DANE whatever DNS says. */
  readonly isAsked: boolean;
  /** Undefined for a host in brackets, which has no policy. */
  readonly mtaSts: MtaStsAnnouncement | undefined;
}

/** The first hops at `secure`, each next hop once, those of `first` before others. */
export function hopsAtSecure(bundle: Bundle, first: readonly Destination[], most: number): Hop[] {
  const all = [...first, ...destinationsOf(bundle)].flatMap(({ hops }) => hops.slice(0, 1));
  const secure = all.filter(({ demand }) => demand.kind === 'demand' && demand.level === 'secure');
  return [...new Map(secure.map((hop) => [hop.nextHop.text, hop])).values()].slice(0, most);
}

/** In the order of `hops`. */
export async function findNameProofs(
  hops: readonly Hop[],
  bundle: Bundle,
  { dns, dnssec }: { readonly dns: Dns; readonly dnssec?: DnssecDoor },
): Promise<NameProof[]> {
  const dane = await findDane(hops, bundle, dnssec);
  return Promise.all(
    hops.map(async (hop) => ({
      nextHop: hop.nextHop.text,
      dane: dane(hop),
      isAsked: clientOf(bundle, hop.service).settings.dnsSupportLevel === 'dnssec',
      mtaSts: hop.nextHop.mx ? await findMtaSts(toAscii(hop.nextHop.host), dns) : undefined,
    })),
  );
}

async function findDane(
  hops: readonly Hop[],
  bundle: Bundle,
  door: DnssecDoor | undefined,
): Promise<(hop: Hop) => DaneProof> {
  const dnssec = await proveDnssec(door ?? { kind: 'none', because: 'no resolver is known here' });
  if (dnssec.kind !== 'proved') return () => ({ kind: 'unknown', because: dnssec.because });
  const asked = hops.flatMap((hop): Hop[] =>
    hop.demand.kind === 'demand' ? [{ ...hop, demand: { ...hop.demand, level: 'dane-only' } }] : [],
  );
  const found = await findRoutes(asked, bundle, dnssec.dns, dnssec);
  return (hop) => daneOf(routeKey(hop), found);
}

function daneOf(key: string, { routes, tlsa = {} }: Found): DaneProof {
  const route = named(routes, key);
  const dane = named(tlsa, key);
  if (route?.kind !== 'hosts' || dane === undefined)
    return { kind: 'unknown', because: 'DNS leads to no host' };
  if (dane.mx?.secure === false) return { kind: 'mx-unsigned' };
  const failed = dane.hosts.flatMap(({ tlsa: one }) => (one.kind === 'failed' ? [one] : []));
  const [first] = failed;
  if (first !== undefined)
    return { kind: 'unknown', because: `DNS gives no answer to ${first.query} (${first.failure})` };
  return ofHosts(dane);
}

/** A host that has both kinds of addresses needs records for both. */
function ofHosts({ hosts }: DaneRoute): DaneProof {
  const byHost = [...Map.groupBy(hosts, ({ host }) => host).values()];
  const proved = byHost.filter((own) => own.every(({ tlsa }) => tlsa.kind === 'records')).length;
  if (proved === 0) return { kind: 'none' };
  return proved === byHost.length
    ? { kind: 'everywhere' }
    : { kind: 'partly', hosts: proved, of: byHost.length };
}
