/**
 * Next hop to policy entry, as Postfix searches: which keys, in which order, in which tables.
 *
 * Follows tls_policy_lookup() in src/smtp/smtp_tls_policy.c and maps_find() in src/global/maps.c.
 */

import { isUtf8Hostname } from '../postfix/hostname.ts';
import { tableType } from '../postfix/lookup-table.ts';
import { printable } from '../postfix/printable.ts';
import { NEWEST_PROVED, type PostfixVersion } from '../postfix/version.ts';
import type { Bundle } from './bundle.ts';
import type { PolicyEntry } from './entry.ts';
import { type ParsedTable, parseTable } from './parse.ts';

export interface TableBroken {
  readonly kind: 'table-broken';
  /** Postfix's wording behind `warning: `. */
  readonly warning: string;
}

/** The entry that counts for a next hop; undefined where none applies and the global level does. */
export function lookupEntry(
  nextHop: string,
  tables: readonly ParsedTable[],
  version: PostfixVersion = NEWEST_PROVED,
): PolicyEntry | undefined | TableBroken {
  for (const key of lookupKeys(nextHop, version)) {
    const found = lookupKey(key, tables);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * The keys tried for a next hop, in order: the text, and for a plain host name its parents with a
 * leading dot. A text with brackets or a port, an address, or a trailing dot is tried verbatim
 * alone.
 */
export function lookupKeys(nextHop: string, version: PostfixVersion = NEWEST_PROVED): string[] {
  const keys = [nextHop];
  if (!isUtf8Hostname(nextHop, version)) return keys;
  for (let dot = nextHop.indexOf('.', 1); dot > 0; dot = nextHop.indexOf('.', dot + 1))
    keys.push(nextHop.slice(dot));
  return keys;
}

/**
 * Parses the tables of a bundle in the order in which Postfix asks them, unreadable and unlistable
 * ones included.
 */
export function policyTables(
  bundle: Pick<Bundle, 'settings' | 'policyTables' | 'problems'>,
): ParsedTable[] {
  const { version, policyMaps, transportMaps } = bundle.settings;
  const nameOf = (map: { type: string; path: string }) => `${map.type}:${map.path}`;
  const transport = new Set(transportMaps.map(nameOf));
  const order = policyMaps.map(nameOf);
  const tables = bundle.policyTables.map((table) => parseTable(table, version));
  for (const problem of bundle.problems) {
    if (transport.has(problem.name) && !order.includes(problem.name)) continue;
    if (problem.kind === 'stale') continue;
    const { type } = tableType(problem.name);
    const present = tables.findIndex((table) => table.name === problem.name);
    const base = tables[present] ?? { name: problem.name, type, entries: [], problems: [] };
    const told: ParsedTable =
      problem.kind === 'missing'
        ? { ...base, unavailable: `${problem.name} is unavailable. ${problem.because}` }
        : { ...base, notListable: problem.because, asked: present >= 0 };
    if (present < 0) tables.push(told);
    else tables[present] = told;
  }
  const rank = (table: ParsedTable) => {
    const at = order.indexOf(table.name);
    return at < 0 ? order.length : at;
  };
  return tables.sort((a, b) => rank(a) - rank(b));
}

/**
 * One key in every table, in order: the first that has it answers; one that cannot be opened ends
 * the search.
 */
function lookupKey(
  key: string,
  tables: readonly ParsedTable[],
): PolicyEntry | undefined | TableBroken {
  const folded = key.toLowerCase();
  for (const table of tables) {
    if (table.unavailable !== undefined) {
      return { kind: 'table-broken', warning: `${policyPlace(key)}: policy table lookup error` };
    }
    const found = index(table).get(folded) ?? table.everyKey;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** WHERE of smtp_tls_policy.c: what Postfix's warnings about an entry start with. */
export function policyPlace(key: string): string {
  return `smtp_tls_policy_maps, next-hop destination "${printable(key)}"`;
}

function index(table: ParsedTable): ReadonlyMap<string, PolicyEntry> {
  const known = indexes.get(table);
  if (known !== undefined) return known;
  const made = new Map<string, PolicyEntry>();
  for (const entry of table.entries) if (entry.shadowedBy === undefined) made.set(entry.key, entry);
  indexes.set(table, made);
  return made;
}

/** Tables are values that never change, so each is indexed once. */
const indexes = new WeakMap<ParsedTable, ReadonlyMap<string, PolicyEntry>>();
