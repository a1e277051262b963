/**
 * Everything to judge, in table order: one destination per entry that can be looked up, and each
 * `--destination`.
 *
 * What is never looked up, or cannot be listed, stays in the list as `unchecked`: what is not
 * watched is named.
 */

import { named } from '../named-record.ts';
import { isUtf8Hostname, toAscii } from '../postfix/hostname.ts';
import { tableName } from '../postfix/lookup-table.ts';
import type { Bundle } from './bundle.ts';
import { type Demand, type DemandContext, demandContext, demandFor, placeOf } from './demand.ts';
import type { EntryPlace, PolicyEntry } from './entry.ts';
import { isEntry, lookupEntry } from './lookup.ts';
import { type NextHop, nextHopElements, parseNextHop, type Via } from './next-hop.ts';
import type { ParsedTable, TableEntry } from './parse.ts';
import { clientOf, routeKey, serviceOf } from './service.ts';
import { foldKey, openTable } from './table-set.ts';
import {
  type NamedNextHop,
  namedNextHops,
  type Routed,
  type Routing,
  routeDomain,
  routingOf,
  senderMaps,
  UNLISTED_DOMAIN,
} from './transport.ts';

/** One next hop that Postfix would try, with what it demands there. */
export interface Hop {
  readonly nextHop: NextHop;
  readonly demand: Demand;
  /**
   * An element of smtp_fallback_relay: tried after the others fail, under its own and perhaps
   * weaker policy.
   */
  readonly fallback: boolean;
  /** The smtp(8) service that delivers; absent: the one that delivers by default. */
  readonly service?: string;
}

/** Why nothing is asked of an entry. */
export type UncheckedReason =
  | 'level-none'
  | 'parent-key'
  | 'never-looked-up'
  | 'private-addresses'
  | 'table-not-listable'
  | 'global-level';

/**
 * Judged without a look at any host. `table-unavailable` and `unroutable` are failures of ours that
 * Postfix meets; `source-unreadable`: Postfix can read it and we cannot, so nothing is known.
 */
export interface Settled {
  readonly reason: 'table-unavailable' | 'unroutable' | 'no-transport' | 'source-unreadable';
  /** What Postfix logs behind `warning: `, or why we cannot read it. */
  readonly because: string;
  /** The table, or the transport that is not there. */
  readonly table: string;
}

export interface Destination {
  /** Stable across runs and across edits elsewhere in the table: what the store keys by. */
  readonly id: string;
  /** The entry this destination was made for; absent for a `--destination` that no entry covers. */
  readonly entry?: EntryPlace;
  /** The domain or next hop to judge, in ASCII. */
  readonly name: string;
  /** In the order Postfix tries them; empty only when `unchecked` or `settled` says why. */
  readonly hops: readonly Hop[];
  /** The smtp(8) service that delivers; absent: the one that delivers by default. */
  readonly service?: string;
  readonly unchecked?: { readonly reason: UncheckedReason; readonly sentence: string };
  readonly settled?: Settled;
}

/** A destination that an earlier run judged. */
export interface Remembered {
  readonly id: string;
  readonly name: string;
  /** Of the entry it was judged by. */
  readonly key: string;
}

/**
 * Everything to judge. Pure: a stored bundle gives the same list again.
 *
 * @param remembered what earlier runs judged: where a source of policy cannot be read any more,
 *   its entries are not forgotten
 */
