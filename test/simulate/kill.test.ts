/**
 * `kill -9` at every step of a run: after the next run no alert was lost, the store is whole, and a message repeats only in
 * the one stated gap, between publishing and the update that records it. KILL_COUNT and KILL_SEED change how many and which.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Channel } from '../../lambda/alert/channel/channel.ts';
import { readIncidents } from '../../lambda/store/incidents.ts';
import { type Store, spaceOf } from '../../lambda/store/keys.ts';
import { readLatest } from '../../lambda/store/latest.ts';
import { recentRuns } from '../../lambda/store/runs.ts';
import { type Authority, createAuthority } from '../internet/authority.ts';
import { SmallWorld } from '../run/small-world.ts';
import { bundleOf, DAY_MS, runOnce } from '../run/watching.ts';
import { type StoreOnDisk, storeOnDisk } from '../store/on-disk.ts';
import { CHAT, MAIL } from './kill-channels.ts';
import type { KillOrder } from './kill-worker.ts';

const COUNT = Number(process.env.KILL_COUNT ?? 100);
const SEED = Number(process.env.KILL_SEED ?? 1);
const START = Date.UTC(2026, 10, 24, 6);
const DOMAINS = ['one.example', 'two.example', 'three.example'] as const;
const TABLE = DOMAINS.map((domain) => `${domain} secure\n`).join('');

/** What is due on the day of the kill, and how often it must be told by the end. */
const NEWS = {
  baseline: { subject: /^Now watching 3 entries: 1 would fail$/, before: 0 },
  failure: { subject: /^two\.example would defer/, before: 2 },
  end: { subject: /^two\.example delivers again/, before: 2 },
} as const;
type News = keyof typeof NEWS;

let dir: string;
let disk: StoreOnDisk;
let root: Authority;
let good: Record<string, readonly string[]>;
let bad: Record<string, readonly string[]>;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kill-test-'));
  disk = await storeOnDisk(START);
  root = await createAuthority('Kill Root', { notBefore: START - 400 * DAY_MS });
  const chain = async (name: string) =>
    (await root.issue({ dnsNames: [name], notBefore: START - DAY_MS, notAfter: START + 300 * DAY_MS })).chain;
  good = Object.fromEntries(await Promise.all(DOMAINS.map(async (domain) => [domain, await chain(`mail.${domain}`)])));
  bad = { ...good, 'two.example': await chain('elsewhere.example') };
});

afterAll(async () => {
  disk.close();
  rmSync(dir, { recursive: true, force: true });
});

test(`${COUNT} kills from seed ${SEED} lose no alert`, { timeout: 30 * 60_000 }, async () => {
  const random = randomFrom(SEED);
  const steps: Record<News, number> = { baseline: 0, failure: 0, end: 0 };
  const counts = { killed: 0, beyondTheEnd: 0, repeated: 0, lost: 0, broken: 0 };
  let next = spawnWorker();
  for (let i = 0; i < COUNT; i++) {
    const news = (['baseline', 'failure', 'end'] as const)[i % 3] ?? 'baseline';
    const moment = random() < 0.5 ? 'before' : 'after';
    // Every step in turn, then at random: the first kills find out how many there are.
    const most = steps[news] === 0 ? 60 : steps[news];
    const step = i < 240 ? (Math.floor(i / 3) % most) + 1 : 1 + Math.floor(random() * most);
    const worker = next;
    next = spawnWorker();
    const outcome = await killOnce(worker, news, step, moment, i);
    if (outcome.killed) counts.killed++;
    else {
      counts.beyondTheEnd++;
      steps[news] = Math.max(1, step - 1);
    }
    if (outcome.told === 0 || outcome.late === 0) counts.lost++;
    if (outcome.told === 2) counts.repeated++;
    if (outcome.told > 2 || outcome.problems > 0 || !outcome.complete) counts.broken++;
    const gap = outcome.gap;
    expect(outcome.told, `${news}, killed ${moment} step ${step} of run ${i}`).toBe(gap ? 2 : 1);
    expect(outcome.late, `${news} by the channel that was down, killed ${moment} step ${step} of run ${i}`).toBe(1);
  }
  next.kill('SIGKILL');
  console.log(`counted: seed ${SEED}, ${JSON.stringify(counts)}`);
  expect(counts).toMatchObject({ lost: 0, broken: 0 });
  expect(counts.killed).toBeGreaterThan(COUNT / 2);
});

interface Outcome {
  readonly killed: boolean;
  readonly told: number;
  /** By the channel that was down when the run was killed. */
  readonly late: number;
  /** It was out, and the update that records it was not made. */
  readonly gap: boolean;
  readonly complete: boolean;
  readonly problems: number;
}

async function killOnce(
  worker: ChildProcess,
  news: News,
  step: number,
  moment: KillOrder['moment'],
  i: number,
): Promise<Outcome> {
  const policy = `k${randomUUID()}`;
  const store: Store = { table: disk.table, space: spaceOf(policy, 'mx1') };
  const told = join(dir, `told-${i}`);
  const day = NEWS[news].before;
  const subjects: string[] = [];
  const cards: string[] = [];
  const run = (at: number, chains: typeof good, runId: string) => {
    const world = new SmallWorld();
    for (const [domain, chain] of Object.entries(chains)) world.domain(domain, world.host(`mail.${domain}`, chain));
    const bundle = bundleOf(TABLE, root.certificate.pem);
    const taking =
      (own: string[]): Channel['tell'] =>
      async ({ subject }) => {
        own.push(subject);
        return { kind: 'told' };
      };
    const channels = [
      { ...MAIL, tell: taking(subjects) },
      { ...CHAT, tell: taking(cards) },
    ];
    return runOnce({ bundle, store, world: () => world.doors(), at, runId, holder: 'test', channels });
  };
  if (news === 'failure') {
    await run(START, good, 'a');
    await run(START + DAY_MS, bad, 'b');
  }
  if (news === 'end') {
    await run(START, bad, 'a');
    await run(START + DAY_MS, good, 'b');
  }
  const at = START + day * DAY_MS;
  const chains = news === 'end' ? good : bad;
  subjects.length = 0;
  cards.length = 0;
  const order: KillOrder = {
    directory: disk.directory,
    policy,
    at,
    runId: 'killed',
    table: TABLE,
    anchors: root.certificate.pem,
    chains,
    told,
    step,
    moment,
  };
  worker.send(order);
  const [, signal] = (await once(worker, 'exit')) as [number | null, NodeJS.Signals | null];
  const before = existsSync(told) ? readFileSync(told, 'utf8').trim().split('\n') : [];
  const { runs: soFar } = await recentRuns(store, at);
  const recorded = soFar.some(({ value }) => value.runId === 'killed' && ['told', 'complete'].includes(value.stage));
  await run(at + 1_000, chains, 'killed');
  const matching = [...before, ...subjects].filter((subject) => NEWS[news].subject.test(subject)).length;
  const late = cards.filter((subject) => NEWS[news].subject.test(subject)).length;
  const [latest, incidents, runs] = [await readLatest(store, at), await readIncidents(store, at), await recentRuns(store, at)];
  return {
    killed: signal === 'SIGKILL',
    told: matching,
    late,
    gap: before.some((subject) => NEWS[news].subject.test(subject)) && !recorded,
    complete: runs.runs.every(({ value }) => value.stage === 'complete'),
    problems: latest.problems.length + incidents.problems.length + runs.problems.length,
  };
}

/** Started ahead, so that one starts while another works. */
const spawnWorker = (): ChildProcess => fork(fileURLToPath(new URL('./kill-worker.ts', import.meta.url)));

/** Mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
