/**
 * The folder of a store on disk as release 0.1 kept it: dynalite's items in LevelDB, below `db`.
 *
 * Read by the database that dynalite brings, which is not installed with us, and from a copy:
 * opening it writes. The items are those of today; dynalite keeps them as DynamoDB's wire has them.
 */
import {
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../../usage-error.ts';
import type { Item } from '../table.ts';

/** @throws UsageError where it is none, is in use, or cannot be read from here */
export async function* itemsOfFolder(folder: string): AsyncIterable<Item> {
  if (!existsSync(join(folder, 'db', 'CURRENT')))
    throw new UsageError(`${folder}: it is no store of release 0.1, for it has no db/CURRENT`);
  const pid = processAtWork(folder);
  if (pid !== undefined)
    throw new UsageError(
      `${folder}: process ${pid} of release 0.1 is at work there; stop its timer, and try ` +
        'again when it has ended',
    );
  const Level = levelOfDynalite(folder);
  const copy = mkdtempSync(join(tmpdir(), 'postfix-tls-watch-'));
  try {
    copyFiles(join(folder, 'db'), copy);
    const database = new Level(copy, { valueEncoding: 'json' });
    try {
      await database.open();
      for await (const [, wire] of database.iterator({ gte: PREFIX, lt: `${PREFIX}\xff` }))
        yield attributesOf(wire) as Item;
    } finally {
      await database.close();
    }
  } catch (error) {
    const { message, cause } = error as Error;
    const because = cause instanceof Error ? cause.message : message;
    throw new UsageError(
      `${folder}: it cannot be read: ${because}; restore it from a backup, or begin anew ` +
        'with another --store',
    );
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

interface LevelDatabase {
  open(): Promise<void>;
  close(): Promise<void>;
  iterator(range: { gte: string; lt: string }): AsyncIterable<readonly [string, Wire]>;
}
type Level = new (path: string, options: { valueEncoding: 'json' }) => LevelDatabase;

function levelOfDynalite(folder: string): Level {
  try {
    const { Level } = createRequire(import.meta.resolve('dynalite'))('level') as { Level: Level };
    return Level;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new UsageError(
      `store import ${folder}: reading a store of release 0.1 needs the package dynalite, ` +
        'which is not installed; put it beside this one (npm install --global dynalite@4.0.0, ' +
        'or without --global where this one is) and try again',
    );
  }
}

/** Release 0.1 names the process at work in a file; one that was killed leaves it. */
function processAtWork(folder: string): number | undefined {
  try {
    const { pid, host } = JSON.parse(readFileSync(join(folder, 'lock'), 'utf8')) as {
      pid?: unknown;
      host?: unknown;
    };
    if (typeof pid !== 'number' || host !== hostname()) return undefined;
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 0 : undefined;
  }
}

/** Files alone: a link is nothing that LevelDB makes. */
function copyFiles(from: string, to: string): void {
  for (const name of readdirSync(from))
    if (lstatSync(join(from, name)).isFile())
      copyFileSync(join(from, name), join(to, name), constants.COPYFILE_EXCL);
}

/** A value in DynamoDB's JSON. */
type Value =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: string }
  | { readonly BOOL: boolean }
  | { readonly NULL: true }
  | { readonly L: readonly Value[] }
  | { readonly M: Wire };
type Wire = Readonly<Record<string, Value>>;

const attributesOf = (wire: Wire): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(wire).map(([name, value]) => [name, plainOf(value)]));

function plainOf(value: Value): unknown {
  if ('S' in value) return value.S;
  if ('N' in value) return Number(value.N);
  if ('B' in value) return new Uint8Array(Buffer.from(value.B, 'base64'));
  if ('BOOL' in value) return value.BOOL;
  if ('L' in value) return value.L.map(plainOf);
  if ('M' in value) return attributesOf(value.M);
  return null;
}

/** Of the items of the one table in it. */
const PREFIX = 'item-postfix-tls-watch~';
