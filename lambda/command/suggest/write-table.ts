/**
 * A whole table to a file: all of it or nothing, and never onto the table that was read unless that
 * was asked for.
 */
import { randomBytes } from 'node:crypto';
import { chmod, chown, open, realpath, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UsageError } from '../../usage-error.ts';

/** Whether both lead to one file, by whatever links. */
export async function isSameFile(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([statOf(a), statOf(b)]);
  return one !== undefined && other !== undefined && one.dev === other.dev && one.ino === other.ino;
}

/**
 * Written beside the file and then put in its place; owner and mode are those of the file that was
 * there. Through a link it is what the link leads to that is replaced.
 *
 * @throws UsageError where it cannot be written
 */
export async function writeTable(path: string, content: Uint8Array): Promise<void> {
  const there = await realpath(path).catch(() => path);
  const beside = join(dirname(there), `.${basename(there)}.${randomBytes(6).toString('hex')}`);
  try {
    const before = await statOf(there);
    if (before !== undefined && !before.isFile()) throw new Error('it is no regular file');
    const file = await open(beside, 'wx', 0o644);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    if (before !== undefined) {
      const own = await stat(beside);
      if (own.uid !== before.uid || own.gid !== before.gid)
        await chown(beside, before.uid, before.gid);
      await chmod(beside, before.mode & 0o7777);
    }
    await rename(beside, there);
  } catch (error) {
    await unlink(beside).catch(() => undefined);
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`cannot write ${path}: ${why}; nothing was changed`);
  }
}

const statOf = (path: string) => stat(path).catch(() => undefined);
