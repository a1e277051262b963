/** A run that takes several invocations: progress belongs to the run, and what is told and recorded is that of the whole. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Bundle } from '../../../lambda/policy/bundle.ts';
import type { CheckDoors } from '../../../lambda/run/check/check.ts';
import type { Watched } from '../../../lambda/run/watch/watch.ts';
import { type Store, spaceOf } from '../../../lambda/store/keys.ts';
import { readLatest } from '../../../lambda/store/latest.ts';
import { lastComplete, recentRuns } from '../../../lambda/store/runs.ts';
import type { Item } from '../../../lambda/store/table.ts';
import { type Authority, createAuthority } from '../../internet/authority.ts';
import { type StoreOnDisk, storeOnDisk } from '../../store/on-disk.ts';
import { type SmallHost, SmallWorld } from '../small-world.ts';
import { bundleOf, DAY_MS, type Run, runOnce } from '../watching.ts';

/** Whole numbers below `below`, the same for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed + 1;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

const START = Date.UTC(2026, 10, 24, 6);
const MINUTE = 60_000;
const NAMES = Array.from({ length: 10 }, (_, i) => `d${i}.example`);
const RUN = '2026-11-24T06:00:00Z';

let disk: StoreOnDisk;
let root: Authority;
let store: Store;
let world: SmallWorld;
let bundle: Bundle;
let hosts: Map<string, SmallHost>;
let subjects: string[];
/** Run ids handed over, and after how many minutes. */
let handed: [string, number][];
/** Hosts met, by part. */
let met: string[];
let clock: number;

beforeAll(async () => {
  disk = await storeOnDisk(START);
  root = await createAuthority('Resume Root', { notBefore: START - 400 * DAY_MS });
});
afterAll(() => disk.close());

beforeEach(async () => {
  store = { table: disk.table, space: spaceOf(`p${randomUUID()}`, 'function') };
  world = new SmallWorld();
  bundle = bundleOf(NAMES.map((name) => `${name} secure\n`).join(''), root.certificate.pem);
  hosts = new Map();
  for (const name of NAMES) {
    const host = world.host(`mail.${name}`, await chainFor(`mail.${name}`));
    hosts.set(name, host);
    world.domain(name, host);
  }
  subjects = [];
  handed = [];
  met = [];
  clock = START;
});

async function chainFor(name: string): Promise<readonly string[]> {
  const dates = { notBefore: START - 10 * DAY_MS, notAfter: START + 355 * DAY_MS };
  return (await root.issue({ dnsNames: [name], ...dates })).chain;
}

const nameOf = (address: string) => [...hosts.values()].find((host) => host.address === address)?.host ?? address;

/** Each conversation takes a minute of the clock. */
function slowly(): CheckDoors {
  const doors = world.doors();
  return {
    ...doors,
    probe: (conversation) => {
      met.push(nameOf(conversation.address));
      clock += MINUTE;
      return doors.probe(conversation);
    },
  };
}

/** One invocation, with room for so many conversations, at the clock as it stands. */
async function part(room: number, more: Partial<Run> = {}): Promise<Watched> {
  met = [];
  const at = clock;
  return runOnce(
    {
      bundle,
      store,
      world: slowly,
      at,
      runId: RUN,
      now: () => clock,
      confirm: { kind: 'same-run', afterMs: 10 * MINUTE },
      sleep: async (ms) => {
        clock += ms;
      },
      handOver: async (runId, afterMs) => {
        handed.push([runId, Math.round(afterMs / MINUTE)]);
      },
      pace: { concurrency: 1, perNetwork: 1, stopAt: at + room * MINUTE },
      ...more,
    },
    subjects,
  );
}

const record = async () =>
  (await recentRuns(store, clock)).runs.map(({ value }) => value).find(({ runId }) => runId.startsWith(RUN));

