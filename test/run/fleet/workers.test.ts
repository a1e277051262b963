/**
 * A look by several processes against one by this process alone, over real sockets: the same verdicts, incidents, message and store,
 * and never more than four conversations with one network; and what becomes of a shard whose worker is lost.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Mail } from '../../../lambda/alert/message/mail.ts';
import { type CheckRun, checkBundle } from '../../../lambda/run/check/check.ts';
import { readIncidents } from '../../../lambda/store/incidents.ts';
import { spaceOf } from '../../../lambda/store/keys.ts';
import { readLatest } from '../../../lambda/store/latest.ts';
import { isUnfinished } from '../../../lambda/verdict/verdict.ts';
import { storeOnDisk } from '../../store/on-disk.ts';
import { DAY_MS, runOnce } from '../watching.ts';
import { addressOf, type Crowd, NETWORKS, startCrowd } from './crowd.ts';

const HOSTS = 48;
const PACE = { concurrency: 24, perAddress: 2, perNetwork: 4, restAfter421Ms: 300_000, patienceMs: 0 };

let crowd: Crowd;
let temporary: string;

beforeAll(async () => {
  crowd = await startCrowd(HOSTS);
  temporary = mkdtempSync(join(tmpdir(), 'fleet-test-'));
  vi.stubEnv('TMPDIR', temporary);
});

beforeEach(() => {
  for (let i = 0; i < HOSTS; i++) crowd.behave(i, 'ok');
  crowd.onEhlo(() => {});
});

afterAll(async () => {
  vi.unstubAllEnvs();
  rmSync(temporary, { recursive: true, force: true });
  await crowd.close();
});

/** Whoever is odd, one of each kind. */
function misbehave(): void {
  const odd = ['nostarttls', 'starttls454', 'banner421', 'garbage', 'banner554', 'close', 'ehlo-refused', 'tls12'] as const;
  for (const [i, behaviour] of odd.entries()) crowd.behave(7 + i * 2, behaviour);
}

const at = Date.now();

function look(workers?: Parameters<Crowd['doors']>[0], signal?: AbortSignal): Promise<CheckRun> {
  return checkBundle(crowd.bundle, crowd.doors(workers), {
    at,
    now: () => at,
    pace: { ...PACE, stopAt: at + 240_000, ...(signal === undefined ? {} : { signal }) },
  });
}

/** Processes that this one started. */
const children = (): number[] =>
  readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
const unfinished = ({ verdicts }: CheckRun): string[] => verdicts.filter(isUnfinished).map(({ destination }) => destination);

describe('several workers find what one process finds', () => {
  test('verdicts and evidence are equal, and nothing is left behind', async () => {
    misbehave();
    const alone = await look();
    const before = crowd.conversations();
    const together = await look({ count: 3 });
    expect(crowd.conversations() - before).toBe(before);
    expect(together).toEqual(alone);
    const counts = Map.groupBy(alone.verdicts, ({ verdict }) => verdict);
    expect([...counts.keys()].toSorted()).toEqual(['fail', 'pass', 'undetermined']);
    expect(alone.verdicts.find(({ destination }) => destination === 'dane.test')?.verdict).toBe('pass');
    expect(readdirSync(temporary)).toEqual([]);
    expect(children()).toEqual([]);
  });

  test('at most four conversations with one network over all workers, counted at the servers', () => {
    expect(crowd.most()).toBe(4);
  });

  test('what is told and stored is equal on the first day and on one with new failures', async () => {
    const runs = await Promise.all(
      [undefined, { count: 3 }].map(async (workers) => {
        const disk = await storeOnDisk(at);
        return { workers, disk, store: { table: disk.table, space: spaceOf('default', 'mx1') } };
      }),
    );
    const seen: { mails: Mail[]; [fact: string]: unknown }[] = [];
    for (const { workers, store } of runs) {
      const mails: Mail[] = [];
      for (const day of [0, 1]) {
        for (let i = 0; i < HOSTS; i++) crowd.behave(i, 'ok');
        if (day === 1) misbehave();
        const { kind } = await runOnce({
          bundle: crowd.bundle,
          store,
          world: () => crowd.doors(workers),
          at: at + day * DAY_MS,
          pace: PACE,
          confirm: { kind: 'same-run', afterMs: 600_000 },
          tell: async (mail) => {
            mails.push(mail);
            return { kind: 'told' };
          },
        });
        expect(kind).toBe('done');
      }
      const { entries, hosts } = await readLatest(store, at + DAY_MS);
      seen.push({ mails, entries, hosts, incidents: await readIncidents(store, at + DAY_MS) });
    }
    for (const { disk } of runs) disk.close();
    const [alone, together] = seen;
    expect(alone?.mails).toHaveLength(2);
    expect(together).toEqual(alone);
  });
});

