/**
 * Several channels, of which some fail: what one did not take is due there again, and nowhere else.
 * Whatever fails, no message is lost, and none comes twice where it was taken.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Channel, Delivery } from '../../../lambda/alert/channel/channel.ts';
import type { Bundle } from '../../../lambda/policy/bundle.ts';
import { reportWatched } from '../../../lambda/run/watch/report.ts';
import { lookForSilence } from '../../../lambda/run/watch/sentinel.ts';
import type { Watched } from '../../../lambda/run/watch/watch.ts';
import { spaceOf } from '../../../lambda/store/keys.ts';
import { readOwed } from '../../../lambda/store/owed.ts';
import { createAuthority } from '../../internet/authority.ts';
import { type StoreOnDisk, storeOnDisk } from '../../store/on-disk.ts';
import { SmallWorld } from '../small-world.ts';
import { bundleOf, DAY_MS, runOnce } from '../watching.ts';

const START = Date.UTC(2026, 10, 24, 6);
/** Each loses its name on the day of its number: a message a day. */
const DOMAINS = Array.from({ length: 15 }, (_, i) => `n${i + 1}.example`);
let disk: StoreOnDisk;
let bundle: Bundle;
const chains = new Map<string, readonly string[]>();
let policies = 0;

beforeAll(async () => {
  disk = await storeOnDisk(START);
  const root = await createAuthority('Channel Root', { notBefore: START - 400 * DAY_MS });
  const chain = async (name: string) =>
    (await root.issue({ dnsNames: [name], notBefore: START - DAY_MS, notAfter: START + 300 * DAY_MS })).chain;
  for (const domain of DOMAINS) {
    chains.set(domain, await chain(`mail.${domain}`));
    chains.set(`wrong ${domain}`, await chain(`wrong.${domain.replace('.example', '.test')}`));
  }
  bundle = bundleOf(DOMAINS.map((domain) => `${domain} secure\n`).join(''), root.certificate.pem);
});

afterAll(() => disk.close());

type Does = 'takes' | 'refuses' | 'throws';

/** Days of two channels and more; what each took, by the days on which its messages were due. */
function channelsOf(names: readonly string[]) {
  const does = new Map<string, Does>(names.map((name) => [name, 'takes']));
  const asked: string[] = [];
  const took = new Map<string, number[]>(names.map((name) => [name, []]));
  const texts: string[] = [];
  const tellOf =
    (name: string): Channel['tell'] =>
    async ({ text }, { at }): Promise<Delivery> => {
      asked.push(name);
      const now = does.get(name);
      if (now === 'throws') throw new Error('a fault of its own');
      if (now === 'refuses') return { kind: 'untold', because: `${name} is down` };
      took.get(name)?.push(Math.floor((at - START) / DAY_MS));
      texts.push(text.replace(/\s+/g, ' '));
      return { kind: 'told', messageId: `${name}-${asked.length}` };
    };
  const store = { table: disk.table, space: spaceOf(`channels-${policies++}`, 'mx1') };
  let looks = 0;
  const run = (day: number, { only = names, runId = '' } = {}): Promise<Watched> => {
    const world = new SmallWorld();
    for (const [i, domain] of DOMAINS.entries()) {
      const chain = chains.get(i < day ? `wrong ${domain}` : domain) ?? [];
      world.domain(domain, world.host(`mail.${domain}`, chain));
    }
    return runOnce({
      ...{ bundle, store, at: START + day * DAY_MS, confirm: { kind: 'same-run', afterMs: 600_000 } },
      ...(runId === '' ? {} : { runId }),
      channels: only.map((name) => ({ kind: name, name, tell: tellOf(name) })),
      world: () => {
        looks++;
        return world.doors();
      },
    });
  };
  return { does, asked, took, texts, store, run, looks: () => looks };
}

