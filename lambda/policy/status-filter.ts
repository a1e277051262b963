/**
 * smtp_delivery_status_filter: tables that are asked about every ending, `DSN TEXT`, and may put
 * another in its place.
 *
 * Follows dsn_filter_lookup() in src/global/dsn_filter.c and bounce_append(), defer_append() in
 * src/global: a table that cannot be asked changes nothing, and neither does an answer that would
 * make a failure of a success or a success of a failure. Pure.
 */
import { tableName } from '../postfix/lookup-table.ts';
import type { Bundle } from './bundle.ts';
import { openTable, type TableSources } from './table-set.ts';

/** How a delivery fails: `deferred`, `4.7.5`, `Server certificate not verified`. */
export interface Status {
  readonly status: 'deferred' | 'bounced';
  readonly dsn: string;
  readonly text: string;
}

type Filtering = Pick<Bundle, 'settings' | 'statusFilter' | 'answers'>;

/** What Postfix ends with in place of this; the same where nothing changes it, or nobody knows. */
export function afterFilter(ended: Status, bundle: Filtering): Status {
  const { settings } = bundle;
  if (settings.statusFilter.length === 0 || !FAILURE.test(ended.dsn)) return ended;
  for (const map of settings.statusFilter) {
    const found = openTable(tableName(map), sourcesOf(bundle)).lookup(filterKey(ended));
    if (found.kind === 'not-found') continue;
    return found.kind === 'found' && found.value !== ''
      ? replaced(ended, found.value, settings.softBounce)
      : ended;
  }
  return ended;
}

/** What the tables are asked. */
export const filterKey = ({ dsn, text }: Pick<Status, 'dsn' | 'text'>): string => `${dsn} ${text}`;

/** Tables of the filter that are asked one key at a time. */
export function filterTablesToAsk({ settings, statusFilter }: Filtering): string[] {
  const problems = statusFilter?.problems ?? [];
  return settings.statusFilter
    .map(tableName)
    .filter((table) =>
      problems.some(({ name, kind }) => name === table && kind === 'not-listable'),
    );
}

/** A sentence, without a full stop, on a table of the filter whose answers are not known. */
export const notFollowed = (table: string, because: string): string =>
  `smtp_delivery_status_filter is not followed: what ${table} makes of a failure is not known ` +
  `here (${because})`;

function sourcesOf(bundle: Filtering): TableSources {
  const known = sources.get(bundle);
  if (known !== undefined) return known;
  const { settings, statusFilter, answers } = bundle;
  const made: TableSources = {
    settings,
    problems: statusFilter?.problems ?? [],
    transportTables: statusFilter?.tables ?? [],
    ...(answers === undefined ? {} : { answers }),
  };
  sources.set(bundle, made);
  return made;
}

/** Bundles are values that never change. */
const sources = new WeakMap<Filtering, TableSources>();

/** An answer counts where it begins with a status of the same side. */
function replaced(ended: Status, answer: string, softBounce: boolean): Status {
  const [, dsn, text = ''] = /^([245]\.\d{1,3}\.\d{1,3})(?:\s+(.*))?$/s.exec(answer) ?? [];
  if (dsn === undefined || dsn.startsWith('2')) return ended;
  if (dsn.startsWith('4')) return { status: 'deferred', dsn, text };
  return softBounce
    ? { status: 'deferred', dsn: `4${dsn.slice(1)}`, text }
    : { status: 'bounced', dsn, text };
}

/** A failure: what becomes of a success stays one. */
const FAILURE = /^[45]\.\d{1,3}\.\d{1,3}$/;
