/**
 * The door to logs and the queue on this machine: files (plain, gzip, zstd), standard input, the
 * journal through journalctl(1), and postqueue(1).
 *
 * Everything is a stream: a log may have gigabytes, and a line of it any length.
 */
import { spawn } from 'node:child_process';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { LOG_BOUNDS } from '../limits.ts';
import { UsageError } from '../usage-error.ts';
import { cannotRead, chunksOf, linesOf, reasonOf, unpacked } from './lines-of.ts';
import { oldestFirst } from './order.ts';

/** Lines of one source, a block at a time. */
export interface LogSource {
  /** For people. */
  readonly name: string;
  /** What is to be said of it once it is read; empty where all is well. */
  readonly notes: readonly string[];
  /** Epoch ms: nothing in it is newer than about that. */
  readonly notAfter: number;
  /**
   * As Latin-1, without line breaks, cut at LOG_BOUNDS.lineChars.
   *
   * @throws UsageError where it cannot be read any further
   */
  lines(): AsyncIterable<readonly string[]>;
  /** Where it is not to be read after all. */
  close?(): Promise<void>;
}

/**
 * Opens what is named, `-` being standard input, in the order in which it was written.
 *
 * @param piped what to give a log to that is packed otherwise
 * @throws UsageError where one cannot be opened
 */
export async function openLogs(
  paths: readonly string[],
  now: number,
  piped = PIPED,
): Promise<LogSource[]> {
  const sources: LogSource[] = [];
  try {
    for (const path of oldestFirst(paths))
      sources.push(path === '-' ? standardInput(now) : await openFile(path, now, { piped }));
    return sources;
  } catch (error) {
    for (const { close } of sources) await close?.();
    throw error;
  }
}

/** The logs that syslog writes on this host, with the rotated ones; none on a host with a journal alone. */
export async function usualLogs(): Promise<string[]> {
  for (const { directory, name } of USUAL) {
    const names = await readdir(directory).catch(() => []);
    const found = names.filter((one) => name.test(one)).map((one) => `${directory}/${one}`);
    if (found.length > 0) return found;
  }
  return [];
}

/** A log with those that were rotated away from it and are beside it. */
export async function withRotated(path: string): Promise<string[]> {
  const names = await readdir(dirname(path)).catch(() => []);
  const own = basename(path);
  const rotated = names.filter(
    (name) => name.startsWith(own) && ROTATED.test(name.slice(own.length)),
  );
  return [...rotated.map((name) => join(dirname(path), name)), path];
}

/**
 * What the journal has of facility mail, which is Postfix's.
 *
 * @param days how far back; absent: all of it
 */
export function openJournal(now: number, days?: number): LogSource {
  const args = [...JOURNAL, ...(days === undefined ? [] : [`--since=-${days}d`])];
  return {
    name: 'the journal',
    notes: [],
    notAfter: now,
    lines: () => linesOf(outputOf('journalctl', args)),
  };
}

/** `postqueue -j`, run now, or its output in a file; `-` is standard input. */
export async function openQueue(
  path: string | undefined,
  configDirectory: string | undefined,
  now: number,
): Promise<LogSource> {
  if (path !== undefined)
    return path === '-'
      ? standardInput(now, LONGEST_QUEUE_LINE)
      : openFile(path, now, { longest: LONGEST_QUEUE_LINE });
  const args = [...(configDirectory === undefined ? [] : ['-c', configDirectory]), '-j'];
  return {
    name: 'the queue',
    notes: [],
    notAfter: now,
    lines: () => linesOf(outputOf('postqueue', args), LONGEST_QUEUE_LINE),
  };
}

const standardInput = (now: number, longest?: number): LogSource => ({
  name: 'standard input',
  notes: [],
  notAfter: now,
  lines: () => linesOf(chunksOf(process.stdin, 'standard input'), longest),
});

async function openFile(
  path: string,
  now: number,
  { longest, piped = PIPED }: { readonly longest?: number; readonly piped?: string },
): Promise<LogSource> {
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (error) {
    throw cannotRead(path, error);
  }
  const found = await file.stat();
  if (found.isDirectory()) {
    await file.close();
    throw new UsageError(`cannot read the log ${path}: it is a directory; name the files in it`);
  }
  const notes: string[] = [];
  return {
    name: path,
    notes,
    // The last line is about as old as the file.
    notAfter: found.isFile() ? found.mtimeMs : now,
    lines: () =>
      linesOf(
        unpacked(file.createReadStream({ highWaterMark: BLOCK }), path, notes, piped),
        longest,
      ),
    close: () => file.close(),
  };
}

/** @throws UsageError where the program is not there, or ends with an error */
async function* outputOf(command: string, args: readonly string[]): AsyncGenerator<Buffer> {
  const path = `${process.env.PATH ?? ''}:/usr/sbin:/usr/local/sbin:/sbin`;
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: path, LC_ALL: 'C' },
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (said.length < LOG_BOUNDS.textChars) said += chunk.toString();
  });
  const ended = new Promise<string | undefined>((resolve) => {
    child.on('error', (error) => resolve(`it cannot be run: ${reasonOf(error)}`));
    child.on('close', (code, signal) =>
      resolve(code === 0 ? undefined : `it ended with ${signal ?? code}: ${said.trim()}`),
    );
  });
  try {
    yield* chunksOf(child.stdout, command);
    const failed = await ended;
    if (failed !== undefined)
      throw new UsageError(
        `${[command, ...args].join(' ')}: ${failed}; what it would print can be given as a file`,
      );
  } finally {
    if (child.exitCode === null) child.kill();
  }
}

/** Behind the name of a log: `.1`, `.2.gz`, `-20261126.zst`. */
const ROTATED = /^[.-]\d[\d.-]*(?:\.gz|\.zst)?$/;
const PIPED = 'postfix-tls-watch why -';
const BLOCK = 1 << 18;
/** A message of thousands of recipients is one line. */
const LONGEST_QUEUE_LINE = 1 << 24;
const JOURNAL = ['--quiet', '--no-pager', '--output=short-iso', 'SYSLOG_FACILITY=2'];
const USUAL: readonly { readonly directory: string; readonly name: RegExp }[] = [
  { directory: '/var/log', name: /^mail\.log(?:[.-]\d[\d.-]*)?(?:\.gz|\.zst)?$/ },
  { directory: '/var/log', name: /^maillog(?:[.-]\d[\d.-]*)?(?:\.gz|\.zst)?$/ },
  { directory: '/var/log/mail', name: /^mail\.log$/ },
  { directory: '/var/log', name: /^postfix\.log(?:[.-]\d[\d.-]*)?(?:\.gz|\.zst)?$/ },
];
