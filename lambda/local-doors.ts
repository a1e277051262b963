/**
 * Doors that only a command line has: the store on disk, this machine's name, a terminal. Never in
 * the function's bundle.
 */
import { readFile } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import type { Channel } from './alert/channel/channel.ts';
import { findHook, HookError, runHook } from './alert/channel/hook.ts';
import { ping } from './alert/channel/ping.ts';
import { openDynamoDb } from './store/dynamodb.ts';
import { type Store, spaceOf } from './store/keys.ts';
import {
  type Memory,
  type OnDisk,
  openToChange,
  openToRead,
  openToWatch,
} from './store/sqlite/open.ts';
import { isStore } from './store/sqlite/place.ts';
import { stateDirectoryOf } from './store/state-directory.ts';
import { StoreError } from './store/table-error.ts';
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

/**
 * What a command is going to do there. `read` changes nothing, `change` needs a store that is
 * there, `create` makes one, `watch` makes one and goes on in memory where the disk takes nothing.
 */
export type Purpose = 'read' | 'change' | 'create' | 'watch';

export interface OpenStore {
  readonly store: Store;
  /** For people: a path, or the table's name. */
  readonly place: string;
  /** Who works on it: one name per process. */
  readonly holder: string;
  /**
   * Whether another holder is known to have ended. Always false for a DynamoDB table: two of the
   * hosts that share it may have the same name.
   */
  readonly hasEnded: (holder: string) => boolean;
  readonly memory: () => Memory;
  close(): void;
}

export async function openStore(
  flags: StoreFlags,
  purpose: Purpose,
  env: Readonly<Record<string, string | undefined>>,
): Promise<OpenStore> {
  const host = hostname();
  const space = spaceOf(flags.policy, flags.vantage ?? host);
  const { table, memory, place } = await openTableOf(flags, purpose, env);
  return {
    store: { table, space },
    place,
    holder: `${host}#${process.pid}`,
    hasEnded: tableNamed(flags.store) === undefined ? hasEnded : () => false,
    memory,
    close: () => table.close(),
  };
}

async function openTableOf(
  flags: StoreFlags,
  purpose: Purpose,
  env: Readonly<Record<string, string | undefined>>,
): Promise<OnDisk & { readonly place: string }> {
  const tableName = tableNamed(flags.store);
  if (tableName !== undefined) {
    const region = flags.region === undefined ? {} : { region: flags.region };
    const table = openDynamoDb({ tableName, ...region });
    const memory = () => ({ keeps: true, notes: [] });
    return { table, memory, place: `DynamoDB table ${tableName}` };
  }
  const place = flags.store ?? stateDirectory(env);
  const there = <T>(work: Promise<T>) =>
    flags.store === undefined ? work.catch(withOtherStores(place, env)) : work;
  switch (purpose) {
    case 'read':
      return { ...(await there(openToRead(place))), place };
    case 'change':
      return { ...(await there(openToChange(place, Date.now()))), place };
    case 'create':
      return { ...(await openToChange(place, Date.now(), { create: true })), place };
    case 'watch':
      return { ...(await openToWatch(place, Date.now())), place };
  }
}

/** Where this user has no store, those of a service, of root or of this user that are there. */
const withOtherStores =
  (place: string, env: Readonly<Record<string, string | undefined>>) =>
  (error: unknown): never => {
    if (!(error instanceof StoreError) || error.kind !== 'missing') throw error;
    const others = [stateDirectoryOf({}, 0), stateDirectoryOf({ ...env, STATE_DIRECTORY: '' }, 1)];
    const found = others.filter((other) => other !== place && isStore(other));
    if (found.length === 0) throw error;
    throw new StoreError('missing', `${error.message}; there is one in ${found.join(' and in ')}`);
  };

/** The table of `dynamodb:TABLE`; undefined for a directory. @throws UsageError */
export function tableNamed(store: string | undefined): string | undefined {
  const tableName = /^dynamodb:(.*)$/.exec(store ?? '')?.[1];
  if (tableName === '')
    throw new UsageError('--store dynamodb: names no table; write dynamodb:TABLE');
  return tableName;
}

/**
 * Where this user or service keeps what is not in the store, and the store itself where none is
 * named.
 */
export const stateDirectory = (
  env: Readonly<Record<string, string | undefined>>,
  uid = process.getuid?.() ?? 1,
): string => stateDirectoryOf(env, uid);

/**
 * Whether whoever holds a lease has ended without giving it back: a process of this host that is no
 * more. False where that cannot be known.
 */
export function hasEnded(holder: string): boolean {
  const [host, pid] = holder.split('#');
  if (host !== hostname() || pid === undefined || !/^[1-9][0-9]*$/.test(pid)) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** `alice@mx1`, or who became root to do it. */
export function whoAmI(env: Readonly<Record<string, string | undefined>>): string {
  return `${env.SUDO_USER ?? userNamed(env)}@${hostname()}`;
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
      `cannot read the outputs of the deployment, ${path}: ${why}; the deploy writes it, ` +
        '--outputs names it',
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
export function openHook(program: string, deadlineMs?: number): Channel {
  return {
    kind: 'program',
    name: `the program ${program}`,
    tell: async (mail, alert) => {
      try {
        await runHook(program, alert, mail, deadlineMs);
        return { kind: 'told' };
      } catch (error) {
        if (error instanceof HookError) return { kind: 'untold', because: error.message };
        throw error;
      }
    },
    ready: () =>
      findHook(program).then(
        () => undefined,
        (error: Error) => error.message,
      ),
  };
}

export { openMail } from './alert/channel/mail/open-mail.ts';
export { openWebhook } from './alert/channel/webhook/open-webhook.ts';

/** `--ping URL`. @throws PingError where nobody took it */
export const pingUrl: (url: string) => Promise<void> = ping;

export { lastShown, noteShown, shownPath } from './store/last-shown.ts';
/** Why a run of this user could not keep its store in a directory; makes and changes nothing. */
export { hindrance as storeHindrance } from './store/sqlite/hindrance.ts';

/** A user that no passwd file knows has a number. */
export function userNamed(env: Readonly<Record<string, string | undefined>>): string {
  try {
    return userInfo().username;
  } catch {
    return env.USER ?? env.LOGNAME ?? String(process.getuid?.() ?? 'unknown');
  }
}
