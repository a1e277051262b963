/** The door to a file of exported lines. */
import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { UsageError } from '../../usage-error.ts';

/**
 * Writes lines to a new file that only this user may read; nothing is left where that fails.
 *
 * @throws UsageError where the file is there already or cannot be made
 */
export async function writeLines(path: string, lines: AsyncIterable<string>): Promise<void> {
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600 });
  await new Promise<void>((resolve, reject) => {
    file.once('open', () => resolve());
    file.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      const why = code === 'EEXIST' ? 'it is there already; name a new file' : message;
      reject(new UsageError(`cannot write ${path}: ${why}`));
    });
  });
  try {
    await pipeline(Readable.from(ended(lines)), file);
  } catch (error) {
    await rm(path, { force: true });
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC') throw new UsageError(`cannot write ${path}: ${message}`);
    throw error;
  }
}

/** @throws UsageError where the file cannot be read */
export async function* readLines(path: string): AsyncIterable<string> {
  const file = createReadStream(path, 'utf8');
  try {
    yield* createInterface({ input: file, crlfDelay: Number.POSITIVE_INFINITY });
  } finally {
    file.destroy();
  }
}

/** @throws UsageError where there is nothing */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `cannot read ${path}: ${code === 'ENOENT' ? 'No such file or directory' : message}`,
    );
  }
}

async function* ended(lines: AsyncIterable<string>): AsyncIterable<string> {
  for await (const line of lines) yield `${line}\n`;
}
