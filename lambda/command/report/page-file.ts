/** The door to where a page goes: a file, and a browser that shows it. */
import { spawn } from 'node:child_process';
import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UsageError } from '../../usage-error.ts';

/**
 * Writes a page in place of what is there, whole or not at all: a web server never serves half of
 * it.
 *
 * @throws UsageError where it cannot be written
 */
export async function writePage(path: string, text: string): Promise<void> {
  const beside = join(dirname(path), `.postfix-tls-watch-${process.pid}.tmp`);
  try {
    await writeFile(beside, text, { flag: 'wx' });
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
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
  const url = pathToFileURL(resolve(path)).href;
  return new Promise((done) => {
    const child = spawn(program ?? 'xdg-open', [...args, url], { stdio: 'ignore', detached: true });
    child.once('error', ({ message }) => done(message));
    child.once('close', (code) => done(code === 0 ? undefined : `it ended with status ${code}`));
    // One that stays for as long as the window does has shown it.
    setTimeout(() => done(undefined), SHOWN_MS).unref();
    child.unref();
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
