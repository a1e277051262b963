/**
 * The door to a log that is read on from run to run: from the place where the last run ended, by
 * inode and first bytes, into the file that was rotated away and the one that took its name.
 *
 * Regular files alone: a named pipe would keep a run waiting for whoever writes to it.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { LOG_BOUNDS } from '../limits.ts';
import { UsageError } from '../usage-error.ts';
import { cannotRead, chunksOf, linesOf } from './lines-of.ts';
import { type LogSource, withRotated } from './read-log.ts';

/** Where reading goes on. */
export interface LogPlace {
  readonly path: string;
  /** `DEVICE:INODE`. */
  readonly inode: string;
  /** Digest of the first bytes, and how many those are. */
  readonly first: string;
  readonly firstBytes: number;
  /** In bytes, behind a line break. */
  readonly offset: number;
}

export interface Followed {
  /** What was written since; closed once it is read, or by `close`. */
  readonly sources: readonly LogSource[];
  /** Where the next run goes on, once all of it is read. */
  place(): LogPlace;
}

/**
 * What was written to a log since `place`; without one, or where the file is another, the end of
 * what is there. Bounded: of more than LOG_BOUNDS.followBytes the newest counts.
 *
 * @throws UsageError where it cannot be opened, or is no regular file
 */
export async function openSince(
  path: string,
  place: LogPlace | undefined,
  now: number,
): Promise<Followed> {
  const file = await openRegular(path);
  const known = place?.path === path ? place : undefined;
  if (known !== undefined && (await isSame(file, known))) {
    const followed = from(file, path, known.offset, now);
    return { sources: [followed.source], place: () => ({ ...known, offset: followed.end() }) };
  }
  const rest = known === undefined ? undefined : await rotated(known);
  const followed = from(file, path, 0, now);
  const sources = [
    ...(rest === undefined || known === undefined
      ? []
      : [from(rest.file, rest.path, known.offset, now).source]),
    followed.source,
  ];
  const { inode, first, firstBytes } = file;
  return { sources, place: () => ({ path, inode, first, firstBytes, offset: followed.end() }) };
}

interface Opened {
  readonly handle: FileHandle;
  readonly inode: string;
  readonly size: number;
  readonly mtimeMs: number;
  readonly first: string;
  readonly firstBytes: number;
}

async function openRegular(path: string): Promise<Opened> {
  let handle: FileHandle | undefined;
  try {
    // Without waiting for a writer, where it is a named pipe.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = await handle.stat();
    if (!found.isFile())
      throw new UsageError(`cannot read the log ${path}: only a regular file is followed`);
    const { dev, ino, size, mtimeMs } = found;
    const firstBytes = Math.min(FIRST_BYTES, size);
    const first = await digestOf(handle, firstBytes);
    return { handle, inode: `${dev}:${ino}`, size, mtimeMs, first, firstBytes };
  } catch (error) {
    await handle?.close();
    throw error instanceof UsageError ? error : cannotRead(path, error);
  }
}

async function digestOf(handle: FileHandle, bytes: number): Promise<string> {
  const buffer = Buffer.alloc(bytes);
  const { bytesRead } = await handle.read(buffer, 0, bytes, 0);
  return createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('hex');
}

/** An inode is used again once a file is gone; the first bytes of a log hold its first time. */
async function isSame({ handle, inode, size }: Opened, place: LogPlace): Promise<boolean> {
  return (
    inode === place.inode &&
    size >= place.offset &&
    (await digestOf(handle, place.firstBytes)) === place.first
  );
}

/** The file that was read last, under the name that rotation gave it; packed ones are not read. */
async function rotated(
  place: LogPlace,
): Promise<{ readonly file: Opened; readonly path: string } | undefined> {
  const paths = (await withRotated(place.path)).filter((path) => path !== place.path);
  for (const path of paths) {
    const file = await openRegular(path).catch(() => undefined);
    if (file === undefined) continue;
    if (await isSame(file, place)) return { file, path };
    await file.handle.close();
  }
  return undefined;
}

function from(
  { handle, size, mtimeMs }: Opened,
  name: string,
  offset: number,
  now: number,
): { readonly source: LogSource; readonly end: () => number } {
  const begin = Math.max(offset, size - LOG_BOUNDS.followBytes);
  let end = begin;
  const notes: string[] = [];
  async function* whole(): AsyncGenerator<Buffer> {
    if (begin === size) return;
    const stream = handle.createReadStream({ start: begin, end: size - 1, autoClose: false });
    let at = begin;
    for await (const chunk of chunksOf(stream, name)) {
      const line = chunk.lastIndexOf(LINE_BREAK);
      if (line >= 0) end = at + line + 1;
      at += chunk.length;
      yield chunk;
    }
  }
  async function* lines(): AsyncGenerator<readonly string[]> {
    if (begin > offset)
      notes.push(`${name}: of what was written since the last run the newest is read`);
    try {
      yield* linesOf(whole());
    } finally {
      await handle.close();
    }
  }
  const source = {
    name,
    notes,
    notAfter: Math.min(mtimeMs, now),
    lines,
    close: () => handle.close(),
  };
  return { source, end: () => end };
}

const FIRST_BYTES = 256;
const LINE_BREAK = 0x0a;
