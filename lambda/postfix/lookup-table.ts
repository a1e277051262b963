/**
 * Lookup tables as texts: `key value` records, with what Postfix says about lines it cannot use.
 *
 * Follows dict_thash.c, postmap.c and dict_inline.c in Postfix. Both the policy table and the
 * transport table are read by this. Nothing here knows what a value means.
 */
import { isBlank, logicalLines, trimBlanks } from './logical-line.ts';
import { cutLine, printable } from './printable.ts';
import { bracedTokens, splitNameValue, unbrace } from './token.ts';
import { atLeast, type PostfixVersion } from './version.ts';

/** `hash:/etc/postfix/tls_policy`, taken apart. */
export interface TableName {
  readonly type: string;
  /** Path, or the inline text of `inline:{…}` and `static:…`. */
  readonly path: string;
}

export interface TableText {
  /** `hash:/etc/postfix/tls_policy`; for a bare path the type is filled in. */
  readonly name: string;
  /** The bytes, as latin1 text would lose none: UTF-8 where valid, else bytes mapped one to one. */
  readonly text: string;
}

export interface TableRecord {
  readonly table: string;
  readonly line: number;
  /** As written, before folding. */
  readonly writtenKey: string;
  /** As stored: folded to lower case, but for texts behind `proxy:`. */
  readonly key: string;
  readonly value: string;
  /** Line of the record that wins over this one; absent for the one that counts. */
  readonly shadowedBy?: number;
}

export interface TableLine {
  readonly table: string;
  readonly line: number;
  readonly kind:
    | 'no-value'
    | 'unbalanced-quote'
    | 'leading-blank'
    | 'not-utf8'
    | 'colon-key'
    | 'duplicate';
  /** Postfix's wording behind `warning: `. */
  readonly warning: string;
}

export interface Records {
  readonly records: readonly TableRecord[];
  readonly problems: readonly TableLine[];
  /**
   * Postfix cannot open the table: every lookup in it is an error. Its wording behind `warning: `.
   */
  readonly unavailable?: string;
  /** `static:`: the value of every key. */
  readonly everyKey?: string;
}

/** `hash:/etc/postfix/tls_policy` taken apart; a name without a type has type ''. */
export function tableType(name: string): { readonly type: string; readonly path: string } {
  const colon = name.indexOf(':');
  if (colon < 0 || name.startsWith('/')) return { type: '', path: name };
  return { type: name.slice(0, colon), path: name.slice(colon + 1) };
}

/** The two parts as one name again: the inverse of tableType(). */
export const tableName = ({ type, path }: TableName): string => `${type}:${path}`;

/** Reads any table whose records are text. Never throws. */
export function readRecords(table: TableText, version: PostfixVersion): Records {
  const { type, path } = openedAs(table.name);
  if (type === 'inline') return inlineRecords(table.name, path);
  if (type === 'static') return staticRecords(table.name, path);
  return fileRecords(table, { type, path }, version);
}

/** What opens the table in the end: behind `proxy:`, the type that proxymap(8) opens for others. */
function openedAs(name: string): TableName {
  const table = tableType(name);
  return table.type === 'proxy' ? tableType(table.path) : table;
}

/**
 * Makes keys as a table has them: folded, but for a text that proxymap(8) opens for others. It
 * knows nothing of folding then, and every lookup comes in lower case (dict_proxy_open() sends no
 * DICT_FLAG_FOLD_FIX; seen with 3.7.11, texthash and inline).
 */
function keysOf(name: string): (written: string) => string {
  const unfolded = tableType(name).type === 'proxy' && READ_AS_TEXT.has(openedAs(name).type);
  return unfolded ? (written) => written : (written) => written.toLowerCase();
}

/** Types whose keys are folded when the table is opened, not when postmap(1) builds it. */
const READ_AS_TEXT: ReadonlySet<string> = new Set(['texthash', 'inline']);

/** `static:value`, `static:{ value }`: the value of every key. */
function staticRecords(name: string, path: string): Records {
  const none = { records: [], problems: [] };
  if (!path.startsWith('{')) return { ...none, everyKey: path };
  const { text, error } = unbrace(path);
  return error === undefined
    ? { ...none, everyKey: text }
    : { ...none, unavailable: `${name} is unavailable. bad static:name syntax: ${error}` };
}

