/**
 * `store export FILE` and `store import FILE|FOLDER`: a store carried to another host, between disk
 * and DynamoDB, or over from release 0.1.
 */
import { openStore, stateDirectory, tableNamed } from '../../local-doors.ts';
import { alreadyThere, importNew, isThere } from '../../store/sqlite/import.ts';
import type { Item } from '../../store/table.ts';
import { isFolder, readLines, writeLines } from '../../store/transfer/file.ts';
import { itemsOfFolder } from '../../store/transfer/level-folder.ts';
import {
  exportLines,
  type Imported,
  importItems,
  itemsOf,
  NoExport,
} from '../../store/transfer/lines.ts';
import { UsageError } from '../../usage-error.ts';
import { VERSION } from '../../version.ts';
import { type PlaceFlags, placeOf } from '../place.ts';
import type { Console } from '../terminal/console.ts';

export async function storeExport(
  path: string,
  flags: PlaceFlags,
  console: Console,
): Promise<number> {
  const open = await openStore(await placeOf(flags), 'read', console.env);
  try {
    const counted = { items: -2 };
    const lines = exportLines(open.store.table, { release: VERSION, at: console.now() });
    await writeLines(path, counting(lines, counted));
    console.out(`exported ${itemsCount(counted.items)} of ${open.place} to ${path}\n`);
    return 0;
  } finally {
    open.close();
  }
}

/** 0 all is there now; 1 something else was there under some keys, and was kept. */
export async function storeImport(
  path: string,
  flags: PlaceFlags,
  console: Console,
): Promise<number> {
  const place = await placeOf(flags);
  const old = await isFolder(path);
  // A folder of release 0.1 stays where it is, and the new store is put beside it.
  const store = place.store ?? (old ? path : stateDirectory(console.env));
  const items = () => (old ? itemsOfFolder(path) : told(path, itemsOf(readLines(path))));

  if (tableNamed(store) === undefined && !isThere(store)) {
    const count = await importNew(store, items(), console.now());
    console.out(`imported ${itemsCount(count)} of ${path} into a new store in ${store}\n`);
    return 0;
  }
  if (old && tableNamed(store) === undefined) throw alreadyThere(store);
  // Nothing is written before the last line was seen.
  for await (const _ of items());
  const open = await openStore({ ...place, store }, 'change', console.env);
  try {
    const imported = await importInParts(items(), (some) => importItems(open.store.table, some));
    console.out(importedText(imported, path, open.place));
    return imported.kept === 0 ? 0 : 1;
  } finally {
    open.close();
  }
}

async function importInParts(
  items: AsyncIterable<Item>,
  write: (some: readonly Item[]) => Promise<Imported>,
): Promise<Imported> {
  let sum: Imported = { written: 0, same: 0, kept: 0 };
  let some: Item[] = [];
  const flush = async () => {
    const { written, same, kept } = await write(some);
    sum = { written: sum.written + written, same: sum.same + same, kept: sum.kept + kept };
    some = [];
  };
  for await (const item of items) {
    some.push(item);
    if (some.length >= ITEMS_AT_ONCE) await flush();
  }
  await flush();
  return sum;
}

function importedText({ written, same, kept }: Imported, path: string, place: string): string {
  const parts = [
    `imported ${itemsCount(written)} of ${path} into ${place}`,
    ...(same === 0 ? [] : [`${itemsCount(same)} there already`]),
    ...(kept === 0
      ? []
      : [
          `${itemsCount(kept)} there already with other content, which ` +
            `${kept === 1 ? 'was' : 'were'} kept`,
        ]),
  ];
  return `${parts.join('; ')}\n`;
}

/** @throws UsageError that names the file, in place of NoExport */
async function* told(path: string, items: AsyncIterable<Item>): AsyncIterable<Item> {
  try {
    yield* items;
  } catch (error) {
    throw error instanceof NoExport ? new UsageError(`${path}: ${error.message}`) : error;
  }
}

async function* counting(
  lines: AsyncIterable<string>,
  counted: { items: number },
): AsyncIterable<string> {
  for await (const line of lines) {
    counted.items++;
    yield line;
  }
}

const itemsCount = (count: number): string =>
  `${count.toLocaleString('en')} ${count === 1 ? 'item' : 'items'}`;

const ITEMS_AT_ONCE = 500;
