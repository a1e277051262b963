/** The conversations that one hop leads to, by what DNS gave. Pure. */

import { readCertificates } from '../../certificate/certificate.ts';
import { anyTlsaMatches } from '../../certificate/trust/tlsa-anchors.ts';
import { named } from '../../named-record.ts';
import type { Hop } from '../../policy/destinations.ts';
import type { Settings } from '../../policy/settings.ts';
import { type Conversation, conversationAt } from '../../probe/conversation.ts';
import type { ProbeResult } from '../../probe/result.ts';
import { hostDemand } from '../../route/host-demand.ts';
import type { Found } from './dnssec.ts';

/** Every address of every host of one hop that Postfix would connect to. */
export function conversationsOf(
  hop: Hop,
  { routes, tlsa }: Found,
  settings: Settings,
): Conversation[] {
  const { text } = hop.nextHop;
  const route = named(routes, text);
  if (route?.kind !== 'hosts') return [];
  return route.hosts.flatMap((host) =>
    host.addresses.flatMap(
      (address) => conversationAt(hop, host, address, tlsa && named(tlsa, text), settings) ?? [],
    ),
  );
}

/**
 * Ids of conversations that presented a certificate which a signed TLSA record of the host names:
 * nobody else can do that.
 */
export function provedByTlsa(
  hops: readonly Hop[],
  found: Found,
  results: Readonly<Record<string, ProbeResult>>,
  settings: Settings,
): Set<string> {
  const proved = new Set<string>();
  for (const hop of hops) {
    const dane = found.tlsa && named(found.tlsa, hop.nextHop.text);
    const route = named(found.routes, hop.nextHop.text);
    if (dane === undefined || route?.kind !== 'hosts' || hop.demand.kind === 'broken') continue;
    for (const host of route.hosts) {
      for (const address of host.addresses) {
        const conversation = conversationAt(hop, host, address, dane, settings);
        const result = conversation && results[conversation.id];
        const demand = hostDemand(hop.demand, host, address, dane, settings);
        if (conversation === undefined || result?.kind !== 'presented' || demand.kind !== 'demand')
          continue;
        const records = demand.tlsa?.half === false ? demand.tlsa.records : [];
        const anchors = { records, digests: settings.daneDigests };
        if (anyTlsaMatches(readCertificates(result.chain), anchors, settings.version))
          proved.add(conversation.id);
      }
    }
  }
  return proved;
}
