/** A store carried from place to place: file, folder of release 0.1, disk and DynamoDB; and what is no export. */
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { inParallel } from '../../../lambda/store/in-parallel.ts';
import { openToChange, openToRead } from '../../../lambda/store/sqlite/open.ts';
import type { Item, Table } from '../../../lambda/store/table.ts';
import { VERSION } from '../../../lambda/version.ts';
import { itemsOf, readFixture } from '../../cases/store-fixture.ts';
import { type Dynalite, startDynalite } from '../../store/dynalite.ts';
import { runCommand } from '../run-command.ts';

const fixture = readFixture(join(import.meta.dirname, '../../cases/store-0.1.0.json'));
const above = mkdtempSync(join(tmpdir(), 'store-command-'));
let dir: string;
let count = 0;

beforeEach(() => {
  dir = join(above, `${++count}`);
  mkdirSync(dir);
});
afterAll(() => rmSync(above, { recursive: true, force: true }));

/** Paths in what is said become short. */
async function run(...args: readonly string[]) {
  const { code, out, err } = await runCommand(['store', ...args], { STATE_DIRECTORY: join(dir, 'state'), ...cloud?.env });
  return { code, out: out.replaceAll(dir, 'DIR'), err: err.replaceAll(dir, 'DIR') };
}

const fill = (table: Table) => inParallel(fixture.items, async (item) => void (await table.put(item)));
const sorted = (items: readonly Item[]) => items.toSorted((a, b) => (`${a.pk} ${a.sk}` < `${b.pk} ${b.sk}` ? -1 : 1));
const SAME = sorted(fixture.items);
const ITEMS = `${fixture.items.length} items`;

async function kept(directory: string): Promise<readonly Item[]> {
  const { table } = await openToRead(directory);
  const items = await itemsOf(table);
  table.close();
  return sorted(items);
}

/** The store of release 0.1's fixture, on disk. */
async function onDisk(name = 'store'): Promise<string> {
  const { table } = await openToChange(join(dir, name), fixture.at, { create: true });
  await fill(table);
  table.close();
  return join(dir, name);
}

interface Cloud extends Dynalite {
  readonly env: Readonly<Record<string, string>>;
}
let cloud: Cloud | undefined;
beforeAll(async () => {
  const started = await startDynalite('watch');
  const { accessKeyId, secretAccessKey } = started.credentials;
  const env = {
    AWS_ENDPOINT_URL_DYNAMODB: started.endpoint,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: 'local',
  };
  cloud = { ...started, env };
});
afterAll(() => cloud?.close());

