/** What both engines do with many items before they put them. */
import { refuseTooLarge } from './item-size.ts';
import type { Item, NotPut } from './table.ts';
import { StoreError } from './table-error.ts';

/** Passes on what an engine takes, and adds the rest to `notPut`. */
export function* fitting(items: Iterable<Item>, title: string, notPut: NotPut[]): Iterable<Item> {
  for (const item of items) {
    try {
      refuseTooLarge(item, title);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      notPut.push({ item, kind: 'too-large', because: error.message });
      continue;
    }
    yield item;
  }
}

/** So many at a time, drawn as they are needed. */
export function* inBatches<T>(items: Iterable<T>, most: number): Iterable<readonly T[]> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < most) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
