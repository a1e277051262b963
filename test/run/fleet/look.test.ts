/**
 * The stages of a look by workers, between which everything is plain JSON: done here by this process, so that each thing that can
 * become of a shard can be had at will.
 */
import { expect, test } from 'vitest';
import type { Conversation } from '../../../lambda/probe/conversation.ts';
import type { ProbeResult } from '../../../lambda/probe/result.ts';
import type { Dns } from '../../../lambda/route/dns-answer.ts';
import { type CheckDoors, type CheckRun, checkBundle } from '../../../lambda/run/check/check.ts';
import type { Progress } from '../../../lambda/run/check/look.ts';
import type { OpenFleet } from '../../../lambda/run/fleet/fleet.ts';
import { lookWith } from '../../../lambda/run/fleet/look.ts';
import { doShard, type Shard } from '../../../lambda/run/fleet/stages.ts';
import { createAuthority } from '../../internet/authority.ts';
import { bundleOf } from '../watching.ts';

const at = Date.now();
const now = () => at;
const SILENT: ProbeResult = { kind: 'unseen', phase: 'connect', reason: 'timed-out' };

/** Host i of `d<i>.test` stands in network i. */
const addressOf = (i: number) => `100.64.${i}.1`;
const dns: Dns = {
  query: async (name, type) => {
    const i = /^(?:mx\.)?d(\d+)\.test$/.exec(name)?.[1];
    const records =
      type === 'MX' && !name.startsWith('mx.') ? [{ preference: 10, exchange: `mx.d${i}.test` }] : [addressOf(Number(i))];
    if (type !== 'A' && type !== 'MX') return { kind: 'nodata', ad: false };
    return { kind: 'found', records, aliases: [], ad: false } as never;
  },
};

async function worldOf(count: number, says?: (i: number) => ProbeResult | undefined) {
  const root = await createAuthority('Look Root');
  const names = Array.from({ length: count }, (_, i) => `mx.d${i}.test`);
  const { chain } = await root.issue({ dnsNames: names });
  const presented: ProbeResult = {
    kind: 'presented',
    protocol: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    chain,
    verify: 'OK',
  };
  const asked: string[] = [];
  const probe = async ({ address }: Conversation): Promise<ProbeResult> => {
    asked.push(address);
    const result = says?.(Number(address.split('.')[2])) ?? presented;
    // A time-out lasts longer than an answer.
    for (let i = 0; i < (result === SILENT ? 20 : 1); i++) await new Promise((resolve) => setImmediate(resolve));
    return result;
  };
  const table = names.map((host, i) => `d${i}.test secure match=${host}\n`).join('');
  return { bundle: bundleOf(table, root.certificate.pem), doors: { dns, probe }, asked };
}

type World = Awaited<ReturnType<typeof worldOf>>;

/** @param lose says of a shard what became of its worker; undefined: it is done */
function fleetOf(
  doors: CheckDoors,
  size: number,
  lose: (shard: Shard, nth: number) => string | undefined = () => undefined,
): OpenFleet {
  let shards = 0;
  return (bundle) => ({
    size,
    work: (all, job) =>
      Promise.all(
        all.map(async (one, place) => {
          const because = lose(one, shards++);
          if (because !== undefined) return { kind: 'lost', because } as const;
          const signal = job.signal ?? new AbortController().signal;
          const time = { now, stopAt: at + job.forMs, signal };
          const tell = (progress: Parameters<NonNullable<typeof job.onProgress>>[1]) => job.onProgress?.(place, progress);
          const result = await doShard(JSON.parse(JSON.stringify(one)), bundle, doors, time, tell);
          return { kind: 'done', result: JSON.parse(JSON.stringify(result)) } as const;
        }),
      ),
    close: async () => {},
  });
}

const check = ({ bundle, doors }: World, more: Partial<CheckDoors> = {}): Promise<CheckRun> =>
  checkBundle(
    bundle,
    { ...doors, ...more },
    {
      at,
      now,
      pace: { concurrency: 64, perAddress: 2, perNetwork: 4, restAfter421Ms: 1_000, stopAt: at + 600_000 },
    },
  );
