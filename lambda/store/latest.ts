/**
 * The latest of every entry and host: read whole in 16 queries, written where something changed.
 *
 * Two shards at a time, each page taken apart at once: otherwise a table of 20,000 entries needs
 * twice the memory.
 */
import type { HostSnapshot } from '../snapshot/host-snapshot.ts';
import { hostKey } from '../snapshot/host-snapshot.ts';
import { inParallel } from './in-parallel.ts';
import {
  fromItem,
  type Held,
  type ItemKind,
  type ItemProblem,
  readItem,
  updateItem,
  writeItem,
} from './item.ts';
import { entryNow, hostNow } from './item-kinds.ts';
import { refusedForSize } from './item-size.ts';
import { keyName, keys, type Reader, SHARDS, type Store } from './keys.ts';
import type { EntryNow } from './stored-values.ts';
import type { Item, Key, Written } from './table.ts';

/** `rev` is `anything` in place of an item that was corrupt, undefined for a new one. */
export type Revision = number | 'anything' | undefined;

export interface Latest {
  /** By destination id. */
  readonly entries: ReadonlyMap<string, Held<EntryNow>>;
  /** By host key. */
  readonly hosts: ReadonlyMap<string, Held<HostSnapshot>>;
  readonly problems: readonly ItemProblem[];
}

/**
 * Reads everything that was last seen from this vantage. `now` is epoch ms: what was retired and
 * has expired is left out.
 */
export async function readLatest({ table, space }: Reader, now: number): Promise<Latest> {
  const entries = new Map<string, Held<EntryNow>>();
  const hosts = new Map<string, Held<HostSnapshot>>();
  const problems: ItemProblem[] = [];
  function fold(item: Item): void {
    if (item.sk.startsWith('entry#')) put(entryNow, item, entries, ({ snapshot }) => snapshot.id);
    else put(hostNow, item, hosts, hostKey);
  }
  function put<T>(
    kind: ItemKind<T>,
    item: Item,
    into: Map<string, Held<T>>,
    name: (value: T) => string,
  ): void {
    const read = fromItem(kind, item, now);
    if (read.kind === 'held') into.set(name(read.value), heldOf(read));
    else if (read.kind !== 'absent') problems.push(read);
  }

  await inParallel(
    SHARDS,
    async (shard) => {
      for await (const page of table.query(keys.nowShard(space, shard)))
        for (const item of page) fold(item);
    },
    2,
  );
  return { entries, hosts, problems };
}

/** One entry as last seen from this vantage; undefined where there is none that can be read. */
export async function readEntry(
  { table, space }: Store,
  id: string,
  now: number,
): Promise<EntryNow | undefined> {
  const read = await readItem(table, entryNow, keys.entry(space, id), now);
  return read.kind === 'held' ? read.value : undefined;
}

/** One host, by its key; undefined where there is none that can be read. */
export async function readHost(
  { table, space }: Store,
  key: string,
  now: number,
): Promise<HostSnapshot | undefined> {
  const read = await readItem(table, hostNow, keys.host(space, key), now);
  return read.kind === 'held' ? read.value : undefined;
}

/** A copy without anything else that a read brought along. */
function heldOf<T>({ value, rev, expiresAt }: Held<T>): Held<T> {
  return { value, rev, ...(expiresAt === undefined ? {} : { expiresAt }) };
}

/** Tells the entries of which a newer version keeps what is remembered: it is left as it is. */
export function ofNewer({ problems }: Pick<Latest, 'problems'>): (id: string) => boolean {
  const newer = new Set(problems.flatMap(({ kind, key }) => (kind === 'newer' ? key.sk : [])));
  return (id) => newer.has(`entry#${keyName(id)}`);
}

/**
 * What a write of this entry must find: the revision read, or in place of a corrupt item anything.
 */
export function revisionOf(latest: Latest, grain: 'entry' | 'host', name: string): Revision {
  const held = grain === 'entry' ? latest.entries.get(name) : latest.hosts.get(name);
  if (held !== undefined) return held.rev;
  const sk = `${grain}#${keyName(name)}`;
  return latest.problems.some((problem) => problem.kind === 'corrupt' && problem.key.sk === sk)
    ? 'anything'
    : undefined;
}

/** `lost`: a newer writer was there first, or a newer version wrote it; theirs is kept. */
export function saveEntry(
  { table, space }: Store,
  value: EntryNow,
  rev: Revision,
  now: number,
): Promise<Written> {
  return writeItem(table, entryNow, keys.entry(space, value.snapshot.id), value, { rev, now });
}

export function saveHost(
  { table, space }: Store,
  value: HostSnapshot,
  rev: Revision,
  now: number,
): Promise<Written> {
  return writeItem(table, hostNow, keys.host(space, hostKey(value)), value, { rev, now });
}

/** Lets an entry or a host that left the policy expire; it is written anew should it come back. */
export function retire(
  { table, space }: Store,
  grain: 'entry' | 'host',
  name: string,
  rev: number,
  at: number,
): Promise<Written> {
  const key: Key = grain === 'entry' ? keys.entry(space, name) : keys.host(space, name);
  return updateItem(table, key, { expiresAt: Math.ceil((at + RETIRED_MS) / 1000) }, rev);
}

/** Entries or hosts that have not left the policy. */
export const notRetired = <Value>(latest: ReadonlyMap<string, Held<Value>>): Value[] =>
  [...latest.values()].flatMap(({ value, expiresAt }) => (expiresAt === undefined ? [value] : []));

/** When it was retired, epoch ms; undefined while it is not. */
export const retiredAt = ({ expiresAt }: Pick<Held<unknown>, 'expiresAt'>): number | undefined =>
  expiresAt === undefined ? undefined : expiresAt - RETIRED_MS;

/** What was not written, and why the run goes on all the same. */
export interface NotSaved {
  /** Names of items that another writer had changed meanwhile; theirs is kept. */
  readonly lost: readonly string[];
  /** Sentences about items that are larger than any engine takes. */
  readonly tooLarge: readonly string[];
}

/** Runs writes, several at a time. */
export async function saveAll(
  writes: Iterable<readonly [name: string, write: () => Promise<Written>]>,
): Promise<NotSaved> {
  const lost: string[] = [];
  const tooLarge: string[] = [];
  await inParallel(writes, async ([name, write]) => {
    const refused = await refusedForSize(async () => {
      if ((await write()) === 'lost') lost.push(name);
    });
    if (refused !== undefined) tooLarge.push(refused);
  });
  return { lost, tooLarge };
}

/**
 * A retired entry is remembered this long: an entry taken out by mistake comes back as what it was.
 */
const RETIRED_MS = 14 * 86_400_000;
