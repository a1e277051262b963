/**
 * Whether DNSSEC proves the hosts of a destination: a signed MX answer, and TLSA records for every
 * host. Asked whatever the level is.
 */
import { named } from '../../named-record.ts';
import type { Bundle } from '../../policy/bundle.ts';
import type { Hop } from '../../policy/destinations.ts';
import { routeKey } from '../../policy/service.ts';
import type { DaneRoute } from '../../route/dane-route.ts';
import type { Evidence } from '../../verdict/judge.ts';
import { type DnssecDoor, findRoutes, proveDnssec } from '../check/dnssec.ts';

export type DaneSource =
  /** Signed records for so many of so many hosts; at least one. */
  | { readonly kind: 'records'; readonly hosts: number; readonly of: number }
  /** The MX answer is signed, and no host has signed records. */
  | { readonly kind: 'no-records' }
  | { readonly kind: 'mx-unsigned' }
  /** A clause for people. */
  | { readonly kind: 'unknown'; readonly because: string };

export async function findDane(
  hop: Hop,
  bundle: Bundle,
  evidence: Evidence,
  door: DnssecDoor | undefined,
): Promise<DaneSource> {
  const key = routeKey(hop);
  const known = evidence.tlsa && named(evidence.tlsa, key);
  if (known !== undefined) return readDane(known);
  if (hop.demand.kind !== 'demand') return { kind: 'unknown', because: 'the entry is broken' };
  const dnssec = await proveDnssec(door ?? { kind: 'none', because: 'no resolver is known here' });
  if (dnssec.kind !== 'proved') return { kind: 'unknown', because: dnssec.because };
  const asked: Hop = { ...hop, demand: { ...hop.demand, level: 'dane-only' } };
  const { tlsa } = await findRoutes([asked], bundle, dnssec.dns, dnssec);
  const dane = tlsa && named(tlsa, key);
  return dane === undefined
    ? { kind: 'unknown', because: 'the validating resolver leads to no host' }
    : readDane(dane);
}

/** A host that has both kinds of addresses needs records for both. */
function readDane({ mx, hosts }: DaneRoute): DaneSource {
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
