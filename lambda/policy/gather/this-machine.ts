/**
 * The door to this machine's disk and to its Postfix: from command-line options to a Bundle.
 *
 * All reading for a run happens here, once; what is read and why is decided in policy/gather, and
 * no other file of this folder opens anything.
 */

import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { byName } from '../../named-record.ts';
import type { Answer, Answers } from '../answer.ts';
import type { Bundle } from '../bundle.ts';
import { askKeys } from './ask.ts';
import { gatherBundle } from './gather.ts';
import type { BundleOptions, Machine } from './machine.ts';

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
  return gatherBundle(options, thisMachine, remembered);
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
    ...thisMachine,
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

const thisMachine: Machine = {
  uid: process.getuid?.(),
  now: Date.now,
  hostname,
  async read(path) {
    try {
      const { mode, uid, gid, mtimeMs } = await stat(path);
      return { kind: 'read', bytes: await readFile(path), mode, uid, gid, modifiedMs: mtimeMs };
    } catch (error) {
      return { kind: 'failed', because: reasonOf(error) };
    }
  },
  async modified(path) {
    try {
      return (await stat(path)).mtimeMs;
    } catch {
      return undefined;
    }
  },
  async list(directory) {
    try {
      return (await readdir(directory)).sort();
    } catch {
      return undefined;
    }
  },
  run(command, args) {
    const env = {
      ...process.env,
      PATH: `${process.env.PATH ?? ''}:/usr/sbin:/usr/local/sbin:/sbin`,
      LC_ALL: 'C',
    };
    return new Promise((resolve) => {
      execFile(
        command,
        args,
        { env, timeout: COMMAND_TIMEOUT_MS, maxBuffer: COMMAND_OUTPUT_BYTES },
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
  },
};

/** strerror() for what reading a file can come to. */
function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  EPERM: 'Operation not permitted',
  EISDIR: 'Is a directory',
  ENOTDIR: 'Not a directory',
  ELOOP: 'Too many levels of symbolic links',
  ENAMETOOLONG: 'File name too long',
};

const COMMAND_TIMEOUT_MS = 30_000;
const COMMAND_OUTPUT_BYTES = 256 * 1024 * 1024;