function fileRecords(
  table: TableText,
  { type, path }: TableName,
  version: PostfixVersion,
): Records {
  const records: TableRecord[] = [];
  const problems: TableLine[] = [];
  const first = new Map<string, number>();
  const keyOf = keysOf(table.name);
  let unavailable: string | undefined;
  for (const { line, text, orphan } of logicalLines(table.text)) {
    const problem = (kind: TableLine['kind'], warning: string) =>
      problems.push({ table: table.name, line, kind, warning: printable(warning) });
    const parts = orphan ? orphanLine(text, path) : recordIn(text, { line, path, type, version });
    if ('kind' in parts) {
      problem(parts.kind, parts.warning);
      continue;
    }
    const { writtenKey, value } = parts;
    if (writtenKey.endsWith(':')) {
      problem(
        'colon-key',
        `${path}, line ${line}: record is in "key: value" format; is this an alias file?`,
      );
    }
    const key = keyOf(writtenKey);
    const shadowedBy = first.get(key);
    if (shadowedBy === undefined) first.set(key, line);
    else {
      const warning = `${path}, line ${line}: duplicate entry: "${writtenKey}"`;
      problem(
        'duplicate',
        type === 'texthash' ? warning : `${databasePath(type, path)}: duplicate entry: "${key}"`,
      );
      if (type === 'texthash')
        unavailable ??= printable(`${table.name} is unavailable. ${warning}`);
    }
    // A key that is no UTF-8 is never looked up, but a second one like it counts as such.
    if (atLeast(version, '3.0') && BYTES.test(writtenKey)) continue;
    const shadow = shadowedBy === undefined ? {} : { shadowedBy };
    records.push({ table: table.name, line, writtenKey, key, value, ...shadow });
  }
  return { records, problems, ...(unavailable === undefined ? {} : { unavailable }) };
}

type Unusable = Pick<TableLine, 'kind' | 'warning'>;

function orphanLine(text: string, path: string): Unusable {
  return {
    kind: 'leading-blank',
    warning: `${path}: logical line must not start with whitespace: "${cutLine(text)}"`,
  };
}

interface LineContext {
  readonly line: number;
  readonly path: string;
  readonly type: string;
  readonly version: PostfixVersion;
}

/** Key and value of a logical line, or why Postfix ignores it. */
function recordIn(
  text: string,
  { line, path, type, version }: LineContext,
): Pick<TableRecord, 'writtenKey' | 'value'> | Unusable {
  const place = `${path}, line ${line}`;
  // From 3.11 on dict_thash_open() checks this before it is told to.
  const checks = atLeast(version, '3.0') && !(type === 'texthash' && atLeast(version, '3.11'));
  if (checks && BYTES.test(text))
    return {
      kind: 'not-utf8',
      warning: `${place}: non-UTF-8 input "${text}" -- ignoring this line`,
    };
  const end = keyEnd(text, version);
  if (end < 0)
    return {
      kind: 'unbalanced-quote',
      warning: `${place}: unbalanced '"' in '${text}' -- ignoring this line`,
    };
  const writtenKey = text.slice(0, end);
  const value = trimBlanks(text.slice(end + 1));
  if (writtenKey !== '' && value !== '') return { writtenKey, value };
  const ignoring = type === 'texthash' ? ' -- ignoring this line' : '';
  return {
    kind: 'no-value',
    warning: `${place}: expected format: key whitespace value${ignoring}`,
  };
}

/** `inline:{ key = value, { key = value with blanks } }`; of two equal keys the last one counts. */
function inlineRecords(name: string, path: string): Records {
  const bad = (why: string): Records => ({
    records: [],
    problems: [],
    unavailable: `${name} is unavailable. ${why}`,
  });
  const outer = path.startsWith('{') ? unbrace(path) : undefined;
  if (outer === undefined || outer.error !== undefined || path === '{}') {
    return bad(`bad syntax: "${name}"; need "inline:{name=value...}"`);
  }
  const last = new Map<string, TableRecord>();
  const keyOf = keysOf(name);
  for (const token of bracedTokens(path.slice(1, -1))) {
    const unbraced = token.startsWith('{') ? unbrace(token) : { text: token };
    const pair =
      unbraced.error === undefined ? splitNameValue(unbraced.text) : { error: unbraced.error };
    if ('error' in pair) return bad(`${pair.error}: "${name}"; need "inline:{name=value...}"`);
    const key = keyOf(pair.name);
    last.set(key, { table: name, line: 1, writtenKey: pair.name, key, value: pair.value });
  }
  if (last.size === 0) return bad(`empty table: "${name}"; need "inline:{name=value...}"`);
  return { records: [...last.values()], problems: [] };
}

/**
 * Index where the key ends: the first blank outside quotes (quoting since 3.2); -1 where a quote
 * never closes.
 */
export function keyEnd(text: string, version: PostfixVersion): number {
  const quoting = atLeast(version, '3.2');
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    if (quoting && text[i] === '\\') i++;
    else if (quoting && text[i] === '"') quoted = !quoted;
    else if (!quoted && isBlank(text[i])) return i;
  }
  return quoted ? -1 : text.length;
}

/** The file that postmap writes, as its warnings name it. */
function databasePath(type: string, path: string): string {
  switch (type) {
    case 'hash':
    case 'btree':
      return `${path}.db`;
    case 'lmdb':
      return `lmdb:${path}`;
    case 'cdb':
      return `${path}.cdb`;
  }
  return path;
}

/** Bytes that were no UTF-8, as decode.ts maps them: U+DC80 to U+DCFF. */
const BYTES = /[\udc80-\udcff]/u;
