/** What the history comes to on a line in time: verdicts, certificates, marks, and when nobody looked. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Happened } from '../../../lambda/command/history/timeline.ts';
import { entryLine, gapsBetween, hostLine } from '../../../lambda/command/report/spans.ts';
import type { EntrySnapshot } from '../../../lambda/snapshot/entry-snapshot.ts';
import type { HostSnapshot } from '../../../lambda/snapshot/host-snapshot.ts';
import type { RunRecord } from '../../../lambda/store/stored-values.ts';
import { createAuthority } from '../../internet/authority.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 10, 1, 6);
const day = (n: number) => START + n * DAY;
const WINDOW = { from: day(0), until: day(10) };

describe('an entry', () => {
  const entry = (firstAt: number, more: Partial<EntrySnapshot> = {}): EntrySnapshot =>
    ({ verdict: 'pass', reason: null, sentence: 'a sentence', firstAt, since: firstAt, ...more }) as EntrySnapshot;
  const failing: Partial<EntrySnapshot> = { verdict: 'fail', reason: 'name-mismatch', sentence: 'why' };
  const happened = (at: number, before: EntrySnapshot | null, after: EntrySnapshot | null): Happened => ({
    event: { grain: 'entry', name: 'a.test', at, runId: 'r', changes: [], before, after },
    ...{ changes: [], presents: [] },
  });
  const days = ({ spans }: ReturnType<typeof entryLine>) =>
    spans.map(({ verdict, from, until }) => [verdict, (from - START) / DAY, (until - START) / DAY]);

  test('one that nothing happened to is what it is, since it was first seen', () => {
    expect(days(entryLine([], entry(day(3)), WINDOW))).toEqual([['pass', 3, 10]]);
    expect(days(entryLine([], entry(day(-90)), WINDOW))).toEqual([['pass', 0, 10]]);
  });

  test('what was before the first event of the window is known by that event', () => {
    const line = entryLine([happened(day(4), entry(day(-90)), entry(day(-90), failing))], entry(day(-90), failing), WINDOW);
    expect(days(line)).toEqual([
      ['pass', 0, 4],
      ['fail', 4, 10],
    ]);
    expect(line.marks).toEqual([{ at: day(4), kind: 'worse', words: ['pass → fail (name mismatch)', 'why'] }]);
  });

  test('it turns, is not judged for a time, turns back, and leaves', () => {
    const unjudged = entry(day(1), { undetermined: { since: day(3), cause: null } });
    const line = entryLine(
      [
        happened(day(1), null, entry(day(1))),
        happened(day(3), entry(day(1)), unjudged),
        happened(day(5), unjudged, entry(day(1), failing)),
        happened(day(6), entry(day(1), failing), entry(day(1))),
        happened(day(8), entry(day(1)), null),
      ],
      undefined,
      WINDOW,
    );
    expect(days(line)).toEqual([
      ['pass', 1, 3],
      ['undetermined', 3, 5],
      ['fail', 5, 6],
      ['pass', 6, 8],
    ]);
    expect(line.marks.map(({ kind, words }) => [kind, words[0]])).toEqual([
      ['first', 'first seen: pass'],
      ['change', 'could not be judged'],
      ['worse', 'pass → fail (name mismatch)'],
      ['better', 'fail (name mismatch) → pass'],
      ['left', 'no longer in the policy'],
    ]);
  });
});

describe('a host', () => {
  const ders = new Map<string, string>();
  const find = (digest: string) => ders.get(digest);
  beforeAll(async () => {
    const root = await createAuthority();
    for (const [digest, from, to] of [
      ['aa', -60, 5],
      ['bb', 2, 92],
    ] as const)
      ders.set(digest, (await root.issue({ dnsNames: ['mx.test'], notBefore: day(from), notAfter: day(to) })).der);
  });
  const host = (chain: readonly string[] | undefined, firstAt: number): HostSnapshot =>
    ({
      ...{ host: 'mx.test', port: 25, offer: '3f9a01c2', firstAt: day(-60) },
      sightings: [
        {
          result: chain === undefined ? { kind: 'no-tls', why: 'not-offered' } : { kind: 'presented', chain },
          firstAt,
          missed: 0,
        },
      ],
    }) as unknown as HostSnapshot;
  const happened = (at: number, before: HostSnapshot, after: HostSnapshot, changes: Happened['changes'] = []): Happened => ({
    event: { grain: 'host', name: 'mx.test:25#3f9a01c2', at, runId: 'r', changes: [], before, after },
    ...{ changes, presents: [] },
  });
  const renewed = { kind: 'renewed', subject: 'mx.test', before: [new Date(day(5)).toISOString()], after: [], at: day(3) };

  test('a renewal: both certificates with their validity, and how much was left', () => {
    const line = hostLine([happened(day(3), host(['aa'], day(-60)), host(['bb'], day(3)), [renewed])], [], find, WINDOW);
    expect(
      line.certificates.map(({ sha256, valid, seen }) => [
        sha256,
        ...[valid.from, valid.until, seen.from, seen.until].map((at) => (at - START) / DAY),
      ]),
    ).toEqual([
      ['aa', -60, 5, -60, 3],
      ['bb', 2, 92, 3, 10],
    ]);
    expect(line.marks.map(({ at, kind }) => [(at - START) / DAY, kind])).toEqual([[3, 'renewal']]);
    expect(line.renewedWithLeft).toEqual([2 * DAY]);
  });

  test('a time without STARTTLS is a span of its own', () => {
    const line = hostLine(
      [
        happened(day(4), host(['bb'], day(2)), host(undefined, day(4))),
        happened(day(6), host(undefined, day(4)), host(['bb'], day(6))),
      ],
      [],
      find,
      WINDOW,
    );
    expect(line.without).toEqual([{ from: day(4), until: day(6) }]);
    expect(line.certificates.length).toBe(1);
  });

  test('one that nothing happened to is what it presents', () => {
    const line = hostLine([], [host(['bb'], day(2))], find, WINDOW);
    expect(line.certificates.map(({ sha256, seen }) => [sha256, (seen.from - START) / DAY, (seen.until - START) / DAY])).toEqual([
      ['bb', 2, 10],
    ]);
    expect([line.marks, line.renewedWithLeft, line.without]).toEqual([[], [], []]);
  });

  test('a certificate that is no longer kept is left out', () => {
    expect(hostLine([], [host(['gone'], day(2))], find, WINDOW).certificates).toEqual([]);
  });
});

describe('when nobody looked', () => {
  const run = (n: number, more: Partial<RunRecord> = {}): RunRecord =>
    ({ scope: 'all', stage: 'complete', startedAt: day(n), vantage: { ipv4: 'clear', ipv6: 'untried' }, ...more }) as RunRecord;
  const gaps = (runs: readonly RunRecord[]) =>
    gapsBetween(runs, 'mx', WINDOW).map(({ from, until }) => [(from - START) / DAY, (until - START) / DAY]);
  const all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const without = (...missing: readonly number[]) => all.filter((n) => !missing.includes(n)).map((n) => run(n));

  test.each<{ readonly because: string; readonly runs: readonly RunRecord[]; readonly says: readonly (readonly number[])[] }>([
    { because: 'a run each day', runs: without(), says: [] },
    { because: 'one that is missing', runs: without(4), says: [[3, 5]] },
    { because: 'the last ones are missing', runs: without(9, 10), says: [[8, 10]] },
    { because: 'one was blind', runs: [...without(4), run(4, { vantage: { ipv4: 'blind', ipv6: 'untried' } })], says: [[3, 5]] },
    { because: 'one died', runs: [...without(4), run(4, { stage: 'started' })], says: [[3, 5]] },
    {
      because: 'one looked at everything and could not tell',
      runs: [...without(4), run(4, { stage: 'untold', kept: 'whole' })],
      says: [],
    },
    { because: 'one was of some destinations', runs: [...without(4), run(4, { scope: 'some' })], says: [[3, 5]] },
    { because: 'a run every three days', runs: [run(0), run(3), run(6), run(9)], says: [] },
    { because: 'there was none', runs: [], says: [] },
  ])('$because', ({ runs, says }) => {
    expect(gaps(runs)).toEqual(says);
  });
});
