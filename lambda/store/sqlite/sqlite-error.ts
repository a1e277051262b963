/**
 * What SQLite and the file system throw, as sentences that name the store and the next step.
 *
 * Result codes: https://www.sqlite.org/rescode.html
 */
import { StoreError, type StoreErrorKind } from '../table-error.ts';

/** SQLite's extended result code; undefined for any other error. */
export function resultCode(error: unknown): number | undefined {
  const { code, errcode } = (error ?? {}) as { code?: unknown; errcode?: unknown };
  return code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number' ? errcode : undefined;
}

export const CODE = {
  busy: 5,
  locked: 6,
  noMemory: 7,
  readOnly: 8,
  ioError: 10,
  full: 13,
  cannotOpen: 14,
  /** A process was killed while it wrote: its journal must be rolled back first. */
  readOnlyRollback: 8 | (3 << 8),
  /** The system refused a write, and SQLite does not say why. */
  ioErrorWrite: 10 | (3 << 8),
  /** The file was renamed or removed since it was opened. */
  moved: 8 | (4 << 8),
} as const;

/** What SQLite calls the family of an extended code. */
export const primary = (code: number): number => code & 0xff;

/** Whether another process is using the file, and may soon be done. */
export const isBusy = (error: unknown): boolean => {
  const code = resultCode(error);
  return code !== undefined && (primary(code) === CODE.busy || primary(code) === CODE.locked);
};

export const isRollback = (error: unknown): boolean => resultCode(error) === CODE.readOnlyRollback;

/** `title` is `the store in DIR`. */
export function storeErrorOf(error: unknown, title: string): StoreError {
  if (error instanceof StoreError) return error;
  const told = error instanceof Error ? error.message : String(error);
  const as = (kind: StoreErrorKind, text: string) =>
    new StoreError(kind, `${title}: ${text}`, error);
  const code = resultCode(error);
  if (code === undefined) return fileErrorOf(error, title);
  if (code === CODE.moved)
    return as('other', 'it was moved or replaced while this command worked; run the command again');
  if (code === CODE.readOnlyRollback)
    return as(
      'held',
      'a process was killed while it wrote, and what it left must be cleared up first; the ' +
        'next watch does so',
    );
  if (code === CODE.ioErrorWrite)
    return as(
      'unwritable',
      `the system refuses to write (${told}); look for a limit on the size of files (ulimit -f, ` +
        "LimitFSIZE=), and for an error of the disk in the kernel's log",
    );
  switch (primary(code)) {
    case CODE.busy:
    case CODE.locked:
      return as(
        'held',
        'another process has it locked; wait for that one to end, or look for one that hangs',
      );
    case CODE.full:
      return as('unwritable', 'the disk is full; free some space');
    case CODE.readOnly:
    case CODE.cannotOpen:
      return cannotWrite(error, title);
    case CODE.ioError:
      return as('unwritable', `the disk fails (${told}); look at the kernel's log`);
    case CODE.noMemory:
      return as('other', 'there is not enough memory to read it');
    default:
      // Our statements are always the same: what they cannot run on is no store any more.
      return corruptStore(title, told);
  }
}

/** What is made where this user may not write is not forbidden to a run, which goes on without. */
export function making<T>(title: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === 'EACCES' || code === 'EPERM' ? cannotWrite(error, title) : error;
  }
}

const cannotWrite = (error: unknown, title: string): StoreError =>
  new StoreError(
    'unwritable',
    `${title}: this user cannot write there (${(error as Error).message}); look at the ` +
      'owner, the mode and the file system of the directory',
    error,
  );

export const corruptStore = (title: string, because: string): StoreError =>
  new StoreError(
    'corrupt',
    `${title}: it is damaged (${because}); the next watch sets it aside and begins anew, ` +
      'unless a backup is put in its place before',
  );

/** What a call of the file system threw. */
function fileErrorOf(error: unknown, title: string): StoreError {
  const { code, message = String(error) } = (error ?? {}) as NodeJS.ErrnoException;
  const as = (kind: StoreErrorKind, text: string) =>
    new StoreError(kind, `${title}: ${text}`, error);
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return as(
        'forbidden',
        `this user may not (${message}); run it as the directory's owner or as root`,
      );
    case 'ENOSPC':
    case 'EDQUOT':
      return as('unwritable', 'the disk is full; free some space');
    case 'EROFS':
      return as('unwritable', `the file system is read-only (${message})`);
    case 'EIO':
      return as('unwritable', `the disk fails (${message}); look at the kernel's log`);
    default:
      return as('other', message);
  }
}
