/** Draws the table that holds some records: its type, its files or its daemon, and now and then what is wrong with it. */
import type { BuiltType, DaemonAnswer, DirectoryFile, TableDaemon } from './directory.ts';
import type { Draft } from './draft.ts';

/** One record as meant: in tables of patterns the key becomes a pattern. */
export interface TableRecord {
  readonly key: string;
  readonly value: string;
}

export interface TableOptions {
  /** Its file's name. */
  readonly name: string;
  /** A pattern for a key, in tables of patterns: by default one that matches the key alone. */
  readonly pattern?: (key: string) => string;
  /** Whether proxymap(8) knows the parameter that will name the table. */
  readonly proxied: boolean;
}

/** The table as main.cf names it. */
export function drawTable(draft: Draft, records: readonly TableRecord[], options: TableOptions): string {
  const { random } = draft;
  const kind = random.weighted<Kind>(KINDS);
  const drawn = MAKERS[kind](draft, records, options);
  const proxy = options.proxied && PROXIABLE.has(kind) && random.chance(0.1);
  if (proxy) draft.oddities.push(`${options.name} through proxymap`);
  return proxy ? `proxy:${drawn}` : drawn;
}

type Kind =
  | BuiltType
  | 'texthash'
  | 'inline'
  | 'static'
  | 'regexp'
  | 'pcre'
  | 'cidr'
  | 'socketmap'
  | 'tcp'
  | 'unionmap'
  | 'pipemap'
  | 'sqlite'
  | 'absent-server'
  | 'unknown'
  | 'typeless'
  | 'missing';

const KINDS: readonly (readonly [number, Kind])[] = [
  [30, 'hash'],
  [8, 'lmdb'],
  [4, 'btree'],
  [4, 'cdb'],
  [8, 'texthash'],
  [7, 'inline'],
  [2, 'static'],
  [7, 'regexp'],
  [4, 'pcre'],
  [1, 'cidr'],
  [12, 'socketmap'],
  [5, 'tcp'],
  [2, 'unionmap'],
  [2, 'pipemap'],
  [3, 'sqlite'],
  [1, 'absent-server'],
  [1, 'unknown'],
  [0.3, 'typeless'],
  [1.5, 'missing'],
];

const PROXIABLE: ReadonlySet<Kind> = new Set(['hash', 'lmdb', 'btree', 'cdb', 'texthash', 'regexp', 'socketmap']);

type Maker = (draft: Draft, records: readonly TableRecord[], options: TableOptions) => string;

