/**
 * Recipient to next hop: the class of its domain, transport_maps, relayhost, default_transport.
 *
 * Follows resolve_addr() in src/trivial-rewrite/resolve.c, transport_lookup() in
 * src/trivial-rewrite/transport.c and mail_addr_find_opt() in src/global/mail_addr_find.c. What a
 * sender decides (sender_dependent_*) is another way out beside this one: see namedNextHops().
 * Pure.
 */

import { parentDomains } from '../postfix/hostname.ts';
import { type TableName, type TableRecord, tableName } from '../postfix/lookup-table.ts';
import type { Bundle } from './bundle.ts';
import { type DomainList, type Membership, membership, tablesIn } from './domain-list.ts';
import type { Via } from './next-hop.ts';
import { nextHopElements } from './next-hop.ts';
import type { Settings } from './settings.ts';
import { type Lookup, openTable, type TableSources } from './table-set.ts';

/** Where mail for a recipient goes. */
export type Routed =
  /** smtp(8) gets it: the next hop as text, perhaps a list, what decided it, and the service. */
  | {
      readonly kind: 'smtp';
      readonly nextHop: string;
      readonly via: Via;
      readonly transport: string;
      readonly record?: TableRecord;
    }
  /** Another delivery agent gets it, and no TLS policy is looked up. */
  | {
      readonly kind: 'other';
      readonly transport: string;
      readonly domainClass: DomainClass;
      readonly record?: TableRecord;
    }
  /** master.cf has no service of that name: mail waits, `mail transport unavailable`. */
  | { readonly kind: 'no-transport'; readonly transport: string }
  /** A table that decides cannot be asked by Postfix: mail waits, `address resolver failure`. */
  | { readonly kind: 'table-broken'; readonly warning: string; readonly table: string }
  /** A table that decides cannot be asked from here, or was not asked. */
  | {
      readonly kind: 'unknown';
      readonly parameter: string;
      readonly table: string;
      readonly because: string;
      readonly ours: boolean;
    };

/** Address classes of Postfix (ADDRESS_CLASS_README). */
export type DomainClass = 'local' | 'virtual-alias' | 'virtual-mailbox' | 'relay' | 'default';

/** Everything that decides where mail goes. */
export interface Routing {
  readonly sources: TableSources;
  /** As trivial-rewrite(8) has them. */
  readonly settings: Settings;
  /** A table cannot be opened: every lookup fails, and all mail waits for it. */
  readonly broken: boolean;
  /**
   * False where a transport table could not be listed, or where senders decide: next hops beyond
   * these exist.
   */
  readonly complete: boolean;
  /** True where main.cf or a table says anything about routing. */
  readonly known: boolean;
}

export function routingOf(
  bundle: TableSources & Pick<Partial<Bundle>, 'routingSettings'>,
): Routing {
  const settings = bundle.routingSettings ?? bundle.settings;
  const transports = settings.transportMaps.map((map) => openTable(tableName(map), bundle));
  const senders = senderMaps(settings);
  const listed = [...transports, ...senders.map(({ map }) => openTable(tableName(map), bundle))];
  return {
    sources: bundle,
    settings,
    broken: transports.some((table) => table.lookup('*').kind === 'error'),
    complete: listed.every(
      ({ name, records }) => records !== undefined || name.startsWith('static:'),
    ),
    known:
      transports.length > 0 ||
      senders.length > 0 ||
      settings.relayhost !== '' ||
      settings.defaultTransport.includes(':'),
  };
}

/**
 * The next hop of a recipient domain, or of a whole address, as trivial-rewrite would resolve it.
 *
 * Where only a domain is given, tables of patterns are asked about a user of it.
 */
