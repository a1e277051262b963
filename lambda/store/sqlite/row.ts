/**
 * Item ⇄ row of the file. A row carries a checksum over its key and its text: SQLite finds out
 * where its own structure is damaged, and not where a value is.
 */
import { crc32 } from 'node:zlib';
import { fromJson, toJson } from '../item-json.ts';
import type { Item, Key } from '../table.ts';

/** In a damaged file anything but the key may be of another type. */
export interface Row {
  readonly pk: string;
  readonly sk: string;
  readonly expires_at: number | null;
  readonly crc: number;
  readonly item: string;
}

export function rowOf(item: Item): Row {
  const { pk, sk, ...attributes } = item;
  const text = toJson(attributes);
  const { expiresAt } = item;
  return {
    pk,
    sk,
    expires_at: typeof expiresAt === 'number' ? Math.floor(expiresAt) : null,
    crc: checksum({ pk, sk }, text),
    item: text,
  };
}

/** One that is damaged has its key alone, which no reader takes for an item of any kind. */
export function itemOf(row: Row): Item {
  const { pk, sk } = row;
  if (!isSound(row)) return { pk, sk };
  try {
    return { ...fromJson(row.item), pk, sk };
  } catch {
    return { pk, sk };
  }
}

/** Whether it is what was written. */
export const isSound = ({ pk, sk, crc, item }: Row): boolean =>
  typeof item === 'string' && crc === checksum({ pk, sk }, item);

const checksum = ({ pk, sk }: Key, text: string): number => crc32(`${pk}\0${sk}\0${text}`);