const MAKERS: Readonly<Record<Kind, Maker>> = {
  hash: (draft, records, options) => built(draft, 'hash', records, options),
  btree: (draft, records, options) => built(draft, 'btree', records, options),
  lmdb: (draft, records, options) => built(draft, 'lmdb', records, options),
  cdb: (draft, records, options) => built(draft, 'cdb', records, options),
  texthash: (draft, records, { name }) => {
    const text = drawText(draft, records, name);
    put(draft, { name, text, ...drawMode(draft, name) });
    return `texthash:${draft.etc}/${name}`;
  },
  inline: (draft, records, { name }) => {
    const inner = records.map(({ key, value }) => `{${key} = ${value}}`).join(', ');
    if (!odd(draft, 0.06, `${name}: inline without its closing brace`)) return `inline:{${inner}}`;
    return `inline:{${inner}`;
  },
  static: (draft, records, { name }) => {
    const value = records[0]?.value ?? 'DUNNO';
    if (odd(draft, 0.2, `${name}: static without its closing brace`)) return `static:{${value}`;
    return `static:{${value}}`;
  },
  regexp: (draft, records, options) => patterns(draft, 'regexp', records, options),
  pcre: (draft, records, options) => patterns(draft, 'pcre', records, options),
  cidr: (draft, records, { name }) => {
    put(draft, { name, text: `127.0.0.0/8 ${records[0]?.value ?? 'x'}\n0.0.0.0/0 ${records[0]?.value ?? 'x'}\n` });
    return `cidr:${draft.etc}/${name}`;
  },
  socketmap: (draft, records, options) => served(draft, 'socketmap', records, options),
  tcp: (draft, records, options) => served(draft, 'tcp', records, options),
  unionmap: (draft, records, { name }) => {
    const half = Math.ceil(records.length / 2);
    const other = draft.random.chance(0.3) ? 0 : half;
    draft.oddities.push(`${name} is a unionmap`);
    const first = `inline:{${records
      .slice(0, half)
      .map(({ key, value }) => `{${key} = ${value}}`)
      .join(', ')}}`;
    put(draft, { name: `${name}_second`, text: textOf(records.slice(other)), build: 'hash' });
    return `unionmap:{${records.length === 0 ? '' : `${first}, `}hash:${draft.etc}/${name}_second}`;
  },
  pipemap: (draft, records, { name }) => {
    draft.oddities.push(`${name} is a pipemap`);
    put(draft, { name, text: textOf(records.map(({ key }, i) => ({ key, value: `token${i}` }))), build: 'hash' });
    put(draft, { name: `${name}_second`, text: textOf(records.map(({ value }, i) => ({ key: `token${i}`, value }))) });
    return `pipemap:{hash:${draft.etc}/${name}, texthash:${draft.etc}/${name}_second}`;
  },
  sqlite: (draft, records, { name }) => {
    const text = records.map(({ key, value }) => `${key.toLowerCase()}\t${value}\n`).join('');
    put(draft, { name: `${name}.db`, text, sqlite: true });
    const path = odd(draft, 0.1, `${name}: the database is not where it is looked for`) ? 'gone.db' : `${name}.db`;
    put(draft, {
      name: `${name}.cf`,
      text: `dbpath = ${draft.etc}/${path}\nquery = SELECT value FROM policy WHERE key = '%s'\n`,
    });
    return `sqlite:${draft.etc}/${name}.cf`;
  },
  'absent-server': (draft, _records, { name }) => {
    const [type, text] = draft.random.pick([
      ['mysql', 'hosts = inet:127.0.0.1:3306\nuser = x\npassword = x\ndbname = x\nquery = SELECT 1\n'],
      ['pgsql', 'hosts = 127.0.0.1:5432\nuser = x\npassword = x\ndbname = x\nquery = SELECT 1\n'],
      ['ldap', 'server_host = ldap://127.0.0.1:389\nsearch_base = dc=x\nquery_filter = (x=%s)\ntimeout = 2\n'],
    ] as const);
    draft.oddities.push(`${name}: no ${type} server runs`);
    put(draft, { name: `${name}.cf`, text });
    return `${type}:${draft.etc}/${name}.cf`;
  },
  unknown: (draft, _records, { name }) => {
    const type = draft.random.pick(['hahs', 'dbm', 'sdbm', 'nisplus']);
    draft.oddities.push(`${name}: no such type as ${type}`);
    return `${type}:${draft.etc}/${name}`;
  },
  typeless: (draft, _records, { name }) => {
    draft.oddities.push(`${name}: a path without a type`);
    return `${draft.etc}/${name}`;
  },
  missing: (draft, _records, { name }) => {
    const type = draft.random.pick(['hash', 'lmdb', 'cdb', 'texthash', 'regexp', 'pcre']);
    draft.oddities.push(`${name}: ${type} without a file`);
    return `${type}:${draft.etc}/${name}`;
  },
};

function built(draft: Draft, type: BuiltType, records: readonly TableRecord[], { name }: TableOptions): string {
  const text = drawText(draft, records, name);
  const later = draft.random.weighted<DirectoryFile['later'] | 'never'>([
    [20, undefined],
    [1, 'text-gone'],
    [1, 'database-gone'],
    // What a newer text says is judged as if it were built (docs/differences.md), so it says the same.
    [1, { text: `${text}# not built yet\n` }],
  ]);
  if (later !== undefined) {
    draft.oddities.push(`${name}: ${typeof later === 'object' ? 'a newer text that was not built' : later}`);
  }
  put(draft, { name, text, build: type, ...(later === undefined ? {} : { later }), ...drawMode(draft, name) } as DirectoryFile);
  return `${type}:${draft.etc}/${name}`;
}