export function routeDomain(recipient: string, routing: Routing): Routed {
  const { settings } = routing;
  const { address, domain } = recipientOf(recipient);
  const dead = endingTable(routing);
  if (dead !== undefined) return dead;
  const found = classOf(domain, routing);
  if (typeof found !== 'string') return found;
  const [channel, destination] = splitTransport(TRANSPORT[found](settings));
  const offHost = found === 'relay' || found === 'default';
  let transport = channel;
  let nextHop = offHost && settings.relayhost !== '' ? settings.relayhost : domain;
  let via: Via = offHost && settings.relayhost !== '' ? 'relayhost' : 'recipient';
  if (destination !== '') {
    nextHop = destination;
    via = 'default-transport';
  }
  const noSender = offHost ? senderMapBroken(found, routing) : undefined;
  if (noSender !== undefined) return noSender;
  const answer: Lookup =
    found === 'virtual-alias' ? { kind: 'not-found' } : findTransport(address, routing);
  if (answer.kind === 'error') return broken('transport_maps', answer);
  if (answer.kind === 'unknown') return { ...answer, parameter: 'transport_maps' };
  const record = answer.kind === 'found' ? answer.record : undefined;
  if (answer.kind === 'found') {
    const [otherChannel, otherHop] = splitTransport(answer.value);
    if (otherChannel !== '') {
      transport = otherChannel;
      nextHop = otherHop === '' ? domain : otherHop;
      via = 'transport';
    } else if (otherHop !== '') {
      nextHop = otherHop;
      via = 'transport';
    }
  }
  if (settings.transports?.includes(transport) === false)
    return { kind: 'no-transport', transport };
  const source = record === undefined ? {} : { record };
  if (!isSmtpTransport(transport, settings)) {
    const { routingFatal } = settings;
    // Of what smtp(8) delivers, its own end is told: it reads the same main.cf.
    return routingFatal === undefined
      ? { kind: 'other', transport, domainClass: found, ...source }
      : broken(routingFatal.parameter, routingFatal);
  }
  return { kind: 'smtp', nextHop, via, transport, ...source };
}

/** Keys that transport_maps are asked for a recipient, in order. */
export function transportKeys(
  recipient: string,
  settings: Pick<Settings, 'transportParentMatches' | 'recipientDelimiter'>,
): readonly { readonly key: string; readonly fixedOnly: boolean }[] {
  const { address, domain } = recipientOf(recipient);
  const keys = [{ key: address, fixedOnly: false }];
  const bare = withoutExtension(address, settings.recipientDelimiter);
  if (bare !== undefined) keys.push({ key: bare, fixedOnly: true });
  const parents = parentDomains(domain, settings.transportParentMatches ? 'bare' : 'dotted');
  for (const key of [domain, ...parents]) keys.push({ key, fixedOnly: true });
  keys.push({ key: '*', fixedOnly: false });
  return keys;
}

/** Lists that decide the class of a domain, in the order in which they are asked. */
export function classLists(settings: Settings): readonly (DomainList & { of: DomainClass })[] {
  const plain = { parents: 'none' } as const;
  return [
    { parameter: 'mydestination', patterns: settings.myDestination, of: 'local', ...plain },
    {
      parameter: 'virtual_alias_domains',
      patterns: settings.virtualAliasDomains,
      of: 'virtual-alias',
      ...plain,
    },
    {
      parameter: 'virtual_mailbox_domains',
      patterns: settings.virtualMailboxDomains,
      of: 'virtual-mailbox',
      ...plain,
    },
    {
      parameter: 'relay_domains',
      patterns: settings.relayDomains,
      of: 'relay',
      parents: settings.relayParentMatches ? 'bare' : 'dotted',
    },
  ];
}

/** One element, and the whole next hop it stands in. */
export interface NamedNextHop {
  readonly text: string;
  readonly list: string;
  readonly via: Via;
  /** The smtp(8) service that delivers there. */
  readonly transport: string;
}

/**
 * Every next hop that tables and main.cf name, with what names it: elements of lists on their own.
 */
