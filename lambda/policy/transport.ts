/**
 * Recipient domain to next hop: transport_maps, relayhost, default_transport.
 *
 * Follows resolve_addr() in src/trivial-rewrite/resolve.c and transport_lookup() in
 * src/trivial-rewrite/transport.c. What only a sender or a whole address decides
 * (sender_dependent_*, user@domain keys) is not known here.
 */

import { readRecords, type TableRecord, type TableText } from '../postfix/lookup-table.ts';
import type { Bundle } from './bundle.ts';
import { nextHopElements, type Via } from './next-hop.ts';
import type { Settings } from './settings.ts';

/** Where mail for a domain goes. */
export type Routed =
  /** smtp(8) gets it: the next hop as text, perhaps a list, and what decided it. */
  | {
      readonly kind: 'smtp';
      readonly nextHop: string;
      readonly via: Via;
      readonly transport: string;
      readonly record?: TableRecord;
    }
  /** Another delivery agent gets it, and no TLS policy is looked up. */
  | { readonly kind: 'other'; readonly transport: string; readonly record?: TableRecord }
  /** The transport table cannot be opened: all mail waits, with `address resolver failure`. */
  | { readonly kind: 'table-broken'; readonly warning: string };

/** One table of transport_maps: the records that count, by folded key. */
interface TransportTable {
  readonly records: ReadonlyMap<string, TableRecord>;
  /** `static:` answers whatever is asked. */
  readonly everyKey?: TableRecord;
}

/** Transport tables parsed, in order. */
export interface Routing {
  readonly settings: Settings;
  readonly tables: readonly TransportTable[];
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
  bundle: Pick<Bundle, 'settings' | 'transportTables' | 'problems'>,
): Routing {
  const { settings } = bundle;
  const read = bundle.transportTables.map((table: TableText) =>
    readRecords(table, settings.version),
  );
  const names = new Set(settings.transportMaps.map((map) => `${map.type}:${map.path}`));
  const problems = bundle.problems.filter(
    (problem) => names.has(problem.name) && problem.kind !== 'stale',
  );
  const missing = problems.find((problem) => problem.kind === 'missing');
  const broken = missing !== undefined || read.some((table) => table.unavailable !== undefined);
  return {
    settings,
    tables: read.map(({ records, everyKey }) => ({
      records: new Map(
        records
          .filter((record) => record.shadowedBy === undefined)
          .map((record) => [record.key, record]),
      ),
      ...(everyKey === undefined
        ? {}
        : { everyKey: { table: 'static', line: 1, writtenKey: '*', key: '*', value: everyKey } }),
    })),
    broken,
    complete: problems.length === 0 && !settings.senderDependentRouting,
    known: read.length > 0 || settings.relayhost !== '' || settings.defaultTransport.includes(':'),
  };
}

/** The next hop of a recipient domain, as trivial-rewrite would resolve it. */
export function routeDomain(domain: string, routing: Routing): Routed {
  const { settings } = routing;
  if (routing.broken) return { kind: 'table-broken', warning: 'transport_maps lookup failure' };
  const folded = domain.toLowerCase();
  const relayed = settings.relayDomains.some(
    (relay) => folded === relay.toLowerCase() || folded.endsWith(`.${relay.toLowerCase()}`),
  );
  const [channel, destination] = splitTransport(
    relayed ? settings.relayTransport : settings.defaultTransport,
  );
  let transport = channel;
  let nextHop = settings.relayhost === '' ? domain : settings.relayhost;
  let via: Via = settings.relayhost === '' ? 'recipient' : 'relayhost';
  if (destination !== '') {
    nextHop = destination;
    via = 'default-transport';
  }
  const record = findTransport(folded, routing);
  if (record !== undefined) {
    const [otherChannel, otherHop] = splitTransport(record.value);
    if (otherChannel !== '') {
      transport = otherChannel;
      nextHop = otherHop === '' ? domain : otherHop;
      via = 'transport';
    } else if (otherHop !== '') {
      nextHop = otherHop;
      via = 'transport';
    }
  }
  const source = record === undefined ? {} : { record };
  if (!isSmtpTransport(transport, settings)) return { kind: 'other', transport, ...source };
  return { kind: 'smtp', nextHop, via, transport, ...source };
}

/** One element, and the whole next hop it stands in. */
export interface NamedNextHop {
  readonly text: string;
  readonly list: string;
  readonly via: Via;
}

/**
 * Every next hop that tables and main.cf name, with what names it: elements of lists on their own.
 */
export function namedNextHops(routing: Routing): NamedNextHop[] {
  const { settings } = routing;
  const named: NamedNextHop[] = [];
  const add = (list: string, via: Via) => {
    for (const text of nextHopElements(list, settings.version)) named.push({ text, list, via });
  };
  for (const record of routing.tables.flatMap((table) => [
    ...table.records.values(),
    ...optional(table.everyKey),
  ])) {
    const [channel, nextHop] = splitTransport(record.value);
    if (nextHop !== '' && (channel === '' || isSmtpTransport(channel, settings)))
      add(nextHop, 'transport');
  }
  if (settings.relayhost !== '') add(settings.relayhost, 'relayhost');
  for (const transport of [settings.defaultTransport, settings.relayTransport]) {
    const [channel, nextHop] = splitTransport(transport);
    if (nextHop !== '' && isSmtpTransport(channel, settings)) add(nextHop, 'default-transport');
  }
  for (const relay of settings.fallbackRelay)
    named.push({ text: relay, list: relay, via: 'fallback-relay' });
  return named;
}

/**
 * Whether a master.cf service runs smtp(8). Without a master.cf: everything that is not known to be
 * something else.
 */
export function isSmtpTransport(name: string, settings: Pick<Settings, 'smtpServices'>): boolean {
  if (settings.smtpServices.length > 0) return settings.smtpServices.includes(name);
  return !OTHER_AGENTS.has(name) && !name.startsWith('lmtp') && !name.endsWith('lmtp');
}

/**
 * The domain, its parents with a leading dot (or bare, by parent_domain_matches_subdomains), then
 * `*`.
 */
function findTransport(domain: string, routing: Routing): TableRecord | undefined {
  const keys = [domain];
  for (let dot = domain.indexOf('.', 1); dot > 0; dot = domain.indexOf('.', dot + 1)) {
    keys.push(domain.slice(routing.settings.transportParentMatches ? dot + 1 : dot));
  }
  for (const key of [...keys, '*']) {
    for (const table of routing.tables) {
      const found = table.records.get(key) ?? table.everyKey;
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function optional<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}

function splitTransport(value: string): readonly [channel: string, nextHop: string] {
  const colon = value.indexOf(':');
  return colon < 0 ? [value, ''] : [value.slice(0, colon), value.slice(colon + 1)];
}

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
