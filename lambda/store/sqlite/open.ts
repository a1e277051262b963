/**
 * The door to the store on disk: opens it for a purpose, as `Table`.
 *
 * Readers never wait for a run, create nothing and leave nothing behind. Whoever writes finds the
 * file sound or says so; a run sets a damaged one aside and begins anew, so that watching goes on.
 */
import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import type { Table } from '../table.ts';
import { StoreError } from '../table-error.ts';
import {
  isUnwritable,
  readingConnection,
  unkeptConnection,
  type WritingConnection,
  writingConnection,
} from './connection.ts';
import {
  damageIn,
  damageOf,
  type Mark,
  makeInMemory,
  makeStore,
  notAStore,
  openFile,
  readMark,
  writeMark,
} from './database.ts';
import { identity, putInPlace, remove, setAside } from './files.ts';
import { type Place, placeToRead, placeToWrite, titleOf } from './place.ts';
import { rescuedCopy } from './rescued-copy.ts';
import { corruptStore, isBusy, isRollback, making, storeErrorOf } from './sqlite-error.ts';
import { removeDamaged, sqliteTable } from './table.ts';

export interface OnDisk {
  readonly table: Table;
  /** What a run must say of its store. */
  readonly memory: () => Memory;
}

export interface Memory {
  /** Whether anything of this run is kept. */
  readonly keeps: boolean;
  /** Sentences: that it was begun anew, or that nothing is kept, and why. */
  readonly notes: readonly string[];
}

/**
 * To look at what is there.
 *
 * @throws StoreError `missing` where there is no store, `old-folder`, `corrupt`, `forbidden`
 */
export async function openToRead(directory: string): Promise<OnDisk> {
  const place = placeToRead(directory);
  const { title } = place;
  const connection = readingConnection(place);
  try {
    const because =
      guarded(place, () => place.act(() => notAStore(place.file))) ??
      (await connection.read((db) => damageOf(db, title)));
    if (because !== undefined) throw corruptStore(title, because);
  } catch (error) {
    connection.close();
    throw error;
  }
  return { table: sqliteTable(connection), memory: sound };
}

/**
 * To change what is there; `create` makes it where nothing is.
 *
 * @throws StoreError as above, and `unwritable`
 */
export async function openToChange(
  directory: string,
  now: number,
  { create = false }: { readonly create?: boolean } = {},
): Promise<OnDisk> {
  const place = placeToWrite(directory, create ? 'create' : 'change');
  const opened = await openSound(place, now, create);
  if (opened.kind === 'damaged') throw corruptStore(place.title, opened.because);
  return { table: sqliteTable(writingConnection(place, opened.db, false)), memory: sound };
}

/**
 * For a run: makes it where there is none, sets a damaged one aside, and goes on in memory where
 * the disk takes nothing. Once a day what has expired is removed, once a week every row is checked
 * and a damaged one removed.
 *
 * @throws StoreError where the store may not be used or is of another release
 */
export async function openToWatch(directory: string, now: number): Promise<OnDisk> {
  const anew: string[] = [];
  const connection = await connectToWatch(directory, now, anew);
  await sweepDaily(connection, now);
  anew.push(...(await checkWeekly(connection, now)));
  return {
    table: sqliteTable(connection),
    memory: () => {
      const because = connection.unkept();
      return because === undefined
        ? { keeps: true, notes: anew }
        : { keeps: false, notes: [...anew, unkeptNote(because)] };
    },
  };
}

async function connectToWatch(
  directory: string,
  now: number,
  anew: string[],
): Promise<WritingConnection> {
  let place: Place | undefined;
  try {
    place = placeToWrite(directory, 'create');
    for (;;) {
      const opened = await openSound(place, now, true);
      if (opened.kind === 'sound') return writingConnection(place, opened.db, true);
      const aside = moveAside(place, opened.which, now);
      if (aside !== undefined)
        anew.push(
          `${place.title} was damaged (${opened.because}) and was begun anew: what was seen, ` +
            'told, muted and pushed before is not known any more; the damaged file is kept as ' +
            `${aside}`,
        );
    }
  } catch (error) {
    if (isUnwritable(error)) return unkeptConnection(titleOf(directory), error, makeInMemory());
    // On a file system that turned read-only in the middle of a write.
    const db =
      place !== undefined && error instanceof StoreError && isRollback(error.cause)
        ? rescuedCopy(place)
        : undefined;
    if (db === undefined) throw error;
    return unkeptConnection(titleOf(directory), error as StoreError, db);
  }
}

