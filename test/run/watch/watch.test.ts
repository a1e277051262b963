/** The main job as a whole, on a real store: what is told, what is remembered, and what happens when runs meet or die. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newMute } from '../../../lambda/alert/incident/mute.ts';
import type { Bundle } from '../../../lambda/policy/bundle.ts';
import { historyOf } from '../../../lambda/store/history.ts';
import { type Store, spaceOf } from '../../../lambda/store/keys.ts';
import { readLatest } from '../../../lambda/store/latest.ts';
import { takeLease } from '../../../lambda/store/lease.ts';
import { saveMute } from '../../../lambda/store/mutes.ts';
import { recentRuns } from '../../../lambda/store/runs.ts';
import type { Table } from '../../../lambda/store/table.ts';
import { type Authority, createAuthority } from '../../internet/authority.ts';
import { type StoreOnDisk, storeOnDisk } from '../../store/on-disk.ts';
import { type SmallHost, SmallWorld } from '../small-world.ts';
import { bundleOf, DAY_MS, type Run, runOnce } from '../watching.ts';

const START = Date.UTC(2026, 10, 24, 6);
const TABLE = 'one.example secure\ntwo.example secure\nthree.example secure match=.provider.net\n';

let dir: string;
let disk: StoreOnDisk;
let root: Authority;
let store: Store;
let world: SmallWorld;
let bundle: Bundle;
let hosts: { readonly one: SmallHost; readonly two: SmallHost; readonly provider: SmallHost };
let subjects: string[];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'watch-test-'));
  disk = await storeOnDisk(START);
  root = await createAuthority('Watch Root', { notBefore: START - 400 * DAY_MS });
});

afterAll(async () => {
  disk.close();
  rmSync(dir, { recursive: true, force: true });
});

beforeEach(async () => {
  store = { table: disk.table, space: spaceOf(`p${randomUUID()}`, 'mx1') };
  world = new SmallWorld();
  bundle = bundleOf(TABLE, root.certificate.pem);
  hosts = {
    one: world.host('mail.one.example', await chainFor('mail.one.example')),
    two: world.host('mail.two.example', await chainFor('mail.two.example')),
    provider: world.host('mx.provider.net', await chainFor('mx.provider.net')),
  };
  world.domain('one.example', hosts.one);
  world.domain('two.example', hosts.two);
  world.domain('three.example', hosts.provider);
  subjects = [];
});

async function chainFor(name: string, days: { from?: number; to?: number } = {}): Promise<readonly string[]> {
  const issued = await root.issue({
    dnsNames: [name],
    notBefore: START + (days.from ?? -10) * DAY_MS,
    notAfter: START + (days.to ?? 355) * DAY_MS,
  });
  return issued.chain;
}

const on = (day: number, more: Partial<Run> = {}) =>
  runOnce({ bundle, store, world: () => world.doors(), at: START + day * DAY_MS, ...more }, subjects);

describe('days', () => {
  test('a baseline, silence, a failure confirmed by the next run, its end after two passes', async () => {
    await on(0);
    expect(subjects).toEqual(['Now watching 3 entries: all deliver']);
    await on(1);
    hosts.two.chain = await chainFor('elsewhere.example');
    await on(2);
    expect(subjects).toHaveLength(1);
    await on(3);
    expect(subjects.slice(1)).toEqual(['two.example would defer: certificate lost a name']);
    hosts.two.chain = await chainFor('mail.two.example');
    await on(4);
    await on(5);
    expect(subjects.slice(2)).toEqual(['two.example delivers again']);
    await on(6);
    expect(subjects).toHaveLength(3);
  });

  test('a routine renewal is recorded and never told', async () => {
    await on(0);
    hosts.one.chain = await chainFor('mail.one.example', { from: 0, to: 400 });
    await on(1);
    await on(2);
    expect(subjects).toHaveLength(1);
    const { hosts: known } = await readLatest(store, START + 2 * DAY_MS);
    const name = [...known.keys()].find((key) => key.startsWith('mail.one.example:25'));
    const { events } = await historyOf(store, 'host', name ?? '', START + 2 * DAY_MS);
    expect(events.flatMap(({ changes }) => changes.map(({ kind }) => kind))).toContain('renewed');
  });

  test('an unchanged run writes no entry and no host again', async () => {
    await on(0);
    await on(1);
    const before = await readLatest(store, START + DAY_MS);
    await on(2);
    const after = await readLatest(store, START + 2 * DAY_MS);
    expect([...after.entries].map(([id, { rev }]) => [id, rev])).toEqual([...before.entries].map(([id, { rev }]) => [id, rev]));
    expect([...after.hosts].map(([id, { rev }]) => [id, rev])).toEqual([...before.hosts].map(([id, { rev }]) => [id, rev]));
  });

  test('a second look in the same run confirms at once', async () => {
    await on(0);
    hosts.two.chain = await chainFor('elsewhere.example');
    await on(1, { confirm: { kind: 'same-run', afterMs: 600_000 } });
    expect(subjects.slice(1)).toEqual(['two.example would defer: certificate lost a name']);
  });

  test('and a failure that is gone at the second look is none', async () => {
    await on(0);
    const good = hosts.two.chain;
    hosts.two.chain = await chainFor('elsewhere.example');
    const sleep = async () => {
      hosts.two.chain = good;
    };
    await on(1, { confirm: { kind: 'same-run', afterMs: 600_000 }, sleep });
    await on(2);
    expect(subjects).toHaveLength(1);
  });

  test('a clock set back by a day during the first look waits no longer for the second', async () => {
    await on(0);
    hosts.two.chain = await chainFor('elsewhere.example');
    const waits: number[] = [];
    let backMs = 0;
    const worldWithClockSetBack = () => {
      const { probe, ...doors } = world.doors();
      return {
        ...doors,
        probe: (conversation: Parameters<typeof probe>[0]) => {
          backMs = DAY_MS;
          return probe(conversation);
        },
      };
    };
    const sleep = async (ms: number) => void waits.push(ms);
    await on(1, {
      confirm: { kind: 'same-run', afterMs: 600_000 },
      sleep,
      world: worldWithClockSetBack,
      now: () => START + DAY_MS - backMs,
    });
    expect(waits).toEqual([600_000]);
  });

  test('a mute that is set while a run looks counts in that run', async () => {
    hosts.two.chain = await chainFor('elsewhere.example');
    await on(0);
    const muteNow = async () => {
      const { entries } = await readLatest(store, START);
      const states = [...entries.values()].flatMap(({ value }) => value.state ?? []);
      const terms = { until: START + 30 * DAY_MS, reason: 'known', by: 'alice' };
      const made = newMute('two.example', terms, states, START + 3 * DAY_MS);
      if (made.kind === 'mute') await saveMute(store, made.mute);
    };
    const worldInWhichSomebodyMutes = () => {
      const { probe, ...doors } = world.doors();
      return {
        ...doors,
        probe: async (conversation: Parameters<typeof probe>[0]) => {
          await muteNow();
          return probe(conversation);
        },
      };
    };
    await on(1);
    expect(subjects.slice(1)).toEqual(['two.example still would defer: certificate lacks the name asked for']);
    await on(2);
    expect(subjects).toHaveLength(2);
    // Its reminder is due.
    await on(3, { world: worldInWhichSomebodyMutes });
    expect(subjects).toHaveLength(2);
  });

  test('silence of all hosts is blindness, which overwrites nothing', async () => {
    await on(0);
    for (const host of Object.values(hosts)) host.chain = null;
    await on(1);
    expect(subjects.slice(1)).toEqual(['mx1 is blind: no way out to port 25']);
    const { entries } = await readLatest(store, START + DAY_MS);
    expect([...entries.values()].map(({ value }) => value.snapshot.verdict)).toEqual(['pass', 'pass', 'pass']);
  });

  test('an entry that left the policy is retired, and its incident closed without an all-clear', async () => {
    hosts.two.chain = await chainFor('elsewhere.example');
    await on(0);
    expect(subjects).toEqual(['Now watching 3 entries: 1 would fail']);
    bundle = bundleOf('one.example secure\n', root.certificate.pem);
    await on(1);
    await on(2);
    expect(subjects).toHaveLength(1);
    const { entries } = await readLatest(store, START + 30 * DAY_MS);
    expect([...entries.keys()]).toEqual(['one.example']);
  });
});

describe('runs that meet', () => {
  test('the same scheduled run twice: the second has nothing to do', async () => {
    await on(0, { runId: 'r' });
    const again = await on(0, { runId: 'r' });
    expect(again).toEqual({ kind: 'already-done', runId: 'r' });
    expect(subjects).toHaveLength(1);
  });

  test('a lease that another holds: nothing is told or stored', async () => {
    await takeLease(store, { holder: 'other', runId: 'x' }, START);
    expect(await on(0)).toEqual({ kind: 'busy', holder: 'other', sameRun: false });
    expect(subjects).toEqual([]);
  });

  test('two at once: one works, and one message goes out', async () => {
    const results = await Promise.all([on(0, { holder: 'a', runId: 'r' }), on(0, { holder: 'b', runId: 'r' })]);
    expect(results.map(({ kind }) => kind).toSorted()).toEqual(['busy', 'done']);
    expect(subjects).toHaveLength(1);
  });

  test('a clock set back by two days repeats nothing', async () => {
    hosts.two.chain = await chainFor('elsewhere.example');
    await on(0);
    await on(-2);
    await on(-1.5);
    expect(subjects.slice(1).filter((subject) => !subject.includes('still'))).toEqual([]);
  });

  test('a run of some destinations retires nothing and does not count as complete', async () => {
    await on(0);
    await on(1, { only: new Set(['two.example']) });
    const { entries } = await readLatest(store, START + DAY_MS);
    expect(entries.size).toBe(3);
    const { runs } = await recentRuns(store, START + DAY_MS);
    expect(runs.map(({ value }) => value.scope)).toEqual(['some', 'all']);
  });
});

describe('telling that fails', () => {
  test('is due again in the next run, and then told once', async () => {
    await on(0);
    hosts.two.chain = await chainFor('elsewhere.example');
    await on(1);
    const failed = await on(2, { tell: async () => ({ kind: 'untold', because: 'topic is gone' }) });
    expect(failed).toMatchObject({ kind: 'done', complete: false, told: { kind: 'untold', because: 'topic is gone' } });
    await on(2.01);
    await on(3);
    expect(subjects.slice(1).filter((subject) => subject.startsWith('two.example would'))).toHaveLength(1);
  });
});

describe('a run that dies after any request to the store', () => {
  test('loses no alert: the next run tells, at most once more in the one gap', async () => {
    let cuts = 0;
    let repeats = 0;
    for (let after = 0; ; after++) {
      const space = spaceOf(`c${randomUUID()}`, 'mx1');
      store = { table: disk.table, space };
      hosts.two.chain = await chainFor('mail.two.example');
      subjects = [];
      await on(0);
      hosts.two.chain = await chainFor('elsewhere.example');
      await on(1);
      const dying: Store = { table: dyingTable(disk.table, after), space };
      const died = await on(2, { store: dying, runId: 'cut', holder: 'cut' }).then(
        () => false,
        () => true,
      );
      await on(2, { runId: 'cut', holder: 'cut' });
      await on(3);
      const told = subjects.filter((subject) => subject.startsWith('two.example would')).length;
      expect(told, `cut after request ${after}`).toBeGreaterThanOrEqual(1);
      expect(told, `cut after request ${after}`).toBeLessThanOrEqual(2);
      if (told === 2) repeats++;
      if (!died) break;
      cuts++;
    }
    // One repeat at the most: between publishing and the update that records it.
    expect(repeats).toBeLessThanOrEqual(1);
    expect(cuts).toBeGreaterThan(20);
  });
});

describe('an answer of the store that is lost', () => {
  test('is no failure: whichever write it was, the run is complete, and tells once', async () => {
    let writes = 0;
    for (let nth = 0; ; nth++) {
      const space = spaceOf(`l${randomUUID()}`, 'mx1');
      store = { table: disk.table, space };
      hosts.two.chain = await chainFor('mail.two.example');
      subjects = [];
      await on(0);
      hosts.two.chain = await chainFor('elsewhere.example');
      await on(1);
      const { table, lost } = answersLost(disk.table, nth);
      const watched = await on(2, { store: { table, space } });
      expect(watched, `answer ${nth}`).toMatchObject({ kind: 'done', complete: true, problems: [] });
      await on(3);
      const told = subjects.filter((subject) => subject.startsWith('two.example would'));
      expect(told, `answer ${nth}`).toHaveLength(1);
      if (!lost()) break;
      writes++;
    }
    expect(writes).toBeGreaterThan(5);
  });
});

/** A table of which one write is done, its answer lost, and the write repeated, as the SDK does it. */
function answersLost(table: Table, nth: number): { readonly table: Table; readonly lost: () => boolean } {
  let seen = 0;
  return {
    table: {
      ...table,
      put: async (item, condition) => {
        if (seen++ === nth) await table.put(item, condition);
        return table.put(item, condition);
      },
    },
    lost: () => seen > nth,
  };
}

/** A table that dies for good after so many requests, as a process would: nothing more is written. */
function dyingTable(table: Table, after: number): Table {
  let left = after;
  const count = <T>(act: () => T): T => {
    if (left-- <= 0) throw new Error('killed');
    return act();
  };
  return {
    ...table,
    get: async (key) => count(() => table.get(key)),
    getMany: async (keys) => count(() => table.getMany(keys)),
    query: (pk, range) => count(() => table.query(pk, range)),
    put: async (item, condition) => count(() => table.put(item, condition)),
    putMany: async (items) => count(() => table.putMany(items)),
    update: async (key, set, condition) => count(() => table.update(key, set, condition)),
    delete: async (key, condition) => count(() => table.delete(key, condition)),
  };
}
