/**
 * A disk that fails in the middle: a real file system of a few megabytes, mounted in a namespace of
 * the test's own. Right is a clear error with exit status 3, nothing stored lost, and what was due
 * told by the first run that can store again.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLI } from './run-command.ts';
import { type Scene, startScene } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.close());

const ROWS = [
  {
    what: 'a full disk',
    spoil: 'dd if=/dev/zero of="$D/filler" bs=1k 2>/dev/null || true',
    mend: 'rm "$D/filler"',
    says: 'warning: this run could not be remembered: the store in STORE: the disk is full; free some space; what it tells is told again until that is mended\n',
    tells: true,
  },
  {
    what: 'a disk that became read-only',
    spoil: 'mount -o remount,ro "$D"',
    mend: 'mount -o remount,rw "$D"',
    says: 'warning: this run could not be remembered: the store in STORE: this user cannot write there (attempt to write a readonly database); look at the owner, the mode and the file system of the directory; what it tells is told again until that is mended\n',
    tells: true,
  },
  {
    what: 'a permission that was taken away',
    // Root without its capability obeys modes as others do.
    spoil: 'chmod 0400 "$D"/store/*; chmod 0500 "$D/store"; set -- setpriv --bounding-set=-dac_override,-dac_read_search "$@"',
    mend: 'chmod 0700 "$D/store"; chmod 0600 "$D"/store/*',
    says: 'warning: this run could not be remembered: the store in STORE: this user cannot write there (attempt to write a readonly database); look at the owner, the mode and the file system of the directory; what it tells is told again until that is mended\n',
    tells: true,
  },
  {
    what: 'a folder in place of the file',
    spoil: 'for f in "$D"/store/*; do mv "$f" "$D/kept"; mkdir "$f"; done',
    mend: 'for f in "$D"/store/*; do rmdir "$f"; mv "$D/kept" "$f"; done',
    says: 'error: the store in STORE: STORE/store.sqlite is no file, and a store is not used through one; put the file itself there\n',
    tells: false,
  },
  {
    what: 'a limit on the size of files',
    spoil: 'ulimit -S -f 32',
    mend: 'ulimit -S -f unlimited',
    says: `error: the store in STORE: a write was cut short, and to read what was before it needs a copy, which cannot be made in ${tmpdir()} (EFBIG: file too large, write); make room there, or name another directory with TMPDIR\n`,
    tells: false,
  },
] as const;

// Only root mounts; elsewhere users.test.ts and disk-trouble.test.ts stand for these.
test.runIf(process.getuid?.() === 0).each(ROWS)(
  '$what: exit status 3, and the next run tells what was due',
  async ({ spoil, mend, says, tells }) => {
    const dir = join(scene.dir, spoil.replaceAll(/\W/g, '').slice(0, 20));
    mkdirSync(dir);
    const table = join(dir, 'table');
    writeFileSync(table, 'one.test may\n');
    const flags = [...scene.internet.flags, '--ca-file', join(scene.dir, 'ca.pem'), '--confirm-after', '0'];
    const script = [
      'set -u',
      'mkdir "$D" && mount -t tmpfs -o size=4m tmpfs "$D"',
      'run() { "$@" > "$OUT/$N.out" 2> "$OUT/$N.err"; echo $? > "$OUT/$N.code"; }',
      'N=first; run "$@"',
      'echo "two.test secure" >> "$T"',
      spoil,
      'N=spoilt; run "$@"',
      mend,
      'N=mended; run "$@"',
      'N=after; run "$@"',
    ].join('\n');
    const D = join(dir, 'disk');
    const child = spawn(
      'unshare',
      ['-m', 'sh', '-c', script, 'sh', process.execPath, CLI, 'watch', table, '--store', join(D, 'store'), ...flags],
      { env: { ...process.env, NO_COLOR: '1', D, T: table, OUT: dir }, stdio: 'inherit' },
    );
    await new Promise((done) => child.on('close', done));
    const read = (name: string) => readFileSync(join(dir, name), 'utf8');
    const codes = ['first', 'spoilt', 'mended', 'after'].map((name) => read(`${name}.code`).trim());
    expect(read('first.out')).toMatch(/^Subject: Now watching 1 entry/m);
    expect(read('spoilt.err').replaceAll(join(D, 'store'), 'STORE')).toBe(says);
    expect(/two\.test/.test(read('spoilt.out'))).toBe(tells);
    expect(read('mended.out')).toMatch(/two\.test/);
    expect(read('after.out')).toBe('');
    expect(codes).toEqual(['0', '3', '0', '0']);
  },
);

test('a limit on the size of files that a new store meets is named', async () => {
  const table = join(scene.dir, 'limited');
  const store = join(scene.dir, 'limited-store');
  writeFileSync(table, 'one.test may\n');
  const args = ['watch', table, '--store', store, ...scene.internet.flags, '--confirm-after', '0'];
  const child = spawn('sh', ['-c', 'ulimit -S -f 8; exec "$@"', 'sh', process.execPath, CLI, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const err: string[] = [];
  child.stderr.on('data', (bytes: Buffer) => err.push(bytes.toString()));
  await once(child, 'close');
  expect(err.join('')).toContain(
    `the store in ${store}: the system refuses to write (disk I/O error); look for a limit on the size of files (ulimit -f, LimitFSIZE=), and for an error of the disk in the kernel's log`,
  );
});
