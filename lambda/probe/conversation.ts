/** One conversation to be had with one address, and what makes two of them the same. Plain JSON. */
import { createHash } from 'node:crypto';
import type { TlsDemand } from '../policy/demand.ts';
import type { Hop } from '../policy/destinations.ts';
import type { Settings } from '../policy/settings.ts';
import { toAscii } from '../postfix/hostname.ts';
import type { DaneRoute } from '../route/dane-route.ts';
import { hostDemand } from '../route/host-demand.ts';
import { familyOf } from '../route/host-name.ts';
import type { MxHost } from '../route/route.ts';
import { offerFor, type TlsOffer } from './offer.ts';

export interface Conversation {
  /**
   * Digest of all fields that change what the server sees (address, port, SNI, offer, wrapper mode,
   * STARTTLS ignored).
   */
  readonly id: string;
  readonly address: string;
  readonly port: number;
  /** For messages; not part of the id. */
  readonly host: string;
  /** Absent: no SNI. */
  readonly servername?: string;
  readonly wrapperMode: boolean;
  readonly offer: TlsOffer;
  /** EHLO keywords to act as if not offered (smtp_discard_ehlo_keywords), lower case. */
  readonly discardEhloKeywords: readonly string[];
}

/**
 * The conversation that Postfix would have with one address of one host for this hop.
 * @throws Error for a broken demand: such a hop is never connected to, and asking is our mistake.
 */
export function conversationFor(
  hop: Hop,
  host: MxHost,
  address: string,
  settings: Settings,
): Conversation {
  const { demand, nextHop } = hop;
  if (demand.kind === 'broken')
    throw new Error(`next hop "${nextHop.text}": a broken policy entry connects to nothing`);
  const name = servername(hop, host);
  const conversation = {
    address,
    port: nextHop.port,
    ...(name === undefined ? {} : { servername: name }),
    wrapperMode: demand.wrapperMode,
    offer: offerFor(demand, settings),
    discardEhloKeywords: settings.discardEhloKeywords,
  };
  return { id: digest(conversation), host: host.host, ...conversation };
}

/**
 * The same, where DANE may have its own say about the host: undefined for an address that Postfix
 * passes over unconnected, and at dane levels for want of `dane`, what DNSSEC says about the route.
 */
export function conversationAt(
  hop: Hop,
  host: MxHost,
  address: string,
  dane: DaneRoute | undefined,
  settings: Settings,
): Conversation | undefined {
  if (hop.demand.kind === 'broken') return undefined;
  const demand = hostDemand(hop.demand, host, address, dane, settings);
  return demand.kind === 'demand'
    ? conversationFor({ ...hop, demand }, host, address, settings)
    : undefined;
}

/** One of each: entries that share a provider share its conversations. Order is kept. */
export function distinct(conversations: readonly Conversation[]): Conversation[] {
  const seen = new Map<string, Conversation>();
  for (const conversation of conversations)
    if (!seen.has(conversation.id)) seen.set(conversation.id, conversation);
  return [...seen.values()];
}

/**
 * SNI as smtp_tls_policy_cache_query() expands it, in A-labels; an address is no SNI (RFC 6066 §3).
 */
function servername({ demand, nextHop }: Hop, host: MxHost): string | undefined {
  if (demand.kind === 'broken' || demand.servername === undefined) return undefined;
  const name = nameFor(demand.servername, nextHop.host, host);
  return familyOf(name) === undefined ? toAscii(name) : undefined;
}

function nameFor(
  servername: NonNullable<TlsDemand['servername']>,
  nextHop: string,
  host: MxHost,
): string {
  switch (servername.kind) {
    case 'hostname':
      return host.canonical ?? host.host;
    case 'nexthop':
      return nextHop;
    case 'name':
      return servername.name;
  }
}

function digest({
  address,
  port,
  servername,
  wrapperMode,
  offer,
  discardEhloKeywords,
}: Omit<Conversation, 'id' | 'host'>): string {
  const seen = [
    address,
    port,
    servername ?? null,
    wrapperMode,
    offer,
    discardEhloKeywords.includes('starttls'),
  ];
  return createHash('sha256').update(JSON.stringify(seen)).digest('hex').slice(0, 32);
}