describe('over three invocations', () => {
  test('each judges what is left, and the last is complete: told, counted and recorded as one run', async () => {
    expect(await part(4)).toMatchObject({
      kind: 'done',
      complete: false,
      goesOn: true,
      counts: { pass: 4, unfinished: 6, conversations: 4 },
    });
    expect(subjects).toEqual([]);
    const first = new Set(met);
    expect(await part(6)).toMatchObject({ complete: false, goesOn: true });
    // The way out is proved anew by hosts that did so before.
    expect(met.slice(2).some((name) => first.has(name))).toBe(false);
    expect(handed).toEqual([
      [RUN, 0],
      [RUN, 0],
    ]);
    const last = await part(60);
    expect(last).toMatchObject({ complete: true, goesOn: false, startedAt: START });
    expect((last as Extract<Watched, { kind: 'done' }>).verdicts.map(({ id, verdict }) => `${id} ${verdict}`)).toEqual(
      NAMES.map((name) => `${name} pass`),
    );
    expect(subjects).toEqual(['Now watching 10 entries: all deliver']);
    expect(handed).toHaveLength(2);
    expect(await record()).toMatchObject({ stage: 'complete', counts: { pass: 10, unfinished: 0 }, vantage: { ipv4: 'clear' } });
    expect(await part(60)).toEqual({ kind: 'already-done', runId: RUN });
  });

  test('where nobody brings it back, the same run id goes on all the same', async () => {
    for (const room of [4, 6, 60]) await part(room, { handOver: undefined });
    expect(lastComplete((await recentRuns(store, clock)).runs)).toMatchObject({ runId: `${RUN}#2`, counts: { pass: 10 } });
  });

  test('nothing is forgotten, and nothing is seen twice', async () => {
    await part(60, { runId: 'day0' });
    clock = START + DAY_MS;
    const before = await readLatest(store, clock);
    for (const room of [4, 6, 60]) await part(room);
    const after = await readLatest(store, clock);
    expect([...after.hosts].map(([key, { rev }]) => [key, rev])).toEqual([...before.hosts].map(([key, { rev }]) => [key, rev]));
    for (const [id, { value, expiresAt }] of after.entries) {
      expect(expiresAt, id).toBeUndefined();
      expect(value.snapshot.undetermined, id).toBeUndefined();
    }
    expect(subjects).toEqual(['Now watching 10 entries: all deliver']);
  });

  test('all that is left is silent: the run is not called blind', async () => {
    await part(60, { runId: 'day0' });
    for (const name of NAMES.slice(3)) (hosts.get(name) as SmallHost).chain = null;
    clock = START + DAY_MS;
    await part(60, { runId: 'day1' });
    clock = START + 2 * DAY_MS;
    await part(5);
    const last = await part(60);
    expect(last).toMatchObject({ complete: true, vantage: { ipv4: 'clear' } });
    expect(subjects).toHaveLength(1);
  });
});

describe('what an earlier part judged does not count', () => {
  test.each([
    {
      because: 'after an edit of the policy',
      change: async () => {
        bundle = bundleOf(NAMES.map((name) => `${name} secure match=nexthop\n`).join(''), root.certificate.pem);
      },
      verdict: 'fail',
    },
    {
      because: 'after half a day',
      change: async () => {
        clock += 12 * 3_600_000;
      },
      verdict: 'pass',
    },
  ])('$because', async ({ change, verdict }) => {
    await part(6);
    await change();
    const last = await part(60);
    expect(new Set(met).size).toBe(10);
    const { verdicts } = last as Extract<Watched, { kind: 'done' }>;
    expect(verdicts.map((one) => one.verdict)).toEqual(NAMES.map(() => verdict));
  });

  test('where it cannot be read back, and that is said', async () => {
    await part(6);
    for (const pk of [`${store.space.policy}/tellings#function#${RUN}`]) await disk.table.delete({ pk, sk: 'seen1#000' });
    const last = await part(60);
    expect(new Set(met).size).toBe(10);
    expect(last).toMatchObject({
      complete: true,
      problems: [expect.stringContaining('what this run has judged before is judged anew')],
    });
  });
});

