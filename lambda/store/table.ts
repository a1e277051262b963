/**
 * What the store asks of a database: a few plain operations on one table of items, the same on AWS
 * and on disk.
 *
 * Single-item conditional writes, and many at once of what is only appended: nothing here needs a
 * transaction.
 */
import type { Condition, Range } from './expression.ts';

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** One item as stored; `expiresAt` is epoch seconds, as DynamoDB's TTL wants it. */
export type Item = Key & Readonly<Record<string, unknown>>;

/** `lost`: the condition did not hold, nothing was written. */
export type Written = 'written' | 'lost';

/** An item of many that was not put, with a sentence for the report. */
export interface NotPut {
  readonly item: Item;
  /**
   * `too-large`: larger than any engine takes. `refused`: the table had no capacity after the last
   * try.
   */
  readonly kind: 'too-large' | 'refused';
  readonly because: string;
}

/**
 * What is enough to see how things stand: items whose keys are known. Whoever has no more than this
 * writes nothing.
 */
export interface TableReader {
  /** As messages call it: `table NAME` or `the store in DIR`. */
  readonly title: string;
  /** Strongly consistent; undefined means that there is no such item. */
  get(key: Key): Promise<Item | undefined>;
  /**
   * Page after page, strongly consistent, in order of the sort key; expired items are among them.
   */
  query(pk: string, range?: Range): AsyncIterable<readonly Item[]>;
  close(): void;
}

/**
 * Every method may be called concurrently, throws `StoreError` where we or our table are at fault,
 * and is safe to repeat: a conditional write that was done twice reports `lost` the second time.
 */
export interface Table extends TableReader {
  /** In no order; missing ones are left out. Any number of keys. */
  getMany(keys: readonly Key[]): Promise<readonly Item[]>;
  /** Page after page over everything, in no order: for carrying a store elsewhere. */
  scan(): AsyncIterable<readonly Item[]>;
  /** @throws StoreError `too-large` where the item is larger than any engine takes */
  put(item: Item, condition?: Condition): Promise<Written>;
  /**
   * Puts what is only ever appended, in no order and over whatever stands there, as nobody else
   * writes it with another content. Draws the items as it goes, each key once. Answers those that
   * were not put; the others are.
   */
  putMany(items: Iterable<Item>): Promise<readonly NotPut[]>;
  /** Sets some attributes of an item. */
  update(key: Key, set: Readonly<Record<string, unknown>>, condition: Condition): Promise<Written>;
  /** Deleting what is not there counts as written. */
  delete(key: Key, condition?: Condition): Promise<Written>;
  /** Requests sent so far, repeats by the SDK included. */
  requests(): number;
}
