/**
 * Another process at the store, as another user where the tests are root. It says one JSON line about what it did, or one
 * line per write, and does as it was ordered until it is done or killed.
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { spaceOf } from '../../../lambda/store/keys.ts';
import { readMutes, saveMute } from '../../../lambda/store/mutes.ts';
import { hindrance } from '../../../lambda/store/sqlite/hindrance.ts';
import { type OnDisk, openToChange, openToRead, openToWatch } from '../../../lambda/store/sqlite/open.ts';

export interface User {
  readonly uid: number;
  readonly gid: number;
}

export interface Order {
  /**
   * `read`: reads everything, and says how much there is. `mute`: mutes `key`, as the command does. `watch`: opens it as a run
   * does, writes `key`, and says whether that is kept. `write`: writes as a run does, item after item, and says each that was
   * taken, until it is killed. `hold`: begins a transaction, says so, and leaves it open until it is killed. `die-writing`: is
   * killed in the middle of a transaction, when some of it is in the file. `ask`: says why a run could not keep its store
   * there, in `notes`.
   */
  readonly work: 'read' | 'mute' | 'watch' | 'write' | 'hold' | 'die-writing' | 'ask';
  readonly directory: string;
  readonly key?: string;
  readonly as?: User;
  readonly umask?: number;
}

/** What it says: how many items, which mutes; or why not. */
export interface Said {
  readonly items?: number;
  readonly mutes?: readonly string[];
  readonly keeps?: boolean;
  readonly notes?: readonly string[];
  readonly kind?: string;
  readonly message?: string;
}

const NOW = Date.UTC(2026, 10, 24, 6);
const space = spaceOf('default', 'mx1');

const order = JSON.parse(process.argv[2] ?? '') as Order;
if (order.umask !== undefined) process.umask(order.umask);
if (order.as !== undefined) {
  process.setgroups?.([order.as.gid]);
  process.setgid?.(order.as.gid);
  process.setuid?.(order.as.uid);
}
try {
  await obey(order);
} catch (error) {
  const { kind, message } = error as { kind?: string; message: string };
  say({ message, ...(kind === undefined ? {} : { kind }) });
}

async function obey({ work, directory, key = 'a' }: Order): Promise<void> {
  switch (work) {
    case 'ask': {
      const because = hindrance(directory);
      return say({ notes: because === undefined ? [] : [because] });
    }
    case 'read':
      return tell(await openToRead(directory));
    case 'mute': {
      const disk = await openToChange(directory, NOW);
      const mute = { key, until: NOW + 86_400_000, reason: 'they know', by: 'alice', at: NOW, accepts: [] };
      await saveMute({ table: disk.table, space }, mute);
      return tell(disk);
    }
    case 'watch': {
      const disk = await openToWatch(directory, NOW);
      await disk.table.put({ pk: 'default/t', sk: key, v: 1, rev: 1, value: 'x'.repeat(3_000) });
      return tell(disk);
    }
    case 'write': {
      const { table } = await openToWatch(directory, NOW);
      for (let i = 0; ; i++) {
        const some = Array.from({ length: 20 }, (_, j) => `${key}-${i}-${j}`);
        await Promise.all(some.map((sk) => table.put({ pk: 'default/t', sk, v: 1, rev: 1, value: 'x'.repeat(2_000) })));
        // At once, for what was said must be true whenever it is killed.
        writeSync(1, `${some.join('\n')}\n`);
        await wait(1);
      }
    }
    case 'hold': {
      const db = new DatabaseSync(join(directory, 'store.sqlite'));
      db.exec(`BEGIN IMMEDIATE; UPDATE items SET crc = crc + 1`);
      writeSync(1, 'held\n');
      await wait(600_000);
      // A connection that nothing refers to is closed by the garbage collection, and its transaction with it.
      return db.close();
    }
    case 'die-writing': {
      const db = new DatabaseSync(join(directory, 'store.sqlite'));
      // With no room in memory its pages go into the file before the end.
      db.exec('PRAGMA cache_size = 1; BEGIN IMMEDIATE; UPDATE items SET crc = crc + 1');
      process.kill(process.pid, 'SIGKILL');
      return wait(600_000);
    }
  }
}

async function tell({ table, memory }: OnDisk): Promise<void> {
  let items = 0;
  for await (const page of table.scan()) items += page.filter(({ v }) => v !== undefined).length;
  const { mutes } = await readMutes({ table, space }, NOW);
  say({ items, mutes: mutes.map(({ key }) => key), ...memory() });
  table.close();
}

function say(said: Said): void {
  writeSync(1, `${JSON.stringify(said)}\n`);
}
