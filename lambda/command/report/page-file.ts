/** The door to where a page goes: a file, and a browser that shows it. */
import { spawn } from 'node:child_process';
import { open, realpath, stat, writeFile } from 'node:fs/promises';
import { resolve as absolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UsageError } from '../../usage-error.ts';
import { putInPlace } from '../put-in-place.ts';
import { isPage } from './page/generator.ts';

/**
 * Writes a page in place of what is there, whole or not at all: a web server never serves half of
 * it. A link still leads to it, its mode stays, and a device or a pipe takes it as it is. A file that
 * is no page stays: one letter is between the table and what is written over it.
 *
 * @throws UsageError where it cannot be written, and where something else stands there
 */
export async function writePage(path: string, text: string): Promise<void> {
  try {
    const before = await stat(path).catch(() => undefined);
    if (before !== undefined && !before.isFile()) return await writeFile(path, text);
    const place = before === undefined ? path : await realpath(path);
    if (before !== undefined && !isPage(await startOf(place)))
      throw new UsageError(
        `--output ${path}: this file is no page of report, and was left as it is; name another file, ` +
          'or remove this one before',
      );
    await putInPlace(place, text, {
      mode: 0o666,
      ...(before === undefined ? {} : { settle: (file) => file.chmod(before.mode & 0o777) }),
    });
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `--output ${path}: cannot be written: ${REASONS[code ?? ''] ?? message}; name a file in a ` +
        'directory that this user may write to',
    );
  }
}

async function startOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(START_BYTES) });
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await file.close();
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
/** The head of a page stands in half of it. */
const START_BYTES = 4_096;
