/**
 * Whether DNSSEC proves the hosts of a next hop, whatever its level is: a signed MX answer, and TLSA
 * records for every host.
 */
import { named } from '../../named-record.ts';
import type { Bundle } from '../../policy/bundle.ts';
import type { Hop } from '../../policy/destinations.ts';
import { routeKey } from '../../policy/service.ts';
import type { DaneRoute } from '../../route/dane-route.ts';
import { type DnssecDoor, findRoutes, proveDnssec } from './dnssec.ts';

export type DaneSource =
  /** Signed records for so many of so many hosts; at least one. */
  | { readonly kind: 'records'; readonly hosts: number; readonly of: number }
  /** The MX answer is signed, and no host has signed records. */
  | { readonly kind: 'no-records' }
  | { readonly kind: 'mx-unsigned' }
  /** A clause for people. */
  | { readonly kind: 'unknown'; readonly because: string };

/**
 * What a validating resolver says of these hops, asked as at `dane-only`; undefined for one that it
 * leads to no host, or whose entry is broken. `unknown`: there is nobody to ask.
 */
export async function askDane(
  hops: readonly Hop[],
  bundle: Bundle,
  door: DnssecDoor | undefined,
): Promise<
  | { readonly kind: 'asked'; readonly daneOf: (hop: Hop) => DaneRoute | undefined }
  | Extract<DaneSource, { readonly kind: 'unknown' }>
> {
  const dnssec = await proveDnssec(door ?? { kind: 'none', because: 'no resolver is known here' });
  if (dnssec.kind !== 'proved') return { kind: 'unknown', because: dnssec.because };
  const asked = hops.flatMap((hop): Hop[] =>
    hop.demand.kind === 'demand' ? [{ ...hop, demand: { ...hop.demand, level: 'dane-only' } }] : [],
  );
  const { tlsa } = await findRoutes(asked, bundle, dnssec.dns, dnssec);
  return { kind: 'asked', daneOf: (hop) => tlsa && named(tlsa, routeKey(hop)) };
}

/** The same by the key of each next hop; empty where there is nobody to ask. */
export async function tlsaOf(
  hops: readonly Hop[],
  bundle: Bundle,
  door: DnssecDoor | undefined,
): Promise<Readonly<Record<string, DaneRoute>>> {
  const asked = hops.length === 0 ? undefined : await askDane(hops, bundle, door);
  if (asked?.kind !== 'asked') return {};
  return Object.fromEntries(
    hops.flatMap((hop) => {
      const dane = asked.daneOf(hop);
      return dane === undefined ? [] : [[routeKey(hop), dane]];
    }),
  );
}

/** A host that has both kinds of addresses needs records for both. */
export function readDane({ mx, hosts }: DaneRoute): DaneSource {
  if (mx?.secure === false) return { kind: 'mx-unsigned' };
  const failed = hosts.flatMap(({ tlsa }) => (tlsa.kind === 'failed' ? [tlsa] : []))[0];
  if (failed !== undefined)
    return {
      kind: 'unknown',
      because: `DNS gives no answer to ${failed.query} (${failed.failure})`,
    };
  const byHost = [...Map.groupBy(hosts, ({ host }) => host).values()];
  const proved = byHost.filter((own) => own.every(({ tlsa }) => tlsa.kind === 'records')).length;
  return proved === 0
    ? { kind: 'no-records' }
    : { kind: 'records', hosts: proved, of: byHost.length };
}
