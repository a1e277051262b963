/**
 * A policy that nobody has looked at yet, as in a pull request: only regular files below one
 * directory are opened, whatever tables and main.cf name. No program is run, so that no table is
 * asked, and no link leads out.
 */
import { constants, type Stats } from 'node:fs';
import { lstat, open, readdir, realpath } from 'node:fs/promises';
import { hostname } from 'node:os';
import { resolve, sep } from 'node:path';
import { UsageError } from '../../usage-error.ts';
import type { Bundle } from '../bundle.ts';
import { gatherBundle } from './gather.ts';
import type { BundleOptions, FileRead, Machine } from './machine.ts';

/**
 * Reads all that the options name from below the directory.
 *
 * @throws UsageError where the directory is none, or something is named that cannot be had
 */
export async function readBundleBelow(directory: string, options: BundleOptions): Promise<Bundle> {
  return gatherBundle(options, await machineBelow(directory));
}

/** This machine, of which nothing is to be seen but that directory. @throws UsageError */
export async function machineBelow(directory: string): Promise<Machine> {
  const root = await realpath(directory).catch(() => undefined);
  if (root === undefined || !(await lstat(root)).isDirectory())
    throw new UsageError(`--offline-sources ${directory}: there is no such directory`);
  const outside: FileRead = {
    kind: 'failed',
    because: `it lies outside ${directory}, and --offline-sources opens nothing else`,
    outside: true,
  };
  /** The real path; undefined where it is, or leads, outside. @throws as realpath does */
  const within = async (path: string): Promise<string | undefined> => {
    const written = resolve(path);
    if (!isBelow(written, root) && !isBelow(written, resolve(directory))) return undefined;
    const real = await realpath(written);
    return isBelow(real, root) ? real : undefined;
  };
  return {
    now: Date.now,
    hostname,
    async read(path) {
      try {
        const real = await within(path);
        return real === undefined ? outside : await readRegular(real);
      } catch (error) {
        return { kind: 'failed', because: reasonOf(error) };
      }
    },
    modified: async () => undefined,
    async list(path) {
      try {
        const real = await within(path);
        return real === undefined ? undefined : (await readdir(real)).sort();
      } catch {
        return undefined;
      }
    },
    run: async () => ({ kind: 'not-installed' }),
  };
}

/** @param path without links */
async function readRegular(path: string): Promise<FileRead> {
  const before = await lstat(path);
  // Looked at before it is opened: opening a device may already do something.
  if (!before.isFile()) return notRegular(before);
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const found = await file.stat();
    if (found.ino !== before.ino || found.dev !== before.dev || !found.isFile())
      return notRegular(found);
    const { mode, uid, gid, mtimeMs, size } = found;
    if (size > LARGEST_FILE_BYTES) return { kind: 'failed', because: 'it has more than 64 MiB' };
    return { kind: 'read', bytes: await file.readFile(), mode, uid, gid, modifiedMs: mtimeMs };
  } finally {
    await file.close();
  }
}

const notRegular = (found: Stats): FileRead => ({
  kind: 'failed',
  because: found.isDirectory() ? 'Is a directory' : 'it is no regular file',
  outside: true,
});

const isBelow = (path: string, root: string): boolean =>
  path === root || path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`);

/** strerror() for what reading a file can come to. */
function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return REASONS[code] ?? (error as Error).message;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  ENOTDIR: 'Not a directory',
  EACCES: 'Permission denied',
  ELOOP: 'Too many levels of symbolic links',
  ENAMETOOLONG: 'File name too long',
};

const LARGEST_FILE_BYTES = 64 * 1024 * 1024;
