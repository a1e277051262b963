/**
 * One lookup table from disk: its text, or why there is none. Tables that cannot be listed are
 * asked one key at a time: ask.ts.
 *
 * On a mail host Postfix's own `postmap` is asked first whether the table opens at all, so that its
 * reasons are Postfix's.
 */

import { resolve } from 'node:path';
import { named } from '../../named-record.ts';
import { decodeText } from '../../postfix/decode.ts';
import {
  type TableName,
  type TableText,
  tableName,
  tableType,
} from '../../postfix/lookup-table.ts';
import { UsageError } from '../../usage-error.ts';
import type { TableProblem } from '../bundle.ts';
import { fatalIn } from './fatal-line.ts';
import type { FileRead, Machine } from './machine.ts';
import type { Gathered } from './settings.ts';
import { mayRead, ownerOf } from './trust.ts';

export interface ReadTable {
  readonly text?: TableText;
  readonly problem?: TableProblem;
  /** The program that opens the table ends at once: Postfix's wording behind `fatal: `. */
  readonly fatal?: string;
}

export interface TableContext {
  /** The parameter that names the table. */
  readonly parameter: string;
  /** The command line's own word for it, where it named the table. */
  readonly option: string | undefined;
  readonly gathered: Gathered;
  readonly machine: Machine;
}

/** @throws UsageError where a table was named by hand, or main.cf's is not on this machine. */
export async function readTable(map: TableName, context: TableContext): Promise<ReadTable> {
  const name = tableName(map);
  const { gathered, option } = context;
  const onHost = gathered.from === 'host' && option === undefined;
  const proxied = map.type === 'proxy';
  const { type, path } = proxied ? tableType(map.path) : map;
  if (type === 'inline' || type === 'static') return { text: { name, text: '' } };
  const problem = (kind: TableProblem['kind'], because: string): ReadTable => ({
    problem: { name, kind, because },
  });
  if (onHost && proxied && gathered.proxied !== undefined && !gathered.proxied.has(map.path)) {
    const fatal = `proxymap service is not configured for table "${map.path}"`;
    return { problem: { name, kind: 'missing', because: fatal, ends: true }, fatal };
  }
  const table = { name, type, path: resolve(gathered.settings.queueDirectory, path) };
  if (named(DATABASES, type) === undefined && type !== 'texthash')
    return onHost ? unlisted(table, proxied, context) : problem('not-listable', whyUnlisted(type));
  return onHost ? fromHost(table, proxied, context) : byHand(map, table, context);
}

interface Table {
  readonly name: string;
  readonly type: string;
  /** Absolute. */
  readonly path: string;
}

/** A table of this host's Postfix that has a text. */
async function fromHost(
  { name, type, path }: Table,
  proxied: boolean,
  context: TableContext,
): Promise<ReadTable> {
  const { gathered, machine } = context;
  const problem = (kind: TableProblem['kind'], because: string): ReadTable => ({
    problem: { name, kind, because },
  });
  const database = named(DATABASES, type);
  const read = await machine.read(path);
  const text = read.kind === 'read' ? { text: { name, text: decodeText(read.bytes) } } : undefined;
  // Whatever opens one waits for its writer: Postfix, and postmap as well.
  if (read.kind === 'failed' && read.noFile === true)
    return problem('missing', `open ${path}: ${read.because}`);
  const refused = await opening(`${type}:${path}`, gathered, machine);
  if (refused !== undefined) {
    return {
      ...text,
      problem: isOurs(refused, machine)
        ? { name, kind: 'unreadable', because: ours(path, refused, machine) }
        : { name, kind: 'missing', because: refused },
    };
  }
  if (proxied && read.kind === 'read') {
    const opened = `${path}${database ?? ''}`;
    const file = database === undefined ? read : await machine.read(opened);
    if (await deniedToOwner(opened, file, context))
      return { ...text, ...problem('missing', `open ${path}: Permission denied`) };
  }
  if (text !== undefined && read.kind === 'read') {
    const built = database === undefined ? undefined : await machine.modified(`${path}${database}`);
    if (database === undefined || built === undefined || read.modifiedMs <= built + 1000)
      return text;
    const stale = `${path} is newer than ${path}${database}: run postmap ${type}:${path}`;
    return { ...text, ...problem('stale', stale) };
  }
  if (database !== undefined) {
    const listed = await machine.run('postmap', [...configOf(gathered), '-s', `${type}:${path}`]);
    if (listed.kind === 'ended' && listed.status === 0)
      return { text: { name, text: listed.output } };
    // It was opened a moment ago; what cannot be listed, as most builds of cdb:, is asked.
    if (!isOurs(read.kind === 'failed' ? read.because : '', machine))
      return problem(
        'not-listable',
        `its text is gone, and a ${type}: database is not listed here`,
      );
  }
  const because = read.kind === 'failed' ? read.because : 'it cannot be listed';
  return isOurs(because, machine)
    ? problem('unreadable', ours(path, because, machine))
    : problem('missing', `open ${path}: ${because}`);
}

