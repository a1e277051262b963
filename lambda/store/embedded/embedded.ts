/**
 * The store on disk: a DynamoDB-compatible server in a child process, and the same `Table` as on
 * AWS in front of it.
 *
 * One process works on a directory at a time. A second one waits a little and is then told who
 * holds it.
 */
import { spawn } from 'node:child_process';
import { stat, utimes, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openDynamoDb } from '../dynamodb.ts';
import type { Table } from '../table.ts';
import { StoreError } from '../table-error.ts';
import type { ServerWord } from './embedded-server.ts';
import { describeHolder, lockPath } from './lock.ts';

export interface Embedded {
  readonly table: Table;
  /** For another client of the same store, such as a bundled handler under test. */
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** The child's process id. */
  readonly pid: number;
  /** Ends the child and frees the directory; safe to repeat. */
  close(): Promise<void>;
}

export interface EmbeddedOptions {
  /** How long to wait for another process to finish. */
  readonly waitMs?: number;
  /** What a second process is told about us. */
  readonly command?: string;
  readonly now?: number;
}

/**
 * Opens the store in `dir`, creating directory and table at first use, and removes what has expired
 * once a day (on AWS DynamoDB does that).
 *
 * @throws StoreError `held` naming the holder, or `other` when the directory cannot be used.
 */
export async function openEmbedded(dir: string, options: EmbeddedOptions = {}): Promise<Embedded> {
  const { waitMs = WAIT_MS, command = 'postfix-tls-watch' } = options;
  const server = fileURLToPath(
    new URL(`./embedded-server${extname(import.meta.url)}`, import.meta.url),
  );
  const child = spawn(process.execPath, [...SMALL, server, dir, String(waitMs), command], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  // A child that was killed breaks its pipe; the next request reports it.
  child.stdin.on('error', () => undefined);

  const word = await firstWord(child.stdout, ended);
  if (word.kind !== 'ready') {
    child.stdin.end();
    await ended;
    if (word.kind === 'failed')
      throw new StoreError('other', `the store in ${dir}: ${word.because}`);
    const hint = `wait for it to end; if it ended long ago, remove ${lockPath(dir)}`;
    throw new StoreError(
      'held',
      `the store in ${dir} is in use by ${describeHolder(word.by ?? undefined)}; ${hint}`,
    );
  }

  const endpoint = `http://127.0.0.1:${word.port}`;
  const credentials = { accessKeyId: word.accessKeyId, secretAccessKey: 'local' };
  const title = `the store in ${dir}`;
  const table = openDynamoDb({
    tableName: LOCAL_TABLE,
    endpoint,
    region: 'local',
    credentials,
    title,
    whenUnreachable: 'its process has ended; run the command again',
    maxAttempts: 2,
  });
  const close = async () => {
    table.close();
    child.stdin.end();
    await ended;
  };
  try {
    await table.create();
    await sweepDaily(table, dir, options.now ?? Date.now());
  } catch (error) {
    await close();
    throw error;
  }
  return { table, endpoint, credentials, pid: child.pid ?? 0, close };
}

/**
 * Where the store lives when nobody says: the service's state directory, root's, or the user's data
 * directory.
 */
export function defaultStoreDirectory(
  env: Readonly<Record<string, string | undefined>>,
  uid: number,
): string {
  // systemd may name several, separated by colons; the first is ours.
  const [state] = (env.STATE_DIRECTORY ?? '').split(':');
  if (state !== undefined && state !== '') return state;
  if (uid === 0) return `/var/lib/${PRODUCT}`;
  const data = env.XDG_DATA_HOME;
  // The XDG specification says to ignore a relative path.
  if (data?.startsWith('/')) return join(data, PRODUCT);
  return join(env.HOME ?? '/', '.local', 'share', PRODUCT);
}

async function firstWord(stdout: NodeJS.ReadableStream, ended: Promise<void>): Promise<ServerWord> {
  const line = new Promise<ServerWord>((resolve) => {
    createInterface({ input: stdout }).once('line', (text) =>
      resolve(JSON.parse(text) as ServerWord),
    );
  });
  const silent = ended.then(
    (): ServerWord => ({ kind: 'failed', because: 'its process ended at once without a word' }),
  );
  return await Promise.race([line, silent]);
}

/** Deletes expired items, at most once in 24 hours; the file `swept` remembers when. */
async function sweepDaily(table: Table, dir: string, now: number): Promise<void> {
  const mark = join(dir, 'swept');
  const sweptAt = await stat(mark).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
  if (sweptAt !== undefined && Math.abs(now - sweptAt) < 86_400_000) return;
  if (sweptAt !== undefined) {
    for await (const page of table.scanKeys()) {
      for (const { pk, sk, expiresAt } of page)
        if (typeof expiresAt === 'number' && expiresAt * 1000 < now) await table.delete({ pk, sk });
    }
  }
  await writeFile(mark, '');
  await utimes(mark, now / 1000, now / 1000);
}

const PRODUCT = 'postfix-tls-watch';
/** Not seen by anybody: one directory, one table. */
const LOCAL_TABLE = 'postfix-tls-watch';
const WAIT_MS = 10_000;
/**
 * A mail host has other things to do with its memory: 120 MB for 20,000 entries in place of 250,
 * for a second more.
 */
const SMALL = ['--optimize-for-size'];
