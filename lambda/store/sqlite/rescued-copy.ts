/**
 * A store whose last writer was killed in the middle: what it was before, without touching it.
 *
 * The journal beside the file must be rolled back first, which needs permission to write, and the
 * next writer does. A reader does it on a copy of both, in a directory of its own that is gone
 * before this returns.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { StoreError } from '../table-error.ts';
import { openFile } from './database.ts';
import { FILE_NAME, type Place } from './place.ts';

/**
 * Undefined where somebody wrote meanwhile: file and journal would not belong together.
 * @throws StoreError where there is no room for the copy
 */
export function rescuedCopy({ file, title, act }: Place): DatabaseSync | undefined {
  const journal = `${file}-journal`;
  const read = act(() => {
    const before = state(file, journal);
    const bytes = [readFileSync(file), readFileSync(journal)] as const;
    return state(file, journal) === before ? bytes : undefined;
  });
  if (read === undefined) return undefined;
  const folder = copying(title, () => mkdtempSync(join(tmpdir(), 'postfix-tls-watch-')));
  try {
    const copy = join(folder, FILE_NAME);
    copying(title, () => {
      writeFileSync(`${copy}-journal`, read[1], { mode: 0o600 });
      writeFileSync(copy, read[0], { mode: 0o600 });
    });
    const db = openFile(copy, false);
    // The first read rolls the journal back; no other process has this copy open.
    db.exec('PRAGMA journal_mode = MEMORY; SELECT count(*) FROM marks;');
    return db;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Store and folder are often on one disk, and the copy fails for the reason the store did. */
function copying<T>(title: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new StoreError(
      'other',
      `${title}: a write was cut short, and to read what was before it needs a copy, which cannot ` +
        `be made in ${tmpdir()} (${(error as Error).message}); make room there, or name another ` +
        'directory with TMPDIR',
      error,
    );
  }
}

const state = (...paths: readonly string[]): string =>
  paths
    .map((path) => {
      const { ino, size, mtimeMs, ctimeMs } = statSync(path);
      return [ino, size, mtimeMs, ctimeMs].join();
    })
    .join(' ');