describe('a worker that is lost', () => {
  /** Once so many conversations are under way, none of which goes on. */
  const stalled = (count: number): Promise<void> =>
    new Promise((resolve) => {
      for (let i = 0; i < HOSTS; i++) crowd.behave(i, 'ehlo-silent');
      let heard = 0;
      crowd.onEhlo(() => {
        if (++heard === count) resolve();
      });
    });

  test('killed: what it had is not judged, and a sentence says so; the others are judged', async () => {
    const begun = new Promise<void>((resolve) => crowd.onEhlo(resolve));
    const looking = look({ count: 3 });
    await begun;
    const [one] = children();
    process.kill(one ?? 0, 'SIGKILL');
    const run = await looking;
    expect(run.complete).toBe(false);
    expect(run.problems).toEqual([
      expect.stringMatching(
        /^a worker that had \d+ conversations was ended by SIGKILL: what rests on them is not judged in this run$/,
      ),
    ]);
    const lost = new Set(unfinished(run));
    const networks = new Set(
      [...lost].flatMap((name) => /^d(\d+)\.test$/.exec(name)?.[1] ?? []).map((i) => addressOf(Number(i)).replace(/\.\d+$/, '')),
    );
    expect(networks.size).toBe(NETWORKS / 3);
    for (const { destination, verdict, reason } of run.verdicts)
      if (!lost.has(destination)) expect([verdict, reason], destination).not.toContain('unfinished');
    expect(run.verdicts.filter(({ verdict }) => verdict === 'pass').length).toBeGreaterThan(20);
    expect(readdirSync(temporary)).toEqual([]);
    expect(children()).toEqual([]);
  });

  test('one that does nothing more is ended when its time is over, and those that go on are waited for', async () => {
    const begun = stalled(3);
    const stop = new AbortController();
    const looking = look({ count: 3, graceMs: 10_000 }, stop.signal);
    await begun;
    const [one] = children();
    process.kill(one ?? 0, 'SIGSTOP');
    stop.abort(new Error('enough'));
    const run = await looking;
    expect(run.complete).toBe(false);
    expect(run.problems).toEqual([
      expect.stringMatching(
        /^a worker that had \d+ conversations did not end in time: what rests on them is not judged in this run$/,
      ),
    ]);
    expect(children()).toEqual([]);
  });

  test('killed while it asks DNS: what leads nowhere for that is not judged, and the others are', async () => {
    crowd.dns.set({ name: 'failing.test', type: 'MX', fail: 'TIMEOUT' });
    crowd.dns.queries.length = 0;
    const looking = look({ count: 3 });
    await vi.waitFor(() => expect(crowd.dns.queries.some(({ name }) => name === 'failing.test')).toBe(true), 60_000);
    // Only the worker that waits for this answer still asks.
    const last = children().at(-1);
    process.kill(last ?? 0, 'SIGKILL');
    const run = await looking;
    crowd.dns.set({ name: 'failing.test', type: 'MX', fail: 'SERVFAIL' });
    expect(run.problems).toEqual([
      'a worker that asked DNS about 18 next hops was ended by SIGKILL: what rests on them is not judged in this run',
    ]);
    expect(run.complete).toBe(false);
    expect(unfinished(run)).toHaveLength(18);
  });

  test('a run that is interrupted ends its workers, and what was had counts', async () => {
    const begun = stalled(3);
    const stop = new AbortController();
    const looking = look({ count: 3 }, stop.signal);
    await begun;
    stop.abort(new Error('enough'));
    const run = await looking;
    expect(run.complete).toBe(false);
    expect(run.problems).toEqual([]);
    expect(unfinished(run).length).toBeGreaterThan(HOSTS / 2);
    expect(children()).toEqual([]);
    expect(readdirSync(temporary)).toEqual([]);
  });
});
