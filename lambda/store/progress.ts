/**
 * What the parts of an unfinished run have judged, beside what the run was about to tell: gzipped in
 * chunks, since a table of 20,000 entries has no room in one item. The run record says which parts
 * there are (run/watch/progress); each is written once.
 */
import { readChunks, writeChunks } from './chunks.ts';
import { keys, type Store } from './keys.ts';
import { StoreError } from './table-error.ts';
import type { Json } from './value-schemas.ts';

/** Of one part; `runId` is that of the record that names it. */
export interface StoredPart {
  readonly runId: string;
  readonly name: string;
}

/** Any size; answers the number of chunks, for the run record to note. */
export function keepPart(
  { table, space }: Store,
  { runId, name }: StoredPart,
  content: Json,
  now: number,
): Promise<number> {
  const bytes = new TextEncoder().encode(JSON.stringify(content));
  return writeChunks(table, keys.tellings(space, runId), name, bytes, now + PARTS_MS);
}

/** @throws StoreError `damaged` */
export async function readPart(
  { table, space }: Store,
  { runId, name }: StoredPart,
  chunks: number,
): Promise<Json> {
  const pk = keys.tellings(space, runId);
  const bytes = await readChunks(table, pk, name, chunks);
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Json;
  } catch (error) {
    throw new StoreError('damaged', `${table.title}: ${pk} / ${name} is no JSON`, error);
  }
}

/** Long after the run can be continued. */
const PARTS_MS = 2 * 86_400_000;
