/** The progress line: what is waited for and how long, in place and never too wide; a line a minute elsewhere. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { progressLine, progressWords } from '../../../lambda/command/terminal/progress.ts';
import type { Progress, WaitsFor } from '../../../lambda/run/check/look.ts';

const NOW = Date.UTC(2026, 10, 24, 6);

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

const probing = (waits?: WaitsFor): Progress => ({ kind: 'probing', done: 18, conversations: 19, waitsFor: () => waits });
const resting = (host: string, others = 0): Progress => probing({ host, others, why: { kind: 'rest', until: NOW + 252_000 } });
const silent = (seconds: number): Progress =>
  probing({ host: 'mx.slow.test', others: 0, why: { kind: 'answer', since: NOW - seconds * 1000 } });

test.each<{ progress: Progress; since?: number; words: string }>([
  { progress: { kind: 'resolving', nextHops: 1 }, words: 'asking DNS about 1 next hop' },
  { progress: { kind: 'resolving', nextHops: 18 }, since: NOW - 7_000, words: 'asking DNS about 18 next hops, for 0:07 now' },
  { progress: probing(), words: '18 of 19 conversations' },
  { progress: resting('mx.rate.test'), words: 'waiting 4:12 for mx.rate.test, which said 421; 18 of 19 conversations done' },
  {
    progress: resting('mx.rate.test', 2),
    words: 'waiting 4:12 for mx.rate.test and 2 more, which said 421; 18 of 19 conversations done',
  },
  {
    progress: resting('a\u001b]2;owned'),
    words: 'waiting 4:12 for a\\u{1b}]2;owned, which said 421; 18 of 19 conversations done',
  },
  { progress: silent(4), words: '18 of 19 conversations' },
  { progress: silent(41), words: '18 of 19 conversations; no answer from mx.slow.test for 0:41' },
  { progress: { kind: 'looking-again', entries: 1, at: NOW + 580_000 }, words: 'looking again in 9:40 at 1 new failure' },
  { progress: { kind: 'looking-again', entries: 12, at: NOW - 1 }, words: 'looking again in 0:00 at 12 new failures' },
])('$words', ({ progress, since = NOW, words }) => {
  expect(progressWords(progress, NOW, since)).toBe(words);
});

function consoleOf(progress: boolean, width = 80) {
  const said: string[] = [];
  const line = { width };
  return { said, line, err: (text: string) => void said.push(text), now: Date.now, progress, columns: () => line.width };
}

test('on a terminal in place, each second anew, and gone at its end', () => {
  const console = consoleOf(true);
  const line = progressLine(console, false);
  line?.show({ kind: 'looking-again', entries: 1, at: NOW + 580_000 });
  vi.advanceTimersByTime(2_000);
  line?.clear();
  vi.advanceTimersByTime(10_000);
  line?.clear();
  expect(console.said).toEqual([
    '\r\u001b[Klooking again in 9:40 at 1 new failure',
    '\r\u001b[Klooking again in 9:39 at 1 new failure',
    '\r\u001b[Klooking again in 9:38 at 1 new failure',
    '\r\u001b[K',
  ]);
  expect(vi.getTimerCount()).toBe(0);
});

test('never wider than the terminal, which may be made smaller meanwhile', () => {
  const console = consoleOf(true, 60);
  const line = progressLine(console, true);
  line?.show(resting(`mx.${'very-'.repeat(12)}long.test`));
  console.line.width = 40;
  vi.advanceTimersByTime(1_000);
  expect(console.said).toEqual([
    '\r\u001b[Kwaiting 4:12 for mx.very-very-very-very-very-very-very-v…',
    '\r\u001b[Kwaiting 4:11 for mx.very-very-very-v…',
  ]);
  line?.clear();
});

test('off a terminal a line a minute, for those who ask', () => {
  const console = consoleOf(false);
  expect(progressLine(console, false)).toBeUndefined();
  const line = progressLine(console, true);
  line?.show({ kind: 'resolving', nextHops: 19 });
  line?.show(probing());
  line?.show(resting('mx.rate.test'));
  expect(console.said).toEqual(['asking DNS about 19 next hops\n']);
  vi.advanceTimersByTime(120_000);
  line?.clear();
  vi.advanceTimersByTime(120_000);
  expect(console.said).toEqual([
    'asking DNS about 19 next hops\n',
    'waiting 3:12 for mx.rate.test, which said 421; 18 of 19 conversations done\n',
    'waiting 2:12 for mx.rate.test, which said 421; 18 of 19 conversations done\n',
  ]);
});
