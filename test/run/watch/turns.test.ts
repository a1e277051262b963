/**
 * Every kind of verdict to every other: what is told, and on which day after the turn. Whoever was
 * watched and can no longer be judged is never passed over in silence.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Mail } from '../../../lambda/alert/message/mail.ts';
import { spaceOf } from '../../../lambda/store/keys.ts';
import { createAuthority } from '../../internet/authority.ts';
import { type StoreOnDisk, storeOnDisk } from '../../store/on-disk.ts';
import { bundleOf, DAY_MS, runOnce } from '../watching.ts';
import { type Chains, ENTRY, KINDS, type Kind, scenesOf, tableOf, worldOf } from './turn-kinds.ts';

/** Days of the first kind, from a first run on, and of the second. */
const BEFORE = 4;
const AFTER = 8;

/**
 * By the first kind, a column for each second one in the order of KINDS: what the first message on
 * it says, and on which day. `f` would defer or bounce, `e` will, `d` degraded, `u` not judged, `w`
 * well again, `j` judged again, `s` nothing but that what was told before is still so.
 *
 * `-` is nothing at all: all is as it was, the operator's own edit asks nothing more (level none,
 * gone), or the entry was never watched (level none, gone, addresses that are not connected to, and
 * names of MX hosts, from the first day on) and is well or still is not watched.
 */
const TOLD: Readonly<Record<Kind, string>> = {
  passes:
    '-  | e2    | d2    | f2    | f2    | f2    | f2    | f2    | u3    | u3    | u3    | u3    | u3    | u3    | u3    | u3    | u3    | u3    | u3    | - | -',
  'ends soon':
    'w2 | e4    | d2    | f2 e8 | f1    | f2 e8 | f2 e8 | f2 e8 | u3 e8 | u3 e8 | u3 e8 | u3 e8 | u3 e8 | u3 e8 | u3 e8 | u3 e8 | u3 e8 | u3 e8 | u3 e8 | - | -',
  degraded:
    'w2 | e2    | s     | f2    | f2    | f2    | f2    | f2    | u3    | u3    | u3    | u3    | u3    | u3    | u3    | u3    | u3    | u3    | u3    | - | -',
  'lost its name':
    'w2 | e2    | d2    | s     | f2    | f2    | f2    | f2    | s     | s     | s     | s     | s     | s     | s     | s     | s     | s     | s     | - | -',
  expired:
    'w2 | e2    | d2    | f2    | s     | f2    | f2    | f2    | s     | s     | s     | s     | s     | s     | s     | s     | s     | s     | s     | - | -',
  'no STARTTLS':
    'w2 | e2    | d2    | f2    | f2    | s     | f2    | f2    | s     | s     | s     | s     | s     | s     | s     | s     | s     | s     | s     | - | -',
  'no domain':
    'w2 | e2    | d2    | f2    | f2    | f2    | s     | f2    | s     | s     | s     | s     | s     | s     | s     | s     | s     | s     | s     | - | -',
  'null MX':
    'w2 | e2    | d2    | f2    | f2    | f2    | f2    | s     | s     | s     | s     | s     | s     | s     | s     | s     | s     | s     | s     | - | -',
  silent:
    'j1 | j1 e2 | j1 d2 | j1 f2 | j1 f2 | j1 f2 | j1 f2 | j1 f2 | s     | s     | s     | s     | s     | s     | s     | s     | s     | s     | s     | - | -',
  refused:
    'j1 | j1 e2 | j1 d2 | j1 f2 | j1 f2 | j1 f2 | j1 f2 | j1 f2 | s     | s     | s     | s     | s     | s     | s     | s     | s     | s     | s     | - | -',
  'says 421':
    'j1 | j1 e2 | j1 d2 | j1 f2 | j1 f2 | j1 f2 | j1 f2 | j1 f2 | s     | s     | s     | s     | s     | s     | s     | s     | s     | s     | s     | - | -',
  greylists:
    'j1 | j1 e2 | j1 d2 | j1 f2 | j1 f2 | j1 f2 | j1 f2 | j1 f2 | s     | s     | s     | s     | s     | s     | s     | s     | s     | s     | s     | - | -',
  'DNS silent':
    'j1 | j1 e2 | j1 d2 | j1 f2 | j1 f2 | j1 f2 | j1 f2 | j1 f2 | s     | s     | s     | s     | s     | s     | s     | s     | s     | s     | s     | - | -',
  'DNS fails':
    'j1 | j1 e2 | j1 d2 | j1 f2 | j1 f2 | j1 f2 | j1 f2 | j1 f2 | s     | s     | s     | s     | s     | s     | s     | s     | s     | s     | s     | - | -',
  'thirty addresses':
    'j1 | j1 e2 | j1 d2 | j1 f2 | j1 f2 | j1 f2 | j1 f2 | j1 f2 | s     | s     | s     | s     | s     | s     | s     | s     | s     | s     | s     | - | -',
  'at 127.0.0.1':
    '-  | e2    | d2    | f2    | f2    | f2    | f2    | f2    | u3    | u3    | u3    | u3    | u3    | u3    | u3    | -     | -     | -     | -     | - | -',
  'at 10.0.0.1':
    '-  | e2    | d2    | f2    | f2    | f2    | f2    | f2    | u3    | u3    | u3    | u3    | u3    | u3    | u3    | -     | -     | -     | -     | - | -',
  'at 0.0.0.0':
    '-  | e2    | d2    | f2    | f2    | f2    | f2    | f2    | u3    | u3    | u3    | u3    | u3    | u3    | u3    | -     | -     | -     | -     | - | -',
  'an MX host':
    '-  | e2    | d2    | f2    | f2    | f2    | f2    | f2    | u3    | u3    | u3    | u3    | u3    | u3    | u3    | -     | -     | -     | -     | - | -',
  'level none':
    '-  | e2    | d2    | f2    | f2    | f2    | f2    | f2    | u3    | u3    | u3    | u3    | u3    | u3    | u3    | -     | -     | -     | -     | - | -',
  gone: '-  | e2    | d2    | f2    | f2    | f2    | f2    | f2    | u3    | u3    | u3    | u3    | u3    | u3    | u3    | -     | -     | -     | -     | - | -',
};

