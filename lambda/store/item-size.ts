/**
 * How large an item is by DynamoDB's count, and that no engine takes a larger one: a store on disk
 * must be able to move to a table. Pure.
 *
 * "DynamoDB item sizes and formats" in the developer guide: names and strings in UTF-8, a number
 * about a byte for two digits and one more, lists and maps three bytes and one per element.
 */
import type { Item } from './table.ts';
import { StoreError } from './table-error.ts';

/** 400 KB. */
export const LARGEST_ITEM = 409_600;

/** @throws StoreError `too-large`, naming the item */
export function refuseTooLarge(item: Item, title: string): void {
  const bytes = sizeOfItem(item);
  if (bytes <= LARGEST_ITEM) return;
  throw new StoreError(
    'too-large',
    `${title}: item ${item.pk} / ${item.sk} has ${bytes} bytes, and one item may have ` +
      `${LARGEST_ITEM}; it was not stored, please report it`,
  );
}

/**
 * Runs a write; answers the sentence of the refusal where the item is too large, so that one item
 * does not keep a run from storing the others.
 */
export async function refusedForSize(write: () => Promise<void>): Promise<string | undefined> {
  try {
    await write();
    return undefined;
  } catch (error) {
    if (error instanceof StoreError && error.kind === 'too-large') return error.message;
    throw error;
  }
}

export function sizeOfItem(item: Item): number {
  return sizeOfEntries(item);
}

function sizeOfEntries(value: object): number {
  let bytes = 0;
  for (const [name, each] of Object.entries(value))
    if (each !== undefined) bytes += Buffer.byteLength(name) + sizeOfValue(each);
  return bytes;
}

function sizeOfValue(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number')
    return Math.ceil(String(value).replace(/[^0-9]/g, '').length / 2) + 1;
  if (value instanceof Uint8Array) return value.length;
  if (Array.isArray(value))
    return value.reduce((sum: number, each) => sum + sizeOfValue(each) + 1, 3);
  if (typeof value === 'object' && value !== null)
    return 3 + Object.keys(value).length + sizeOfEntries(value);
  return 1;
}