export function destinationsOf(
  bundle: Bundle,
  remembered: readonly Remembered[] = [],
): Destination[] {
  const routing = routingOf(bundle);
  const nextHops = namedNextHops(routing);
  const named = new Map(nextHops.map((hop) => [hop.text.toLowerCase(), hop]));
  const work: Work = { bundle, demands: demandsOf(bundle), routing, nextHops, named };
  const extra = [...new Set(bundle.destinations)].map((name) => ({
    name,
    entry: entryFor(name, work),
    told: false,
  }));
  const found: Destination[] = [];
  for (const { table, service } of tablesOf(bundle, work)) {
    const own = aboutTable(table, work);
    // Each entry that is remembered of a lost table says what is wrong.
    if (own !== undefined && !(lost(table) && remembered.length > 0)) found.push(own);
    for (const entry of table.notListable === undefined ? table.entries : []) {
      const below = entry.key.startsWith('.')
        ? extra.filter((one) => isSame(one.entry, entry))
        : [];
      if (below.length === 0) found.push(ofEntry(entry, service, work));
      for (const one of below) {
        found.push(ofName(one.name, entry, work));
        one.told = true;
      }
    }
  }
  const judged = new Set(
    found
      .filter(
        ({ unchecked }) => (unchecked?.reason ?? 'table-not-listable') === 'table-not-listable',
      )
      .map(({ name }) => name),
  );
  for (const { name, entry, told } of extra) {
    if (!told && !judged.has(toAscii(name.toLowerCase()))) found.push(ofName(name, entry, work));
  }
  const gone = tablesOf(bundle, work).find(({ table }) => lost(table))?.table;
  if (gone !== undefined || routing.broken) {
    const known = new Set(found.map(({ id }) => id));
    for (const { id, name, key } of remembered) {
      if (known.has(id)) continue;
      const entry = { table: gone?.name ?? '', line: 0, key, value: '' };
      found.push({ entry, ...ofName(name, entryFor(name, work), work), id });
    }
  }
  found.push(
    ...otherNextHops(found, work),
    ...sendersNotFollowed(work),
    ...globalLevel(bundle, work),
  );
  return withDistinctIds(found);
}

interface Work {
  readonly bundle: Bundle;
  /** Demands as one service makes them. */
  readonly demands: (service: string | undefined) => DemandContext;
  readonly routing: Routing;
  /** Every one that tables and main.cf name; `named`: the last of each text. */
  readonly nextHops: readonly NamedNextHop[];
  readonly named: ReadonlyMap<string, NamedNextHop>;
}

function demandsOf(bundle: Bundle): Work['demands'] {
  const known = new Map<string | undefined, DemandContext>();
  return (service) => {
    const context = known.get(service) ?? demandContext(clientOf(bundle, service));
    known.set(service, context);
    return context;
  };
}

/** Every policy table once, with the first service that asks it. */
function tablesOf(
  bundle: Bundle,
  work: Work,
): { readonly table: ParsedTable; readonly service: string | undefined }[] {
  const seen = new Set<string>();
  return [undefined, ...Object.keys(bundle.services ?? {})].flatMap((service) =>
    work.demands(service).tables.flatMap((table) => {
      if (seen.has(table.name)) return [];
      seen.add(table.name);
      return [{ table, service }];
    }),
  );
}

/** A table whose entries cannot be known any more. */
const lost = (table: ParsedTable): boolean =>
  table.unavailable !== undefined || table.unreadable !== undefined;

