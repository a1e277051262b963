/**
 * The database in the file: its layout, how it is made, opened and checked.
 *
 * A rollback journal, not a write-ahead log: a log needs two files beside the store that a reader
 * without permission to write can neither make nor, once the last writer removed them, do without.
 * A reader therefore waits while a writer puts its journal and its pages on disk, which is for
 * milliseconds; writers keep their transactions short.
 */
import { DatabaseSync } from 'node:sqlite';
import { StoreError } from '../table-error.ts';
import { firstBytes, makeFile } from './files.ts';
import type { Place } from './place.ts';
import { CODE, primary, resultCode } from './sqlite-error.ts';

/** How long SQLite itself waits for a lock; whoever opened the file goes on waiting. */
export const LOCK_WAIT_MS = 1_000;

export function openFile(path: string, readOnly: boolean): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly, timeout: LOCK_WAIT_MS });
  try {
    db.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;');
    // What is deleted is overwritten: it may be a policy with passwords in it.
    if (!readOnly)
      db.exec('PRAGMA synchronous = FULL; PRAGMA cache_size = -8000; PRAGMA secure_delete = ON;');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** A new store, empty, under a temporary name. */
export function makeStore(path: string, { act, owner }: Place, now: number): void {
  makeFile(path, owner);
  act(() => {
    const db = openFile(path, false);
    try {
      db.exec(`PRAGMA application_id = ${APPLICATION}; PRAGMA user_version = ${LAYOUT}; ${SCHEMA}`);
      writeMark(db, 'layout', LAYOUT);
      writeMark(db, 'swept', now);
      writeMark(db, 'checked', now);
    } finally {
      db.close();
    }
  });
}

/** In memory, for a run that cannot keep anything. */
export function makeInMemory(): DatabaseSync {
  const db = new DatabaseSync(':memory:');
  db.exec(SCHEMA);
  return db;
}

/**
 * Why the file is no store, by its first bytes, before SQLite opens it; undefined where it is one.
 *
 * @throws what the file system throws
 */
export function notAStore(file: string): string | undefined {
  const header = firstBytes(file, 100);
  if (header.length < 100) return header.length === 0 ? 'it is empty' : 'it is cut short';
  const sound =
    header.subarray(0, 16).toString('latin1') === 'SQLite format 3\0' &&
    // A journal that is rolled back, and the payload fractions that are fixed for good.
    header.subarray(18, 24).equals(Buffer.from([1, 1, 0, 64, 32, 32])) &&
    header.readUInt32BE(56) === 1 &&
    header.readInt32BE(68) === APPLICATION;
  return sound ? undefined : 'its header is not that of a store';
}

/**
 * Why the database is damaged, by its whole structure (a tenth of a second over 20,000 entries);
 * undefined where it is not.
 *
 * @throws StoreError where a newer release made it, and SQLite's error where another process is in
 * the way or the disk fails
 */
export function damageOf(db: DatabaseSync, title: string): string | undefined {
  try {
    const version = db.prepare('PRAGMA user_version').get()?.user_version;
    const layout = readMark(db, 'layout');
    if (version !== layout || layout === undefined) return 'its layout is not known';
    if (layout > LAYOUT)
      throw new StoreError(
        'other',
        `${title}: a newer version of postfix-tls-watch made it; update this installation`,
      );
    const found = db.prepare('PRAGMA integrity_check(1)').get()?.integrity_check;
    return found === 'ok' ? undefined : String(found).replaceAll(/\s+/g, ' ').slice(0, 200);
  } catch (error) {
    return damageIn(error);
  }
}

/** What SQLite says of a file that it cannot read. @throws the error where that is no damage */
export function damageIn(error: unknown): string {
  const code = resultCode(error);
  if (code === undefined || PASSING.has(primary(code))) throw error;
  return (error as Error).message;
}

/** No damage: another process is in the way, the disk fails or is full. */
const PASSING = new Set<number>([
  CODE.busy,
  CODE.locked,
  CODE.readOnly,
  CODE.ioError,
  CODE.full,
  CODE.cannotOpen,
]);

/** What the store records of itself: numbers, dates in epoch ms. */
export type Mark = 'layout' | 'swept' | 'checked';

export function readMark(db: DatabaseSync, name: Mark): number | undefined {
  const value = db.prepare('SELECT value FROM marks WHERE name = ?').get(name)?.value;
  return typeof value === 'number' ? value : undefined;
}

export function writeMark(db: DatabaseSync, name: Mark, value: number): void {
  db.prepare('INSERT OR REPLACE INTO marks (name, value) VALUES (?, ?)').run(name, value);
}

/** "tls\0" and a number of ours: `file` and SQLite's own tools show it. */
const APPLICATION = 0x746c7301;
const LAYOUT = 1;
const SCHEMA = `
  CREATE TABLE items (
    id INTEGER PRIMARY KEY,
    pk TEXT NOT NULL,
    sk TEXT NOT NULL,
    expires_at INTEGER,
    crc INTEGER NOT NULL,
    item TEXT NOT NULL,
    UNIQUE (pk, sk)
  ) STRICT;
  CREATE TABLE marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;
