/**
 * Tables beside policy and routing, without which mail is judged all the same: those of
 * smtp_delivery_status_filter, smtp_reply_filter and smtp_discard_ehlo_keyword_address_maps. Those
 * that cannot be listed are asked later, when it is known about what.
 */
import { type TableName, type TableText, tableName } from '../../postfix/lookup-table.ts';
import { UsageError } from '../../usage-error.ts';
import type { Bundle, TableProblem } from '../bundle.ts';
import { DISCARD_MAPS, type NamedTable, REPLY_FILTER, replyNotFollowed } from '../reply-tables.ts';
import type { Settings } from '../settings.ts';
import { notFollowed } from '../status-filter.ts';
import type { Machine } from './machine.ts';
import type { Gathered } from './settings.ts';
import { type ReadTable, readTable, type TableContext } from './tables.ts';

export interface SideTables {
  /** To be spread into a bundle: nothing where no table is named. */
  readonly found: Pick<Bundle, 'statusFilter' | 'replyTables'>;
  /** By table, what ends smtp(8) at once: Postfix's wording behind `fatal: `. */
  readonly fatal: ReadonlyMap<string, string>;
  /** Sentences about what is not followed. */
  readonly assumed: readonly string[];
}

/** Reads each table of these services once. */
export async function readSideTables(
  clients: readonly Settings[],
  gathered: Gathered,
  machine: Machine,
): Promise<SideTables> {
  const read = { gathered, machine, fatal: new Map<string, string>(), assumed: [] as string[] };
  const filters = clients.flatMap(({ statusFilter }) => statusFilter);
  const status = await readAll(filters, 'smtp_delivery_status_filter', notFollowed, read);
  const saying = (parameter: NamedTable['parameter']) => (name: string, because: string) =>
    replyNotFollowed({ name, parameter }, because);
  const rewriting = clients.flatMap(({ replyFilter }) => replyFilter ?? []);
  const replies = await readAll(rewriting, REPLY_FILTER, saying(REPLY_FILTER), read);
  const discarding = clients.flatMap(({ discardEhloMaps = [] }) => discardEhloMaps);
  const words = await readAll(discarding, DISCARD_MAPS, saying(DISCARD_MAPS), read);
  return {
    found: {
      ...(status === undefined ? {} : { statusFilter: status }),
      ...(replies === undefined && words === undefined
        ? {}
        : {
            replyTables: {
              tables: [...(replies?.tables ?? []), ...(words?.tables ?? [])],
              problems: [...(replies?.problems ?? []), ...(words?.problems ?? [])],
            },
          }),
    },
    fatal: read.fatal,
    assumed: [...new Set(read.assumed)],
  };
}

interface Reading {
  readonly gathered: Gathered;
  readonly machine: Machine;
  readonly fatal: Map<string, string>;
  readonly assumed: string[];
}

/** The tables of one parameter; undefined where it names none. */
async function readAll(
  maps: readonly TableName[],
  parameter: string,
  unknown: (table: string, because: string) => string,
  { gathered, machine, fatal, assumed }: Reading,
): Promise<Bundle['statusFilter']> {
  if (maps.length === 0) return undefined;
  const context: TableContext = { parameter, option: undefined, gathered, machine };
  const tables: TableText[] = [];
  const problems: TableProblem[] = [];
  for (const map of new Map(maps.map((one) => [tableName(one), one])).values()) {
    const read = await readUnlessElsewhere(map, context);
    if (read === 'elsewhere') {
      assumed.push(unknown(tableName(map), 'it is not on this machine'));
      continue;
    }
    if (read.text !== undefined) tables.push(read.text);
    if (read.problem !== undefined) problems.push(read.problem);
    if (read.fatal !== undefined) fatal.set(tableName(map), read.fatal);
    // This host's are asked.
    const isUnknown =
      read.problem?.kind === 'unreadable' ||
      (read.problem?.kind === 'not-listable' && gathered.from !== 'host');
    if (isUnknown && read.problem !== undefined)
      assumed.push(unknown(read.problem.name, read.problem.because));
  }
  return { tables, problems };
}

/** Another host's main.cf may name a table that is not here. */
async function readUnlessElsewhere(
  map: TableName,
  context: TableContext,
): Promise<ReadTable | 'elsewhere'> {
  try {
    return await readTable(map, context);
  } catch (error) {
    if (error instanceof UsageError) return 'elsewhere';
    throw error;
  }
}
