/**
 * The door to this machine's disk and to its Postfix: from command-line options to a Bundle.
 *
 * All reading for a run happens here, once; what is read and why is decided in policy/gather, and
 * no other file of this folder opens anything.
 */

import { execFile } from 'node:child_process';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, readdir, realpath, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { byName } from '../../named-record.ts';
import { steadyClock } from '../../steady-clock.ts';
import type { Answer, Answers } from '../answer.ts';
import type { Bundle } from '../bundle.ts';
import { askKeys } from './ask.ts';
import { gatherBundle } from './gather.ts';
import type { BundleOptions, FileRead, Machine, Ran } from './machine.ts';
import { findOwnPostfix, type OwnPostfix } from './own-postfix.ts';

/**
 * Reads all that the options name.
 *
 * @param remembered names that earlier runs judged; asked for only where a table is lost
 * @throws UsageError where something is asked for that cannot be had
 */
export function readBundle(
  options: BundleOptions,
  remembered?: () => Promise<readonly string[]>,
): Promise<Bundle> {
  return gatherBundle(options, within(options), remembered);
}

/** A bundle with the files it was made of. */
export interface BundleSources {
  readonly bundle: Bundle;
  /**
   * By path, byte for byte as they were read: tables, main.cf, CAfile, tafiles. A CApath is in the
   * bundle alone: it has hundreds.
   */
  readonly files: Readonly<Record<string, Uint8Array>>;
}

/** The same, keeping every file as it was when the bundle was made of it. @throws UsageError */
export async function readSources(options: BundleOptions): Promise<BundleSources> {
  const files = byName<Uint8Array>();
  const listed = new Set<string>();
  const bundle = await gatherBundle(options, {
    ...within(options),
    async read(path) {
      const read = await thisMachine.read(path);
      if (read.kind === 'read' && !listed.has(dirname(path))) files[path] = read.bytes;
      return read;
    },
    list(directory) {
      listed.add(dirname(join(directory, 'any')));
      return thisMachine.list(directory);
    },
  });
  return { bundle, files };
}

/** The Postfix that the tools of this host go by. */
export const ownPostfix = (): Promise<OwnPostfix> => findOwnPostfix(thisMachine);

/** Asks tables of a Postfix on this host, one key at a time. */
export async function askHost(
  table: string,
  keys: readonly string[],
  configDirectory: string,
): Promise<Answers> {
  const answers = byName<Answer>();
  await askKeys(table, keys, answers, { configDirectory }, thisMachine);
  return answers;
}

/** Modification time of a file in epoch ms; undefined where there is none. */
export const modifiedAt = (path: string): Promise<number | undefined> => thisMachine.modified(path);

/** A regular file of this machine, without waiting for anybody. */
export async function readHere(path: string): Promise<FileRead> {
  let file: FileHandle | undefined;
  try {
    // Without waiting for a writer, where it is a named pipe.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = await file.stat();
    const refused = unreadable(found);
    if (refused !== undefined) return refused;
    const { mode, uid, gid, mtimeMs } = found;
    const bytes = isNothing(found) ? new Uint8Array() : await file.readFile();
    return { kind: 'read', bytes, mode, uid, gid, modifiedMs: mtimeMs };
  } catch (error) {
    const noFile = codeOf(error) === 'ENXIO' ? ({ noFile: true } as const) : {};
    return { kind: 'failed', because: reasonOf(error), ...noFile };
  } finally {
    await file?.close();
  }
}

/** Who asks; undefined where that cannot be told. */
export const userHere = (): number | undefined => process.getuid?.();

export const thisMachine: Machine = {
  uid: userHere(),
  now: Date.now,
  hostname,
  read: readHere,
  async modified(path) {
    try {
      return (await stat(path)).mtimeMs;
    } catch {
      return undefined;
    }
  },
  async folders(path) {
    const ways = [path, await realpath(path)].flatMap((way) => above(resolve(way)));
    return Promise.all([...new Set(ways)].map((folder) => stat(folder)));
  },
  async list(directory) {
    try {
      return (await readdir(directory)).sort();
    } catch {
      return undefined;
    }
  },
  run: (command, args) => runFor(COMMAND_TIMEOUT_MS, command, args),
};

/** `/a/b` → `/a`, `/`. */
function above(path: string): readonly string[] {
  const folder = dirname(path);
  return folder === path ? [] : [folder, ...above(folder)];
}

/** This machine, whose commands end with the time that the whole command has. */
function within({ deadline }: BundleOptions): Machine {
  if (deadline === undefined) return thisMachine;
  const now = steadyClock();
  const stopAt = now() + deadline * 1000;
  return {
    ...thisMachine,
    async run(command, args) {
      const left = Math.min(COMMAND_TIMEOUT_MS, stopAt - now());
      return left > 0 ? runFor(left, command, args) : NO_TIME;
    },
  };
}

/** As one that was ended for taking too long. */
const NO_TIME: Ran = { kind: 'ended', status: -1, output: '', errors: '' };

function runFor(timeout: number, command: string, args: readonly string[]): Promise<Ran> {
  const env = {
    ...process.env,
    PATH: `${process.env.PATH ?? ''}:/usr/sbin:/usr/local/sbin:/sbin`,
    LC_ALL: 'C',
  };
  return new Promise((resolve) => {
    execFile(
      command,
      args,
      { env, timeout, maxBuffer: COMMAND_OUTPUT_BYTES },
      (error, output, errors) => {
        if (error === null) resolve({ kind: 'ended', status: 0, output, errors });
        else if (error.code === 'ENOENT') resolve({ kind: 'not-installed' });
        else
          resolve({
            kind: 'ended',
            status: typeof error.code === 'number' ? error.code : -1,
            output,
            errors,
          });
      },
    );
  });
}

/** Why something that is there has no text to read; undefined for a file of a sensible size. */
function unreadable(found: Stats): Extract<FileRead, { readonly kind: 'failed' }> | undefined {
  const failed = (because: string) => ({ kind: 'failed', because }) as const;
  if (found.isDirectory()) return failed('Is a directory');
  if (found.isFIFO())
    return { ...failed('It is a named pipe, and only regular files are read'), noFile: true };
  if (!found.isFile() && !isNothing(found)) {
    const because = 'It is a device or a socket, and only regular files are read';
    return { ...failed(because), noFile: true };
  }
  return found.size > LARGEST_FILE_BYTES
    ? failed(
        `It has more than ${LARGEST_FILE_BYTES / MEBIBYTE} MiB; no more is read, so split it into several files`,
      )
    : undefined;
}

/** /dev/null, by its device number on Linux: the usual name of a file with nothing in it. */
const isNothing = (found: Stats): boolean => found.isCharacterDevice() && found.rdev === 0x0103;

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';

/** strerror() for what reading a file can come to. */
function reasonOf(error: unknown): string {
  return REASONS[codeOf(error)] ?? (error instanceof Error ? error.message : String(error));
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  EPERM: 'Operation not permitted',
  EISDIR: 'Is a directory',
  ENOTDIR: 'Not a directory',
  ELOOP: 'Too many levels of symbolic links',
  ENAMETOOLONG: 'File name too long',
  ENXIO: 'It is a socket, and only regular files are read',
};

const MEBIBYTE = 1024 * 1024;
/** Fifty times the largest bundle of trust anchors and the largest table of policy seen. */
const LARGEST_FILE_BYTES = 64 * MEBIBYTE;
const COMMAND_TIMEOUT_MS = 30_000;
const COMMAND_OUTPUT_BYTES = 256 * 1024 * 1024;
