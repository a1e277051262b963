/**
 * A file that lost a bit or its end: whatever is not read whole is told with what to do, and the next run watches.
 *
 * `DAMAGE_COUNT` and `DAMAGE_SEED` change how many and which.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeProblem } from '../../../lambda/store/item.ts';
import { entryNow } from '../../../lambda/store/item-kinds.ts';
import { type Store, spaceOf } from '../../../lambda/store/keys.ts';
import { readLatest, saveAll, saveEntry } from '../../../lambda/store/latest.ts';
import { openToChange, openToRead, openToWatch } from '../../../lambda/store/sqlite/open.ts';
import type { Item, Table } from '../../../lambda/store/table.ts';
import { randomFrom } from '../../simulate/random.ts';

const NOW = Date.UTC(2026, 10, 24, 6);
const WEEK = 7 * 86_400_000;
const ENTRIES = 60;
const COUNT = Number(process.env.DAMAGE_COUNT ?? 120);
const SEED = Number(process.env.DAMAGE_SEED ?? 1);
/** The header and the start of the first page decide how all is read: each byte has its turn. */
const HEADER = 112;

const directory = mkdtempSync(join(tmpdir(), 'damage-'));
const file = join(directory, 'store.sqlite');
const space = spaceOf('default', 'mx1');
let whole: Buffer;

