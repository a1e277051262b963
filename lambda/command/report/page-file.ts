/** The door to where a page goes: a file, and a browser that shows it. */
import { spawn } from 'node:child_process';
import { realpath, stat, writeFile } from 'node:fs/promises';
import { resolve as absolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UsageError } from '../../usage-error.ts';
import { putInPlace } from '../put-in-place.ts';

/**
 * Writes a page in place of what is there, whole or not at all: a web server never serves half of
 * it. A link still leads to it, its mode stays, and a device or a pipe takes it as it is.
 *
 * @throws UsageError where it cannot be written
 */
export async function writePage(path: string, text: string): Promise<void> {
  try {
    const before = await stat(path).catch(() => undefined);
    if (before !== undefined && !before.isFile()) return await writeFile(path, text);
    const place = before === undefined ? path : await realpath(path);
    await putInPlace(place, text, {
      mode: 0o666,
      ...(before === undefined ? {} : { settle: (file) => file.chmod(before.mode & 0o777) }),
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `--output ${path}: cannot be written: ${REASONS[code ?? ''] ?? message}; name a file in a ` +
        'directory that this user may write to',
    );
  }
}

/** Undefined where a browser was asked to show it, else why not. */
export function showPage(path: string): Promise<string | undefined> {
  const [program, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  const url = pathToFileURL(absolute(path)).href;
  return new Promise((resolve) => {
    const child = spawn(program ?? 'xdg-open', [...args, url], { stdio: 'ignore', detached: true });
    const done = (because?: string) => {
      clearTimeout(timer);
      // One that stays for as long as its window does has shown it.
      child.unref();
      resolve(because);
    };
    const timer = setTimeout(() => done(), SHOWN_MS);
    child.once('error', ({ message }) => done(message));
    child.once('close', (code) => done(code === 0 ? undefined : `it ended with status ${code}`));
  });
}

const OPENERS: Readonly<Record<string, readonly string[]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'No such directory',
  EACCES: 'Permission denied',
  EPERM: 'Operation not permitted',
  EISDIR: 'Is a directory',
  ENOTDIR: 'Not a directory',
  EROFS: 'Read-only file system',
  ENOSPC: 'No space left on device',
};
const SHOWN_MS = 5_000;
