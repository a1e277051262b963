/**
 * Connections to the file: for readers, which change nothing, and for writers, which wait for one
 * another.
 */
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { StoreError } from '../table-error.ts';
import { makeInMemory, openFile } from './database.ts';
import type { Place } from './place.ts';
import { rescuedCopy } from './rescued-copy.ts';
import { isBusy, isRollback, storeErrorOf } from './sqlite-error.ts';
import { type Connection, copyRows } from './table.ts';

/**
 * Reads what is there. While a writer puts something on disk it tries again, and where one was
 * killed at that it reads a copy.
 */
export function readingConnection(place: Place): Connection {
  let db: DatabaseSync | undefined;
  return {
    title: place.title,
    async read(work) {
      const began = performance.now();
      for (;;) {
        try {
          return place.act(() => {
            db ??= openFile(place.file, true);
            return work(db);
          });
        } catch (error) {
          const waited = performance.now() - began;
          if (!isRollback(error) && !isBusy(error)) throw storeErrorOf(error, place.title);
          if (waited > READER_PATIENCE_MS) throw storeErrorOf(error, place.title);
          // A journal that is about to be removed looks like one that was left.
          if (isRollback(error) && waited > ROLLBACK_PATIENCE_MS) {
            const copy = orStoreError(place, () => rescuedCopy(place));
            if (copy !== undefined) {
              db?.close();
              db = copy;
              continue;
            }
          }
        }
        await wait(RETRY_MS);
      }
    },
    write: () =>
      Promise.reject(new StoreError('other', `${place.title}: it was opened for reading`)),
    close: () => {
      if (db?.isOpen) db.close();
    },
  };
}

export interface WritingConnection extends Connection {
  /** Why nothing is kept since; undefined where all is. */
  readonly unkept: () => StoreError | undefined;
}

/**
 * Reads and writes. `goOn`: where the disk takes no more, it goes on in memory with what was there,
 * for a run must judge and tell all the same.
 */
export function writingConnection(
  place: Place,
  opened: DatabaseSync,
  goOn: boolean,
): WritingConnection {
  let db = opened;
  let unkept: StoreError | undefined;

  async function patiently<T>(work: () => T): Promise<T> {
    const began = performance.now();
    for (;;) {
      try {
        return place.act(work);
      } catch (error) {
        if (!isBusy(error) || performance.now() - began > WRITER_PATIENCE_MS)
          throw storeErrorOf(error, place.title);
      }
      await wait(RETRY_MS);
    }
  }

  return {
    title: place.title,
    read: (work) => patiently(() => work(db)),
    async write(work) {
      try {
        return await patiently(() => inTransaction(db, work));
      } catch (error) {
        if (!goOn || unkept !== undefined || !isUnwritable(error)) throw error;
        unkept = error;
      }
      const disk = db;
      db = place.act(() => inMemory(disk, place));
      place.act(() => disk.close());
      return inTransaction(db, work);
    },
    close: () => {
      if (db.isOpen) place.act(() => db.close());
    },
    unkept: () => unkept,
  };
}

/** For a run that can use no file: everything stays in memory, and `because` says why. */
export function unkeptConnection(
  title: string,
  because: StoreError,
  db: DatabaseSync,
): WritingConnection {
  return {
    title,
    read: async (work) => work(db),
    write: async (work) => inTransaction(db, work),
    close: () => {
      if (db.isOpen) db.close();
    },
    unkept: () => because,
  };
}

export function inTransaction<T>(db: DatabaseSync, work: (db: DatabaseSync) => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const done = work(db);
    db.exec('COMMIT');
    return done;
  } catch (error) {
    // SQLite rolls back by itself where the disk is full or fails.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

export const isUnwritable = (error: unknown): error is StoreError =>
  error instanceof StoreError && error.kind === 'unwritable';

/** Everything that can still be read. */
function inMemory(disk: DatabaseSync, place: Place): DatabaseSync {
  const memory = makeInMemory();
  try {
    copyRows(disk, memory);
  } catch (error) {
    // The disk failed in the middle of a transaction, and what is there must be rolled back first.
    const copy = rescuedCopy(place);
    if (copy === undefined) throw storeErrorOf(error, place.title);
    copyRows(copy, memory);
    copy.close();
  }
  return memory;
}

function orStoreError<T>(place: Place, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storeErrorOf(error, place.title);
  }
}

const RETRY_MS = 20;
/** Between a journal seen and its writer at work or gone. */
const ROLLBACK_PATIENCE_MS = 500;
const READER_PATIENCE_MS = 10_000;
const WRITER_PATIENCE_MS = 30_000;
