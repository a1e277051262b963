/** Whether DNSSEC proves the hosts of a destination. Asked whatever the level is. */
import { named } from '../../named-record.ts';
import type { Bundle } from '../../policy/bundle.ts';
import type { Hop } from '../../policy/destinations.ts';
import { routeKey } from '../../policy/service.ts';
import type { Evidence } from '../../verdict/judge.ts';
import { askDane, type DaneSource, readDane } from '../check/dane-proof.ts';
import type { DnssecDoor } from '../check/dnssec.ts';

export async function findDane(
  hop: Hop,
  bundle: Bundle,
  evidence: Evidence,
  door: DnssecDoor | undefined,
): Promise<DaneSource> {
  const known = evidence.tlsa && named(evidence.tlsa, routeKey(hop));
  if (known !== undefined) return readDane(known);
  if (hop.demand.kind !== 'demand') return { kind: 'unknown', because: 'the entry is broken' };
  const asked = await askDane([hop], bundle, door);
  if (asked.kind === 'unknown') return asked;
  const dane = asked.daneOf(hop);
  return dane === undefined
    ? { kind: 'unknown', because: 'the validating resolver leads to no host' }
    : readDane(dane);
}