const unfinished = ({ verdicts }: CheckRun) =>
  verdicts.filter(({ reason }) => reason === 'unfinished').map(({ destination }) => destination);

test('what one process finds, and each conversation once', async () => {
  const world = await worldOf(40, (i) => (i % 7 === 3 ? SILENT : undefined));
  const alone = await check(world);
  const asked = world.asked.splice(0).toSorted();
  expect(await check(world, { look: lookWith(fleetOf(world.doors, 3)) })).toEqual(alone);
  expect(world.asked.toSorted()).toEqual(asked);
});

test('a family in which nobody answers one worker, and somebody another, is not given up', async () => {
  const world = await worldOf(200, (i) => (i % 2 === 0 ? SILENT : undefined));
  const alone = await check(world);
  expect(alone.verdicts.filter(({ verdict }) => verdict === 'undetermined')).toHaveLength(100);
  expect(await check(world, { look: lookWith(fleetOf(world.doors, 2)) })).toEqual(alone);
});

test('where nobody answers anybody it is given up, and nobody is asked twice', async () => {
  const world = await worldOf(200, () => SILENT);
  const run = await check(world, { look: lookWith(fleetOf(world.doors, 2)) });
  expect(run.vantage.ipv4).toBe('blind');
  expect(new Set(world.asked).size).toBe(world.asked.length);
  expect(world.asked.length).toBeLessThan(200);
});

test('a shard that is lost while it is probed is not judged, and the run is not whole', async () => {
  const world = await worldOf(10);
  const lose = ({ kind }: Shard, nth: number) => (kind === 'probe' && nth === 3 ? 'was ended by SIGKILL' : undefined);
  const run = await check(world, { look: lookWith(fleetOf(world.doors, 2, lose)) });
  expect(run.complete).toBe(false);
  expect(unfinished(run)).toHaveLength(5);
  expect(run.verdicts.filter(({ verdict }) => verdict === 'pass')).toHaveLength(5);
  expect(run.problems).toEqual([
    'a worker that had 5 conversations was ended by SIGKILL: what rests on them is not judged in this run',
  ]);
});

test('one that is lost while it is resolved, too; of a single next hop the sentence says so', async () => {
  const world = await worldOf(3);
  const lose = (_: Shard, nth: number) => (nth === 1 ? 'ended with status 134' : undefined);
  const run = await check(world, { look: lookWith(fleetOf(world.doors, 3, lose)) });
  expect(run.complete).toBe(false);
  expect(unfinished(run)).toEqual(['d1.test']);
  expect(run.problems).toEqual([
    'a worker that asked DNS about 1 next hop ended with status 134: what rests on it is not judged in this run',
  ]);
});

test('all lost: nothing is judged, and nothing is said of anybody', async () => {
  const world = await worldOf(3);
  const run = await check(world, { look: lookWith(fleetOf(world.doors, 3, () => 'could not be started (EAGAIN)')) });
  expect(unfinished(run)).toHaveLength(3);
  expect(run.vantage).toEqual({ ipv4: 'untried', ipv6: 'untried' });
  expect(world.asked).toEqual([]);
});

test('workers share what one process may do at a time', async () => {
  const world = await worldOf(20);
  const paces: number[] = [];
  const note = (shard: Shard) => {
    if (shard.kind === 'probe') paces.push(shard.pace.concurrency);
    return undefined;
  };
  await check(world, { look: lookWith(fleetOf(world.doors, 3, note)) });
  expect(paces).toEqual([21, 21, 21]);
});

test('progress is that of all together', async () => {
  const world = await worldOf(20);
  const told: Progress[] = [];
  const progress = (one: Progress) => told.push(one);
  await check(world, { progress, look: lookWith(fleetOf(world.doors, 4)) });
  const probing = told.flatMap((one) => (one.kind === 'probing' ? [one] : []));
  expect(told[0]).toEqual({ kind: 'resolving', nextHops: 20 });
  expect(probing.at(0)).toMatchObject({ done: 0, conversations: 20 });
  expect(probing.at(-1)).toMatchObject({ done: 20, conversations: 20 });
  expect(probing.map(({ done }) => done)).toEqual(Array.from({ length: 21 }, (_, i) => i));
});
