/** One conversation to be had with one address, and what makes two of them the same. Plain JSON. */
import { createHash } from 'node:crypto';
import type { TlsDemand } from '../policy/demand.ts';
import type { Hop } from '../policy/destinations.ts';
import type { HelloHabit, Settings } from '../policy/settings.ts';
import { familyOf, toAscii } from '../postfix/hostname.ts';
import { tableName } from '../postfix/lookup-table.ts';
import { hasPatch } from '../postfix/version.ts';
import type { MxHost } from '../route/route.ts';
import { offerFor, type TlsOffer } from './offer.ts';

export interface Conversation {
  /**
   * Digest of all fields that change what the server sees (address, port, SNI, offer, wrapper mode,
   * STARTTLS ignored, the address we come from), and the tables asked on the way.
   */
  readonly id: string;
  readonly address: string;
  readonly port: number;
  /** The address to connect from, on the host that has it; absent: the system chooses. */
  readonly from?: string;
  /** No other address will do (smtp_bind_address_enforce). */
  readonly fromOnly?: true;
  /** Absent: no SNI. */
  readonly servername?: string;
  readonly wrapperMode: boolean;
  readonly offer: TlsOffer;
  /** EHLO keywords to act as if not offered (smtp_discard_ehlo_keywords), lower case. */
  readonly discardEhloKeywords: readonly string[];
  /** Tables by name that have such keywords by address, and go before those of the setting. */
  readonly discardMaps?: readonly string[];
  /** Table by name that rewrites each line of a reply (smtp_reply_filter). */
  readonly replyFilter?: string;
  /** Absent: EHLO, but for a masked greeting. */
  readonly hello?: HelloHabit;
  /** Octets of one line of a reply at which nothing more is read; absent: read on. */
  readonly stopsAt?: number;
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
  const kept = keptFor(settings);
  const differs = keyOf(demand, address, nextHop.port, name);
  const known = kept.get(differs);
  if (known !== undefined) return known;
  const conversation = conversationWith(demand, address, nextHop.port, name, settings);
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(differs, conversation);
  return conversation;
}

/** All that differs from hop to hop under the same settings. */
const keyOf = (demand: TlsDemand, address: string, port: number, name: string | undefined) =>
  [
    ...[address, port, name === undefined ? '' : `=${name}`, demand.wrapperMode, demand.level],
    ...[demand.protocols, demand.cipherGrade, demand.excludeCiphers],
  ].join('\n');

/** Thousands of entries share a host, and each is asked for its conversation again and again. */
function keptFor(settings: Settings): Map<string, Conversation> {
  const known = keptUnder.get(settings) ?? new Map<string, Conversation>();
  keptUnder.set(settings, known);
  return known;
}

const keptUnder = new WeakMap<Settings, Map<string, Conversation>>();
const MOST_KEPT = 4_000;

function conversationWith(
  demand: TlsDemand,
  address: string,
  port: number,
  name: string | undefined,
  settings: Settings,
): Conversation {
  const family = familyOf(address);
  const from = family === undefined ? undefined : settings.bindAddresses[family];
  const conversation = {
    address,
    port,
    ...(from === undefined ? {} : { from }),
    ...(family !== undefined && settings.bindAddressEnforced.includes(family)
      ? { fromOnly: true as const }
      : {}),
    ...(name === undefined ? {} : { servername: name }),
    wrapperMode: demand.wrapperMode,
    offer: offerFor(demand, settings),
    discardEhloKeywords: settings.discardEhloKeywords,
    ...(settings.discardEhloMaps === undefined
      ? {}
      : { discardMaps: settings.discardEhloMaps.map(tableName) }),
    ...(settings.replyFilter === undefined ? {} : { replyFilter: tableName(settings.replyFilter) }),
    ...(settings.hello === undefined ? {} : { hello: settings.hello }),
    ...(hasPatch(settings.version, LINE_BOUNDED) ? { stopsAt: LONGEST_LINE } : {}),
  };
  return { id: digest(conversation), ...conversation };
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

/**
 * smtp_get_noexcept() gives up on a line of so many octets and reads nothing behind it, in these
 * releases and later; before, it read on.
 */
export const LINE_BOUNDED = ['3.8.18', '3.9.12', '3.10.11', '3.11.4'];
const LONGEST_LINE = 4_096;

function digest({
  address,
  port,
  servername,
  wrapperMode,
  offer,
  discardEhloKeywords,
  discardMaps,
  replyFilter,
  hello,
  from,
}: Omit<Conversation, 'id'>): string {
  const seen = [
    address,
    port,
    servername ?? null,
    wrapperMode,
    offer,
    discardEhloKeywords.includes('starttls'),
    ...(hello === undefined ? [] : [hello]),
    ...(from === undefined ? [] : [from]),
    ...(discardMaps === undefined ? [] : [{ discardMaps }]),
    ...(replyFilter === undefined ? [] : [{ replyFilter }]),
  ];
  return createHash('sha256').update(JSON.stringify(seen)).digest('hex').slice(0, 32);
}