describe('a file', () => {
  test('carries everything from disk to disk, byte for byte, and the same store gives the same lines', async () => {
    const store = await onDisk();
    const [file, again] = [join(dir, 'export.jsonl'), join(dir, 'again.jsonl')];
    expect(await run('export', file, '--store', store)).toEqual({
      code: 0,
      out: `exported ${ITEMS} of DIR/store to DIR/export.jsonl\n`,
      err: '',
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await run('import', file, '--store', join(dir, 'new'))).toEqual({
      code: 0,
      out: `imported ${ITEMS} of DIR/export.jsonl into a new store in DIR/new\n`,
      err: '',
    });
    expect(readdirSync(join(dir, 'new'))).toEqual(['store.sqlite']);
    expect(await kept(join(dir, 'new'))).toEqual(SAME);
    await run('export', again, '--store', join(dir, 'new'));
    const lines = (path: string) => readFileSync(path, 'utf8').trim().split('\n');
    expect(lines(again).slice(1, -1).toSorted()).toEqual(lines(file).slice(1, -1).toSorted());
    expect(JSON.parse(lines(file)[0] ?? '')).toMatchObject({ 'postfix-tls-watch': 'store', format: 1, release: VERSION });
  });

  test('carries it to DynamoDB and back', async () => {
    const store = await onDisk();
    await run('export', join(dir, 'down.jsonl'), '--store', store);
    expect(await run('import', join(dir, 'down.jsonl'), '--store', 'dynamodb:watch')).toEqual({
      code: 0,
      out: `imported ${ITEMS} of DIR/down.jsonl into DynamoDB table watch\n`,
      err: '',
    });
    expect(await run('export', join(dir, 'up.jsonl'), '--store', 'dynamodb:watch')).toMatchObject({ code: 0, err: '' });
    await run('import', join(dir, 'up.jsonl'));
    expect(await kept(join(dir, 'state'))).toEqual(SAME);
  });

  test('is added to a store that is there, where other content is kept', async () => {
    const store = await onDisk();
    const file = join(dir, 'export.jsonl');
    await run('export', file, '--store', store);
    const { table } = await openToChange(store, fixture.at);
    const [first, second] = SAME as [Item, Item];
    await table.delete(first);
    await table.put({ ...second, rev: 99 });
    table.close();
    expect(await run('import', file, '--store', store)).toEqual({
      code: 1,
      out:
        'imported 1 item of DIR/export.jsonl into DIR/store; ' +
        `${fixture.items.length - 2} items there already; 1 item there already with other content, which was kept\n`,
      err: '',
    });
    expect(await kept(store)).toEqual(SAME.with(1, { ...second, rev: 99 }));
  });

  test('is never written over, and a store that is not there is none to export', async () => {
    writeFileSync(join(dir, 'mine'), 'mine');
    const store = await onDisk();
    expect(await run('export', join(dir, 'mine'), '--store', store)).toEqual({
      code: 3,
      out: '',
      err: 'error: cannot write DIR/mine: it is there already; name a new file\n',
    });
    expect(readFileSync(join(dir, 'mine'), 'utf8')).toBe('mine');
    expect(await run('export', join(dir, 'out'), '--store', join(dir, 'mistyped'))).toEqual({
      code: 3,
      out: '',
      err: 'error: there is no store in DIR/mistyped: nothing was kept there yet; "watch" makes one, --store names another place\n',
    });
    expect(existsSync(join(dir, 'out'))).toBe(false);
  });

  test.each([
    {
      because: 'it is not there',
      spoil: (file: string) => rmSync(file),
      says: 'cannot read DIR/file: No such file or directory',
    },
    { because: 'it is empty', spoil: (file: string) => writeFileSync(file, ''), says: 'DIR/file: it is empty' },
    {
      because: 'it is something else',
      spoil: (file: string) => writeFileSync(file, 'fastmail.fm secure\n'),
      says: 'DIR/file: it is no export of a store',
    },
    {
      because: 'it is another document',
      spoil: (file: string) => writeFileSync(file, '{}\n'),
      says: 'DIR/file: it is no export of a store',
    },
    {
      because: 'a newer version wrote it',
      spoil: edited((lines) => lines.with(0, (lines[0] ?? '').replace('"format":1', '"format":2'))),
      says: 'DIR/file: format 2 is of a newer version; update this one',
    },
    {
      because: 'it ends too soon',
      spoil: edited((lines) => lines.slice(0, 4)),
      says: 'DIR/file: it ends after 4 lines, without the last one; export it anew',
    },
    {
      because: 'a line is cut',
      spoil: edited((lines) => lines.with(2, (lines[2] ?? '').slice(0, 20))),
      says: 'DIR/file: line 3: it is no item; export it anew',
    },
    {
      because: 'a line is missing',
      spoil: edited((lines) => lines.toSpliced(2, 1)),
      says: 'DIR/file: it is not what was exported: counts or digests differ; export it anew',
    },
    {
      because: 'a value was changed',
      spoil: edited((lines) => lines.with(2, (lines[2] ?? '').replace('"rev":', '"rev":1'))),
      says: 'DIR/file: it is not what was exported: counts or digests differ; export it anew',
    },
    {
      because: 'something was put behind it',
      spoil: (file: string) => appendFileSync(file, '{}\n'),
      says: `DIR/file: line ${fixture.items.length + 3}: something stands behind the last line`,
    },
  ])('is refused whole where $because', async ({ spoil, says }) => {
    const file = join(dir, 'file');
    await run('export', file, '--store', await onDisk());
    spoil(file);
    for (const place of [join(dir, 'new'), join(dir, 'store')]) {
      const before = existsSync(join(place, 'store.sqlite')) ? await kept(place) : [];
      expect(await run('import', file, '--store', place)).toEqual({ code: 3, out: '', err: `error: ${says}\n` });
      if (place.endsWith('store')) expect(await kept(place)).toEqual(before);
      else if (existsSync(place)) expect(readdirSync(place)).toEqual([]);
    }
  });
});

function edited(edit: (lines: readonly string[]) => readonly string[]): (file: string) => void {
  return (file) => writeFileSync(file, `${edit(readFileSync(file, 'utf8').trimEnd().split('\n')).join('\n')}\n`);
}

describe('a folder of release 0.1', () => {
  /** As dynalite leaves it, with what release 0.1 put beside it. */
  let old: string;
  beforeAll(async () => {
    old = join(above, 'old');
    mkdirSync(old);
    const { table, close } = await startDynalite('postfix-tls-watch', { path: join(old, 'db') });
    await fill(table);
    await close();
    writeFileSync(join(old, 'swept'), '');
  });

  function copied(): string {
    const folder = join(dir, 'state');
    cpSync(old, folder, { recursive: true });
    return folder;
  }

  const digests = (folder: string) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .toSorted()
      .map((path) => `${path} ${createHash('sha256').update(readFileSync(path)).digest('hex')} ${statSync(path).mtimeMs}`);

  test('is opened by no command, and stops a run with what to do', async () => {
    const folder = copied();
    const before = digests(folder);
    writeFileSync(join(dir, 'tls_policy'), 'fastmail.fm secure\n');
    for (const args of [
      ['watch', join(dir, 'tls_policy')],
      ['status'],
      ['mute', 'a', '--until', '2027-01-01', '--reason', 'b'],
    ]) {
      const { code, out, err } = await runCommand([...args, '--store', folder]);
      expect({ code, out, err: err.replaceAll(dir, 'DIR') }).toEqual({
        code: 3,
        out: '',
        err:
          'error: the store in DIR/state is a folder of release 0.1, which this release does not open: bring it over with ' +
          '"postfix-tls-watch store import DIR/state", which leaves the folder as it was\n',
      });
    }
    expect(digests(folder)).toEqual(before);
  });

  test('is brought over beside itself, and left as it was', async () => {
    const folder = copied();
    const before = digests(folder);
    expect(await run('import', folder)).toEqual({
      code: 0,
      out: `imported ${ITEMS} of DIR/state into a new store in DIR/state\n`,
      err: '',
    });
    expect(await kept(folder)).toEqual(SAME);
    const own = join(folder, 'store.sqlite');
    expect(digests(folder).filter((line) => !line.startsWith(own))).toEqual(before);
    expect(await run('import', folder)).toEqual({
      code: 3,
      out: '',
      err: 'error: there is a store in DIR/state already: name another directory with --store, or move its store.sqlite away\n',
    });
  });

  test('is brought into another directory', async () => {
    const folder = copied();
    await run('import', folder, '--store', join(dir, 'new'));
    expect(await kept(join(dir, 'new'))).toEqual(SAME);
    expect(existsSync(join(folder, 'store.sqlite'))).toBe(false);
  });

  test('that is in use is left alone', async () => {
    const folder = copied();
    writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: process.pid, host: hostname() }));
    expect(await run('import', folder)).toEqual({
      code: 3,
      out: '',
      err: `error: DIR/state: process ${process.pid} of release 0.1 is at work there; stop its timer, and try again when it has ended\n`,
    });
    // The mark of one that was killed is in nobody's way.
    writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() }));
    expect(await run('import', folder)).toMatchObject({ code: 0 });
  });

  test('that is damaged, or none, is told', async () => {
    const folder = copied();
    writeFileSync(join(folder, 'db', 'CURRENT'), 'nonsense');
    expect(await run('import', folder)).toEqual({
      code: 3,
      out: '',
      err:
        'error: DIR/state: it cannot be read: Corruption: CURRENT file does not end with newline; ' +
        'restore it from a backup, or begin anew with another --store\n',
    });
    expect(existsSync(join(folder, 'store.sqlite'))).toBe(false);
    mkdirSync(join(dir, 'empty'));
    expect(await run('import', join(dir, 'empty'))).toEqual({
      code: 3,
      out: '',
      err: 'error: DIR/empty: it is no store of release 0.1, for it has no db/CURRENT\n',
    });
    expect(readdirSync(join(dir, 'empty'))).toEqual([]);
  });
});

test('a backup put back in place is the store again', async () => {
  const store = await onDisk();
  copyFileSync(join(store, 'store.sqlite'), join(dir, 'backup'));
  rmSync(join(store, 'store.sqlite'));
  copyFileSync(join(dir, 'backup'), join(store, 'store.sqlite'));
  expect(await kept(store)).toEqual(SAME);
});
