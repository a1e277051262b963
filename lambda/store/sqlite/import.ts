/** A store on disk made of items from elsewhere: whole and checked before it gets its name. */
import { randomBytes } from 'node:crypto';
import { UsageError } from '../../usage-error.ts';
import type { Item } from '../table.ts';
import { StoreError } from '../table-error.ts';
import { tally } from '../transfer/lines.ts';
import { writingConnection } from './connection.ts';
import { makeStore, openFile } from './database.ts';
import { identity, putInPlace, remove } from './files.ts';
import { type Place, placeToWrite } from './place.ts';
import { making, storeErrorOf } from './sqlite-error.ts';
import { sqliteTable } from './table.ts';

/** Whether a store is there already, which an import of a file adds to. @throws StoreError */
export const isThere = (directory: string): boolean => {
  const { act, file } = placeToWrite(directory, 'import');
  return act(() => identity(file)) !== undefined;
};

/**
 * Makes the store of a directory; answers how many items it has.
 *
 * @throws StoreError where one is there already, and whatever `items` throws: nothing is left then
 */
export async function importNew(
  directory: string,
  items: AsyncIterable<Item>,
  now: number,
): Promise<number> {
  const place = placeToWrite(directory, 'import');
  const made = `${place.file}.import-${randomBytes(6).toString('hex')}`;
  try {
    making(place.title, () => place.act(() => makeStore(made, place, now)));
    const count = await fill({ ...place, file: made }, items);
    place.act(() => {
      remove(`${place.file}-journal`);
      if (!putInPlace(made, place.file)) throw alreadyThere(directory);
    });
    return count;
  } catch (error) {
    throw error instanceof UsageError ? error : storeErrorOf(error, place.title);
  } finally {
    place.act(() => {
      remove(made);
      remove(`${made}-journal`);
    });
  }
}

export const alreadyThere = (directory: string): StoreError =>
  new StoreError(
    'other',
    `there is a store in ${directory} already: name another directory with --store, or move ` +
      'its store.sqlite away',
  );

/** Writes them all, and reads them back. */
async function fill(place: Place, items: AsyncIterable<Item>): Promise<number> {
  const { title, act } = place;
  const table = sqliteTable(
    writingConnection(
      place,
      act(() => openFile(place.file, false)),
      false,
    ),
  );
  try {
    const [given, stored] = [tally(), tally()];
    let some: Item[] = [];
    const flush = async () => {
      await Promise.all(some.map((item) => table.put(item)));
      some = [];
    };
    let count = 0;
    for await (const item of items) {
      given.add(item);
      some.push(item);
      count++;
      if (some.length >= ITEMS_AT_ONCE) await flush();
    }
    await flush();
    for await (const page of table.scan()) for (const item of page) stored.add(item);
    const because =
      given.result() === stored.result()
        ? undefined
        : `it reads back ${stored.result()} in place of ${given.result()}`;
    if (because !== undefined)
      throw new StoreError(
        'unwritable',
        `${title}: ${because}; nothing was put in place, try again`,
      );
    return count;
  } finally {
    table.close();
  }
}

const ITEMS_AT_ONCE = 100;
