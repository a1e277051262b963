/** Why a run of some user could not keep its store in a directory: what `doctor` says, and what a run of that user then finds. */
import { chmodSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { obey } from './processes.ts';
import { isRoot, listing, READER, ROOT, SERVICE, STRANGER, stateDirectory } from './users.ts';
import type { User } from './worker.ts';

const ask = async (directory: string, as: User) => (await obey({ work: 'ask', directory, as }))?.notes;
const NEXT = 'let the user write there, or name another directory with --store';

describe.skipIf(!isRoot)('several users (only root can become another one)', () => {
  test.each([
    { because: 'its owner', as: SERVICE },
    { because: 'root', as: ROOT },
  ])('nothing stands in the way of $because, and nothing is made', async ({ as }) => {
    const directory = stateDirectory();
    expect(await ask(directory, as)).toEqual([]);
    expect(await ask(join(directory, 'new', 'store'), as)).toEqual([]);
    expect(listing(directory)).toEqual([]);
    await obey({ work: 'watch', directory, as: SERVICE });
    const before = listing(directory);
    expect(await ask(directory, as)).toEqual([]);
    expect(listing(directory)).toEqual(before);
  });

  test.each([
    { because: 'one who may only read', as: READER },
    { because: 'a stranger', as: STRANGER },
  ])('$because is told so, and a run of theirs finds the same', async ({ as }) => {
    const directory = stateDirectory();
    await obey({ work: 'watch', directory, as: SERVICE });
    const [because] = (await ask(directory, as)) ?? [];
    expect(because).toMatch(new RegExp(`^the store in ${directory}`));
    expect(await obey({ work: 'watch', directory, as })).toMatchObject({ message: because });
  });

  test("a directory of root's in which the user may not write, and one that cannot be made", async () => {
    const directory = stateDirectory(0o755, ROOT);
    expect(await ask(directory, SERVICE)).toEqual([
      `the store in ${directory} cannot be written: ${directory}: this user may not write there; ${NEXT}`,
    ]);
    expect(await ask(join(directory, 'new'), SERVICE)).toEqual([
      `the store in ${join(directory, 'new')} cannot be made: ${directory}: this user may not write there; ${NEXT}`,
    ]);
  });

  test('a file that the user may not write', async () => {
    const directory = stateDirectory();
    await obey({ work: 'watch', directory, as: SERVICE });
    chmodSync(join(directory, 'store.sqlite'), 0o440);
    expect(await ask(directory, SERVICE)).toEqual([
      `the store in ${directory} cannot be written: ${directory}/store.sqlite: this user may not write there; ${NEXT}`,
    ]);
  });

  test('a place that the user does not even see', async () => {
    const directory = stateDirectory();
    const hidden = join(dirname(directory), 'hidden');
    mkdirSync(hidden, { mode: 0o700 });
    const [because] = (await ask(join(hidden, 'store'), SERVICE)) ?? [];
    expect(because).toContain(hidden);
  });
});