function patterns(draft: Draft, type: string, records: readonly TableRecord[], { name, pattern }: TableOptions): string {
  const lines = records.map(({ key, value }) => `/${(pattern ?? exactly)(key)}/ ${value}\n`);
  if (odd(draft, 0.1, `${name}: one pattern is broken`)) lines.unshift('/never(/ encrypt\n');
  if (lines.length > 0 && odd(draft, 0.1, `${name}: if and endif`)) {
    lines.unshift('if /test$/\n');
    lines.push('endif\n');
  }
  put(draft, { name, text: lines.join(''), ...drawMode(draft, name) });
  return `${type}:${draft.etc}/${name}`;
}

function served(
  draft: Draft,
  protocol: TableDaemon['protocol'],
  records: readonly TableRecord[],
  { name }: TableOptions,
): string {
  const { random } = draft;
  const address = draft.address();
  const answers: Record<string, DaemonAnswer> = {};
  for (const { key, value } of records) answers[key.toLowerCase()] = { kind: 'found', value };
  const trouble = random.weighted<'none' | 'absent' | 'all' | 'one' | 'slow'>([
    [14, 'none'],
    [1, 'absent'],
    [1, 'all'],
    [3, 'one'],
    [1, 'slow'],
  ]);
  if (trouble !== 'none') draft.oddities.push(`${name}: ${protocol} trouble, ${trouble}`);
  const failing: DaemonAnswer = { kind: random.pick(['temporary', 'timeout', 'permanent', 'garbage', 'closes']) };
  if (trouble === 'one' && records.length > 0) answers[random.pick(records).key.toLowerCase()] = failing;
  if (trouble !== 'absent') {
    draft.daemons.push({
      protocol,
      address,
      port: 8642,
      answers: trouble === 'all' ? {} : answers,
      otherwise: trouble === 'all' ? failing : { kind: 'not-found' },
      ...(trouble === 'slow' ? { delayMs: 700 } : {}),
    });
  }
  return protocol === 'socketmap' ? `socketmap:inet:${address}:8642:${name}` : `tcp:${address}:8642`;
}

/** A text for postmap, with what people put into such texts. */
function drawText(draft: Draft, records: readonly TableRecord[], name: string): string {
  const { random } = draft;
  let text = textOf(records);
  if (records.length > 0 && odd(draft, 0.05, `${name}: one key twice`)) {
    text += `${random.pick(records).key} encrypt\n`;
  }
  if (odd(draft, 0.03, `${name}: carriage returns`)) text = text.replaceAll('\n', '\r\n');
  if (odd(draft, 0.03, `${name}: a byte order mark`)) text = `\ufeff${text}`;
  if (random.chance(0.2)) text = `# made by hand\n\n${text}`;
  if (random.chance(0.1)) text = text.replaceAll(' match=', '\n   match=');
  return text;
}

function drawMode(draft: Draft, name: string): { readonly mode?: number } {
  return odd(draft, 0.06, `${name}: for root alone`) ? { mode: 0o600 } : {};
}

function odd(draft: Draft, probability: number, words: string): boolean {
  if (!draft.random.chance(probability)) return false;
  draft.oddities.push(words);
  return true;
}

const put = (draft: Draft, file: DirectoryFile) => draft.files.push(file);
const textOf = (records: readonly TableRecord[]) => records.map(({ key, value }) => `${key} ${value}\n`).join('');

/** A pattern that matches a text alone. */
export const exactly = (text: string) => `^${escaped(text)}$`;
export const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
