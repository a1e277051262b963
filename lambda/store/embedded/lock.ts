/**
 * The lock on the embedded store's directory, and who holds it.
 *
 * LevelDB takes an operating system lock of its own and is the last word; this file is there to
 * name the holder, to wait a little, and to take over from a process that was killed. It appears
 * whole (link), so nobody reads half of it.
 */
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** Who works on the store. */
export interface Holder {
  /** The database's own process: while it lives, the lock holds. */
  readonly pid: number;
  /** The command it works for, for people. */
  readonly parent: number;
  /** The process' start as the kernel counts it (Linux): tells a reused pid; null where unknown. */
  readonly born: string | null;
  readonly host: string;
  readonly command: string;
  /** ISO 8601. */
  readonly since: string;
}

export type Locking =
  | { readonly kind: 'locked'; release(): Promise<void> }
  | { readonly kind: 'held'; readonly by: Holder | undefined };

/**
 * Takes the lock of a directory, trying again until `waitMs` have passed. A lock whose process is
 * gone is taken over.
 */
export async function lockDirectory(dir: string, me: Holder, waitMs: number): Promise<Locking> {
  const path = lockPath(dir);
  const mine = `${path}.${me.pid}`;
  await writeFile(mine, `${JSON.stringify(me)}\n`, { mode: 0o600 });
  const giveUpAt = performance.now() + waitMs;
  try {
    for (;;) {
      if (await linked(mine, path)) return { kind: 'locked', release: () => release(path, me) };
      const by = await readHolder(dir);
      if (by !== undefined && by.host === me.host && !(await alive(by))) {
        await takeAway(path, by, me);
        continue;
      }
      if (performance.now() >= giveUpAt) return { kind: 'held', by };
      await wait(RETRY_MS);
    }
  } finally {
    await rm(mine, { force: true });
  }
}

/** This process, or the one it works for. */
export async function self(command: string, parent: number, at: number): Promise<Holder> {
  const since = new Date(at).toISOString();
  return {
    pid: process.pid,
    parent,
    born: await birthOf(process.pid),
    host: hostname(),
    command,
    since,
  };
}

/** Who holds the directory; undefined when nobody does or the file makes no sense. */
export async function readHolder(dir: string): Promise<Holder | undefined> {
  return parse(await readFile(lockPath(dir), 'utf8').catch(() => ''));
}

export const lockPath = (dir: string): string => join(dir, 'lock');

/** `postfix-tls-watch watch (process 4711 on mx1, since 2026-11-24T06:00:00Z)` */
export const describeHolder = (by: Holder | undefined): string =>
  by === undefined
    ? 'another process'
    : `${by.command} (process ${by.parent} on ${by.host}, since ${by.since})`;

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Moves a dead process' lock away; if another process was quicker and the lock is already new, puts
 * it back.
 */
async function takeAway(path: string, dead: Holder, me: Holder): Promise<void> {
  const aside = `${path}.dead.${me.pid}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = parse(await readFile(aside, 'utf8').catch(() => ''));
  if (moved !== undefined && (moved.pid !== dead.pid || moved.since !== dead.since))
    await linked(aside, path);
  await rm(aside, { force: true });
}

async function release(path: string, me: Holder): Promise<void> {
  const by = parse(await readFile(path, 'utf8').catch(() => ''));
  if (by?.pid === me.pid && by.since === me.since) await rm(path, { force: true });
}

async function alive({ pid, born }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const now = await birthOf(pid);
  return born === null || now === null || now === born;
}

/**
 * Field 22 of /proc/PID/stat, behind the command in brackets; null where there is no /proc. A
 * zombie, which nobody reaps in many a container, was never born.
 */
async function birthOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? 'never' : (fields[19] ?? null);
}

function parse(text: string): Holder | undefined {
  try {
    const value = JSON.parse(text) as Partial<Holder> | null;
    if (typeof value?.pid !== 'number' || typeof value.host !== 'string') return undefined;
    const {
      pid,
      host,
      parent = pid,
      born = null,
      command = 'postfix-tls-watch',
      since = '',
    } = value;
    return { pid, parent, born, host, command, since };
  } catch {
    return undefined;
  }
}

const RETRY_MS = 100;