const moveAside = (place: Place, which: string | undefined, now: number): string | undefined =>
  guarded(place, () => place.act(() => setAside(place.file, which, now)));

type Opened =
  | { readonly kind: 'sound'; readonly db: DatabaseSync }
  | { readonly kind: 'damaged'; readonly because: string; readonly which: string | undefined };

async function openSound(place: Place, now: number, create: boolean): Promise<Opened> {
  const began = performance.now();
  for (;;) {
    try {
      return place.act(() => openOnce(place, now, create));
    } catch (error) {
      if (!isBusy(error) || performance.now() - began > PATIENCE_MS)
        throw storeErrorOf(error, place.title);
    }
    await wait(20);
  }
}

function openOnce(place: Place, now: number, create: boolean): Opened {
  const { file, title } = place;
  if (create && identity(file) === undefined) making(title, () => makeInPlace(place, now));
  const which = identity(file);
  const because = notAStore(file);
  if (because !== undefined) return { kind: 'damaged', because, which };
  let db: DatabaseSync | undefined;
  try {
    db = openFile(file, false);
    const damage = damageOf(db, title);
    if (damage === undefined) return { kind: 'sound', db };
    db.close();
    return { kind: 'damaged', because: damage, which };
  } catch (error) {
    db?.close();
    return { kind: 'damaged', because: damageIn(error), which };
  }
}

/** The file gets its name when it is whole, so that no process opens a half-made store. */
function makeInPlace(place: Place, now: number): void {
  const made = `${place.file}.new-${randomBytes(6).toString('hex')}`;
  try {
    makeStore(made, place, now);
    // One that was left by a store that is gone would be rolled back into this one.
    remove(`${place.file}-journal`);
    putInPlace(made, place.file);
  } finally {
    remove(made);
    remove(`${made}-journal`);
  }
}

/** On AWS, DynamoDB removes what has expired. */
async function sweepDaily(connection: WritingConnection, now: number): Promise<void> {
  if (!(await isDue(connection, 'swept', now, DAY_MS))) return;
  const seconds = Math.floor(now / 1000);
  for (let removed = SWEPT_AT_ONCE; removed === SWEPT_AT_ONCE; )
    removed = await connection.write((db) =>
      Number(db.prepare(SWEEP).run(seconds, SWEPT_AT_ONCE).changes),
    );
  await connection.write((db) => writeMark(db, 'swept', now));
}

/** SQLite checks its own structure alone; this holds each row against its checksum. */
async function checkWeekly(connection: WritingConnection, now: number): Promise<string[]> {
  if (!(await isDue(connection, 'checked', now, WEEK_MS))) return [];
  const damaged = await connection.write((db) => {
    writeMark(db, 'checked', now);
    return removeDamaged(db);
  });
  const [first] = damaged;
  if (first === undefined) return [];
  return [
    `${connection.title}: ` +
      `${damaged.length === 1 ? '1 item was' : `${damaged.length} items were`} damaged and ` +
      `removed, the first ${first.pk} / ${first.sk}; what can be seen is seen again, a mute or ` +
      'a pushed policy among them is to be set again',
  ];
}

/** Also under a clock that was set back. */
async function isDue(
  connection: WritingConnection,
  mark: Mark,
  now: number,
  every: number,
): Promise<boolean> {
  const last = await connection.read((db) => readMark(db, mark));
  return last === undefined || Math.abs(now - last) >= every;
}

const sound = (): Memory => ({ keeps: true, notes: [] });

const unkeptNote = (because: StoreError): string =>
  `this run could not be remembered: ${because.message}; what it tells is told again until ` +
  'that is mended';

function guarded<T>(place: Place, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storeErrorOf(error, place.title);
  }
}

const SWEEP = `DELETE FROM items WHERE id IN
  (SELECT id FROM items WHERE expires_at < ? LIMIT ?)`;
const SWEPT_AT_ONCE = 500;
const PATIENCE_MS = 30_000;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
