/**
 * Everything to judge, in table order: one destination per entry that can be looked up, and each
 * `--destination`.
 *
 * What is never looked up, or cannot be listed, stays in the list as `unchecked`: what is not
 * watched is named.
 */

import { isUtf8Hostname, toAscii } from '../postfix/hostname.ts';
import type { Bundle } from './bundle.ts';
import { type Demand, type DemandContext, demandContext, demandFor, placeOf } from './demand.ts';
import type { EntryPlace, PolicyEntry } from './entry.ts';
import { lookupEntry } from './lookup.ts';
import { type NextHop, nextHopElements, parseNextHop, type Via } from './next-hop.ts';
import type { ParsedTable, TableEntry } from './parse.ts';
import {
  type NamedNextHop,
  namedNextHops,
  type Routing,
  routeDomain,
  routingOf,
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
}

/** Why nothing is asked of an entry. */
export type UncheckedReason =
  | 'level-none'
  | 'parent-key'
  | 'never-looked-up'
  | 'private-addresses'
  | 'table-not-listable';

export interface Destination {
  /** Stable across runs and across edits elsewhere in the table: what the store keys by. */
  readonly id: string;
  /** The entry this destination was made for; absent for a `--destination` that no entry covers. */
  readonly entry?: EntryPlace;
  /** The domain or next hop to judge, in ASCII. */
  readonly name: string;
  /** In the order Postfix tries them; empty only when `unchecked` says why. */
  readonly hops: readonly Hop[];
  readonly unchecked?: { readonly reason: UncheckedReason; readonly sentence: string };
}

/** Everything to judge. Pure: a stored bundle gives the same list again. */
export function destinationsOf(bundle: Bundle): Destination[] {
  const routing = routingOf(bundle);
  const named = new Map(namedNextHops(routing).map((hop) => [hop.text.toLowerCase(), hop]));
  const work: Work = { demands: demandContext(bundle), routing, named };
  const extra = [...new Set(bundle.destinations)].map((name) => ({
    name,
    entry: entryFor(name, work),
    told: false,
  }));
  const found: Destination[] = [];
  for (const table of work.demands.tables) {
    const unlisted = unlistable(table);
    if (unlisted !== undefined) found.push(unlisted);
    for (const entry of table.notListable === undefined ? table.entries : []) {
      const below = entry.key.startsWith('.')
        ? extra.filter((one) => isSame(one.entry, entry))
        : [];
      if (below.length === 0) found.push(ofEntry(entry, work));
      for (const one of below) {
        found.push(ofName(one.name, entry, work));
        one.told = true;
      }
    }
  }
  const judged = new Set(found.filter((one) => one.unchecked === undefined).map((one) => one.name));
  for (const { name, entry, told } of extra) {
    if (!told && !judged.has(toAscii(name.toLowerCase()))) found.push(ofName(name, entry, work));
  }
  return withDistinctIds(found);
}

interface Work {
  readonly demands: DemandContext;
  readonly routing: Routing;
  readonly named: ReadonlyMap<string, NamedNextHop>;
}

/** A destination, or why an entry is not one. */
function ofEntry(entry: TableEntry, work: Work): Destination {
  const { settings } = work.demands;
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
  if (entry.key.startsWith('.') && isUtf8Hostname(entry.key.slice(1), settings.version)) {
    return unchecked(
      'parent-key',
      `this entry is for every domain below ${entry.key.slice(1)}; name one with --destination to have it judged`,
    );
  }
  const winner = lookupEntry(entry.key, work.demands.tables, settings.version);
  if (winner !== undefined && !('kind' in winner) && !isSame(winner, entry)) {
    return never(`line ${winner.line} of ${winner.table} has the same key and is asked first`);
  }
  if (entry.key === '*') return never('a policy table has no wildcard key');
  if (entry.key.includes('@')) return never('the table is keyed by next hop, not by address');
  const routed = route(entry.key, work);
  if ('why' in routed) return never(routed.why);
  if ('warning' in routed) {
    const hops = [unroutable(entry.key, routed.warning, work.demands)];
    return { id: entry.key, entry: placeOf(entry), name: toAscii(entry.key), hops };
  }
  if (
    entry.policy.kind === 'policy' &&
    entry.policy.level === 'none' &&
    winner !== undefined &&
    !('kind' in winner)
  ) {
    return unchecked('level-none', 'level none asks nothing of TLS');
  }
  return {
    id: entry.key,
    entry: placeOf(entry),
    name: toAscii(entry.key),
    hops: hopsOf(routed.list, routed.via, work.demands),
  };
}

