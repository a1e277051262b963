/** The users of a store in these tests, a directory made for one of them, and what is in it afterwards. */
import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { User } from './worker.ts';

export const isRoot = process.getuid?.() === 0;
export const ROOT: User = { uid: 0, gid: 0 };
export const SERVICE: User = { uid: 64_001, gid: 64_001 };
/** Of the service's group. */
export const READER: User = { uid: 64_002, gid: 64_001 };
export const STRANGER: User = { uid: 64_003, gid: 64_003 };
/** A state directory as systemd makes it for the service. */
export function stateDirectory(mode = 0o750, owner: User = SERVICE): string {
  const above = mkdtempSync(join(tmpdir(), 'users-'));
  onTestFinished(() => rmSync(above, { recursive: true, force: true }));
  chmodSync(above, 0o755);
  const directory = join(above, 'state');
  mkdirSync(directory);
  chmodSync(directory, mode);
  chownSync(directory, owner.uid, owner.gid);
  return directory;
}

/** Everything there is, whose it is, and when it was last touched. */
export const listing = (directory: string) =>
  readdirSync(directory)
    .toSorted()
    .map((name) => {
      const { uid, gid, mode, size, mtimeMs, ctimeMs, ino } = lstatSync(join(directory, name));
      return { name, uid, gid, mode: mode & 0o7777, size, mtimeMs, ctimeMs, ino };
    });

export const owners = (directory: string) => listing(directory).map(({ name, uid, gid, mode }) => ({ name, uid, gid, mode }));