export function namedNextHops(routing: Routing): NamedNextHop[] {
  const { settings, sources } = routing;
  const named: NamedNextHop[] = [];
  const add = (list: string, via: Via, transport: string) => {
    for (const text of nextHopElements(list, settings.version))
      named.push({ text, list, via, transport });
  };
  const [standard] = splitTransport(settings.defaultTransport);
  const addTransport = (value: string, via: Via) => {
    const [channel, nextHop] = splitTransport(value);
    const transport = channel === '' ? standard : channel;
    if (nextHop !== '' && isSmtpTransport(transport, settings)) add(nextHop, via, transport);
  };
  for (const value of valuesOf(settings.transportMaps, sources)) addTransport(value, 'transport');
  if (settings.relayhost !== '' && isSmtpTransport(standard, settings))
    add(settings.relayhost, 'relayhost', standard);
  for (const value of valuesOf(settings.senderRelayhostMaps, sources)) {
    if (value.toLowerCase() !== 'dunno' && isSmtpTransport(standard, settings))
      add(value, 'sender', standard);
  }
  for (const value of valuesOf(settings.senderTransportMaps, sources)) {
    if (value.toLowerCase() !== 'dunno') addTransport(value, 'sender');
  }
  for (const transport of [settings.defaultTransport, settings.relayTransport]) {
    const [channel, nextHop] = splitTransport(transport);
    if (nextHop !== '' && isSmtpTransport(channel, settings))
      add(nextHop, 'default-transport', channel);
  }
  for (const relay of settings.fallbackRelay)
    named.push({ text: relay, list: relay, via: 'fallback-relay', transport: standard });
  return named;
}

/**
 * smtp(8) services by which mail of some senders leaves for the hop it would have anyway: values of
 * sender_dependent_default_transport_maps without a next hop, such as `strict:`, or with one, where
 * transport_maps have a hop without a transport, such as `:mx.example.com`, which takes its place.
 */
export function servicesOfSenders({ settings, sources }: Routing): string[] {
  const [standard] = splitTransport(settings.defaultTransport);
  const isReplaced = valuesOf(settings.transportMaps, sources).some((value) => {
    const [channel, nextHop] = splitTransport(value);
    return channel === '' && nextHop !== '';
  });
  const services = valuesOf(settings.senderTransportMaps, sources).flatMap((value) => {
    const [channel, nextHop] = splitTransport(value);
    const other = channel !== '' && channel !== standard && (nextHop === '' || isReplaced);
    return other && isSmtpTransport(channel, settings) ? channel : [];
  });
  return [...new Set(services)];
}

/**
 * Whether a master.cf service runs smtp(8). Without a master.cf: everything that is not known to be
 * something else.
 */
export function isSmtpTransport(name: string, settings: Pick<Settings, 'smtpServices'>): boolean {
  if (settings.smtpServices.length > 0) return settings.smtpServices.includes(name);
  return !OTHER_AGENTS.has(name) && !name.startsWith('lmtp') && !name.endsWith('lmtp');
}

/** Values of tables that can be listed, those of `static:` included. */
function valuesOf(maps: readonly TableName[], sources: TableSources): string[] {
  return maps.flatMap((map) => {
    const table = openTable(tableName(map), sources);
    if (table.records !== undefined) return table.records.map(({ value }) => value);
    const every = map.type === 'static' ? table.lookup('*') : undefined;
    return every?.kind === 'found' ? [every.value] : [];
  });
}

/** A table over which trivial-rewrite(8) ends at its start, whatever it is asked. */
function endingTable({ settings, sources }: Routing): Routed | undefined {
  const ends = new Set(sources.problems.filter((one) => one.ends === true).map(({ name }) => name));
  if (ends.size === 0) return undefined;
  const opened = [
    ...settings.transportMaps.map((map) => ({
      parameter: 'transport_maps',
      table: tableName(map),
    })),
    ...senderMaps(settings).map(({ parameter, map }) => ({ parameter, table: tableName(map) })),
    ...classLists(settings).flatMap((list) =>
      [...tablesIn(list)].map((table) => ({ parameter: list.parameter, table })),
    ),
  ];
  const found = opened.find(({ table }) => ends.has(table));
  return found === undefined ? undefined : broken(found.parameter, found);
}

function classOf(
  domain: string,
  routing: Routing,
): DomainClass | Exclude<Routed, { kind: 'smtp' }> {
  for (const list of classLists(routing.settings)) {
    const found: Membership = membership(domain, list, routing.sources);
    if (found.kind === 'member') return list.of;
    if (found.kind === 'error') return broken(list.parameter, found);
    if (found.kind === 'unknown') return { ...found, parameter: list.parameter };
  }
  return 'default';
}

