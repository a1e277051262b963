/**
 * What `dane-only` would come to for entries that fail at secure or verify: asked of DNS, and where
 * every host has signed records, of the hosts. It serves suggestions alone
 * (verdict/dane-suggestion).
 */
import { named } from '../../named-record.ts';
import type { Bundle } from '../../policy/bundle.ts';
import type { Destination, Hop } from '../../policy/destinations.ts';
import { clientOf, routeKey } from '../../policy/service.ts';
import { contactsByHop } from '../../probe/contact.ts';
import type { Conversation } from '../../probe/conversation.ts';
import { conversationsInTurn } from '../../probe/turn.ts';
import type { DaneRoute, Found } from '../../route/dane-route.ts';
import { daneOnlyOffer } from '../../verdict/dane-suggestion.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import { type Dnssec, type DnssecDoor, findRoutes, proveDnssec } from './dnssec.ts';

export interface Offers {
  readonly tlsa: Readonly<Record<string, DaneRoute>>;
  readonly conversations: readonly Conversation[];
  /** MX hosts that a signed answer names, by next hop, lower case. */
  readonly signedHosts: Readonly<Record<string, readonly string[]>>;
}

/** Undefined where there is nothing to offer, or nobody to ask. */
export async function findOffers(
  destinations: readonly Destination[],
  verdicts: readonly EntryVerdict[],
  bundle: Bundle,
  door: DnssecDoor | undefined,
  proved: Dnssec | undefined,
  turn: number,
): Promise<Offers | undefined> {
  const failing = destinations.filter((_, i) => verdicts[i]?.verdict === 'fail');
  const hops = failing.flatMap((destination): Hop[] => {
    const offer = daneOnlyOffer(destination, bundle);
    return offer === undefined ? [] : [offer.hop];
  });
  if (hops.length === 0 || door === undefined) return undefined;
  const dnssec = proved ?? (await proveDnssec(door));
  if (dnssec.kind !== 'proved') return undefined;
  const found = await findRoutes(hops, bundle, dnssec.dns, dnssec);
  const signed = hops.filter((hop) =>
    hasRecordsEverywhere(found.tlsa && named(found.tlsa, routeKey(hop))),
  );
  const signedHosts = signedHostsOf(hops, found);
  if (signed.length === 0 && Object.keys(signedHosts).length === 0) return undefined;
  const tlsa = Object.fromEntries(
    signed.flatMap((hop) => {
      const key = routeKey(hop);
      const dane = found.tlsa && named(found.tlsa, key);
      return dane === undefined ? [] : [[key, dane]];
    }),
  );
  const settingsOf = (hop: Hop) => clientOf(bundle, hop.service).settings;
  const contacts = contactsByHop(signed, { routes: found.routes, tlsa }, settingsOf);
  const conversations = [...contacts].flatMap(
    ([hop, own]) => conversationsInTurn(own, settingsOf(hop), turn).conversations,
  );
  return { tlsa, conversations: [...new Set(conversations)], signedHosts };
}

/** Of the answers that a validating resolver gave, which need not be those that mail goes by. */
function signedHostsOf(hops: readonly Hop[], { routes, tlsa = {} }: Found): Offers['signedHosts'] {
  return Object.fromEntries(
    hops.flatMap((hop) => {
      const key = routeKey(hop);
      const route = named(routes, key);
      return named(tlsa, key)?.mx?.secure === true && route?.kind === 'hosts'
        ? [[key, route.hosts.map(({ host }) => host.toLowerCase())] as const]
        : [];
    }),
  );
}

function hasRecordsEverywhere(dane: DaneRoute | undefined): boolean {
  return dane?.mx?.secure === true && dane.hosts.every(({ tlsa }) => tlsa.kind === 'records');
}
