/**
 * Doors that only a command line has: the embedded store, this machine's name, a terminal. Never in
 * the function's bundle.
 */
import { readFile } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import type { Channel } from './alert/channel/channel.ts';
import { HookError, runHook } from './alert/channel/hook.ts';
import { ping } from './alert/channel/ping.ts';
import { openDynamoDb } from './store/dynamodb.ts';
import { defaultStoreDirectory, openEmbedded } from './store/embedded/embedded.ts';
import { type Store, spaceOf } from './store/keys.ts';
import { UsageError } from './usage-error.ts';

/** Where what was seen is kept. */
export interface StoreFlags {
  /** A directory, or `dynamodb:TABLE`; absent: the directory of this user or service. */
  readonly store?: string;
  readonly policy: string;
  /** Absent: this host's name. */
  readonly vantage?: string;
  /** Of a DynamoDB table; absent: what the SDK finds. */
  readonly region?: string;
}

export interface OpenStore {
  readonly store: Store;
  /** For people: a path, or the table's name. */
  readonly place: string;
  /**
   * Who works on it: one name where a lock keeps others out, one name per process where it does
   * not.
   */
  readonly holder: string;
  close(): Promise<void>;
}

export async function openStore(
  flags: StoreFlags,
  command: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<OpenStore> {
  const host = hostname();
  const space = spaceOf(flags.policy, flags.vantage ?? host);
  const tableName = /^dynamodb:(.*)$/.exec(flags.store ?? '')?.[1];
  if (tableName !== undefined) {
    if (tableName === '')
      throw new UsageError('--store dynamodb: names no table; write dynamodb:TABLE');
    const table = openDynamoDb({
      tableName,
      ...(flags.region === undefined ? {} : { region: flags.region }),
    });
    return {
      store: { table, space },
      place: `DynamoDB table ${tableName}`,
      holder: `${host}#${process.pid}`,
      close: async () => table.close(),
    };
  }
  const directory = flags.store ?? defaultStoreDirectory(env, process.getuid?.() ?? 1);
  const embedded = await openEmbedded(directory, { command });
  return {
    store: { table: embedded.table, space },
    place: directory,
    holder: host,
    close: () => embedded.close(),
  };
}

/**
 * Where this user or service keeps what is not in the store, and the store itself where none is
 * named.
 */
export const stateDirectory = (env: Readonly<Record<string, string | undefined>>): string =>
  defaultStoreDirectory(env, process.getuid?.() ?? 1);

/** `alice@mx1`, or who became root to do it. */
export function whoAmI(env: Readonly<Record<string, string | undefined>>): string {
  return `${env.SUDO_USER ?? userName(env)}@${hostname()}`;
}

/**
 * The outputs of a deployment as `cdk deploy --outputs-file` writes them: by stack, by output.
 * @throws UsageError
 */
export async function readOutputs(
  path: string,
): Promise<Readonly<Record<string, Readonly<Record<string, string>>>>> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'No such file or directory' : error.message;
    throw new UsageError(
      `cannot read the outputs of the deployment, ${path}: ${why}; the deploy writes it, --outputs names it`,
    );
  });
  try {
    const read = JSON.parse(text) as unknown;
    if (typeof read === 'object' && read !== null)
      return read as Record<string, Record<string, string>>;
  } catch {
    // Told below.
  }
  throw new UsageError(
    `${path}: not the outputs of a deployment, which cdk deploy writes with --outputs-file`,
  );
}

/** `--hook PROGRAM`: a status other than 0 means not told. */
export function openHook(program: string): Channel {
  return async (mail, alert) => {
    try {
      await runHook(program, alert, mail);
      return { kind: 'told' };
    } catch (error) {
      if (error instanceof HookError) return { kind: 'untold', because: error.message };
      throw error;
    }
  };
}

/** `--ping URL`. @throws PingError where nobody took it */
export const pingUrl: (url: string) => Promise<void> = ping;

export { lastShown, noteShown, shownPath } from './store/last-shown.ts';

/** A user that no passwd file knows has a number. */
function userName(env: Readonly<Record<string, string | undefined>>): string {
  try {
    return userInfo().username;
  } catch {
    return env.USER ?? env.LOGNAME ?? String(process.getuid?.() ?? 'unknown');
  }
}
