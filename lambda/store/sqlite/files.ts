/** The file of a store and its directory: made, looked at and moved, always the owner's. */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { actingToMake, type Owner } from './owner.ts';

/**
 * What the file is now, to see later whether it is still the same; undefined where there is none.
 */
export function identity(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}`;
}

/** A file under `path`, the owner's, 0640. @throws where something is there already */
export function makeFile(path: string, owner: Owner, text = ''): void {
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | constants.O_NOFOLLOW;
  const fd = openSync(path, flags, FILE_MODE);
  try {
    own(fd, owner);
    fchmodSync(fd, FILE_MODE);
    writeSync(fd, text);
  } finally {
    closeSync(fd);
  }
}

/** Gives a finished file its name. False: somebody was quicker, and theirs stands. */
export function putInPlace(made: string, file: string): boolean {
  try {
    linkSync(made, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** A small file, new or in place of what was there. */
export function replaceFile(path: string, owner: Owner, text: string): void {
  const made = `${path}.new-${randomBytes(6).toString('hex')}`;
  try {
    makeFile(made, owner, text);
    renameSync(made, path);
  } finally {
    remove(made);
  }
}

/** What is not there is removed already. */
export const remove = (path: string): void => rmSync(path, { force: true });

/**
 * Moves a damaged file aside, its journal with it, where it is still the one that was looked at.
 * Answers its new path; undefined where another process was quicker.
 */
export function setAside(file: string, which: string | undefined, now: number): string | undefined {
  if (which === undefined || identity(file) !== which) return undefined;
  const date = new Date(now).toISOString().slice(0, 19).replaceAll(':', '-');
  for (let i = 1; ; i++) {
    const aside = `${file}.damaged-${date}Z${i === 1 ? '' : `-${i}`}`;
    if (existsSync(aside)) continue;
    const journal = `${file}-journal`;
    if (existsSync(journal)) renameSync(journal, `${aside}-journal`);
    renameSync(file, aside);
    return aside;
  }
}

/** The first bytes of the file, or all of them. */
export function firstBytes(file: string, length: number): Buffer {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(fd, bytes, 0, length, 0));
  } finally {
    closeSync(fd);
  }
}

/** Directories are made for their owner and the group: what is kept is not for all. */
export function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  const above = dirname(resolve(directory));
  if (!existsSync(above)) makeDirectory(above);
  const act = actingToMake(directory, above, statSync(above));
  act(() => {
    try {
      mkdirSync(directory, DIRECTORY_MODE);
      // The umask may have removed permissions.
      chmodSync(directory, DIRECTORY_MODE);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  });
}

/** A store that root restored, or made before release 0.2, becomes the directory owner's. */
export function adopt(path: string, seen: Stats, owner: Owner): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { dev, ino } = fstatSync(fd);
    if (dev === seen.dev && ino === seen.ino) own(fd, owner);
  } finally {
    closeSync(fd);
  }
}

/** Where this user may not change the owner, it stays as it is. */
function own(fd: number, { uid, gid }: Owner): void {
  const is = fstatSync(fd);
  if (is.uid === uid && is.gid === gid) return;
  try {
    fchownSync(fd, process.geteuid?.() === 0 ? uid : is.uid, gid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
  }
}

const FILE_MODE = 0o640;
const DIRECTORY_MODE = 0o750;
