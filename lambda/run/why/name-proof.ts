/**
 * Who could prove the names of a next hop's hosts in place of a match list: DNSSEC with TLSA
 * records, or an MTA-STS policy. Asked of DNS alone, whatever the level is.
 */
import type { Bundle } from '../../policy/bundle.ts';
import { type Destination, destinationsOf, type Hop } from '../../policy/destinations.ts';
import { clientOf } from '../../policy/service.ts';
import { toAscii } from '../../postfix/hostname.ts';
import type { Dns } from '../../route/dns-answer.ts';
import { findMtaSts, type MtaStsAnnouncement } from '../../route/mta-sts.ts';
import { askDane, type DaneSource, readDane } from '../check/dane-proof.ts';
import type { DnssecDoor } from '../check/dnssec.ts';

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
  const asked = await askDane(hops, bundle, door);
  if (asked.kind === 'unknown') return () => asked;
  return (hop) => {
    const dane = asked.daneOf(hop);
    return dane === undefined
      ? { kind: 'unknown', because: 'DNS leads to no host' }
      : proofOf(readDane(dane));
  };
}

function proofOf(source: DaneSource): DaneProof {
  switch (source.kind) {
    case 'records':
      return source.hosts === source.of
        ? { kind: 'everywhere' }
        : { kind: 'partly', hosts: source.hosts, of: source.of };
    case 'no-records':
      return { kind: 'none' };
    case 'mx-unsigned':
    case 'unknown':
      return source;
  }
}