/** A destination, or why an entry is not one. */
function ofEntry(entry: TableEntry, tableService: string | undefined, work: Work): Destination {
  const { settings } = work.demands(tableService);
  const unchecked = (reason: UncheckedReason, sentence: string): Destination => ({
    id: entry.key,
    entry: placeOf(entry),
    name: toAscii(entry.key),
    hops: [],
    unchecked: { reason, sentence },
  });
  const never = (why: string) =>
    unchecked('never-looked-up', `this entry is never looked up: ${why}`);

  if (entry.shadowedBy !== undefined)
    return never(`line ${entry.shadowedBy} has the same key and comes first`);
  if (entry.key.startsWith(BYTE_ORDER_MARK))
    return never('the file begins with a byte order mark, which is part of this key');
  if (entry.key !== foldKey(entry.key))
    return never('proxymap(8) keeps its capitals, and Postfix asks in lower case');
  if (entry.key.startsWith('.') && isUtf8Hostname(entry.key.slice(1), settings.version)) {
    return unchecked(
      'parent-key',
      `this entry is for every domain below ${entry.key.slice(1)}; name one with --destination ` +
        'to have it judged',
    );
  }
  if (entry.key === '*') return never('a policy table has no wildcard key');
  if (entry.key.includes('@')) return never('the table is keyed by next hop, not by address');
  const routed = route(entry.key, tableService, work);
  const base = { id: entry.key, entry: placeOf(entry), name: toAscii(entry.key) };
  if ('why' in routed) return never(routed.why);
  if ('settled' in routed) return { ...base, hops: [], settled: routed.settled };
  if ('unknown' in routed) return unchecked('table-not-listable', routed.unknown);
  const { tables } = work.demands(routed.service);
  const winner = lookupEntry(entry.key, tables, settings.version);
  if (isEntry(winner) && !isSame(winner, entry)) {
    return never(
      winner.line === 0
        ? `${winner.table} answers the same key and is asked first`
        : `line ${winner.line} of ${winner.table} has the same key and is asked first`,
    );
  }
  if (!isEntry(winner) && !tables.some(({ name }) => name === entry.table)) {
    return never(`${routed.service ?? 'the service'} that delivers there asks no such table`);
  }
  if (entry.policy.kind === 'policy' && entry.policy.level === 'none' && isEntry(winner))
    return { ...base, ...levelNone(routed.service) };
  return { ...base, ...hopsOrWhy(routed, entry.key, work) };
}

/** A `--destination`: a recipient domain or address, or a next hop with brackets or port. */
function ofName(name: string, entry: PolicyEntry | undefined, work: Work): Destination {
  const ascii = toAscii(name.toLowerCase());
  const base = {
    id: entry === undefined || entry.key === name.toLowerCase() ? ascii : `${entry.key} ${ascii}`,
    ...(entry === undefined ? {} : { entry: placeOf(entry) }),
    name: ascii,
  };
  const unchecked = (reason: UncheckedReason, sentence: string) => ({
    ...base,
    hops: [],
    unchecked: { reason, sentence },
  });
  const to = nameRoute(name, work);
  if ('settled' in to) return { ...base, hops: [], settled: to.settled };
  if ('unknown' in to) return unchecked('table-not-listable', to.unknown);
  if ('why' in to) return unchecked('never-looked-up', to.why);
  const found = hopsOrWhy(to, name, work);
  const asksNothing =
    found.hops.length > 0 &&
    found.hops.every((hop) => hop.demand.kind === 'demand' && hop.demand.level === 'none');
  return { ...base, ...(asksNothing ? levelNone(found.service) : found) };
}

/** Nothing is asked of TLS, by the service that delivers there: it may die of its settings. */
const levelNone = (service: string | undefined) => ({
  hops: [],
  unchecked: { reason: 'level-none' as const, sentence: 'level none asks nothing of TLS' },
  ...(service === undefined ? {} : { service }),
});

/** The entry a `--destination` falls under, by its first hop; undefined where none applies. */
function entryFor(name: string, work: Work): PolicyEntry | undefined {
  const to = nameRoute(name, work);
  const { settings, tables } = work.demands('list' in to ? to.service : undefined);
  const [first] = nextHopElements('list' in to ? to.list : name, settings.version);
  const found = lookupEntry(first ?? name, tables, settings.version);
  return isEntry(found) ? found : undefined;
}

interface ToHop {
  readonly list: string;
  readonly via: Via;
  readonly service: string | undefined;
}

/** The way of a key or name, or why there is none to judge. */
type Way =
  | ToHop
  | { readonly why: string }
  | { readonly settled: Settled }
  | { readonly unknown: string };

/** Where mail for a name goes; a text with brackets or port is a next hop itself. */
function nameRoute(name: string, work: Work): Way {
  const recipient = name.includes('@') || isPlain(name.replace(/\.$/, ''), work);
  if (!recipient) {
    const named = work.named.get(name.toLowerCase());
    return {
      list: name,
      via: named?.via ?? 'transport',
      service: named === undefined ? undefined : serviceOf(work.bundle, named.transport),
    };
  }
  return wayOf(name.replace(/\.$/, ''), routeDomain(name.replace(/\.$/, ''), work.routing), work);
}