describe('a failure that the time limit leaves no room to confirm', () => {
  const bad = async (name: string) => {
    (hosts.get(name) as SmallHost).chain = await chainFor('elsewhere.example');
  };
  beforeEach(async () => {
    await part(60, { runId: 'day0' });
    clock = START + DAY_MS;
    handed = [];
    subjects = [];
  });

  test('is looked at again by the message of the queue, and told once', async () => {
    await bad('d3.example');
    const began = clock;
    // Ten conversations take ten minutes, and no time is left.
    expect(await part(10)).toMatchObject({ goesOn: true });
    expect(subjects).toEqual([]);
    expect(handed).toEqual([[RUN, 0]]);
    expect(await part(5)).toMatchObject({ complete: true, goesOn: false });
    expect(new Set(met)).toContain('mail.d3.example');
    expect(subjects).toEqual(['d3.example would defer: certificate lost a name']);
    expect(clock - began).toBeLessThanOrEqual(15 * MINUTE);
    expect(await part(5)).toMatchObject({ kind: 'already-done' });
    expect(subjects).toHaveLength(1);
  });

  test('comes before a long rest', async () => {
    await bad('d0.example');
    await part(5);
    clock += 6 * MINUTE;
    const second = await part(60);
    expect(second).toMatchObject({ complete: false, goesOn: true });
    expect(subjects).toHaveLength(1);
    expect(await part(60)).toMatchObject({ complete: true });
    expect(subjects).toHaveLength(1);
    expect(await record()).toMatchObject({ counts: { pass: 9, fail: 1 } });
  });

  test('and is gone by then: nothing is told', async () => {
    const good = (hosts.get('d3.example') as SmallHost).chain;
    await bad('d3.example');
    await part(10);
    (hosts.get('d3.example') as SmallHost).chain = good;
    expect(await part(5)).toMatchObject({ complete: true });
    expect(subjects).toEqual([]);
  });

  test('a message that comes early waits', async () => {
    await bad('d3.example');
    const began = clock;
    await part(10, { pace: { concurrency: 16, perNetwork: 16, stopAt: began + 10 * MINUTE } });
    clock = began + 2 * MINUTE;
    expect(await part(30)).toMatchObject({ complete: true });
    expect(clock - began).toBeGreaterThanOrEqual(10 * MINUTE);
    expect(subjects).toHaveLength(1);
  });

  test('where the queue refuses the message, the run is complete and the next one confirms', async () => {
    await bad('d3.example');
    const refuses = async () => {
      throw new Error('queue Q: gone');
    };
    expect(await part(10, { handOver: refuses })).toMatchObject({
      complete: true,
      goesOn: false,
      problems: ['the run could not be handed on: queue Q: gone'],
    });
    clock = START + 2 * DAY_MS;
    await part(60, { runId: 'day2' });
    expect(subjects).toHaveLength(1);
  });
});

test('what the table has no room for is judged by another part, after a minute, and the run is complete with it', async () => {
  const busy = ['d2.example', 'd7.example'];
  const full: Store = {
    ...store,
    table: new Proxy(store.table, {
      get(table, name) {
        if (name !== 'putMany') return Reflect.get(table, name).bind(table);
        return async (items: Iterable<Item>) => {
          const [kept, refused] = [[] as Item[], [] as Item[]];
          for (const item of items) (busy.some((id) => item.pk.endsWith(`#entry#${id}`)) ? refused : kept).push(item);
          const notPut = await table.putMany(kept);
          return [...notPut, ...refused.map((item) => ({ item, kind: 'refused' as const, because: 'no room' }))];
        };
      },
    }),
  };
  expect(await part(60, { store: full })).toMatchObject({ complete: false, goesOn: true, problems: ['no room', 'no room'] });
  expect(handed).toEqual([[RUN, 1]]);
  expect(await part(60)).toMatchObject({ complete: true, counts: { pass: 10 } });
  expect(met.filter((name) => busy.includes(name.replace('mail.', '')))).toHaveLength(2);
  expect(met.length).toBeLessThanOrEqual(4);
  // Everything had been looked at before, and the baseline was told then.
  expect(subjects).toEqual(['Now watching 10 entries: all deliver']);
});

test('a first run that goes on tells what fails at once, and how all stand at its end', async () => {
  (hosts.get('d0.example') as SmallHost).chain = await chainFor('elsewhere.example');
  expect(await part(4)).toMatchObject({ goesOn: true });
  expect(subjects).toEqual(['d0.example would defer: certificate lacks the name asked for']);
  expect(await part(60)).toMatchObject({ complete: true, counts: { pass: 9, fail: 1, toldLate: 0 } });
  expect(subjects.slice(1)).toEqual(['Now watching 10 entries: 1 would fail']);
});

test.each([
  { because: 'its only part', rooms: [60] },
  { because: 'its first part', rooms: [4, 60] },
  { because: 'its last part', rooms: [4, 60] },
])('a first run that dies when it has told, in $because, tells no more than once how all stand', async ({ because, rooms }) => {
  (hosts.get('d0.example') as SmallHost).chain = await chainFor('elsewhere.example');
  const dying = because === 'its last part' ? rooms.length - 1 : 0;
  for (const [i, room] of rooms.entries()) {
    if (i === dying) await expect(part(room, mortal())).rejects.toThrow('killed');
    else await part(room);
  }
  for (let more = 0; more < 3; more++) await part(60);
  expect(await record()).toMatchObject({ stage: 'complete' });
  expect(subjects.filter((subject) => subject === 'Now watching 10 entries: 1 would fail')).toHaveLength(1);
});