const START = Date.UTC(2026, 10, 24, 6);
let disk: StoreOnDisk;
let anchors: string;
let chains: Chains;

beforeAll(async () => {
  // Thousands of runs, which on a slow disk would mostly wait for it.
  disk = await storeOnDisk(START, existsSync('/dev/shm') ? '/dev/shm' : tmpdir());
  const root = await createAuthority('Turn Root', { notBefore: START - 400 * DAY_MS });
  anchors = root.certificate.pem;
  const chain = async (name: string, from: number, to: number) =>
    (await root.issue({ dnsNames: [name], notBefore: START + from * DAY_MS, notAfter: START + to * DAY_MS })).chain;
  chains = {
    good: await chain('*.e.example', -10, 355),
    endsSoon: await chain('*.e.example', -80, 14),
    wrongName: await chain('elsewhere.example', -10, 355),
    expired: await chain('*.e.example', -90, -1),
    other: await chain('mail.other.example', -10, 355),
  };
});
afterAll(() => disk.close());

interface Said {
  /** 1 is the first day of the second kind. */
  readonly day: number;
  readonly mail: Mail;
}

/** The messages from the turn on. */
async function play(from: Kind, to: Kind): Promise<Said[]> {
  const store = { table: disk.table, space: spaceOf(`p${randomUUID()}`, 'mx1') };
  const scenes = scenesOf(chains);
  const said: Said[] = [];
  for (let day = 1 - BEFORE; day <= AFTER; day++) {
    const scene = scenes[day < 1 ? from : to];
    await runOnce({
      bundle: bundleOf(tableOf(scene), anchors),
      store,
      world: () => worldOf(scene, chains.other),
      at: START + (day + BEFORE - 1) * DAY_MS,
      // No rest of a 421 outlasts the time.
      pace: { restAfter421Ms: DAY_MS },
      tell: async (mail) => {
        said.push({ day, mail });
        return { kind: 'told' };
      },
    });
  }
  return said.filter(({ day }) => day >= 1);
}

const WORDS = [
  ['s', / still /],
  ['u', / not judged /],
  ['j', / is judged again$/],
  ['w', / delivers again$| is no longer degraded$| will not fail after all: /],
  ['d', / is (?:only )?degraded: /],
  ['f', / would (?:defer|bounce): /],
  ['e', / will defer /],
] as const;

/** The first of each kind of message but reminders, in order; `s` where there is nothing else. */
function inShort(said: readonly Said[]): string {
  const words = said.map(({ day, mail: { subject } }) => {
    const word = WORDS.find(([, pattern]) => pattern.test(subject))?.[0];
    if (word === undefined) throw new Error(`an unknown subject: ${subject}`);
    return { word, day };
  });
  const news = words.filter(({ word }, i) => word !== 's' && words.findIndex((one) => one.word === word) === i);
  if (news.length > 0) return news.map(({ word, day }) => `${word}${day}`).join(' ');
  return words.length > 0 ? 's' : '-';
}

const told = (from: Kind, to: Kind) => TOLD[from].split('|')[KINDS.indexOf(to)]?.trim();

const OWN_EDIT: ReadonlySet<Kind> = new Set(['level none', 'gone']);
const NOT_WATCHED: ReadonlySet<Kind> = new Set(['at 127.0.0.1', 'at 10.0.0.1', 'at 0.0.0.0', 'an MX host', 'level none', 'gone']);

describe.each(KINDS)('%s', (from) => {
  test.each(KINDS.map((to) => ({ to, told: told(from, to) })))('then $to: $told', async ({ to, told }) => {
    expect(inShort(await play(from, to))).toBe(told);
  });
});

test('nothing is told of no other turn than those that are named', () => {
  for (const from of KINDS)
    for (const to of KINDS) {
      const mayBeQuiet =
        (from === to && from === 'passes') ||
        OWN_EDIT.has(to) ||
        (NOT_WATCHED.has(from) && (NOT_WATCHED.has(to) || to === 'passes'));
      expect({ from, to, quiet: told(from, to) === '-' }).toEqual({ from, to, quiet: mayBeQuiet });
    }
});

test.each([
  { to: 'at 127.0.0.1', address: '127.0.0.1' },
  { to: 'at 10.0.0.1', address: '10.0.0.1' },
  { to: 'at 0.0.0.0', address: '0.0.0.0' },
] as const)('who moved to $address is told as not judged, and why', async ({ to, address }) => {
  const [first] = await play('passes', to);
  expect(first?.day).toBe(3);
  expect(first?.mail.subject).toBe(`${ENTRY} not judged for 3 days: private addresses only`);
  expect(first?.mail.text.replace(/\s+/g, ' ')).toContain(
    `${ENTRY} has only private or special addresses (${address}), which are not connected to without ` +
      '--allow-private-addresses. Before, it was watched (pass): if this is not meant, look at its DNS and at your ' +
      'tables; if it is, mute it or take it out.',
  );
});
