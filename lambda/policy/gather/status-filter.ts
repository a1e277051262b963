/**
 * The tables of smtp_delivery_status_filter. Those that cannot be listed are asked when it is known
 * how deliveries end: run/check/status-filter.
 */
import { type TableName, type TableText, tableName } from '../../postfix/lookup-table.ts';
import { UsageError } from '../../usage-error.ts';
import type { Bundle, TableProblem } from '../bundle.ts';
import { notFollowed } from '../status-filter.ts';
import type { Machine } from './machine.ts';
import type { Gathered } from './settings.ts';
import { type ReadTable, readTable, type TableContext } from './tables.ts';

export interface ReadFilter {
  readonly statusFilter?: NonNullable<Bundle['statusFilter']>;
  /** By table, what ends smtp(8) at once: Postfix's wording behind `fatal: `. */
  readonly fatal: ReadonlyMap<string, string>;
  /** Sentences about what is not followed. */
  readonly assumed: readonly string[];
}

/** Reads each table once. */
export async function readStatusFilter(
  maps: readonly TableName[],
  gathered: Gathered,
  machine: Machine,
): Promise<ReadFilter> {
  if (maps.length === 0) return { assumed: [], fatal: new Map() };
  const parameter = 'smtp_delivery_status_filter';
  const context: TableContext = { parameter, option: undefined, gathered, machine };
  const tables: TableText[] = [];
  const problems: TableProblem[] = [];
  const assumed: string[] = [];
  const fatal = new Map<string, string>();
  for (const map of maps) {
    const read = await readUnlessElsewhere(map, context);
    if (read === 'elsewhere') {
      assumed.push(notFollowed(tableName(map), 'it is not on this machine'));
      continue;
    }
    if (read.text !== undefined) tables.push(read.text);
    if (read.problem !== undefined) problems.push(read.problem);
    if (read.fatal !== undefined) fatal.set(tableName(map), read.fatal);
    // This host's are asked.
    const unknown =
      read.problem?.kind === 'unreadable' ||
      (read.problem?.kind === 'not-listable' && gathered.from !== 'host');
    if (unknown && read.problem !== undefined)
      assumed.push(notFollowed(read.problem.name, read.problem.because));
  }
  return {
    statusFilter: { tables, problems },
    assumed,
    fatal,
  };
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
