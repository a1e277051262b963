/** The conversations that one hop leads to, by what DNS gave. Pure. */
import { named } from '../by-name.ts';
import type { Hop } from '../policy/destinations.ts';
import type { Settings } from '../policy/settings.ts';
import { type Conversation, conversationAt } from '../probe/conversation.ts';
import type { Found } from './dnssec.ts';

/** Every address of every host of one hop that Postfix would connect to. */
export function conversationsOf(hop: Hop, { routes, tlsa }: Found, settings: Settings): Conversation[] {
  const { text } = hop.nextHop;
  const route = named(routes, text);
  if (route?.kind !== 'hosts') return [];
  return route.hosts.flatMap((host) =>
    host.addresses.flatMap((address) => conversationAt(hop, host, address, tlsa && named(tlsa, text), settings) ?? []),
  );
}