/** Its process ends once the telling is recorded. */
function mortal(): Partial<Run> {
  let dead = false;
  const { table } = store;
  const living = async <T>(act: () => Promise<T>): Promise<T> => {
    if (dead) throw new Error('killed');
    return act();
  };
  return {
    store: {
      ...store,
      table: {
        ...table,
        get: (key) => living(() => table.get(key)),
        getMany: (all) => living(() => table.getMany(all)),
        putMany: (items) => living(() => table.putMany(items)),
        update: (key, set, condition) => living(() => table.update(key, set, condition)),
        delete: (key, condition) => living(() => table.delete(key, condition)),
        put: (item, condition) =>
          living(async () => {
            const done = await table.put(item, condition);
            const { stage } = item.value as { readonly stage?: string };
            dead = stage === 'told';
            return done;
          }),
      },
    },
  };
}

test('a failure that no channel took on its day is told late on the next one', async () => {
  await part(60, { runId: 'day0' });
  (hosts.get('d1.example') as SmallHost).chain = await chainFor('elsewhere.example');
  clock = START + DAY_MS;
  const untold = await part(60, { runId: 'day1', tell: async () => ({ kind: 'untold', because: 'gone' }) });
  expect(untold).toMatchObject({ complete: false, goesOn: false, counts: { toldLate: 0 } });
  clock = START + 2 * DAY_MS;
  expect(await part(60, { runId: 'day2' })).toMatchObject({ complete: true, counts: { toldLate: 1 } });
  clock = START + 3 * DAY_MS;
  expect(await part(60, { runId: 'day3' })).toMatchObject({ complete: true, counts: { toldLate: 0 } });
});

test.each(Array.from({ length: 20 }, (_, seed) => ({ seed })))(
  'in parts of any length a run remembers and tells what it does in one: $seed',
  async ({ seed }) => {
    const random = randomOf(seed);
    const whole: Store = { ...store, space: spaceOf(`p${randomUUID()}`, 'function') };
    const both = async (days: number, act: (store: Store) => Promise<void>) => {
      for (const one of [store, whole]) {
        clock = START + days * DAY_MS;
        await act(one);
      }
    };
    await both(0, async (one) => void (await part(60, { runId: 'day0', store: one })));
    let turned = 0;
    for (const name of NAMES) {
      const host = hosts.get(name) as SmallHost;
      const what = random(4);
      // As many as are no fault of ours, whose parts may be too small to show it.
      if (what === 0 && ++turned < 5) host.chain = await chainFor('elsewhere.example');
      if (what === 1) host.chain = null;
    }
    await both(1, async (one) => {
      if (one === whole) return void (await part(60, { store: one }));
      for (let parts = 1; ; parts++) {
        const watched = await part(4 + random(9), { store: one });
        if (watched.kind !== 'done') throw new Error(watched.kind);
        if (!watched.goesOn) {
          expect(watched.complete).toBe(true);
          break;
        }
        expect(parts).toBeLessThan(12);
        clock += Math.max(5_000, (handed.at(-1)?.[1] ?? 0) * MINUTE + 5_000);
      }
    });
    const [inParts, inOne] = [await remembered(store), await remembered(whole)];
    expect(inParts).toEqual(inOne);
  },
);

const remembered = async (one: Store) => {
  const { entries } = await readLatest(one, clock);
  return Object.fromEntries(
    [...entries].map(([id, { value, expiresAt }]) => {
      const { snapshot, state } = value;
      const told = state?.told.map(({ incident, believed }) => `${incident} ${believed}`);
      const { verdict, reason, undetermined } = snapshot;
      return [
        id,
        {
          verdict,
          reason,
          cause: undetermined?.cause,
          expiresAt,
          standing: state?.now?.settled?.standing,
          unjudged: state?.unjudged?.runs,
          told,
        },
      ];
    }),
  );
};

test('there is no end to what is left, but to the parts of a run', async () => {
  let parts = 0;
  do await part(1);
  while (handed.length === ++parts && parts < 50);
  expect(parts).toBeLessThanOrEqual(12);
});

test('a part that gets no further is not followed by another', async () => {
  expect(await part(0)).toMatchObject({ complete: false, goesOn: false });
  expect(handed).toEqual([]);
});
