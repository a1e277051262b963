/**
 * Next hop to policy entry, as Postfix searches: which keys, in which order, in which tables.
 *
 * Follows tls_policy_lookup() in src/smtp/smtp_tls_policy.c and maps_find() in src/global/maps.c.
 */

import { named } from '../named-record.ts';
import { isUtf8Hostname, parentDomains } from '../postfix/hostname.ts';
import { tableName, tableType } from '../postfix/lookup-table.ts';
import { printable } from '../postfix/printable.ts';
import { NEWEST_PROVED, type PostfixVersion } from '../postfix/version.ts';
import type { Bundle } from './bundle.ts';
import type { PolicyEntry } from './entry.ts';
import { type ParsedTable, parsePolicy, parseTable } from './parse.ts';
import { foldKey } from './table-set.ts';

export interface TableBroken {
  readonly kind: 'table-broken';
  readonly table: string;
  /** Why Postfix cannot look up, in its own words. */
  readonly says: string;
  /** Postfix's wording behind `warning: `. */
  readonly warning: string;
}

/** What Postfix would find is not known here. `ours`: Postfix can read the table and we cannot. */
export interface TableUnknown {
  readonly kind: 'table-unknown';
  readonly table: string;
  readonly because: string;
  readonly ours: boolean;
}

export type Found = PolicyEntry | undefined | TableBroken | TableUnknown;

/** Narrows to an entry. */
export function isEntry(found: Found): found is PolicyEntry {
  return found !== undefined && !('kind' in found);
}

/** The entry that counts for a next hop; undefined where none applies and the global level does. */
export function lookupEntry(
  nextHop: string,
  tables: readonly ParsedTable[],
  version: PostfixVersion = NEWEST_PROVED,
): Found {
  for (const key of lookupKeys(nextHop, version)) {
    const found = lookupKey(key, tables, version);
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
  const parents = isUtf8Hostname(nextHop, version) ? parentDomains(nextHop, 'dotted') : [];
  return [nextHop, ...parents];
}

/**
 * Parses the tables of a bundle in the order in which Postfix asks them, unreadable and unlistable
 * ones included.
 */
export function policyTables(
  bundle: Pick<Bundle, 'settings' | 'policyTables' | 'problems' | 'answers' | 'routingSettings'>,
): ParsedTable[] {
  const { version, policyMaps } = bundle.settings;
  const order = policyMaps.map(tableName);
  const texts = new Map(bundle.policyTables.map((table) => [table.name, table]));
  // What no parameter names was given by hand, or another service asks it.
  const others = bundle.routingSettings === undefined ? [...texts.keys()] : [];
  const names = [...new Set([...order, ...others])];
  return names.flatMap((name) => {
    const text = texts.get(name);
    const parsed = text === undefined ? undefined : parseTable(text, version);
    const problem = bundle.problems.find((one) => one.name === name && one.kind !== 'stale');
    if (problem === undefined) return parsed ?? [];
    const base = parsed ?? { name, type: tableType(name).type, entries: [], problems: [] };
    switch (problem.kind) {
      case 'missing':
        return { ...base, unavailable: `${name} is unavailable. ${problem.because}` };
      case 'unreadable':
        return { ...base, unreadable: problem.because };
      case 'not-listable': {
        const answers = named(bundle.answers ?? {}, name);
        const listed = { ...base, notListable: problem.because, asked: parsed !== undefined };
        return answers === undefined ? listed : { ...listed, answers, asked: true };
      }
      case 'stale':
        return base;
    }
  });
}

/**
 * One key in every table, in order: the first that has it answers; one that cannot be opened ends
 * the search, and so does one of which it is not known.
 */
function lookupKey(key: string, tables: readonly ParsedTable[], version: PostfixVersion): Found {
  const { first, others } = searchOf(tables);
  const listed = first.get(foldKey(key));
  for (const { at, table } of others) {
    if (listed !== undefined && listed.at < at) break;
    const found = lookupIn(table, key, version);
    if (found !== undefined) return found;
  }
  return listed?.entry;
}

/** Many tables as one search: a main.cf may name them by the ten thousand. */
interface Search {
  /** By folded key, the entry of the first table that lists it, and the place of that table. */
  readonly first: ReadonlyMap<string, { readonly at: number; readonly entry: PolicyEntry }>;
  /** Those that answer in another way than by their list, in order. */
  readonly others: readonly { readonly at: number; readonly table: ParsedTable }[];
}

function searchOf(tables: readonly ParsedTable[]): Search {
  const known = searches.get(tables);
  if (known !== undefined) return known;
  const first = new Map<string, { at: number; entry: PolicyEntry }>();
  const others: { at: number; table: ParsedTable }[] = [];
  for (const [at, table] of tables.entries()) {
    if (!isListed(table)) others.push({ at, table });
    else
      for (const [key, entry] of index(table)) if (!first.has(key)) first.set(key, { at, entry });
  }
  const made = { first, others };
  searches.set(tables, made);
  return made;
}

const searches = new WeakMap<readonly ParsedTable[], Search>();

/** Whether all that lookups in it come to is an entry of its list, or nothing. */
const isListed = (table: ParsedTable): boolean =>
  table.unavailable === undefined &&
  table.unreadable === undefined &&
  table.answers === undefined &&
  table.everyKey === undefined &&
  (table.notListable === undefined || table.asked === true);

function lookupIn(table: ParsedTable, key: string, version: PostfixVersion): Found {
  const broken = (says: string): TableBroken => ({
    kind: 'table-broken',
    table: table.name,
    says,
    warning: `${policyPlace(key)}: policy table lookup error`,
  });
  const unknown = (because: string, ours: boolean): TableUnknown => ({
    kind: 'table-unknown',
    table: table.name,
    because,
    ours,
  });
  if (table.unavailable !== undefined) return broken(table.unavailable);
  if (table.unreadable !== undefined) return unknown(table.unreadable, true);
  if (table.answers !== undefined) {
    const answer = named(table.answers, key);
    switch (answer?.kind) {
      case undefined:
        return unknown(`it was not asked about ${printable(key)}`, false);
      case 'not-found':
        return undefined;
      case 'error':
        return broken(answer.says);
      case 'unreadable':
        return unknown(answer.because, true);
      case 'found':
        return answeredEntry(table.name, key, answer.value, version);
    }
  }
  if (table.notListable !== undefined && table.asked !== true)
    return unknown(table.notListable, false);
  return index(table).get(foldKey(key)) ?? table.everyKey;
}

/** An answer is an entry that stands in no line: line 0. */
function answeredEntry(
  table: string,
  key: string,
  value: string,
  version: PostfixVersion,
): PolicyEntry {
  return { table, line: 0, key: foldKey(key), value, policy: parsePolicy(value, version) };
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