const owedIn = (watched: Watched) =>
  watched.kind === 'done' || watched.kind === 'told-late'
    ? watched.owed.map(({ channel, messages }) => `${channel} ${messages.length}`)
    : [];

test('one channel down for three days: the other is told once each day, and the first catches up', async () => {
  const { does, took, texts, run, store } = channelsOf(['mail', 'chat']);
  await run(0);
  does.set('chat', 'refuses');
  for (const day of [1, 2, 3]) {
    const watched = await run(day);
    expect(watched).toMatchObject({ kind: 'done', complete: true, told: { kind: 'told' } });
    expect(owedIn(watched)).toEqual([`chat ${day}`]);
  }
  const sight = await lookForSilence(store, 26 * 3_600_000, START + 3 * DAY_MS);
  expect(sight).toMatchObject({ failed: true, silent: false });
  expect(sight.sentence).toBe(
    'chat fails since Wed 2026-11-25 06:10Z and is owed 3 messages: chat is down; the next run tells it there, and nowhere else',
  );
  does.set('chat', 'takes');
  expect(owedIn(await run(4))).toEqual([]);
  expect(took.get('mail')).toEqual([0, 1, 2, 3, 4]);
  expect(took.get('chat')).toEqual([0, 1, 2, 3, 4]);
  expect(texts.filter((text) => text.includes('This message is late: it was due Wed 2026-11-25 06:10Z'))).toHaveLength(1);
  expect((await readOwed(store, START + 4 * DAY_MS)).channels).toEqual([]);
  expect(await lookForSilence(store, 26 * 3_600_000, START + 4 * DAY_MS)).toMatchObject({ failed: false });
});

test.each<{
  title: string;
  does: readonly (readonly [Does, Does, Does])[];
  took: readonly (readonly number[])[];
  owed: readonly string[];
}>([
  {
    title: 'all down for a day: everything is due again, and comes as one message',
    does: [
      ['refuses', 'refuses', 'refuses'],
      ['takes', 'takes', 'takes'],
    ],
    took: [[2], [2], [2]],
    owed: [],
  },
  {
    title: 'one that throws does not keep the others from being told',
    does: [
      ['throws', 'takes', 'takes'],
      ['takes', 'takes', 'takes'],
    ],
    took: [
      [1, 2],
      [1, 2],
      [1, 2],
    ],
    owed: [],
  },
  {
    title: 'each is down on another day',
    does: [
      ['refuses', 'takes', 'takes'],
      ['takes', 'refuses', 'takes'],
      ['takes', 'takes', 'refuses'],
      ['takes', 'takes', 'takes'],
    ],
    took: [
      [1, 2, 3, 4],
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ],
    owed: [],
  },
  {
    title: 'two down, and one of them for good',
    does: [
      ['takes', 'refuses', 'refuses'],
      ['takes', 'refuses', 'takes'],
    ],
    took: [[1, 2], [], [1, 2]],
    owed: ['b 2'],
  },
])('$title', async ({ does: days, took: expected, owed }) => {
  const names = ['a', 'b', 'c'];
  const { does, took, run } = channelsOf(names);
  await run(0);
  let last: Watched | undefined;
  for (const [i, states] of days.entries()) {
    for (const [n, name] of names.entries()) does.set(name, states[n] ?? 'takes');
    last = await run(i + 1);
  }
  expect(names.map((name) => took.get(name)?.slice(1))).toEqual(expected);
  expect(last === undefined ? [] : owedIn(last)).toEqual(owed);
});