function wayOf(name: string, routed: Routed, work: Work): Way {
  switch (routed.kind) {
    case 'smtp':
      return {
        list: routed.nextHop,
        via: routed.via,
        service: serviceOf(work.bundle, routed.transport),
      };
    case 'other':
      return { why: `mail for ${name} ${elsewhere(routed)}, which has no TLS policy` };
    case 'table-broken':
      return {
        settled: { reason: 'unroutable', because: routed.warning, table: routed.table },
      };
    case 'no-transport': {
      const because = `mail for ${name} goes to the transport ${routed.transport}`;
      return { settled: { reason: 'no-transport', because, table: routed.transport } };
    }
    case 'unknown':
      return routed.ours
        ? {
            settled: { reason: 'source-unreadable', because: routed.because, table: routed.table },
          }
        : {
            unknown:
              `where mail for ${name} goes is not known here: ${routed.table} ` +
              `(${routed.parameter}) ${routed.because}`,
          };
  }
}

/** The next hop list through which a key is looked up, or why it never is. */
function route(key: string, tableService: string | undefined, work: Work): Way {
  const { settings } = work.demands(tableService);
  const named = work.named.get(key);
  const fallback = named?.via === 'fallback-relay';
  const byName = (): ToHop | undefined =>
    named === undefined
      ? undefined
      : {
          list: fallback ? key : named.list,
          via: named.via,
          service: serviceOf(work.bundle, named.transport),
        };
  if (isPlain(key, work)) {
    const routed = routeDomain(key, work.routing);
    if (routed.kind !== 'smtp' && routed.kind !== 'other') {
      const way = byName();
      return way ?? wayOf(key, routed, work);
    }
    if (
      routed.kind === 'smtp' &&
      nextHopElements(routed.nextHop, settings.version).some((hop) => hop.toLowerCase() === key)
    ) {
      return wayOf(key, routed, work);
    }
    const way = byName();
    if (way !== undefined) return way;
    if (routed.kind === 'other') return { why: `mail for ${key} ${elsewhere(routed)}` };
    return {
      why:
        `mail for ${key} goes to ${routed.nextHop} (${SOURCE[routed.via]}), and that text is ` +
        'the key',
    };
  }
  const way = byName();
  if (way !== undefined) return way;
  if (key.endsWith(':'))
    return {
      why: `no next hop has the text "${key}"; a key is written without a colon at its end`,
    };
  const parsed = parseNextHop(key, 'transport', settings);
  if ('kind' in parsed) return { why: `no next hop can have the text "${key}"` };
  if (work.routing.known && work.routing.complete)
    return { why: `no transport and no relayhost names the next hop ${key}` };
  return { list: key, via: 'transport', service: tableService };
}

/** Where mail goes that smtp(8) never sees. */
function elsewhere({ transport, domainClass }: Extract<Routed, { kind: 'other' }>): string {
  switch (domainClass) {
    case 'local':
      return `is delivered on this host (mydestination), by ${transport}`;
    case 'virtual-alias':
      return 'is rewritten to other addresses or refused (virtual_alias_domains)';
    case 'virtual-mailbox':
      return `is delivered on this host (virtual_mailbox_domains), by ${transport}`;
    case 'relay':
    case 'default':
      return `goes to the transport ${transport}`;
  }
}

/**
 * Next hops that main.cf or a table names and that no entry and no `--destination` stands for: the
 * global level, or a weaker parent, counts there.
 */
