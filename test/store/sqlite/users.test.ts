/**
 * The store and its users: root, the service's own user, another one who may read, and a stranger; with and without a run
 * going on, and after one was killed in the middle of a write. Readers answer at once and leave everything as it was.
 */
import {
  chmodSync,
  chownSync,
  copyFileSync,
  lchownSync,
  linkSync,
  lstatSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { going, obey } from './processes.ts';
import { isRoot, listing, owners, READER, ROOT, SERVICE, STRANGER, stateDirectory } from './users.ts';

const OTHERS = [
  { name: 'root', as: ROOT },
  { name: "the service's user", as: SERVICE },
  { name: 'a user who may read the directory', as: READER },
];

const filled = async (directory: string) => {
  for (const key of ['a', 'b', 'c']) await obey({ work: 'watch', directory, key, as: SERVICE });
};

describe.skipIf(!isRoot)('several users (only root can become another one)', () => {
  test.each([
    { first: ROOT, umask: 0o027, second: SERVICE },
    { first: ROOT, umask: 0o077, second: SERVICE },
    { first: ROOT, umask: 0o000, second: SERVICE },
    { first: SERVICE, umask: 0o077, second: ROOT },
    { first: SERVICE, umask: 0o000, second: ROOT },
  ])(
    "user $first.uid runs first with umask $umask, then user $second.uid: owner and mode are the directory's",
    async ({ first, umask, second }) => {
      const directory = stateDirectory();
      const is = [{ name: 'store.sqlite', ...SERVICE, mode: 0o640 }];
      expect(await obey({ work: 'watch', directory, key: 'a', as: first, umask })).toMatchObject({
        items: 1,
        keeps: true,
        notes: [],
      });
      expect(owners(directory)).toEqual(is);
      expect(await obey({ work: 'watch', directory, key: 'b', as: second, umask })).toMatchObject({
        items: 2,
        keeps: true,
        notes: [],
      });
      expect(await obey({ work: 'watch', directory, key: 'c', as: first, umask })).toMatchObject({ items: 3, keeps: true });
      expect(owners(directory)).toEqual(is);
    },
  );

  test("a directory of root's that a group may read gives its group to the store", async () => {
    const directory = stateDirectory(0o750, { uid: 0, gid: READER.gid });
    await obey({ work: 'watch', directory, as: ROOT, umask: 0o077 });
    expect(owners(directory)).toEqual([{ name: 'store.sqlite', uid: 0, gid: READER.gid, mode: 0o640 }]);
    expect(await obey({ work: 'read', directory, as: READER })).toMatchObject({ items: 1 });
  });

  test('a directory that is made is open to its owner and the group alone', async () => {
    const directory = join(stateDirectory(0o755, ROOT), 'made', 'here');
    await obey({ work: 'watch', directory, as: ROOT, umask: 0o000 });
    expect([directory, join(directory, '..')].map((each) => lstatSync(each).mode & 0o7777)).toEqual([0o750, 0o750]);
  });

  describe.each(OTHERS)('$name reads', ({ as }) => {
    test('with no run going on', async () => {
      const directory = stateDirectory();
      await filled(directory);
      const before = listing(directory);
      expect(await obey({ work: 'read', directory, as })).toMatchObject({ items: 3, mutes: [] });
      expect(listing(directory)).toEqual(before);
    });

    test('while a run has a transaction open', async () => {
      const directory = stateDirectory();
      await filled(directory);
      const holding = going({ work: 'hold', directory, as: SERVICE });
      await holding.said(1);
      const before = listing(directory);
      expect(before.map(({ name }) => name)).toEqual(['store.sqlite', 'store.sqlite-journal']);
      expect(await obey({ work: 'read', directory, as })).toMatchObject({ items: 3, mutes: [] });
      expect(listing(directory)).toEqual(before);
    });

    test('while a run writes without pause', async () => {
      const directory = stateDirectory();
      await filled(directory);
      const writing = going({ work: 'write', directory, as: SERVICE });
      await writing.said(100);
      const known = writing.lines.length;
      const read = await obey({ work: 'read', directory, as });
      expect(read?.message).toBeUndefined();
      expect(read?.items).toBeGreaterThanOrEqual(known + 3);
      await writing.kill();
      expect(owners(directory).filter(({ uid, mode }) => uid !== SERVICE.uid || mode !== 0o640)).toEqual([]);
    });

    test('after a run was killed in the middle of a write, and again after the next run', async () => {
      const directory = stateDirectory();
      await filled(directory);
      expect(await obey({ work: 'die-writing', directory, as: SERVICE })).toBeUndefined();
      const before = listing(directory);
      expect(before.map(({ name }) => name)).toEqual(['store.sqlite', 'store.sqlite-journal']);
      expect(await obey({ work: 'read', directory, as })).toMatchObject({ items: 3, mutes: [] });
      expect(listing(directory)).toEqual(before);
      expect(await obey({ work: 'watch', directory, key: 'd', as: SERVICE })).toMatchObject({ items: 4, keeps: true, notes: [] });
      expect(await obey({ work: 'read', directory, as })).toMatchObject({ items: 4 });
      expect(owners(directory)).toEqual([{ name: 'store.sqlite', ...SERVICE, mode: 0o640 }]);
    });
  });

  test('a stranger is told that he may not, and a reader that he may not write', async () => {
    const directory = stateDirectory();
    await filled(directory);
    const file = join(directory, 'store.sqlite');
    expect(await obey({ work: 'read', directory, as: STRANGER })).toEqual({
      kind: 'forbidden',
      message:
        `the store in ${directory}: this user may not (EACCES: permission denied, lstat '${file}'); ` +
        "run it as the directory's owner or as root",
    });
    const before = listing(directory);
    for (const work of ['mute', 'watch'] as const)
      expect(await obey({ work, directory, as: READER })).toEqual({
        kind: 'forbidden',
        message: `the store in ${directory}: the directory belongs to user 64001 and this is user 64002; run it as the directory's owner or as root`,
      });
    expect(listing(directory)).toEqual(before);
  });

  test("a store that root put back is given to the directory's owner by the next run of root", async () => {
    const directory = stateDirectory();
    await filled(directory);
    const file = join(directory, 'store.sqlite');
    copyFileSync(file, join(directory, 'copy'));
    renameSync(join(directory, 'copy'), file);
    chownSync(file, 0, 0);
    chmodSync(file, 0o600);
    expect(await obey({ work: 'watch', directory, as: SERVICE })).toEqual({
      kind: 'forbidden',
      message: `the store in ${directory}: this user may not (EACCES: permission denied, open '${file}'); run it as the directory's owner or as root`,
    });
    expect(await obey({ work: 'read', directory, as: ROOT })).toMatchObject({ items: 3 });
    expect(await obey({ work: 'watch', directory, key: 'd', as: ROOT })).toMatchObject({ items: 4, keeps: true, notes: [] });
    expect(await obey({ work: 'watch', directory, key: 'e', as: SERVICE })).toMatchObject({ items: 5, keeps: true });
  });

  test('root follows no link that the service put there, neither for the store nor for its journal', async () => {
    const directory = stateDirectory();
    const file = join(directory, 'store.sqlite');
    const other = stateDirectory(0o700, ROOT);
    await obey({ work: 'watch', directory: other, as: ROOT });
    const victim = join(other, 'store.sqlite');
    const bytes = readFileSync(victim);
    symlinkSync(victim, file);
    for (const work of ['read', 'mute', 'watch'] as const)
      expect(await obey({ work, directory, as: ROOT })).toEqual({
        kind: 'other',
        message: `the store in ${directory}: ${file} is a link, and a store is not used through one; put the file itself there`,
      });
    rmSync(file);
    linkSync(victim, file);
    expect(await obey({ work: 'watch', directory, as: ROOT })).toMatchObject({
      message: `the store in ${directory}: ${file} is a file of several names, and a store is not used through one; put the file itself there`,
    });
    rmSync(file);
    await obey({ work: 'watch', directory, as: SERVICE });
    symlinkSync(victim, `${file}-journal`);
    expect(await obey({ work: 'watch', directory, key: 'b', as: ROOT })).toMatchObject({ items: 2 });
    expect(readFileSync(victim).equals(bytes)).toBe(true);
  });

  test('a link to the directory is followed only where root or this user made it', async () => {
    const directory = stateDirectory();
    await filled(directory);
    const above = join(directory, '..');
    const [roots, theirs] = [join(above, 'roots'), join(above, 'theirs')];
    symlinkSync(directory, roots);
    symlinkSync(directory, theirs);
    lchownSync(theirs, STRANGER.uid, STRANGER.gid);
    expect(await obey({ work: 'read', directory: roots, as: READER })).toMatchObject({ items: 3 });
    expect(await obey({ work: 'read', directory: theirs, as: READER })).toEqual({
      kind: 'other',
      message: `the store in ${theirs}: it is a link of user 64003; name the directory that it leads to`,
    });
  });

  test('a file that a stranger put into the directory is not used', async () => {
    const directory = stateDirectory();
    writeFileSync(join(directory, 'store.sqlite'), '');
    chownSync(join(directory, 'store.sqlite'), STRANGER.uid, STRANGER.gid);
    expect(await obey({ work: 'watch', directory, as: ROOT })).toEqual({
      kind: 'other',
      message:
        `the store in ${directory}: ${join(directory, 'store.sqlite')} belongs to user 64003 and the directory to user 64001; ` +
        "see who put it there, and give it to the directory's owner",
    });
  });

  test('a run goes on in memory where its user may not write, whatever is there', async () => {
    const unkept = (directory: string, because: string) =>
      `this run could not be remembered: the store in ${directory}: this user cannot write there (${because}); ` +
      'look at the owner, the mode and the file system of the directory; what it tells is told again until that is mended';
    const readOnly = 'attempt to write a readonly database';
    const shut = stateDirectory();
    await obey({ work: 'watch', directory: shut, key: 'a', as: SERVICE });
    chmodSync(shut, 0o550);
    const file = stateDirectory();
    await obey({ work: 'watch', directory: file, key: 'a', as: SERVICE });
    chmodSync(join(file, 'store.sqlite'), 0o440);
    for (const directory of [shut, file]) {
      const before = listing(directory);
      expect(await obey({ work: 'watch', directory, key: 'b', as: SERVICE })).toEqual({
        items: 2,
        mutes: [],
        keeps: false,
        notes: [unkept(directory, readOnly)],
      });
      expect(listing(directory)).toEqual(before);
    }
    const empty = stateDirectory(0o550);
    const made = await obey({ work: 'watch', directory: empty, as: SERVICE });
    expect(made).toMatchObject({ items: 1, keeps: false });
    expect(made?.notes?.map((note) => note.replace(/new-[0-9a-f]+/, 'new-X'))).toEqual([
      unkept(empty, `EACCES: permission denied, open '${join(empty, 'store.sqlite.new-X')}'`),
    ]);
    const below = join(empty, 'below');
    expect(await obey({ work: 'watch', directory: below, as: SERVICE })).toMatchObject({
      keeps: false,
      notes: [unkept(below, `EACCES: permission denied, mkdir '${below}'`)],
    });
    expect(listing(empty)).toEqual([]);
  });

  test('a directory where anybody may write is none for a store', async () => {
    const directory = stateDirectory(0o1777, ROOT);
    expect(await obey({ work: 'watch', directory, as: SERVICE })).toEqual({
      kind: 'other',
      message: `the store in ${directory}: anybody may write in that directory (mode 1777); name one below it with --store, it will be made`,
    });
    expect(await obey({ work: 'watch', directory: join(directory, 'own'), as: SERVICE })).toMatchObject({
      items: 1,
      keeps: true,
    });
    expect(owners(join(directory, 'own'))).toEqual([{ name: 'store.sqlite', ...SERVICE, mode: 0o640 }]);
  });
});
