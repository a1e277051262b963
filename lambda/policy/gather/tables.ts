/** One lookup table from disk, or asked through `postmap` where its keys cannot be listed. */

import { named } from '../../named-record.ts';
import { decodeText } from '../../postfix/decode.ts';
import { isUtf8Hostname } from '../../postfix/hostname.ts';
import type { TableName, TableText } from '../../postfix/lookup-table.ts';
import { UsageError } from '../../usage-error.ts';
import type { Bundle, TableProblem } from '../bundle.ts';
import { lookupKeys } from '../lookup.ts';
import { nextHopElements } from '../next-hop.ts';
import { routeDomain, routingOf } from '../transport.ts';
import type { Machine } from './machine.ts';
import type { Gathered } from './settings.ts';

export interface ReadTable {
  readonly text?: TableText;
  readonly problem?: TableProblem;
}

interface Context {
  /** The parameter that names the table. */
  readonly parameter: string;
  /** The command line's own word for it, where it named the table. */
  readonly option: string | undefined;
  readonly gathered: Gathered;
  readonly machine: Machine;
}

/** @throws UsageError where a table was named by hand, or main.cf's is not on this machine. */
export async function readTable(map: TableName, context: Context): Promise<ReadTable> {
  const name = `${map.type}:${map.path}`;
  const { type, path } = map.type === 'proxy' ? unproxied(map.path) : map;
  if (type === 'inline' || type === 'static') return { text: { name, text: '' } };
  const problem = (kind: TableProblem['kind'], because: string): ReadTable => ({
    problem: { name, kind, because },
  });
  const database = named(DATABASES, type);
  if (database === undefined && type !== 'texthash')
    return problem(
      'not-listable',
      named(WHY_NOT, type) ?? `a ${type}: table is asked one key at a time`,
    );

  const { gathered, machine, option, parameter } = context;
  const read = await machine.read(path);
  const onHost = gathered.from === 'host' && option === undefined;
  if (read.kind === 'read') {
    const text = { name, text: decodeText(read.bytes) };
    if (!onHost || database === undefined) return { text };
    const built = await machine.modified(`${path}${database}`);
    if (built === undefined)
      return problem('missing', `open database ${path}${database}: No such file or directory`);
    const stale = `${path} is newer than ${path}${database}: run postmap ${type}:${path}`;
    return read.modifiedMs > built + 1000
      ? { text, problem: { name, kind: 'stale', because: stale } }
      : { text };
  }
  if (option !== undefined) throw new UsageError(`cannot read the table ${path}: ${read.because}`);
  if (!onHost) {
    const line = gathered.lines[parameter];
    const place = line === undefined ? gathered.source : `${gathered.source} line ${line}`;
    const next =
      parameter === 'transport_maps'
        ? 'give it with --transport'
        : "give the policy table's path as an argument";
    throw new UsageError(`${place}: ${parameter} names ${name}, which this machine lacks; ${next}`);
  }
  if (database !== undefined && (await machine.modified(`${path}${database}`)) !== undefined) {
    const listed = await machine.run('postmap', [...configOf(gathered), '-s', `${type}:${path}`]);
    if (listed.kind === 'ended' && listed.status === 0)
      return { text: { name, text: listed.output } };
  }
  return problem('missing', `open database ${path}${database ?? ''}: ${read.because}`);
}

/**
 * Asks tables that cannot be listed about every `--destination`, by all keys that Postfix would
 * try. The answers stand as a text of the table's name; a table that could not be asked has none.
 */
export async function askTables(
  bundle: Pick<Bundle, 'settings' | 'transportTables' | 'problems'>,
  destinations: readonly string[],
  gathered: Gathered,
  machine: Machine,
): Promise<TableText[]> {
  const { settings } = bundle;
  if (destinations.length === 0) return [];
  const routing = routingOf(bundle);
  const nextHops = destinations.flatMap((name) => {
    const routed = isUtf8Hostname(name, settings.version) ? routeDomain(name, routing) : undefined;
    return nextHopElements(routed?.kind === 'smtp' ? routed.nextHop : name, settings.version);
  });
  const keys = new Set(
    [...nextHops, ...settings.fallbackRelay].flatMap((hop) => lookupKeys(hop, settings.version)),
  );
  const answered: TableText[] = [];
  for (const map of settings.policyMaps) {
    const name = `${map.type}:${map.path}`;
    if (
      !bundle.problems.some((problem) => problem.name === name && problem.kind === 'not-listable')
    )
      continue;
    const lines: string[] = [];
    let asked = true;
    for (const key of keys) {
      const ran = await machine.run('postmap', [...configOf(gathered), '-q', key, name]);
      asked &&=
        ran.kind === 'ended' && (ran.status === 0 || (ran.status === 1 && ran.errors === ''));
      if (ran.kind === 'ended' && ran.status === 0) lines.push(`${key} ${ran.output.trim()}\n`);
    }
    if (asked) answered.push({ name, text: lines.join('') });
  }
  return answered;
}

function configOf(gathered: Gathered): string[] {
  return gathered.configDirectory === undefined ? [] : ['-c', gathered.configDirectory];
}

function unproxied(path: string): TableName {
  const colon = path.indexOf(':');
  return { type: path.slice(0, colon), path: path.slice(colon + 1) };
}

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