/** A `--destination`: a recipient domain, or a next hop with brackets or port. */
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
  const unasked = work.demands.tables.find(
    (table) => table.notListable !== undefined && table.asked !== true,
  );
  if (unasked !== undefined) {
    return unchecked(
      'table-not-listable',
      `what ${unasked.name} says of ${name} is not known here: ${unasked.notListable}`,
    );
  }
  const routed = isPlain(name, work) ? routeDomain(name, work.routing) : undefined;
  if (routed?.kind === 'other') {
    return unchecked(
      'never-looked-up',
      `mail for ${name} goes to the transport ${routed.transport}, which has no TLS policy`,
    );
  }
  const hops =
    routed?.kind === 'smtp'
      ? hopsOf(routed.nextHop, routed.via, work.demands)
      : routed?.kind === 'table-broken'
        ? [unroutable(name, routed.warning, work.demands)]
        : hopsOf(name, 'transport', work.demands);
  const asksNothing = hops.every(
    (hop) => hop.demand.kind === 'demand' && hop.demand.level === 'none',
  );
  return asksNothing
    ? unchecked('level-none', 'level none asks nothing of TLS')
    : { ...base, hops };
}

/** The entry a `--destination` falls under, by its first hop; undefined where none applies. */
function entryFor(name: string, work: Work): PolicyEntry | undefined {
  const routed = isPlain(name, work) ? routeDomain(name, work.routing) : undefined;
  const text = routed?.kind === 'smtp' ? routed.nextHop : name;
  const [first] = nextHopElements(text, work.demands.settings.version);
  const found = lookupEntry(first ?? name, work.demands.tables, work.demands.settings.version);
  return found === undefined || 'kind' in found ? undefined : found;
}

interface ToHop {
  readonly list: string;
  readonly via: Via;
}

/** The next hop list through which a key is looked up, or why it never is. */
function route(
  key: string,
  work: Work,
): ToHop | { readonly why: string } | { readonly warning: string } {
  const { settings } = work.demands;
  const named = work.named.get(key);
  const fallback = named?.via === 'fallback-relay';
  if (isPlain(key, work)) {
    const routed = routeDomain(key, work.routing);
    if (routed.kind === 'table-broken') return { warning: routed.warning };
    if (
      routed.kind === 'smtp' &&
      nextHopElements(routed.nextHop, settings.version).some((hop) => hop.toLowerCase() === key)
    ) {
      return { list: routed.nextHop, via: routed.via };
    }
    if (named !== undefined) return { list: fallback ? key : named.list, via: named.via };
    if (routed.kind === 'other')
      return { why: `mail for ${key} goes to the transport ${routed.transport}` };
    if (!work.routing.complete) return { list: key, via: 'recipient' };
    return {
      why: `mail for ${key} goes to ${routed.nextHop} (${SOURCE[routed.via]}), and that text is the key`,
    };
  }
  if (named !== undefined) return { list: fallback ? key : named.list, via: named.via };
  const parsed = parseNextHop(key, 'transport', settings);
  if ('kind' in parsed) return { why: `no next hop can have the text "${key}"` };
  if (work.routing.known && work.routing.complete)
    return { why: `no transport and no relayhost names the next hop ${key}` };
  return { list: key, via: 'transport' };
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

/** Mail that trivial-rewrite cannot route stays in the queue, whatever the policy says. */
function unroutable(name: string, warning: string, { settings }: DemandContext): Hop {
  const nextHop: NextHop = {
    text: name,
    host: name,
    port: settings.tcpPort,
    mx: false,
    via: 'recipient',
  };
  return { nextHop, demand: { kind: 'broken', warning, fatal: true }, fallback: false };
}

/** A table whose keys nobody can list is one destination that says so. */
function unlistable(table: ParsedTable): Destination | undefined {
  const why =
    table.notListable ??
    (table.everyKey === undefined ? undefined : 'static: answers every key alike');
  if (why === undefined) return undefined;
  const sentence = `the keys of ${table.name} cannot be listed (${why}); name destinations with --destination to have them judged`;
  return {
    id: table.name,
    name: table.name,
    hops: [],
    unchecked: { reason: 'table-not-listable', sentence },
  };
}

function isPlain(name: string, work: Work): boolean {
  return isUtf8Hostname(name, work.demands.settings.version);
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
  'fallback-relay': 'smtp_fallback_relay',
  'default-transport': 'default_transport',
};