function otherNextHops(found: readonly Destination[], work: Work): Destination[] {
  const known = new Set(
    found.flatMap(({ hops }) => hops.map((hop) => routeKey(hop).toLowerCase())),
  );
  const more: Destination[] = [];
  for (const { text, list, via, transport } of work.nextHops) {
    const service = serviceOf(work.bundle, transport);
    // Another service may ask for more there.
    const by = service === undefined ? {} : { service };
    const key = routeKey({ nextHop: { text }, ...by }).toLowerCase();
    if (known.has(key) || via === 'fallback-relay') continue;
    known.add(key);
    const made = hopsOrWhy({ list, via, service }, text, work);
    const { tables, settings } = work.demands(service);
    const entry = lookupEntry(text, tables, settings.version);
    const own = made.hops.filter(({ nextHop }) => nextHop.text === text);
    // A service that ends over each message delivers at no level.
    const asks = settings.fatal !== undefined || own.some(({ demand }) => asksForTls(demand));
    if (!asks) continue;
    more.push({
      id: text.toLowerCase(),
      ...(isEntry(entry) ? { entry: placeOf(entry) } : {}),
      name: toAscii(text.toLowerCase()),
      ...made,
    });
  }
  return more;
}

/** Whether mail can fail over TLS there: a policy that is broken fails all of it. */
export function asksForTls(demand: Demand): boolean {
  switch (demand.kind) {
    case 'broken':
      return true;
    case 'demand':
      return (demand.level !== 'none' && demand.level !== 'may') || demand.wrapperMode;
  }
}

/** Sender maps whose next hops are not known here: nobody watches those. */
function sendersNotFollowed({ routing }: Work): Destination[] {
  const { settings, sources } = routing;
  return senderMaps(settings).flatMap(({ parameter, map }) => {
    const name = tableName(map);
    if (map.type === 'static' || openTable(name, sources).records !== undefined) return [];
    const problem = sources.problems.find((one) => one.name === name);
    // What Postfix cannot open fails all mail, and each entry says so.
    if (problem?.kind === 'missing') return [];
    const sentence =
      `next hops of ${name} (${parameter}) are not followed: ` +
      `${problem?.because ?? 'its values cannot be listed'}; ` +
      'name them with --destination to have them judged';
    const unchecked = { reason: 'table-not-listable', sentence } as const;
    return [{ id: `${parameter} ${name}`, name, hops: [], unchecked }];
  });
}

/**
 * What a global level above `may` asks of every domain that no entry names: nobody watches those.
 */
function globalLevel(bundle: Bundle, work: Work): Destination[] {
  const { securityLevel } = bundle.settings;
  if (securityLevel === 'none' || securityLevel === 'may') return [];
  const everywhere = routeDomain(UNLISTED_DOMAIN, work.routing);
  const direct = everywhere.kind === 'smtp' && everywhere.nextHop === UNLISTED_DOMAIN;
  if (!direct) return [];
  const name = 'smtp_tls_security_level';
  const sentence =
    `every domain without an entry is at level ${securityLevel}; name those that matter with ` +
    '--destination or --destinations FILE to have them judged';
  return [{ id: name, name, hops: [], unchecked: { reason: 'global-level', sentence } }];
}

const BYTE_ORDER_MARK = '\ufeff';

/** The hops of a list, or why they cannot be known or are not tried. */
function hopsOrWhy(
  { list, via, service }: ToHop,
  name: string,
  work: Work,
): Pick<Destination, 'hops' | 'service' | 'unchecked' | 'settled'> {
  const demands = work.demands(service);
  const { settings, tables } = demands;
  for (const text of nextHopElements(list, settings.version)) {
    const found = lookupEntry(text, tables, settings.version);
    if (found === undefined || isEntry(found) || found.kind === 'table-broken') continue;
    const { table, because } = found;
    if (found.ours) return { hops: [], settled: { reason: 'source-unreadable', because, table } };
    const sentence = `what ${table} says of ${name} is not known here: ${because}`;
    return { hops: [], unchecked: { reason: 'table-not-listable', sentence } };
  }
  return {
    hops: hopsOf(list, via, demands).map((hop) =>
      service === undefined ? hop : { ...hop, service },
    ),
    ...(service === undefined ? {} : { service }),
  };
}

