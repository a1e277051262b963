/**
 * What decides where mail goes beside transport_maps: the lists of domain classes with the files
 * and tables in them, and the sender maps.
 */
import { resolve } from 'node:path';
import { decodeText } from '../../postfix/decode.ts';
import {
  type TableName,
  type TableText,
  tableName,
  tableType,
} from '../../postfix/lookup-table.ts';
import { tokens } from '../../postfix/token.ts';
import { UsageError } from '../../usage-error.ts';
import type { TableProblem } from '../bundle.ts';
import { tablesIn } from '../domain-list.ts';
import type { Settings } from '../settings.ts';
import { classLists } from '../transport.ts';
import type { Machine } from './machine.ts';
import type { Gathered } from './settings.ts';
import { isOurs, ours, readTable } from './tables.ts';

export interface ReadRouting {
  /** With the files of lists read in. */
  readonly settings: Settings;
  readonly texts: readonly TableText[];
  readonly problems: readonly TableProblem[];
  /** Sentences about what is not followed. */
  readonly assumed: readonly string[];
}

export async function readRouting(
  settings: Settings,
  gathered: Gathered,
  machine: Machine,
): Promise<ReadRouting> {
  const work: Work = { gathered, machine, texts: new Map(), problems: new Map(), assumed: [] };
  const lists: Partial<Record<ListName, readonly string[]>> = {};
  for (const name of LISTS) {
    const patterns = await withFiles(settings[name], settings, work, 0);
    lists[name] = await readable(name, patterns, settings, work);
  }
  const senderRelayhostMaps = await readMaps(
    'sender_dependent_relayhost_maps',
    settings.senderRelayhostMaps,
    work,
  );
  const senderTransportMaps = await readMaps(
    'sender_dependent_default_transport_maps',
    settings.senderTransportMaps,
    work,
  );
  return {
    settings: { ...settings, ...lists, senderRelayhostMaps, senderTransportMaps },
    texts: [...work.texts.values()],
    problems: [...work.problems.values()],
    assumed: work.assumed,
  };
}

/** The lists alone. */
export function classesOf(settings: Settings): Pick<Settings, ListName | SenderMaps> {
  const { myDestination, virtualAliasDomains, virtualMailboxDomains, relayDomains } = settings;
  const { senderRelayhostMaps, senderTransportMaps } = settings;
  return {
    myDestination,
    virtualAliasDomains,
    virtualMailboxDomains,
    relayDomains,
    senderRelayhostMaps,
    senderTransportMaps,
  };
}

type ListName = (typeof LISTS)[number];
type SenderMaps = 'senderRelayhostMaps' | 'senderTransportMaps';
const LISTS = [
  'myDestination',
  'virtualAliasDomains',
  'virtualMailboxDomains',
  'relayDomains',
] as const;

interface Work {
  readonly gathered: Gathered;
  readonly machine: Machine;
  readonly texts: Map<string, TableText>;
  readonly problems: Map<string, TableProblem>;
  readonly assumed: string[];
}

/**
 * match_list_parse(): `/path` stands for what the file holds, and `!` before it for each turned.
 */
async function withFiles(
  patterns: readonly string[],
  settings: Settings,
  work: Work,
  depth: number,
): Promise<string[]> {
  const all: string[] = [];
  for (const written of patterns) {
    const bang = /^!*/.exec(written)?.[0] ?? '';
    const pattern = written.slice(bang.length);
    if (!pattern.startsWith('/') || depth > DEEPEST) {
      all.push(written);
      continue;
    }
    const path = resolve(settings.queueDirectory, pattern);
    const read = await work.machine.read(path);
    if (read.kind === 'read') {
      const words = tokens(
        decodeText(read.bytes)
          .split('\n')
          .filter((line) => !line.trimStart().startsWith('#'))
          .join('\n'),
      );
      all.push(
        ...(await withFiles(
          words.map((word) => bang + word),
          settings,
          work,
          depth + 1,
        )),
      );
      continue;
    }
    const name = `file:${path}`;
    all.push(`${bang}${name}`);
    // As with tables: what another host's main.cf names is on that host.
    const elsewhere = read.because === NO_SUCH_FILE || read.outside === true;
    if (work.gathered.from !== 'host' && elsewhere) continue;
    const denied = isOurs(read.because, work.machine);
    work.problems.set(name, {
      name,
      kind: denied ? 'unreadable' : 'missing',
      because: denied ? ours(path, read.because, work.machine) : `open ${path}: ${read.because}`,
    });
  }
  return all;
}

/** Reads the tables of a list; those of another host's main.cf that are not here are left out. */
async function readable(
  list: ListName,
  patterns: readonly string[],
  settings: Settings,
  work: Work,
): Promise<string[]> {
  const { parameter } = classLists({ ...settings, [list]: patterns }).find(
    ({ patterns: own }) => own === patterns,
  ) ?? { parameter: list };
  const left = new Set<string>();
  for (const name of tablesIn({ parameter, patterns, parents: 'none' })) {
    if (!(await known(parameter, tableType(name), name, work))) left.add(name);
  }
  if (left.size > 0) {
    work.assumed.push(
      `no domain here is one of ${parameter} = ${[...left].map((name) => name.replace(/^file:/, '')).join(' ')}, which is not on this ` +
        'machine',
    );
  }
  return patterns.filter((pattern) => !left.has(pattern.replace(/^!+/, '')));
}

async function readMaps(
  parameter: string,
  maps: readonly TableName[],
  work: Work,
): Promise<TableName[]> {
  for (const map of maps) {
    const name = tableName(map);
    if (await known(parameter, map, name, work)) continue;
    const because = 'it is not on this machine';
    work.problems.set(name, { name, kind: 'not-listable', because });
  }
  return [...maps];
}

/** Reads one table once. False where another host's main.cf names it and it is not here. */
async function known(
  parameter: string,
  map: TableName,
  name: string,
  work: Work,
): Promise<boolean> {
  if (work.texts.has(name) || work.problems.has(name)) return true;
  if (map.type === 'file') return false;
  const { gathered, machine } = work;
  try {
    const read = await readTable(map, { parameter, option: undefined, gathered, machine });
    if (read.text !== undefined) work.texts.set(name, read.text);
    if (read.problem !== undefined) work.problems.set(name, read.problem);
    return true;
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}

const NO_SUCH_FILE = 'No such file or directory';
/** Files that name files: deeper than this nobody means it. */
const DEEPEST = 5;
