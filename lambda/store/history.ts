/**
 * What happened, to entries and to hosts: appended, never changed, gone after 400 days.
 *
 * Each event stands twice: under its entry or host, and in a shard of its month, so that
 * both questions are a few queries.
 */
import type { Range } from './expression.ts';
import { inParallel } from './in-parallel.ts';
import { fromItem, type ItemProblem, toItem } from './item.ts';
import { historyEvent as kind } from './item-kinds.ts';
import { type Grain, keyName, keys, type Space, type Store } from './keys.ts';
import type { HistoryEvent } from './stored-values.ts';
import type { Item, Table } from './table.ts';

/** Default retention of history. */
export const HISTORY_DAYS = 400;
export const HISTORY_MS = HISTORY_DAYS * 86_400_000;

/** Dates are epoch ms, inclusive; `limit` counts from the newest. */
export interface Period {
  readonly from?: number;
  readonly to?: number;
  readonly limit?: number;
}

export interface History {
  /** Newest first. */
  readonly events: readonly HistoryEvent[];
  readonly problems: readonly ItemProblem[];
}

export interface NotAppended {
  /** What the table had no capacity for; their subjects are to be seen as new again. */
  readonly refused: readonly HistoryEvent[];
  /** Sentences about those, and about events that are larger than any engine takes. */
  readonly problems: readonly string[];
}

/**
 * Appends events; repeated (a run that was resumed) each stands there once. `keepMs` is how long
 * each is kept.
 */
export async function appendHistory(
  { table, space }: Store,
  events: Iterable<HistoryEvent>,
  keepMs: number = HISTORY_MS,
): Promise<NotAppended> {
  const notPut = await table.putMany(itemsOf(space, events, keepMs));
  const refused = notPut.filter(({ kind }) => kind === 'refused');
  return {
    refused: refused.map(({ item }) => item.value as HistoryEvent),
    problems: notPut.map(({ because }) => because),
  };
}

function* itemsOf(space: Space, events: Iterable<HistoryEvent>, keepMs: number): Iterable<Item> {
  for (const event of events) {
    const { grain, name, at, runId } = event;
    const date = new Date(at).toISOString();
    const expiresAt = at + keepMs;
    const places = [
      { pk: keys.historyOf(space, grain, name), sk: `${date}#${runId}` },
      { pk: keys.historyMonth(space, at, name), sk: `${date}#${grain}#${keyName(name)}` },
    ];
    for (const key of places) yield toItem(kind, key, event, { expiresAt });
  }
}

/** The events of one entry (by id) or host (by key). */
export function historyOf(
  store: Store,
  grain: Grain,
  name: string,
  now: number,
  period: Period = {},
): Promise<History> {
  return collect(store, [[keys.historyOf(store.space, grain, name)]], now, period);
}

/** All events of a period, by default the last 30 days. */
export function historyBetween(store: Store, now: number, period: Period = {}): Promise<History> {
  const to = period.to ?? now;
  const from = Math.max(period.from ?? to - 30 * 86_400_000, to - 10 * 366 * 86_400_000);
  const months: (readonly string[])[] = [];
  for (let at = to; ; at = startOfMonth(at) - 1) {
    months.push(keys.historyMonths(store.space, at));
    if (startOfMonth(at) <= from) break;
  }
  return collect(store, months, now, { ...period, from, to });
}

/** @param groups partitions, newest first; those of a group are of the same time */
async function collect(
  { table }: Store,
  groups: readonly (readonly string[])[],
  now: number,
  period: Period,
): Promise<History> {
  const events: HistoryEvent[] = [];
  const problems: ItemProblem[] = [];
  for (const partitions of groups) {
    if (period.limit !== undefined && events.length >= period.limit) break;
    const range = rangeOf(period, events.length);
    for (const item of await newestFirst(table, partitions, range)) fold(item);
  }
  return { events, problems };

  function fold(item: Item): void {
    const read = fromItem(kind, item, now);
    if (read.kind === 'held') events.push(read.value);
    else if (read.kind !== 'absent') problems.push(read);
  }
}

/**
 * Items of several partitions, each sort key once: a run that was begun before an update and
 * resumed behind it wrote to both layouts.
 */
async function newestFirst(
  table: Table,
  partitions: readonly string[],
  range: Range,
): Promise<readonly Item[]> {
  const items = new Map<string, Item>();
  await inParallel(
    partitions,
    async (pk) => {
      for await (const page of table.query(pk, range))
        for (const item of page) items.set(item.sk, item);
    },
    PARTITIONS_AT_ONCE,
  );
  return [...items.values()]
    .toSorted((a, b) => Buffer.compare(Buffer.from(b.sk), Buffer.from(a.sk)))
    .slice(0, range.limit);
}

const PARTITIONS_AT_ONCE = 8;

/** `~` sorts behind every date's suffix. */
function rangeOf({ from, to, limit }: Period, already: number): Range {
  return {
    newestFirst: true,
    from: from === undefined ? '0' : new Date(from).toISOString(),
    to: to === undefined ? '~' : `${new Date(to).toISOString()}~`,
    ...(limit === undefined ? {} : { limit: limit - already }),
  };
}

const startOfMonth = (at: number): number => {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
};
