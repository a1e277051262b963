/**
 * Bytes larger than an item may be: gzipped, cut, and read back whole or not at all.
 */
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { fromItem, toItem } from './item.ts';
import { chunk } from './item-kinds.ts';
import type { Key, Table, TableReader } from './table.ts';
import { StoreError } from './table-error.ts';

/**
 * Writes chunks `NAME#000 …` into a partition, over whatever stands there; answers how many.
 * `expiresAt` is epoch ms.
 *
 * @throws StoreError `damaged` where a newer version's chunk is in the way.
 */
export async function writeChunks(
  table: Table,
  pk: string,
  name: string,
  content: Uint8Array,
  expiresAt?: number,
): Promise<number> {
  const gz = await zip(content, { level: 9 });
  const chunks = Math.max(1, Math.ceil(gz.length / CHUNK_BYTES));
  for (let i = 0; i < chunks; i++) {
    const value = { gz: gz.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES) };
    const key = chunkKey(pk, name, i);
    const written = await table.put(toItem(chunk, key, value, { expiresAt }), {
      kind: 'not-newer',
      v: chunk.v,
    });
    if (written === 'lost')
      throw new StoreError('damaged', `${table.title}: ${pk} / ${key.sk} is ${SAID.newer}`);
  }
  return chunks;
}

/**
 * Reads them back.
 *
 * @throws StoreError `damaged` where one is missing or they do not unpack.
 */
export async function readChunks(
  table: TableReader,
  pk: string,
  name: string,
  chunks: number,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let i = 0; i < chunks; i++) {
    const key = chunkKey(pk, name, i);
    // Whatever its expiry says, a chunk is valid while something refers to it and it is still
    // there.
    const read = fromItem(chunk, await table.get(key), 0);
    if (read.kind !== 'held')
      throw new StoreError('damaged', `${table.title}: ${pk} / ${key.sk} is ${SAID[read.kind]}`);
    parts.push(read.value.gz);
  }
  try {
    return await unzip(Buffer.concat(parts), { maxOutputLength: UNPACKED_BYTES });
  } catch (error) {
    throw new StoreError('damaged', `${table.title}: ${pk} / ${name} cannot be unpacked`, error);
  }
}

export const chunkKey = (pk: string, name: string, i: number): Key => ({
  pk,
  sk: `${name}#${String(i).padStart(3, '0')}`,
});

const zip = promisify<Uint8Array, { level: number }, Buffer>(gzip);
const unzip = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(gunzip);

const SAID = {
  absent: 'missing',
  corrupt: 'corrupt',
  newer: 'written by a newer version; update this installation',
};

/** An item may have 400 KB in all. */
export const CHUNK_BYTES = 350 * 1024;
const UNPACKED_BYTES = 256 * 1024 * 1024;
