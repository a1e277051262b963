/**
 * Tables that smtp(8) asks in the middle of a conversation: smtp_reply_filter about each line of a
 * reply, smtp_discard_ehlo_keyword_address_maps about the server's address.
 *
 * Follows smtp_chat_resp() in src/smtp/smtp_chat.c and smtp_helo() in src/smtp/smtp_proto.c. A table
 * that cannot be asked breaks the conversation off. Pure.
 */
import { tableName } from '../postfix/lookup-table.ts';
import type { Bundle } from './bundle.ts';
import { clientOf } from './service.ts';
import type { Settings } from './settings.ts';
import { type Lookup, openTable, type TableSources } from './table-set.ts';

export const REPLY_FILTER = 'smtp_reply_filter' as const;
export const DISCARD_MAPS = 'smtp_discard_ehlo_keyword_address_maps' as const;

export interface NamedTable {
  readonly name: string;
  readonly parameter: typeof REPLY_FILTER | typeof DISCARD_MAPS;
}

/** What is known of them. */
export type ReplyTables = Pick<Bundle, 'settings' | 'replyTables'>;

/** One key in one of the tables, as far as it can be known without asking anybody. */
export function lookupReply(table: string, key: string, bundle: ReplyTables): Lookup {
  return openTable(table, sourcesOf(bundle)).lookup(key);
}

/** The tables that a service names, with the parameter that does. */
export function replyTableNames({
  replyFilter,
  discardEhloMaps = [],
}: Pick<Settings, 'replyFilter' | 'discardEhloMaps'>): readonly NamedTable[] {
  const filter = replyFilter === undefined ? [] : [replyFilter];
  return [
    ...filter.map((map) => ({ name: tableName(map), parameter: REPLY_FILTER })),
    ...discardEhloMaps.map((map) => ({ name: tableName(map), parameter: DISCARD_MAPS })),
  ];
}

/** Whether a table must be asked key by key. */
export const mustBeAsked = (table: string, { replyTables }: ReplyTables): boolean =>
  (replyTables?.problems ?? []).some(({ name, kind }) => name === table && kind === 'not-listable');

/** Sentences about each table that the mail host alone can ask, for wherever it is not asked. */
export function repliesNotFollowed(bundle: Bundle): string[] {
  const services = [undefined, ...Object.keys(bundle.services ?? {})];
  const named = services.flatMap((name) => replyTableNames(clientOf(bundle, name).settings));
  const asked = named.filter(({ name }) => mustBeAsked(name, bundle));
  return [
    ...new Set(asked.map((table) => replyNotFollowed(table, 'the mail host alone can ask it'))),
  ];
}

/** A sentence, without a full stop, on a table whose answers are not known. */
export const replyNotFollowed = ({ name, parameter }: NamedTable, because: string): string =>
  `${parameter} is not followed: what ${name} says of ` +
  `${parameter === REPLY_FILTER ? 'a reply' : 'an address'} is not known here (${because})`;

function sourcesOf(bundle: ReplyTables): TableSources {
  const known = sources.get(bundle);
  if (known !== undefined) return known;
  const { settings, replyTables } = bundle;
  const made: TableSources = {
    settings,
    problems: replyTables?.problems ?? [],
    transportTables: replyTables?.tables ?? [],
  };
  sources.set(bundle, made);
  return made;
}

/** Bundles are values that never change. */
const sources = new WeakMap<ReplyTables, TableSources>();
