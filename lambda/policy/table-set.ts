/**
 * Lookup tables by name, each with the way in which it can be read: listed as text, asked one key
 * at a time, unavailable to Postfix, or unreadable from here. Pure.
 *
 * Follows maps_find() in src/global/maps.c: found, not found and error are three answers. An error
 * is Postfix's and fails mail; `unknown` is ours alone, and says nothing of mail.
 */
import { named } from '../named-record.ts';
import {
  readRecords,
  type TableRecord,
  type TableText,
  tableType,
} from '../postfix/lookup-table.ts';
import type { Answer } from './answer.ts';
import type { Bundle, TableProblem } from './bundle.ts';

/** What one key in one table comes to. */
export type Lookup =
  | { readonly kind: 'found'; readonly value: string; readonly record?: TableRecord }
  | { readonly kind: 'not-found' }
  /** Postfix's lookup fails: its own reason. */
  | { readonly kind: 'error'; readonly table: string; readonly says: string }
  /** It cannot be known here. `ours`: whether that is for us to mend, or was only not asked. */
  | {
      readonly kind: 'unknown';
      readonly table: string;
      readonly because: string;
      readonly ours: boolean;
    };

export interface OpenTable {
  readonly name: string;
  /**
   * Keys are fixed strings (DICT_FLAG_FIXED): partial keys are asked of such tables alone, and
   * never of patterns, socketmap or tcp.
   */
  readonly fixedKeys: boolean;
  /** The records that count, where the table is a text; undefined where it cannot be listed. */
  readonly records: readonly TableRecord[] | undefined;
  lookup(key: string): Lookup;
}

/** Opens one table of a bundle by its name, `hash:/etc/postfix/transport`. */
export function openTable(name: string, bundle: TableSources): OpenTable {
  const known = opened.get(bundle)?.get(name);
  if (known !== undefined) return known;
  const made = open(name, bundle);
  const tables = opened.get(bundle) ?? new Map<string, OpenTable>();
  opened.set(bundle, tables.set(name, made));
  return made;
}

/** Everything that is known of tables. */
export type TableSources = Pick<Bundle, 'settings' | 'problems' | 'transportTables'> &
  Pick<Partial<Bundle>, 'policyTables' | 'routingTables' | 'answers'>;

/** Bundles are values that never change, so each table is read once. */
const opened = new WeakMap<object, Map<string, OpenTable>>();

function open(name: string, bundle: TableSources): OpenTable {
  const base = { name, fixedKeys: hasFixedKeys(name) };
  const { problems, texts } = sourcesByName(bundle);
  const problem = problems.get(name);
  const text = texts.get(name) ?? inName(name);
  const read = text === undefined ? undefined : readRecords(text, bundle.settings.version);
  const records = read?.records.filter((record) => record.shadowedBy === undefined);
  const says =
    read?.unavailable ??
    (problem?.kind === 'missing' ? `${name} is unavailable. ${problem.because}` : undefined);
  if (says !== undefined) {
    return { ...base, records, lookup: () => ({ kind: 'error', table: name, says }) };
  }
  if (problem?.kind === 'unreadable') {
    const unknown: Lookup = { kind: 'unknown', table: name, because: problem.because, ours: true };
    return { ...base, records: undefined, lookup: () => unknown };
  }
  const answers = named(bundle.answers ?? {}, name);
  if (answers !== undefined) {
    const unasked: Lookup = {
      kind: 'unknown',
      table: name,
      because: 'it was not asked about this',
      ours: false,
    };
    return {
      ...base,
      records: undefined,
      lookup: (key) => lookupOf(named(answers, key), name) ?? unasked,
    };
  }
  if (problem !== undefined && records === undefined) {
    const { because } = problem;
    const unknown: Lookup = { kind: 'unknown', table: name, because, ours: false };
    return { ...base, records: undefined, lookup: () => unknown };
  }
  // A bundle without a word about a table was made without one.
  if (records === undefined || read === undefined)
    return { ...base, records: undefined, lookup: () => ({ kind: 'not-found' }) };
  const every = read.everyKey;
  if (every !== undefined) {
    return { ...base, records: undefined, lookup: () => ({ kind: 'found', value: every }) };
  }
  const byKey = new Map(records.map((record) => [record.key, record]));
  return {
    ...base,
    records,
    lookup(key) {
      const record = byKey.get(foldKey(key));
      return record === undefined
        ? { kind: 'not-found' }
        : { kind: 'found', value: record.value, record };
    },
  };
}

/** What was answered when the table was asked. */
function lookupOf(answer: Answer | undefined, table: string): Lookup | undefined {
  switch (answer?.kind) {
    case undefined:
      return undefined;
    case 'found':
      return { kind: 'found', value: answer.value };
    case 'not-found':
      return { kind: 'not-found' };
    case 'error':
      return { kind: 'error', table, says: answer.says };
    case 'unreadable':
      return { kind: 'unknown', table, because: answer.because, ours: true };
  }
}

interface SourcesByName {
  readonly texts: ReadonlyMap<string, TableText>;
  /** None that only says that a text is newer than what was made of it. */
  readonly problems: ReadonlyMap<string, TableProblem>;
}

/** A main.cf may name tables by the ten thousand: none is searched for. */
function sourcesByName(bundle: TableSources): SourcesByName {
  const known = byName.get(bundle);
  if (known !== undefined) return known;
  const { transportTables, policyTables = [], routingTables = [] } = bundle;
  const read = [...transportTables, ...policyTables, ...routingTables];
  const counts = bundle.problems.filter(({ kind }) => kind !== 'stale');
  const made = { texts: firstByName(read), problems: firstByName(counts) };
  byName.set(bundle, made);
  return made;
}

const byName = new WeakMap<object, SourcesByName>();

/** Where two have a name, the first counts. */
function firstByName<T extends { readonly name: string }>(all: readonly T[]): Map<string, T> {
  return new Map(all.toReversed().map((one) => [one.name, one]));
}

/** The name of these is all of their text. */
const inName = (name: string): TableText | undefined =>
  /^(?:inline|static):/.test(name) ? { name, text: '' } : undefined;

/** Postfix folds keys of fixed-key tables: ASCII letters alone, byte for byte otherwise. */
export const foldKey = (key: string): string => key.toLowerCase();

/** Whether a table is of a type with fixed strings as keys; a proxied one is what is behind it. */
export function hasFixedKeys(name: string): boolean {
  const { type, path } = tableType(name);
  switch (type) {
    case 'proxy':
      return hasFixedKeys(path);
    case 'unionmap':
    case 'pipemap':
      return !/(?:^|[{,\s])(?:regexp|pcre|cidr|socketmap|tcp)(?=:)/.test(path);
    default:
      return !PATTERN_TYPES.has(type);
  }
}

/** Types whose keys are no fixed strings, or that do not say so of theirs. */
const PATTERN_TYPES: ReadonlySet<string> = new Set(['regexp', 'pcre', 'cidr', 'socketmap', 'tcp']);
