/** A run on a real store, day by day: the line that is told says on what days it would have held. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Mail } from '../../../lambda/alert/message/mail.ts';
import { readStatus } from '../../../lambda/command/status/read.ts';
import { historyBetween } from '../../../lambda/store/history.ts';
import { type Store, spaceOf } from '../../../lambda/store/keys.ts';
import type { LineHeld } from '../../../lambda/verdict/held.ts';
import { createAuthority } from '../../internet/authority.ts';
import { type StoreOnDisk, storeOnDisk } from '../../store/on-disk.ts';
import { SmallWorld } from '../small-world.ts';
import { bundleOf, DAY_MS, runOnce } from '../watching.ts';

const START = Date.UTC(2026, 8, 1, 6);
const root = await createAuthority('Root');
const named = async (...dnsNames: string[]) => (await root.issue({ dnsNames })).chain;
const BOTH = await named('in1.mailhub.net', 'k.example');
const HUB = await named('in1.mailhub.net');
const NEW = await named('mx.newhub.org');

let disk: StoreOnDisk;
beforeAll(async () => {
  disk = await storeOnDisk(START);
});
afterAll(() => disk.close());

interface Day {
  readonly mail: Mail | undefined;
  readonly held: LineHeld | undefined;
  readonly line: string | undefined;
}

/** @param shown by day: what the hosts of k.example present, or another host of it */
async function overDays(shown: readonly (readonly string[] | 'moved')[], others: readonly string[] = []) {
  const store: Store = { table: disk.table, space: spaceOf(`p${randomUUID()}`, 'mx1') };
  const world = new SmallWorld();
  const old = world.host('in1.mailhub.net', BOTH);
  const fresh = world.host('mx.newhub.org', NEW);
  const names = ['k.example', ...others];
  const bundle = bundleOf(names.map((name) => `${name} secure match=k.example\n`).join(''), root.certificate.pem);
  const days: Day[] = [];
  for (const [day, chain] of shown.entries()) {
    if (chain !== 'moved') old.chain = chain;
    for (const name of names) world.domain(name, chain === 'moved' ? fresh : old);
    const watched = await runOnce({ bundle, store, world: () => world.doors(), at: START + day * DAY_MS });
    if (watched.kind !== 'done') throw new Error(watched.kind);
    expect(watched.problems).toEqual([]);
    const suggestion = watched.verdicts[0]?.suggestion;
    days.push({ mail: watched.mail, held: suggestion?.held, line: suggestion?.line });
  }
  return { days, store };
}

const at = (day: number) => new Date(START + day * DAY_MS).toISOString();

test('a name goes: the mail, the status and the next days say that the line would have held before as well', async () => {
  const { days, store } = await overDays([...Array<readonly string[]>(9).fill(BOTH), HUB, HUB, HUB]);
  const held = { days: 9, of: 9, from: at(0), to: at(8), lastFailedAt: null, untold: 0 };
  expect(days.slice(9).map((one) => [one.line, one.held])).toEqual(
    Array(3).fill(['k.example secure match=in1.mailhub.net', held]),
  );
  const words = 'It would have held on 9 of 9 days, Tue 2026-09-01 to Wed 2026-09-09.';
  expect(days.flatMap(({ mail }, day) => (mail?.text.replaceAll(/\s+/g, ' ').includes(words) ? [day] : []))).toEqual([10, 11]);
  const { incidents } = await readStatus(store, START + 12 * DAY_MS, { notWatched: [] });
  expect(incidents.flatMap(({ entries }) => entries.map((entry) => entry.held))).toEqual([held]);
});

test('a line that would not have held on every day says when it did not', async () => {
  const { days } = await overDays([BOTH, HUB, BOTH, 'moved', BOTH, BOTH, HUB]);
  // Both names may have been presented on each day, and on one there was another host.
  expect(days.at(-1)?.held).toEqual({ days: 5, of: 6, from: at(0), to: at(5), lastFailedAt: at(3), untold: 0 });
});

test('on the first day nothing is remembered, and nothing is claimed', async () => {
  const { days } = await overDays([HUB]);
  expect(days.map(({ line, held }) => ({ line, held }))).toEqual([
    { line: 'k.example secure match=in1.mailhub.net', held: undefined },
  ]);
});

test('an entry that fails from the first look on: the proof grows with the days, and status has what the mail says', async () => {
  const { days, store } = await overDays(Array<readonly string[]>(9).fill(HUB));
  const on = (last: number) => ({ days: last + 1, of: last + 1, from: at(0), to: at(last), lastFailedAt: null, untold: 0 });
  // Worked out anew whenever there may be twice as many.
  expect(days.map((one) => one.held)).toEqual([undefined, on(0), on(1), on(1), on(3), on(3), on(3), on(3), on(7)]);
  const { incidents } = await readStatus(store, START + 9 * DAY_MS, { notWatched: [] });
  expect(incidents.flatMap(({ entries }) => entries.map((entry) => entry.held))).toEqual([on(7)]);
  // It is no event by itself.
  const { events } = await historyBetween(store, START + 9 * DAY_MS, { from: START, limit: 100 });
  expect(events.filter(({ grain }) => grain === 'entry')).toHaveLength(1);
});

test('of several entries it is said once', async () => {
  const { days } = await overDays([BOTH, BOTH, HUB, HUB], ['l.example', 'm.example']);
  const text = days.at(-1)?.mail?.text.replaceAll(/\s+/g, ' ');
  expect(text).toContain('Each of them would have held on every day that is remembered (2 days).');
});
