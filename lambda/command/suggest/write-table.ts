/**
 * A whole table to a file: all of it or nothing, and never onto the table that was read unless that
 * was asked for.
 */
import type { Stats } from 'node:fs';
import { type FileHandle, realpath, stat } from 'node:fs/promises';
import { UsageError } from '../../usage-error.ts';
import { putInPlace } from '../put-in-place.ts';

/** Whether both lead to one file, by whatever links. */
export async function isSameFile(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([statOf(a), statOf(b)]);
  return one !== undefined && other !== undefined && one.dev === other.dev && one.ino === other.ino;
}

/**
 * Owner and mode are those of the file that was there. Through a link it is what the link leads to that is replaced.
 *
 * @throws UsageError where it cannot be written
 */
export async function writeTable(path: string, content: Uint8Array): Promise<void> {
  const there = await realpath(path).catch(() => path);
  try {
    const before = await statOf(there);
    if (before !== undefined && !before.isFile()) throw new Error('it is no regular file');
    await putInPlace(there, content, {
      mode: 0o644,
      ...(before === undefined ? {} : { settle: (file) => asBefore(file, before) }),
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`cannot write ${path}: ${why}; nothing was changed`);
  }
}

async function asBefore(file: FileHandle, before: Stats): Promise<void> {
  const own = await file.stat();
  if (own.uid !== before.uid || own.gid !== before.gid) await file.chown(before.uid, before.gid);
  await file.chmod(before.mode & 0o7777);
}

const statOf = (path: string) => stat(path).catch(() => undefined);
