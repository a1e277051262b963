/**
 * The file that node_exporter's textfile collector reads at any moment: whole, and readable for
 * every user.
 */
import { access, constants, type FileHandle, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UsageError } from '../../usage-error.ts';
import { putInPlace } from '../put-in-place.ts';

/**
 * @param flag that named the path, for the error
 * @throws UsageError where it cannot be written
 */
export async function replaceFile(path: string, text: string, flag: string): Promise<void> {
  try {
    // Whatever the umask.
    const settle = (file: FileHandle) => file.chmod(MODE);
    await putInPlace(await targetOf(path), text, { mode: MODE, settle });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new UsageError(`${flag} ${path}: ${ERRORS[code] ?? message}; nothing was written`);
  }
}

/** Why it could not be written by this user; undefined where it could. Writes nothing. */
export async function fileHindrance(path: string): Promise<string | undefined> {
  try {
    await access(dirname(await targetOf(path)), constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    return ERRORS[code] ?? message;
  }
}

/** What a link leads to; a device or a directory is never replaced. */
async function targetOf(path: string): Promise<string> {
  try {
    const target = await realpath(path);
    if (!(await stat(target)).isFile())
      throw Object.assign(new Error('no regular file'), { code: 'ENXIO' });
    return target;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return path;
    throw error;
  }
}

const MODE = 0o644;
const ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'no such directory; make it, or name a file elsewhere',
  ENOTDIR: 'no such directory; make it, or name a file elsewhere',
  EACCES: 'this user may not write in its directory',
  EPERM: 'this user may not write in its directory',
  EROFS: 'its directory is read-only here (in a unit, see ReadWritePaths=)',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk is full for this user',
  EFBIG: 'it would be larger than a file may be here',
  ENXIO: 'no regular file; name one',
  EISDIR: 'no regular file; name one',
};