test('of a channel that is down for two weeks ten messages are kept, and it is told how many are not', async () => {
  const { does, took, texts, asked, run } = channelsOf(['mail', 'chat']);
  await run(0);
  does.set('chat', 'refuses');
  let day = 1;
  for (; day <= 13; day++) await run(day);
  asked.length = 0;
  expect(owedIn(await run(day++))).toEqual(['chat 10']);
  expect(asked).toEqual(['mail', 'chat', 'chat']);
  does.set('chat', 'takes');
  expect(owedIn(await run(day))).toEqual([]);
  expect(took.get('mail')).toHaveLength(16);
  expect(took.get('chat')).toEqual([0, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
  expect(texts.filter((text) => text.includes('4 messages besides were not kept'))).toHaveLength(1);
});

test('a channel that is set up no more is owed nothing, which is said once', async () => {
  const { does, run, store } = channelsOf(['mail', 'chat']);
  await run(0);
  does.set('chat', 'refuses');
  await run(1);
  const watched = await run(2, { only: ['mail'] });
  expect(watched).toMatchObject({
    problems: ['chat is not set up any more: 1 message that it did not take will not be told there'],
    owed: [],
  });
  expect(await run(3, { only: ['mail'] })).toMatchObject({ problems: [] });
  expect((await readOwed(store, START)).channels).toEqual([]);
});

test.each([
  { title: 'no channel took it', down: ['mail', 'chat'], first: 'untold', asked: ['mail', 'chat'] },
  { title: 'one did not take it', down: ['chat'], first: 'owed', asked: ['chat'] },
])('begun once more under its id ($title), a run asks no mail server anything', async ({ down, first, asked: again }) => {
  const { does, asked, took, run, store, looks } = channelsOf(['mail', 'chat']);
  const around = {
    ...{ startedAt: START, now: START, intervalMs: DAY_MS, policyVersion: 'x', requests: 1 },
    ...{ scope: 'all' as const, problems: [] },
  };
  await run(0);
  for (const name of down) does.set(name, 'refuses');
  const scheduled = '2026-11-25T06:00:00Z';
  const report = reportWatched(await run(1, { runId: scheduled }), around);
  expect(report.details).toMatchObject({ outcome: first });
  expect(report.failure).toContain('is down');
  const before = looks();
  asked.length = 0;
  const repeated = reportWatched(await run(1, { runId: scheduled }), around);
  expect(repeated.details).toMatchObject({ outcome: first });
  expect(repeated.metrics).toEqual({ RunFailed: 1, RunCompleted: first === 'owed' ? 1 : 0 });
  for (const name of down) does.set(name, 'takes');
  const last = await run(1, { runId: scheduled });
  expect(last).toMatchObject({ kind: 'told-late', owed: [], problems: [] });
  expect(reportWatched(last, around)).toMatchObject({
    level: 'INFO',
    details: { outcome: 'told-late' },
    metrics: { RunFailed: 0 },
  });
  expect(looks()).toBe(before);
  expect(asked.toSorted()).toEqual([...again, ...again].toSorted());
  expect(await run(1, { runId: scheduled })).toEqual({ kind: 'already-done', runId: scheduled });
  expect(await lookForSilence(store, 26 * 3_600_000, START + DAY_MS)).toMatchObject({ failed: false, silent: false });
  expect(await run(2)).toMatchObject({ kind: 'done', complete: true, problems: [] });
  expect([took.get('mail'), took.get('chat')]).toEqual([
    [0, 1, 2],
    [0, 1, 2],
  ]);
});

test('of messages that cannot be read back it is said how many there were, once', async () => {
  const { does, run, store, took } = channelsOf(['mail', 'chat']);
  await run(0);
  does.set('chat', 'refuses');
  await run(1);
  await run(2);
  for await (const page of disk.table.scan())
    for (const { pk, sk } of page)
      if (pk.startsWith(`${store.space.policy}/tellings`) && sk.startsWith('message')) await disk.table.delete({ pk, sk });
  does.set('chat', 'takes');
  const watched = await run(3);
  expect(watched).toMatchObject({
    owed: [],
    problems: ['2 messages that chat did not take could not be kept, and will not be told there; status shows what is open'],
  });
  expect(await run(4)).toMatchObject({ owed: [], problems: [] });
  expect(took.get('chat')).toEqual([0, 3, 4]);
});
