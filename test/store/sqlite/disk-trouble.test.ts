/** A disk that is full or read-only: the run judges and tells all the same, and says that it could not remember. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import type { Ran, Trouble } from './disk-trouble.ts';

const canMount = spawnSync('unshare', ['-m', 'true']).status === 0;
const SCRIPT = fileURLToPath(new URL('./disk-trouble.ts', import.meta.url));
const above = mkdtempSync(join(tmpdir(), 'disk-'));
afterAll(() => rmSync(above, { recursive: true, force: true }));

/** The three days; the failure begins on the second, and on the third the disk is well again. */
function days(trouble: Trouble): { readonly directory: string; readonly ran: readonly Ran[] } {
  const disk = join(above, trouble);
  const { stdout, stderr } = spawnSync('unshare', ['-m', process.execPath, SCRIPT, disk, trouble], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return { directory: join(disk, 'state'), ran: JSON.parse(stdout) as Ran[] };
}

const BASELINE = ['Now watching 1 entry: all deliver'];
const FAILS = ['one.example would defer: certificate lost a name'];
/** Whoever remembers reminds; whoever does not tells it as new. */
const STILL = ['one.example still would defer: certificate lost a name'];
const FULL = 'the disk is full; free some space';
const unkept = (directory: string, because: string) =>
  `this run could not be remembered: the store in ${directory}: ${because}; what it tells is told again until that is mended`;

describe.skipIf(!canMount)('a disk (of its own, which only root can make)', () => {
  test('that is well remembers', () => {
    const { ran } = days('none');
    expect(ran.map(({ subjects }) => subjects)).toEqual([BASELINE, FAILS, STILL]);
    expect(ran.map(({ complete, problems }) => ({ complete, problems }))).toEqual(
      Array(3).fill({ complete: true, problems: [] }),
    );
  });

  test.each([
    {
      trouble: 'read-only',
      because:
        'this user cannot write there (attempt to write a readonly database); look at the owner, the mode and the file system of the directory',
    },
    { trouble: 'full', because: FULL },
  ] as const)('that turns $trouble', ({ trouble, because }) => {
    const { directory, ran } = days(trouble);
    const [first, second, third] = ran;
    expect(first).toMatchObject({ complete: true, problems: [], subjects: BASELINE });
    expect(second).toMatchObject({ complete: false, problems: [unkept(directory, because)], subjects: FAILS });
    expect(second?.text.replaceAll(/\s+/g, ' ')).toContain(`This ${unkept(directory, because).slice('this '.length)}.`);
    // What was told was not kept, so that it is told again rather than never.
    expect(third).toMatchObject({ complete: true, problems: [], subjects: FAILS });
  });

  test('that fills up when all is told and nothing is stored yet', () => {
    const { directory, ran } = days('full-when-told');
    expect(ran.map(({ subjects }) => subjects)).toEqual([BASELINE, FAILS, FAILS]);
    expect(ran[1]).toMatchObject({ complete: false, problems: [unkept(directory, FULL)] });
    expect(ran[1]?.text).not.toContain('could not be remembered');
  });

  test.each([
    {
      trouble: 'read-only-from-the-start',
      because: /the file system is read-only \(EROFS: read-only file system, mkdir '\S+'\)/,
    },
    { trouble: 'full-from-the-start', because: /the disk is full; free some space/ },
  ] as const)('where no store could be made: $trouble', ({ trouble, because }) => {
    const { ran } = days(trouble);
    expect(ran[0]).toMatchObject({ complete: false, subjects: BASELINE });
    expect(ran[0]?.problems).toEqual([expect.stringMatching(because)]);
    expect(ran[2]?.complete).toBe(true);
  });
});
