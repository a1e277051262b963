/**
 * The TLS policy table: text to entries, and entries back to text.
 *
 * Follows tls_policy_lookup_one() in src/smtp/smtp_tls_policy.c for the value; the lines are read
 * by postfix/lookup-table. Never throws, whatever the bytes: what Postfix would refuse becomes a
 * `broken` policy that keeps Postfix's warning.
 */

import {
  type Records,
  readRecords,
  type TableLine,
  type TableText,
  tableType,
} from '../postfix/lookup-table.ts';
import { printable } from '../postfix/printable.ts';
import { bracedTokens, splitNameValue, tokens, unbrace } from '../postfix/token.ts';
import { atLeast, type PostfixVersion } from '../postfix/version.ts';
import type { Answers } from './answer.ts';
import { type Attributes, addAttribute, given, missingPolicyType } from './attribute.ts';
import type { EntryPolicy, PolicyEntry } from './entry.ts';
import { SECURITY_LEVELS, type SecurityLevel } from './level.ts';
import { HIDDEN, isNoPolicy, isShownKey } from './no-policy.ts';

/** An entry in its table. */
export interface TableEntry extends PolicyEntry {
  /**
   * Line of the earlier entry with the same key, which Postfix uses instead; absent for the one
   * that counts.
   */
  readonly shadowedBy?: number;
}

/** One table of smtp_tls_policy_maps. Plain JSON. */
export interface ParsedTable {
  readonly name: string;
  readonly type: string;
  /** In order of the lines, duplicates included. */
  readonly entries: readonly TableEntry[];
  /** Lines that Postfix warns about or skips. */
  readonly problems: readonly TableLine[];
  /** Every lookup is an error (missing file, duplicate in texthash): why, as Postfix logs it. */
  readonly unavailable?: string;
  /**
   * Keys cannot be listed (regexp, pcre, databases): why. Entries are then answers to single
   * questions.
   */
  readonly notListable?: string;
  /**
   * A table that cannot be listed was asked about every `--destination`: what `entries` lacks, it
   * lacks.
   */
  readonly asked?: boolean;
  /** `static:` answers every key with this. */
  readonly everyKey?: PolicyEntry;
  /** What a table that cannot be listed gave for each key that was asked. */
  readonly answers?: Answers;
  /** Postfix can read it and we cannot: why. */
  readonly unreadable?: string;
  /** How many lines a file has that holds something else than policies; they are hidden. */
  readonly noPolicy?: number;
}

/** Reads one table, once. Lines that are no entry become `problems`. */
export function parseTable(table: TableText, version: PostfixVersion): ParsedTable {
  const known = parsed.get(table);
  if (known?.version === version) return known.table;
  const made = parse(table, version);
  parsed.set(table, { version, table: made });
  return made;
}

/** Texts are values that never change: a large one is asked for by many, and is parsed once. */
const parsed = new WeakMap<
  TableText,
  { readonly version: PostfixVersion; readonly table: ParsedTable }
>();

function parse(table: TableText, version: PostfixVersion): ParsedTable {
  const read = readRecords(table, version);
  const noPolicy = isNoPolicy(read.records.map(({ value }) => value));
  const { records, problems, unavailable, everyKey } = noPolicy ? hidden(read) : read;
  const cache = new Map<string, EntryPolicy>();
  const policyOf = (value: string): EntryPolicy => {
    const known = cache.get(value) ?? parsePolicy(value, version);
    cache.set(value, known);
    return known;
  };
  return {
    name: table.name,
    type: tableType(table.name).type,
    entries: records.map(({ writtenKey: _, ...record }) => ({
      ...record,
      policy: policyOf(record.value),
    })),
    problems,
    ...(noPolicy ? { noPolicy: read.records.length } : {}),
    ...(unavailable === undefined ? {} : { unavailable }),
    ...(everyKey === undefined
      ? {}
      : {
          everyKey: {
            table: table.name,
            line: 1,
            key: '*',
            value: everyKey,
            policy: policyOf(everyKey),
          },
        }),
  };
}

/** With nothing of the lines but keys that look like next hops: the rest may be passwords. */
function hidden(read: Records): Records {
  return {
    ...read,
    records: read.records
      .filter(({ key }) => isShownKey(key))
      .map((record) => ({ ...record, value: HIDDEN })),
    problems: [],
    ...(read.unavailable === undefined
      ? {}
      : { unavailable: read.unavailable.replace(/".*$/s, `"${HIDDEN}"`) }),
  };
}

/**
 * The right-hand side. At `none` attributes are ignored, with a warning in Postfix's log that lint
 * repeats.
 */
export function parsePolicy(value: string, version: PostfixVersion): EntryPolicy {
  const braces = atLeast(version, '3.10');
  const [word, ...rest] = braces ? bracedTokens(value) : tokens(value);
  if (word === undefined) return broken('invalid empty policy');
  const level = SECURITY_LEVELS.find((candidate) => candidate === word.toLowerCase());
  if (level === undefined) return broken(`invalid security level "${word}"`);
  if (level === 'none') return { kind: 'policy', level, attributes: {} };

  let attributes: Attributes = {};
  for (const token of rest) {
    const unbraced = braces && token.startsWith('{') ? unbrace(token) : { text: token };
    // normalize_ws(): a line break or tab inside braces becomes a blank.
    const text = unbraced.text === token ? token : unbraced.text.replace(/[\t\n\v\f\r]/g, ' ');
    const pair = unbraced.error === undefined ? splitNameValue(text) : { error: unbraced.error };
    if ('error' in pair) return broken(`malformed attribute/value pair "${text}": ${pair.error}`);
    const added = addAttribute(attributes, pair.name, pair.value, level, version);
    if ('warning' in added) return broken(added.warning);
    attributes = added.attributes;
  }
  const warning = missingPolicyType(attributes);
  return warning === undefined ? { kind: 'policy', level, attributes } : broken(warning);
}

function broken(warning: string): EntryPolicy {
  return { kind: 'broken', warning: printable(warning) };
}

/** The line of an entry, as it would stand in a table. */
export function printEntry(entry: Pick<PolicyEntry, 'key' | 'value'>): string {
  return `${entry.key} ${entry.value}`;
}

/**
 * The right-hand side for a level and attributes, in a fixed order. Parsing it gives them back,
 * provided that no value holds an unbalanced brace; a value with blanks or commas needs the braces
 * of Postfix ≥3.10.
 */
export function printPolicy(level: SecurityLevel, attributes: Attributes): string {
  const printed = given(attributes).flatMap(({ row, value }) =>
    row.print(value, level).map((text) => printAttribute(row.name, text)),
  );
  return [level, ...printed].join(' ');
}

function printAttribute(name: string, value: string): string {
  return /[,\s]/.test(value) ? `{ ${name} = ${value} }` : `${name}=${value}`;
}
