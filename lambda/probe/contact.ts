/**
 * What a hop leads to: each address of each of its hosts, with what is demanded there and the
 * conversation that Postfix would have.
 *
 * Made once after DNS and carried from there: hosts and conversations are not joined again by name,
 * since an alias has two (MxHost). Pure; plain JSON.
 */
import { named } from '../named-record.ts';
import type { Hop } from '../policy/destinations.ts';
import { routeKey } from '../policy/service.ts';
import type { Settings } from '../policy/settings.ts';
import type { Found } from '../route/dane-route.ts';
import { type HostDemand, hostDemand } from '../route/host-demand.ts';
import type { MxHost } from '../route/route.ts';
import { type Conversation, conversationFor } from './conversation.ts';

export interface Contact {
  readonly host: MxHost;
  readonly address: string;
  /** The hop's demand, and at dane levels what DNSSEC makes of it at this address. */
  readonly demand: HostDemand;
  /**
   * Absent for an address that Postfix passes over unconnected, and at dane levels where DNSSEC was
   * not asked.
   */
  readonly conversation?: Conversation;
}

/**
 * Hosts in the order of the route, addresses as answered. None for a broken demand, which connects
 * to nothing, nor for a hop that leads nowhere or was not resolved.
 */
export function contactsOf(hop: Hop, found: Found, settings: Settings): Contact[] {
  const { demand } = hop;
  const route = named(found.routes, routeKey(hop));
  if (demand.kind === 'broken' || route?.kind !== 'hosts') return [];
  const dane = found.tlsa && named(found.tlsa, routeKey(hop));
  return route.hosts.flatMap((host) =>
    host.addresses.map((address): Contact => {
      const own = hostDemand(demand, host, address, dane, settings);
      if (own.kind !== 'demand') return { host, address, demand: own };
      const conversation = conversationFor({ ...hop, demand: own }, host, address, settings);
      return { host, address, demand: own, conversation };
    }),
  );
}

/** Of many hops: thousands lead to the same provider, and their contacts share a conversation. */
export function contactsByHop(
  hops: readonly Hop[],
  found: Found,
  settings: Settings | ((hop: Hop) => Settings),
): ReadonlyMap<Hop, readonly Contact[]> {
  const contacts = sharedContacts(typeof settings === 'function' ? settings : () => settings);
  return new Map(hops.map((hop) => [hop, contacts(hop, found)]));
}

/** The same hop by hop, as they are found. */
export function sharedContacts(
  settingsOf: (hop: Hop) => Settings,
): (hop: Hop, found: Found) => Contact[] {
  const known = new Map<string, Conversation>();
  const shared = (contact: Contact): Contact => {
    const { conversation } = contact;
    if (conversation === undefined) return contact;
    const first = known.get(conversation.id);
    if (first === undefined) known.set(conversation.id, conversation);
    return first === undefined ? contact : { ...contact, conversation: first };
  };
  return (hop, found) => contactsOf(hop, found, settingsOf(hop)).map(shared);
}

/** What there is to be had, one of each; order is kept. */
export function conversationsOf(contacts: Iterable<Contact>): Conversation[] {
  const seen = new Map<string, Conversation>();
  for (const { conversation } of contacts)
    if (conversation !== undefined && !seen.has(conversation.id))
      seen.set(conversation.id, conversation);
  return [...seen.values()];
}
