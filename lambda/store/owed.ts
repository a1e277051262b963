/**
 * What a channel did not take while another did: one item a channel, with the messages that are
 * owed to it alone. What all channels refused is not owed here: it stays due.
 *
 * A message is kept beside the tellings of the run that made it, before anything is published.
 */
import { readChunks, writeChunks } from './chunks.ts';
import { fromItem, type Held, type ItemProblem, readItem, writeItem } from './item.ts';
import { owedChannel as kind } from './item-kinds.ts';
import { keys, type Reader, type Store } from './keys.ts';
import { TELLINGS_MS } from './runs.ts';
import type { OwedChannel, OwedMessage } from './stored-values.ts';
import type { Table, Written } from './table.ts';
import type { Json } from './value-schemas.ts';

export interface Owed {
  /** In order of their names. */
  readonly channels: readonly Held<OwedChannel>[];
  readonly problems: readonly ItemProblem[];
}

export async function readOwed({ table, space }: Reader, now: number): Promise<Owed> {
  const channels: Held<OwedChannel>[] = [];
  const problems: ItemProblem[] = [];
  for await (const page of table.query(keys.owedOf(space))) {
    for (const item of page) {
      const read = fromItem(kind, item, now);
      if (read.kind === 'held') channels.push({ value: read.value, rev: read.rev });
      else if (read.kind !== 'absent') problems.push(read);
    }
  }
  return { channels, problems };
}

/** In place of what is there, whatever it is, but for an item of a newer version. */
export async function saveOwed(
  { table, space }: Store,
  value: OwedChannel,
  now: number,
): Promise<Written> {
  const key = keys.owed(space, value.channel);
  const read = await readItem(table, kind, key, now);
  if (read.kind === 'newer') return 'lost';
  const rev = read.kind === 'held' ? read.rev : read.kind === 'corrupt' ? 'anything' : undefined;
  return writeItem(table, kind, key, value, { rev, now, expiresAt: now + TELLINGS_MS });
}

/** Nothing is owed to it any more. */
export async function forgetOwed({ table, space }: Store, channel: string): Promise<void> {
  await table.delete(keys.owed(space, channel), { kind: 'not-newer', v: kind.v });
}

/** Keeps a message of a run; answers the number of chunks. */
export function keepMessage(
  { table, space }: Store,
  runId: string,
  message: Json,
  now: number,
): Promise<number> {
  const content = new TextEncoder().encode(JSON.stringify(message));
  return writeChunks(table, keys.tellings(space, runId), MESSAGE, content, now + TELLINGS_MS);
}

/** @throws StoreError `damaged` where it cannot be read back */
export async function readMessage(
  { table, space }: { readonly table: Table; readonly space: Store['space'] },
  { runId, chunks }: Pick<OwedMessage, 'runId' | 'chunks'>,
): Promise<Json> {
  const content = await readChunks(table, keys.tellings(space, runId), MESSAGE, chunks);
  return JSON.parse(new TextDecoder().decode(content)) as Json;
}

const MESSAGE = 'message';
