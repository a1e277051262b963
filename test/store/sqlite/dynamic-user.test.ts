/**
 * A state directory as systemd makes it under DynamicUser=yes: /var/lib/NAME is root's link to private/NAME, which is the
 * service's, and `private` lets in root alone. Root works there as root, follows no link of the service's user, and gives
 * away what it makes.
 */
import { chmodSync, chownSync, lchownSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lastShown, noteShown } from '../../../lambda/store/last-shown.ts';
import { going, obey } from './processes.ts';
import { isRoot, listing, owners, READER, ROOT, SERVICE, stateDirectory } from './users.ts';

const STORE = { name: 'store.sqlite', ...SERVICE, mode: 0o640 };

/** The link that is named, the directory it leads to, and the one that lets nobody in. */
function dynamic(): { readonly link: string; readonly directory: string; readonly shut: string } {
  const shut = stateDirectory(0o700, ROOT);
  const directory = join(shut, 'watch');
  mkdirSync(directory);
  chmodSync(directory, 0o755);
  chownSync(directory, SERVICE.uid, SERVICE.gid);
  const link = join(shut, '..', 'watch');
  symlinkSync('state/watch', link);
  return { link, directory, shut };
}

/** What the service sees: its own mount, to which nothing is shut. */
const openFor = (shut: string) => chmodSync(shut, 0o755);

describe.skipIf(!isRoot)('DynamicUser=yes (only root can make such a directory)', () => {
  test("root makes the store, reads and mutes, and all of it is the service's", async () => {
    const { link, directory, shut } = dynamic();
    expect(await obey({ work: 'watch', directory: link, key: 'a', as: ROOT, umask: 0o077 })).toMatchObject({
      items: 1,
      keeps: true,
      notes: [],
    });
    expect(await obey({ work: 'read', directory: link, as: ROOT })).toMatchObject({ items: 1 });
    expect(await obey({ work: 'mute', directory: link, key: 'fastmail.fm', as: ROOT })).toMatchObject({ mutes: ['fastmail.fm'] });
    expect(owners(directory)).toEqual([STORE]);
    openFor(shut);
    expect(await obey({ work: 'watch', directory: link, key: 'b', as: SERVICE })).toMatchObject({
      mutes: ['fastmail.fm'],
      keeps: true,
      notes: [],
    });
  });

  test("root reads while the service writes, and while root itself writes the journal is the service's too", async () => {
    const { link, directory } = dynamic();
    const writing = going({ work: 'write', directory: link, as: ROOT });
    await writing.said(100);
    const read = await obey({ work: 'read', directory: link, as: ROOT });
    expect(read?.message).toBeUndefined();
    expect(read?.items).toBeGreaterThanOrEqual(100);
    await writing.kill();
    expect(
      owners(directory).filter(({ uid, gid, mode }) => uid !== SERVICE.uid || gid !== SERVICE.gid || mode !== 0o640),
    ).toEqual([]);
  });

  test('after the service was killed in the middle of a write root reads what was before, changes nothing, and the next run goes on', async () => {
    const { link, directory, shut } = dynamic();
    openFor(shut);
    await obey({ work: 'watch', directory: link, key: 'a', as: SERVICE });
    expect(await obey({ work: 'die-writing', directory: link, as: SERVICE })).toBeUndefined();
    chmodSync(shut, 0o700);
    // SQLite gives the journal to the store's owner, who has it, and only the time of that is new.
    const withoutTimes = () => listing(directory).map(({ ctimeMs: _, ...rest }) => rest);
    const before = withoutTimes();
    expect(before.map(({ name }) => name)).toEqual(['store.sqlite', 'store.sqlite-journal']);
    expect(await obey({ work: 'read', directory: link, as: ROOT })).toMatchObject({ items: 1 });
    expect(withoutTimes()).toEqual(before);
    expect(await obey({ work: 'watch', directory: link, key: 'b', as: ROOT })).toMatchObject({
      items: 2,
      keeps: true,
      notes: [],
    });
    expect(owners(directory)).toEqual([STORE]);
  });

  test("no directory is made below it, for its parent is the service's", async () => {
    const { link, directory } = dynamic();
    const below = join(link, 'made');
    expect(await obey({ work: 'watch', directory: join(below, 'here'), as: ROOT })).toEqual({
      kind: 'forbidden',
      message:
        `the store in ${below}: its owner, user 64001, does not get there, and ${link} is not root's alone; ` +
        'let the owner in, or name another directory with --store',
    });
    expect(listing(directory)).toEqual([]);
  });

  test('what was last shown is noted there for the service, and through no link', async () => {
    const { link, directory, shut } = dynamic();
    const of = { place: 'here', policy: 'default' };
    await noteShown(link, of, 'abc');
    expect(owners(directory)).toEqual([{ name: 'shown.json', ...SERVICE, mode: 0o640 }]);
    const victim = join(shut, 'victim');
    await noteShown(victim, of, 'theirs');
    const bytes = readFileSync(join(victim, 'shown.json'));
    rmSync(join(directory, 'shown.json'));
    symlinkSync(join(victim, 'shown.json'), join(directory, 'shown.json'));
    await noteShown(link, of, 'def');
    expect(await lastShown(link, of)).toBe('def');
    expect(owners(directory)).toEqual([{ name: 'shown.json', ...SERVICE, mode: 0o640 }]);
    expect(readFileSync(join(victim, 'shown.json')).equals(bytes)).toBe(true);
  });

  test("a link of the service's user is followed nowhere: neither to a store, nor to a directory, on the way or at its end", async () => {
    const { link, directory, shut } = dynamic();
    const victim = join(shut, 'victim');
    mkdirSync(victim);
    await obey({ work: 'watch', directory: victim, as: ROOT });
    const [file, sub] = [join(directory, 'store.sqlite'), join(directory, 'sub')];
    for (const [target, path] of [
      [join(victim, 'store.sqlite'), file],
      [shut, sub],
    ] as const) {
      symlinkSync(target, path);
      lchownSync(path, SERVICE.uid, SERVICE.gid);
    }
    const before = listing(victim);
    for (const work of ['read', 'mute', 'watch'] as const) {
      expect(await obey({ work, directory: link, as: ROOT })).toEqual({
        kind: 'other',
        message: `the store in ${link}: ${join(link, 'store.sqlite')} is a link, and a store is not used through one; put the file itself there`,
      });
      expect(await obey({ work, directory: sub, as: ROOT })).toEqual({
        kind: 'other',
        message: `the store in ${sub}: it is a link of user 64001; name the directory that it leads to`,
      });
      for (const through of [join(sub, 'victim'), join(sub, 'new')])
        expect(await obey({ work, directory: through, as: ROOT })).toEqual({
          kind: 'other',
          message: `the store in ${through}: ${sub} is a link of user 64001; name the directory that it leads to`,
        });
    }
    expect(listing(victim)).toEqual(before);
    expect(listing(shut).map(({ name }) => name)).toEqual(['victim', 'watch']);
  });

  test('a directory that is shut by somebody else than root is none for root either', async () => {
    const { directory, shut } = dynamic();
    chownSync(shut, READER.uid, READER.gid);
    expect(await obey({ work: 'watch', directory, as: ROOT })).toEqual({
      kind: 'forbidden',
      message:
        `the store in ${directory}: its owner, user 64001, does not get there, and ${shut} is not root's alone; ` +
        'let the owner in, or name another directory with --store',
    });
    expect(lstatSync(directory).uid).toBe(SERVICE.uid);
    expect(listing(directory)).toEqual([]);
  });
});
