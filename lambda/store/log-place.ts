/** Where reading the log of the mail host goes on in the next run (log/follow): one item a vantage. */
import * as v from 'valibot';
import type { LogPlace } from '../log/follow.ts';
import { chunkKey, readChunks, writeChunks } from './chunks.ts';
import { keys, type Store } from './keys.ts';
import { StoreError } from './table-error.ts';

/** Undefined where none was kept, or it cannot be read: the log is begun anew then. */
export async function readLogPlace({ table, space }: Store): Promise<LogPlace | undefined> {
  const pk = keys.mail(space);
  if ((await table.get(chunkKey(pk, NAME, 0))) === undefined) return undefined;
  try {
    const bytes = await readChunks(table, pk, NAME, 1);
    const read = v.safeParse(PLACE, JSON.parse(new TextDecoder().decode(bytes)));
    return read.success ? read.output : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    if (error instanceof StoreError && error.kind === 'damaged') return undefined;
    throw error;
  }
}

/** In place of an earlier one. */
export async function saveLogPlace({ table, space }: Store, place: LogPlace): Promise<void> {
  const bytes = new TextEncoder().encode(JSON.stringify(place));
  await writeChunks(table, keys.mail(space), NAME, bytes);
}

const PLACE = v.object({
  path: v.string(),
  inode: v.string(),
  first: v.string(),
  firstBytes: v.number(),
  offset: v.number(),
});
const NAME = 'place';