/** A table named by hand, or by a main.cf that may be another host's. */
async function byHand(
  map: TableName,
  { name, path }: Table,
  { gathered, machine, option, parameter }: TableContext,
): Promise<ReadTable> {
  const read = await machine.read(option === undefined ? path : map.path);
  if (read.kind === 'read') return { text: { name, text: decodeText(read.bytes) } };
  if (option !== undefined)
    throw new UsageError(`cannot read the table ${map.path}: ${read.because}`);
  const line = gathered.lines[parameter];
  const place = line === undefined ? gathered.source : `${gathered.source} line ${line}`;
  const next =
    parameter === 'transport_maps'
      ? 'give it with --transport'
      : "give the policy table's path as an argument";
  const why = read.outside === true ? `: ${read.because}` : ', which this machine lacks';
  throw new UsageError(`${place}: ${parameter} names ${name}${why}; ${next}`);
}

/** A table of this host that must be asked: whether its file is there, and ours to read. */
async function unlisted(table: Table, proxied: boolean, context: TableContext): Promise<ReadTable> {
  const { gathered, machine } = context;
  const { name, type, path } = table;
  const problem = (kind: TableProblem['kind'], because: string): ReadTable => ({
    problem: { name, kind, because },
  });
  if (gathered.tableTypes !== undefined && !gathered.tableTypes.has(type))
    return problem('missing', `unsupported dictionary type: ${type}`);
  if (FILE_TYPES.has(type)) {
    const read = await machine.read(path);
    if (read.kind === 'failed' && isOurs(read.because, machine))
      return problem('unreadable', ours(path, read.because, machine));
    if (read.kind === 'failed') return problem('missing', `open ${path}: ${read.because}`);
    if (proxied && (await deniedToOwner(path, read, context)))
      return problem('missing', `open ${path}: Permission denied`);
  }
  return problem('not-listable', whyUnlisted(type));
}

/** Whether mail_owner may not read the file: proxymap(8) opens tables without privileges. */
async function deniedToOwner(
  path: string,
  file: FileRead,
  { gathered, machine }: TableContext,
): Promise<boolean> {
  const owner = await ownerOf(gathered, machine);
  if (owner === undefined || file.kind === 'failed') return false;
  return !(await mayRead(owner, path, file, machine));
}

/** Why Postfix cannot open a table, in its own words; undefined where it can. */
async function opening(
  name: string,
  gathered: Gathered,
  machine: Machine,
): Promise<string | undefined> {
  const ran = await machine.run('postmap', [...configOf(gathered), '-q', NO_KEY, name]);
  return ran.kind === 'ended' ? fatalIn(ran.errors) : undefined;
}

/**
 * Postfix opens tables as root, before it drops its privileges: what this user may not read,
 * Postfix may.
 */
export function isOurs(because: string, { uid }: Pick<Machine, 'uid'>): boolean {
  return uid !== 0 && /Permission denied|Operation not permitted/.test(because);
}

/** That this user may not read the file, in a clause. */
export function ours(path: string, because: string, { uid }: Pick<Machine, 'uid'>): string {
  const denied = /Operation not permitted/.test(because)
    ? 'Operation not permitted'
    : 'Permission denied';
  return `${uid === undefined ? 'this user' : `uid ${uid}`} may not read ${path}: ${denied}`;
}

/** `-c DIR` for postmap and postconf, where one was given. */
export function configOf(gathered: Pick<Gathered, 'configDirectory'>): string[] {
  return gathered.configDirectory === undefined ? [] : ['-c', gathered.configDirectory];
}

const whyUnlisted = (type: string): string =>
  named(WHY_NOT, type) ?? `a ${type}: table is asked one key at a time`;

/** Table types that postmap builds from a text, with what it appends to the path. */
export const DATABASES: Readonly<Record<string, string>> = {
  hash: '.db',
  btree: '.db',
  lmdb: '.lmdb',
  cdb: '.cdb',
  dbm: '.pag',
  sdbm: '.pag',
};

const WHY_NOT: Readonly<Record<string, string>> = {
  regexp: 'its keys are patterns',
  pcre: 'its keys are patterns',
  cidr: 'its keys are networks',
};

/** Types whose path is a file that says how to look up. */
const FILE_TYPES: ReadonlySet<string> = new Set([
  'regexp',
  'pcre',
  'cidr',
  'mysql',
  'pgsql',
  'ldap',
  'sqlite',
  'memcache',
]);

/** A key that nobody has, to see whether a table opens. */
export const NO_KEY = 'postfix-tls-watch.invalid';