/**
 * The elements of a next hop in order, then those of smtp_fallback_relay, each under its own
 * demand.
 */
function hopsOf(list: string, via: Via, demands: DemandContext): Hop[] {
  const { settings } = demands;
  const hop = (text: string, by: Via, fallback: boolean): Hop => {
    const parsed = parseNextHop(text, by, settings);
    const nextHop =
      'kind' in parsed ? { text, host: text, port: settings.tcpPort, mx: false, via: by } : parsed;
    return { nextHop, demand: demandFor(parsed, demands), fallback };
  };
  return [
    ...nextHopElements(list, settings.version).map((text) => hop(text, via, false)),
    ...(via === 'fallback-relay' ? [] : settings.fallbackRelay).map((text) =>
      hop(text, 'fallback-relay', true),
    ),
  ];
}

/**
 * What is to be said of a table as a whole: that Postfix cannot use it, that we cannot read it, or
 * that its keys cannot be listed.
 */
function aboutTable(table: ParsedTable, work: Work): Destination | undefined {
  const base = { id: table.name, name: table.name, hops: [] };
  if (table.unavailable !== undefined) {
    // Where its entries are known, each of them fails and says why.
    if (table.entries.length > 0 || work.bundle.destinations.length > 0) return undefined;
    const because = table.unavailable;
    return { ...base, settled: { reason: 'table-unavailable', because, table: table.name } };
  }
  if (table.unreadable !== undefined) {
    const because = table.unreadable;
    return { ...base, settled: { reason: 'source-unreadable', because, table: table.name } };
  }
  const silent = unanswering(table, work.bundle);
  // Each destination that is named fails by itself and says why.
  if (silent !== undefined && work.bundle.destinations.length > 0) return undefined;
  if (silent !== undefined) return { ...base, settled: silent };
  const why =
    table.notListable ??
    (table.everyKey === undefined ? undefined : 'static: answers every key alike');
  if (why === undefined) return undefined;
  const sentence =
    `the keys of ${table.name} cannot be listed (${why}); name destinations with --destination ` +
    'to have them judged';
  return { ...base, unchecked: { reason: 'table-not-listable', sentence } };
}

/** What a table that was asked says to every key, where it answers none. */
export function unanswering(
  table: Pick<ParsedTable, 'name'>,
  { answers }: Pick<Bundle, 'answers'>,
): Settled | undefined {
  const all = Object.values(named(answers ?? {}, table.name) ?? {});
  const [first] = all;
  if (first?.kind === 'error' && all.every(({ kind }) => kind === 'error'))
    return { reason: 'table-unavailable', because: first.says, table: table.name };
  if (first?.kind === 'unreadable' && all.every(({ kind }) => kind === 'unreadable'))
    return { reason: 'source-unreadable', because: first.because, table: table.name };
  return undefined;
}

function isPlain(name: string, work: Work): boolean {
  return isUtf8Hostname(name, work.demands(undefined).settings.version);
}

function isSame(a: PolicyEntry | undefined, b: PolicyEntry): boolean {
  return a !== undefined && a.table === b.table && a.line === b.line && a.key === b.key;
}

/**
 * The store keys by id: a second entry of the same id (a duplicate, another table) gets a number.
 */
function withDistinctIds(destinations: readonly Destination[]): Destination[] {
  const seen = new Map<string, number>();
  return destinations.map((destination) => {
    const count = (seen.get(destination.id) ?? 0) + 1;
    seen.set(destination.id, count);
    return count === 1 ? destination : { ...destination, id: `${destination.id} #${count}` };
  });
}

const SOURCE: Readonly<Record<Via, string>> = {
  recipient: 'the recipient domain',
  transport: 'transport_maps',
  relayhost: 'relayhost',
  sender: 'sender_dependent_relayhost_maps',
  'fallback-relay': 'smtp_fallback_relay',
  'default-transport': 'default_transport',
};
