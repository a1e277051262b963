/**
 * A run with two channels, one of which may be down, that dies before or after each request to its store in turn: the next
 * run tells each channel what it has not had. None is lost, and one comes twice only where the run died between the telling
 * and the write that says so.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Channel } from '../../../lambda/alert/channel/channel.ts';
import type { Bundle } from '../../../lambda/policy/bundle.ts';
import { spaceOf } from '../../../lambda/store/keys.ts';
import { readOwed } from '../../../lambda/store/owed.ts';
import type { Table } from '../../../lambda/store/table.ts';
import { createAuthority } from '../../internet/authority.ts';
import { type StoreOnDisk, storeOnDisk } from '../../store/on-disk.ts';
import { SmallWorld } from '../small-world.ts';
import { bundleOf, DAY_MS, runOnce } from '../watching.ts';

const START = Date.UTC(2026, 10, 24, 6);
const NAMES = ['mail', 'chat'] as const;
type Name = (typeof NAMES)[number];
let disk: StoreOnDisk;
let bundle: Bundle;
let good: readonly string[];
let bad: readonly string[];

beforeAll(async () => {
  disk = await storeOnDisk(START);
  const root = await createAuthority('Deaths Root', { notBefore: START - 400 * DAY_MS });
  const chain = async (name: string) =>
    (await root.issue({ dnsNames: [name], notBefore: START - DAY_MS, notAfter: START + 300 * DAY_MS })).chain;
  good = await chain('mail.one.example');
  bad = await chain('elsewhere.test');
  bundle = bundleOf('one.example secure\n', root.certificate.pem);
});

afterAll(() => disk.close());

/** Dies at the nth step: nothing after it is done. */
function mortal(table: Table, at: number, moment: 'before' | 'after') {
  let steps = 0;
  let isDead = false;
  const step = async <T>(act: () => Promise<T>): Promise<T> => {
    if (isDead) throw new Error('dead');
    const isLast = ++steps === at;
    if (isLast && moment === 'before') isDead = true;
    if (isDead) throw new Error('dead');
    const done = await act();
    if (isLast) isDead = true;
    if (isDead) throw new Error('dead');
    return done;
  };
  const counted: Table = {
    ...table,
    get: (key) => step(() => table.get(key)),
    getMany: (keys) => step(() => table.getMany(keys)),
    query: async function* (pk, range) {
      await step(async () => undefined);
      yield* table.query(pk, range);
    },
    put: (item, condition) => step(() => table.put(item, condition)),
    update: (key, set, condition) => step(() => table.update(key, set, condition)),
    delete: (key, condition) => step(() => table.delete(key, condition)),
  };
  return { table: counted, steps: () => steps, isDead: () => isDead };
}

test.each([
  { down: [] as readonly Name[], moment: 'before' as const },
  { down: [] as readonly Name[], moment: 'after' as const },
  { down: ['chat'] as const, moment: 'before' as const },
  { down: ['chat'] as const, moment: 'after' as const },
  { down: ['mail'] as const, moment: 'before' as const },
])('down: $down, dead $moment each step', { timeout: 300_000 }, async ({ down, moment }) => {
  const figures = { deaths: 0, told: 0, lost: 0, repeated: 0 };
  for (let n = 1; ; n++) {
    const space = spaceOf(`deaths-${down.join()}-${moment}-${n}`, 'mx1');
    const took: Record<Name, number> = { mail: 0, chat: 0 };
    const toldAt: { name: Name; step: number }[] = [];
    const run = async (
      at: number,
      chain: readonly string[],
      process: ReturnType<typeof mortal> | undefined,
      away: readonly Name[],
    ) => {
      const world = new SmallWorld();
      world.domain('one.example', world.host('mail.one.example', chain));
      const channels = NAMES.map(
        (name): Channel => ({
          kind: name,
          name,
          tell: async ({ text }) => {
            if (process?.isDead()) throw new Error('dead');
            if (away.includes(name)) return { kind: 'untold', because: `${name} is down` };
            if (text.includes('1. FAILING') || text.includes('FAILING: one.example')) {
              took[name]++;
              if (process !== undefined) toldAt.push({ name, step: process.steps() });
            }
            return { kind: 'told' };
          },
        }),
      );
      const store = { table: process?.table ?? disk.table, space };
      return runOnce({ bundle, store, world: () => world.doors(), at, channels, confirm: { kind: 'same-run', afterMs: 1 } });
    };
    await run(START, good, undefined, []);
    const process = mortal(disk.table, n, moment);
    await run(START + DAY_MS, bad, process, down).catch(() => undefined);
    const died = process.isDead();
    await run(START + DAY_MS + 3_600_000, bad, undefined, []);
    // The write that says so is the next step after the telling.
    const gap = toldAt.filter(({ step }) => died && moment === 'before' && n === step + 1).map(({ name }) => name);
    for (const name of NAMES) {
      expect(took[name], `${name}, dead ${moment} step ${n}`).toBe(gap.includes(name) ? 2 : 1);
      figures.told++;
      if (took[name] === 0) figures.lost++;
      if (took[name] > 1) figures.repeated++;
    }
    expect((await readOwed({ table: disk.table, space }, START)).channels, `step ${n}`).toEqual([]);
    if (!died) break;
    figures.deaths++;
  }
  console.log(`counted: ${JSON.stringify(figures)}`);
  expect(figures).toMatchObject({ lost: 0, repeated: moment === 'before' ? 2 - down.length : 0 });
});