/** A sender map that cannot be opened fails every sender alike; undefined where all can. */
function senderMapBroken(
  found: 'relay' | 'default',
  { settings, sources }: Routing,
): Exclude<Routed, { kind: 'smtp' }> | undefined {
  for (const { parameter, map, classes } of senderMaps(settings)) {
    if (!classes.includes(found)) continue;
    const name = tableName(map);
    // Of a table that is asked, what one sender gets stands for all of them.
    const lookup = openTable(name, sources).lookup(SOME_SENDER);
    if (lookup.kind === 'error') return broken(parameter, { table: name });
  }
  return undefined;
}

/** A domain that nobody has, to see where mail for just any domain goes. */
export const UNLISTED_DOMAIN = 'domain.invalid';

/** A sender that nobody is. */
export const SOME_SENDER = 'user@postfix-tls-watch.invalid';

interface SenderMap {
  readonly parameter: string;
  readonly map: TableName;
  /** Whose mail it decides. */
  readonly classes: readonly DomainClass[];
}

/** Tables that are asked about the sender, in the order in which they are. */
export const senderMaps = (settings: Settings): SenderMap[] => [
  ...settings.senderTransportMaps.map((map) => ({
    parameter: 'sender_dependent_default_transport_maps',
    map,
    classes: ['default'] as const,
  })),
  ...settings.senderRelayhostMaps.map((map) => ({
    parameter: 'sender_dependent_relayhost_maps',
    map,
    classes: ['relay', 'default'] as const,
  })),
];

/** The first answer: every key in every table before the next key, an error ends the search. */
function findTransport(address: string, { settings, sources }: Routing): Lookup {
  const tables = settings.transportMaps.map((map) => openTable(tableName(map), sources));
  for (const { key, fixedOnly } of transportKeys(address, settings)) {
    for (const table of tables) {
      if (fixedOnly && !table.fixedKeys) continue;
      const found = table.lookup(key);
      if (found.kind === 'not-found') continue;
      // maps_find(): an empty result is an error of configuration.
      if (found.kind === 'found' && found.value === '')
        return { kind: 'error', table: table.name, says: 'it returns an empty string result' };
      return found;
    }
  }
  return { kind: 'not-found' };
}

function broken(
  parameter: string,
  { table }: { readonly table: string },
): Extract<Routed, { kind: 'table-broken' }> {
  return { kind: 'table-broken', warning: `${parameter} lookup failure`, table };
}

/** A whole address, and its domain, folded; a domain alone is asked for a user of it. */
function recipientOf(recipient: string): { readonly address: string; readonly domain: string } {
  const folded = recipient.toLowerCase();
  const at = folded.lastIndexOf('@');
  return at < 0
    ? { address: `${SOME_USER}@${folded}`, domain: folded }
    : { address: folded, domain: folded.slice(at + 1) };
}

/** Whom patterns are asked about where only a domain is known. */
export const SOME_USER = 'user';

/**
 * `user+ext@domain` without what stands behind the first delimiter; undefined where there is none.
 */
function withoutExtension(address: string, delimiters: string): string | undefined {
  const at = address.lastIndexOf('@');
  const local = address.slice(0, at);
  const end = [...local].findIndex((character, i) => i > 0 && delimiters.includes(character));
  return end < 0 ? undefined : `${local.slice(0, end)}${address.slice(at)}`;
}

function splitTransport(value: string): readonly [channel: string, nextHop: string] {
  const colon = value.indexOf(':');
  return colon < 0 ? [value, ''] : [value.slice(0, colon), value.slice(colon + 1)];
}

const TRANSPORT: Readonly<Record<DomainClass, (settings: Settings) => string>> = {
  local: (settings) => settings.localTransport,
  'virtual-alias': () => 'error',
  'virtual-mailbox': (settings) => settings.virtualTransport,
  relay: (settings) => settings.relayTransport,
  default: (settings) => settings.defaultTransport,
};

/** Delivery agents of the stock master.cf and of common set-ups that are not smtp(8). */
const OTHER_AGENTS = new Set([
  'local',
  'virtual',
  'lmtp',
  'error',
  'retry',
  'discard',
  'pipe',
  'spawn',
  'dovecot',
  'maildrop',
  'procmail',
  'cyrus',
  'uucp',
  'ifmail',
  'bsmtp',
  'scalemail-backend',
  'mailman',
]);