beforeAll(async () => {
  const { table } = await openToWatch(directory, NOW);
  const { snapshot } = entryNow.example.value;
  const ids = Array.from({ length: ENTRIES }, (_, i) => `d${i}.example`);
  await saveAll(ids.map((id) => [id, () => saveEntry({ table, space }, { snapshot: { ...snapshot, id } }, undefined, NOW)]));
  table.close();
  whole = readFileSync(file);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What is found, in a word: everything, everything else with a sentence for the rest, or a part in silence. */
async function found(table: Table): Promise<'whole' | 'told' | 'silent'> {
  const store: Store = { table, space };
  const { entries, problems } = await readLatest(store, NOW);
  if (entries.size === ENTRIES && problems.length === 0) return 'whole';
  return problems.length > 0 && problems.every((problem) => describeProblem(problem).includes('; it is skipped'))
    ? 'told'
    : 'silent';
}

async function attempt(open: () => Promise<{ readonly table: Table; readonly memory: () => { notes: readonly string[] } }>) {
  try {
    const { table, memory } = await open();
    const is = await found(table);
    const { notes } = memory();
    table.close();
    return notes.length > 0 ? notes : is;
  } catch (error) {
    return (error as Error).message;
  }
}

const REMEDY =
  /^the store in \S+: it is damaged \(.+\); the next watch sets it aside and begins anew, unless a backup is put in its place before$/;
const ANEW =
  /^the store in (\S+) was damaged \(.+\) and was begun anew: what was seen, told, muted and pushed before is not known any more; the damaged file is kept as \1\/store\.sqlite\.damaged-2026-11-24T06-00-00Z(-\d+)?$/;

test(`${COUNT} flips and cuts from seed ${SEED}: each ends in a sentence with a remedy, and the next run watches`, {
  timeout: 300_000,
}, async () => {
  const random = randomFrom(SEED);
  const wrong: string[] = [];
  const tally: Record<string, number> = {};
  for (let i = 0; i < COUNT; i++) {
    for (const name of readdirSync(directory)) rmSync(join(directory, name));
    const at = i < HEADER ? i : random.between(0, whole.length - 1);
    const cut = i % 4 === 3;
    const bytes = Buffer.from(cut ? whole.subarray(0, random.between(0, whole.length - 1)) : whole);
    if (!cut) bytes[at] = (whole[at] ?? 0) ^ (1 << random.between(0, 7));
    writeFileSync(file, bytes);

    const read = await attempt(() => openToRead(directory));
    const watched = await attempt(() => openToWatch(directory, NOW));
    const again = await attempt(async () => {
      const disk = await openToWatch(directory, NOW);
      await disk.table.put({ pk: 'default/t', sk: 'written', v: 1, rev: 1 });
      return disk;
    });
    const fine =
      (read === 'whole' || read === 'told' || (typeof read === 'string' && REMEDY.test(read))) &&
      (watched === 'whole' || watched === 'told' || (Array.isArray(watched) && watched.every((note) => ANEW.test(note)))) &&
      // Begun anew, there is nothing to find.
      (again === watched || again === 'silent');
    const what = cut ? `cut to ${bytes.length} bytes` : `byte ${at} from ${whole[at]} to ${bytes[at]}`;
    if (!fine) wrong.push(`${what}: read ${read}; watched ${watched}; again ${again}`);
    const word = Array.isArray(watched) ? 'set aside' : String(watched);
    tally[word] = (tally[word] ?? 0) + 1;
  }
  console.log(`counted: seed ${SEED}, ${JSON.stringify(tally)}`);
  expect(wrong).toEqual([]);
  expect(tally['set aside']).toBeGreaterThan(COUNT / 4);
  expect(tally.told).toBeGreaterThan(0);
});

/** The whole store again, with a change made by SQL behind its back. */
function changed(sql: string): void {
  for (const name of readdirSync(directory)) rmSync(join(directory, name));
  writeFileSync(file, whole);
  const db = new DatabaseSync(file);
  db.exec(sql);
  db.close();
}

test('a value that changed on disk is found by the weekly check, removed and told', async () => {
  changed(`UPDATE items SET item = replace(item, 'sentence', 'sentense') WHERE sk = 'entry#d7.example'`);
  expect(await attempt(() => openToWatch(directory, NOW + WEEK - 1))).toBe('told');
  const watched = await attempt(() => openToWatch(directory, NOW + WEEK));
  expect(watched).toEqual([
    expect.stringMatching(
      /^the store in \S+: 1 item was damaged and removed, the first default\/now#mx1#[0-9a-f] \/ entry#d7\.example; what can be seen is seen again, a mute or a pushed policy among them is to be set again$/,
    ),
  ]);
  expect(await attempt(() => openToWatch(directory, NOW + WEEK))).toBe('silent');
});

test('a command that changes something leaves a damaged store to the next run', async () => {
  for (const name of readdirSync(directory)) rmSync(join(directory, name));
  writeFileSync(file, whole.subarray(0, 20_000));
  expect(await attempt(() => openToChange(directory, NOW))).toMatch(REMEDY);
  expect(readFileSync(file).length).toBe(20_000);
});

test('what a newer release made is left alone', async () => {
  changed("PRAGMA user_version = 2; UPDATE marks SET value = 2 WHERE name = 'layout'");
  const before = readFileSync(file);
  const says = `the store in ${directory}: a newer version of postfix-tls-watch made it; update this installation`;
  for (const open of [openToRead, openToWatch, openToChange]) expect(await attempt(() => open(directory, NOW))).toBe(says);
  expect(readFileSync(file).equals(before)).toBe(true);
});

test('a row of another shape is no item of any kind', async () => {
  for (const name of readdirSync(directory)) rmSync(join(directory, name));
  const { table } = await openToWatch(directory, NOW);
  await table.put({ pk: 'p', sk: 'a', v: 1, rev: 4, value: 'x' });
  const db = new DatabaseSync(file);
  db.exec(`UPDATE items SET item = '{"v":1,"rev":9,"value":"x"}'`);
  db.close();
  const bare: Item = { pk: 'p', sk: 'a' };
  expect(await table.get(bare)).toEqual(bare);
  expect(await table.getMany([bare])).toEqual([bare]);
  // It gives way to the next write, as a corrupt item does.
  expect(await table.put({ ...bare, v: 1, rev: 1 }, { kind: 'not-newer', v: 1 })).toBe('written');
  table.close();
});
