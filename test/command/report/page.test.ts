/** The page as it is written from what is known: how much it shows, and that all of it is text. */
import { expect, test } from 'vitest';
import type { Report, ReportEntry } from '../../../lambda/command/report/model.ts';
import { MOST_BYTES } from '../../../lambda/command/report/page/detail.ts';
import { page } from '../../../lambda/command/report/page/page.ts';
import { relative } from '../../../lambda/command/report/page/words.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 28, 6);

test.each([
  { ms: 30_000, says: 'now' },
  { ms: -30_000, says: 'now' },
  { ms: 5 * 60_000, says: 'in 5 minutes' },
  { ms: -90 * 60_000, says: '1 hour ago' },
  { ms: -47.5 * 3_600_000, says: '1 day ago' },
  { ms: 9.9 * DAY, says: 'in 9 days' },
])('$ms ms: $says', ({ ms, says }) => {
  expect(relative(NOW + ms, NOW)).toBe(says);
});

test('entries with the same line in time share it, and it names them', () => {
  const text = page(report(['a.test', 'b.test', 'c.test'].map((name) => entry(name))));
  expect(text.match(/ and 2 more<\/b>/g)?.length).toBe(1);
  expect(text).toContain('the same of b.test, c.test');
  expect(text.match(/href="#t0"/g)?.length).toBe(3);
});

test('markup in a name is text wherever it stands', () => {
  const name = '</style><script>alert(1)</script><b title="';
  const text = page(report([entry(name)]));
  expect(text).not.toContain('<script>alert');
  expect(text.match(/<script>/g)?.length).toBe(1);
  expect(text).toContain('&lt;script>alert(1)');
});

test('whatever there is to tell, a page stays below its bound, and what is left out is counted', () => {
  const long = 'x'.repeat(400);
  const marks = Array.from({ length: 60 }, (_, i) => ({ at: NOW - (i + 1) * DAY, kind: 'change' as const, words: [long] }));
  const many = Array.from({ length: 3_000 }, (_, i) => ({
    ...entry(`d${i}.test`),
    sentence: long,
    line: { spans: [{ verdict: 'pass' as const, from: NOW - (i + 1) * 60_000, until: NOW }], marks },
  }));
  const text = page(report(many));
  expect(Buffer.byteLength(text)).toBeLessThan(MOST_BYTES);
  expect(text).toContain('and 2500 more, which stand better than these.');
  expect(text).toContain('59 earlier changes not shown');
});

function entry(name: string): ReportEntry {
  return {
    ...{ name, verdict: 'pass', reason: undefined, since: NOW - DAY, unjudgedSince: undefined, sentence: 'a sentence' },
    ...{ level: 'secure', nextHop: name, service: undefined, providers: ['mx.test'], protection: 'authenticated' },
    ...{
      end: NOW + DAY,
      endBecause: undefined,
      suggestion: undefined,
      proof: undefined,
      caution: undefined,
      mutedUntil: undefined,
    },
    ...{ place: undefined, demand: undefined, route: undefined, hosts: [], command: undefined },
    line: { spans: [{ verdict: 'pass', from: NOW - DAY, until: NOW }], marks: [] },
  };
}

function report(entries: readonly ReportEntry[]): Report {
  return {
    ...{ at: NOW, of: { place: 'DIR', policy: 'default', vantage: 'mx' }, lookNow: undefined },
    first: {
      ...{
        at: NOW,
        state: 'well',
        sentence: 'Mail flows.',
        incidents: [],
        moreIncidents: 0,
        pending: [],
        morePending: 0,
        notJudged: [],
      },
      notWatched: { count: 0, groups: [] },
      lastRun: { sentence: 'a run', at: NOW, isWell: true },
      ...{ ends: [], problems: [] },
    },
    counts: { pass: entries.length, degraded: 0, fail: 0, undetermined: 0, unchecked: 0 },
    axis: { from: NOW - 10 * DAY, until: NOW + 2 * DAY },
    ...{ gaps: [], entries, hosts: [], providers: [], mail: undefined },
  };
}
