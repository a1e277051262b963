/**
 * Bytes of a log → lines, a block at a time, unpacked where they are packed. A log may have
 * gigabytes, and a line of it any length: whatever comes, memory is bounded.
 */
import { pipeline, type Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { LOG_BOUNDS } from '../limits.ts';
import { shellWord } from '../text/strangers.ts';
import { UsageError } from '../usage-error.ts';

/** By the first bytes, whatever the name is. */
export async function* unpacked(
  stream: Readable,
  name: string,
  notes: string[],
  piped: string,
): AsyncGenerator<Buffer> {
  const chunks = chunksOf(stream, name);
  const { value: first } = await chunks.next();
  if (first === undefined) return;
  const magic = first.subarray(0, 4).toString('hex');
  if (/^(?:fd377a58|425a68)/.test(magic)) {
    const program = magic.startsWith('425a68') ? 'bzcat' : 'xzcat';
    stream.destroy();
    throw new UsageError(
      `cannot read the log ${name}: it is packed by ${program.slice(0, -3)}; give it as ` +
        `${program} ${shellWord(name) ?? 'FILE'} | ${piped}`,
    );
  }
  const unpack = magic.startsWith('1f8b')
    ? createGunzip()
    : magic === '28b52ffd'
      ? createZstdDecompress()
      : undefined;
  if (unpack === undefined) {
    yield first;
    yield* chunks;
    return;
  }
  async function* all() {
    yield first as Buffer;
    yield* chunks;
  }
  try {
    // What is wrong with the packed text comes out of the reading end.
    for await (const chunk of pipeline(all(), unpack, () => undefined)) yield chunk as Buffer;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR'))
      throw cannotRead(name, error);
    notes.push(`${name} ends in the middle of its packed text: what follows is not counted`);
  }
}

export async function* chunksOf(stream: Readable, name: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (error) {
    throw cannotRead(name, error);
  }
}

/** Blocks of whole lines. */
export async function* linesOf(
  chunks: AsyncIterable<Buffer>,
  longest: number = LOG_BOUNDS.lineChars,
): AsyncGenerator<readonly string[]> {
  let rest = '';
  for await (const chunk of chunks) {
    const lines = chunk.toString('latin1').split('\n');
    lines[0] = rest + (lines[0] ?? '');
    rest = (lines.pop() ?? '').slice(0, longest);
    if (lines.length > 0)
      yield lines.map((line) => (line.length > longest ? line.slice(0, longest) : line));
  }
  if (rest !== '') yield [rest];
}

export function cannotRead(name: string, error: unknown): UsageError {
  return new UsageError(`cannot read the log ${name}: ${reasonOf(error)}`);
}

export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  EISDIR: 'Is a directory',
  Z_DATA_ERROR: 'the packed text is damaged',
};
