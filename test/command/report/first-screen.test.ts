/** Whether mail flows, in one sentence, and what else the first screen says. */
import { describe, expect, test } from 'vitest';
import { firstScreen } from '../../../lambda/command/report/first-screen.ts';
import { flowSentence } from '../../../lambda/command/report/flow.ts';
import type { Status } from '../../../lambda/command/status/read.ts';
import { DAY, incident, NOW, sight, statusOf } from './status-made.ts';

describe('does mail flow?', () => {
  test.each<{ readonly because: string; readonly of: Partial<Status>; readonly says: string }>([
    { because: 'all is well', of: {}, says: 'Mail flows: all 3 watched entries deliver as asked.' },
    { because: 'there is one entry', of: { watched: 1 }, says: 'Mail flows: the one watched entry delivers as asked.' },
    {
      because: 'one fails',
      of: { incidents: [incident('failing', ['fastmail.fm'])] },
      says: 'Mail flows to 2 of 3 watched entries; mail to fastmail.fm would not be delivered.',
    },
    {
      because: 'one fails, and another that is muted',
      of: { incidents: [incident('failing', ['a.test']), incident('failing', ['b.test'], { muted: true })] },
      says: 'Mail flows to 1 of 3 watched entries; mail to a.test would not be delivered; b.test, which would not be delivered, is muted.',
    },
    {
      because: 'all fail',
      of: { incidents: [incident('failing', ['a.test', 'b.test', 'c.test'])] },
      says: 'Mail flows to none of the 3 watched entries: a.test, b.test and c.test would not be delivered.',
    },
    {
      because: 'only what is muted fails',
      of: { incidents: [incident('failing', ['b.test'], { muted: true })] },
      says: 'Mail flows to 2 of 3 watched entries as asked; b.test, which would not be delivered, is muted.',
    },
    {
      because: 'one ends',
      of: { incidents: [incident('failing-soon', ['a.test'], { from: NOW + 7 * DAY })] },
      says: 'Mail flows to all 3 watched entries, but a.test fails from Sat 2026-12-05 09:00Z on.',
    },
    {
      because: 'several end',
      of: { incidents: [incident('failing-soon', ['a.test', 'b.test'], { from: NOW + 7 * DAY })] },
      says: 'Mail flows to all 3 watched entries, but a.test and b.test will fail, the first from Sat 2026-12-05 09:00Z on.',
    },
    {
      because: 'a host would be refused',
      of: { incidents: [incident('degraded', ['a.test'])] },
      says: 'Mail flows to all 3 watched entries, but some hosts of a.test would be refused.',
    },
    {
      because: 'a first look was worse',
      of: { pending: [{ name: 'a.test', at: NOW, sentence: '' }] },
      says: 'Mail flows to all 3 watched entries, but a.test turned for the worse at the last look, and a second one is to confirm it.',
    },
    {
      because: 'there was no run',
      of: { sight: { silent: true, failed: false, blind: false, owed: [], sentence: '' } },
      says: 'It is not known whether mail flows: there was no run yet.',
    },
    {
      because: 'runs are missing',
      of: { sight: sight({ silent: true }) },
      says: 'It is not known whether mail flows: the last complete run was Sat 2026-11-28 06:00Z.',
    },
    {
      because: 'port 25 is closed',
      of: { sight: sight({ blind: true }) },
      says: 'It is not known whether mail flows: the last run could not reach port 25 from here.',
    },
    {
      because: 'a message did not arrive',
      of: { sight: sight({ failed: true }) },
      says: 'Mail flows by the last run, but what is due could not be told to everybody.',
    },
    {
      because: 'an entry is not judged for long',
      of: { incidents: [incident('unjudged', ['a.test'])] },
      says: 'It is not known whether mail flows: a.test could not be judged for long.',
    },
    {
      because: 'nothing is watched',
      of: { watched: 0 },
      says: 'Nothing is watched, so that nobody knows whether mail flows.',
    },
    {
      because: 'a name would turn the reading direction',
      of: { incidents: [incident('failing', ['a\u202e.test'])] },
      says: 'Mail flows to 2 of 3 watched entries; mail to a\\u{202e}.test would not be delivered.',
    },
  ])('$because', ({ of, says }) => {
    expect(flowSentence(statusOf(of))).toBe(says);
  });
});

test('what is not watched stands by its reason, and names are bounded', () => {
  const many = Array.from({ length: 23 }, (_, i) => ({ name: `d${i}.test`, line: i + 1, because: 'level none' }));
  const { notWatched } = firstScreen(
    statusOf({ notWatched: [...many, { name: 'x', line: null, because: 'other' }], notWatchedCount: 24 }),
    [],
  );
  expect(notWatched.count).toBe(24);
  expect(notWatched.groups.map(({ because, names, more }) => [because, names.length, names[0], more])).toEqual([
    ['level none', 20, 'd0.test (line 1)', 3],
    ['other', 1, 'x', 0],
  ]);
});

test('what ends next: deliveries by their date and cause, mutes and confirmations, none of them past', () => {
  const lasting = (key: string, days: number, failsBecause: string | null = 'the certificate of mx.test expires') => ({
    ...{ key, destination: key, failsBecause },
    failsFrom: new Date(NOW + days * DAY).toISOString(),
  });
  const { ends } = firstScreen(
    statusOf({
      mutes: [{ key: 'm.test', until: NOW + 2 * DAY, reason: 'ticket 4711', by: 'you', at: NOW, covers: [] } as never],
      confirmations: [
        { id: 'c', destination: 'c.test', hosts: [], how: 'by telephone', by: 'you', at: NOW, until: NOW + 60 * DAY },
      ],
    }),
    [
      lasting('a.test', 9),
      lasting('b.test', 9),
      lasting('past.test', -1),
      lasting('c.test', 30, null),
      { key: 'never.test', destination: 'never.test', failsFrom: null, failsBecause: null },
    ],
  );
  expect(ends.map(({ at, kind, names, because }) => [(at - NOW) / DAY, kind, names, because])).toEqual([
    [2, 'mute', ['m.test'], 'the mute ends: ticket 4711'],
    [9, 'delivery', ['a.test', 'b.test'], 'the certificate of mx.test expires'],
    [30, 'delivery', ['c.test'], 'a certificate expires'],
    [60, 'confirmation', ['c.test'], 'what was confirmed about its hosts has to be asked again'],
  ]);
});

test('open incidents in the order of the status, each with its line and its caution', () => {
  const { incidents, state, lastRun } = firstScreen(
    statusOf({
      incidents: [incident('failing', ['a.test'], { suggestion: 'a.test secure match=.b.test', caution: 'ask first' })],
    }),
    [],
  );
  expect(incidents).toMatchObject([
    {
      word: 'Failing',
      headline: 'a headline',
      muted: false,
      more: 0,
      entries: [{ line: 'a.test secure match=.b.test', caution: 'ask first' }],
    },
  ]);
  expect({ state, lastRun }).toEqual({
    state: 'failing',
    lastRun: { sentence: 'last complete run Sat 2026-11-28 06:00Z, 3 hours ago', at: NOW - 3 * 3_600_000, isWell: true },
  });
});
