/**
 * The door to a file that others may read at any moment: it is the old one or the new one, whole.
 * The new one is written beside it, under a name that starts with a dot and ends in no suffix that
 * anybody collects, and takes its place by rename(2). Where anything fails the old one stays.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface Placing {
  /** Of the new file, before the umask. */
  readonly mode: number;
  /** Gives it mode and owner, where those are not the ones of a new file. */
  readonly settle?: (file: FileHandle) => Promise<void>;
}

/**
 * @param path of a regular file, or of none; no link
 * @throws what the file system says
 */
export async function putInPlace(
  path: string,
  content: string | Uint8Array,
  { mode, settle }: Placing,
): Promise<void> {
  const beside = join(dirname(path), `.postfix-tls-watch-${randomBytes(6).toString('hex')}.tmp`);
  try {
    const file = await open(beside, 'wx', mode);
    try {
      await file.writeFile(content);
      await settle?.(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => undefined);
    throw error;
  }
}
