/** Day by day: what is told when, and what is not (docs/messages.md). */
import { describe, expect, test } from 'vitest';
import type { EntryVerdict } from '../../../lambda/verdict/verdict.ts';
import { Watch } from '../days.ts';
import { aliased, DAY, ending, failing, passing, START, unseen } from '../verdicts.ts';

const ok = passing('a.example');
const bad = failing('a.example');
const degraded = failing('a.example', { verdict: 'degraded', postfixWould: 'deliver' });
const other = failing('a.example', { reason: 'untrusted-issuer' });
const blank = unseen('a.example');
const OPENED = 'opened failing name-mismatch provider.example: a.example';
const REMINDED = 'reminder failing name-mismatch provider.example: a.example';
const AGAIN = 'reopened failing name-mismatch provider.example: a.example';
const RESOLVED = 'resolved resolved name-mismatch provider.example: a.example';

/** One verdict a day, at 06:00; `told` by day, days without a message left out. */
function days(verdicts: readonly EntryVerdict[]): Record<number, string[]> {
  const watch = new Watch();
  const told: Record<number, string[]> = {};
  verdicts.forEach((verdict, day) => {
    const items = watch.run({ verdicts: [verdict], day });
    if (items.length > 0) told[day] = items;
  });
  return told;
}

const times = (count: number, verdict: EntryVerdict) => Array.from({ length: count }, () => verdict);

describe('one entry, one run a day, no second look', () => {
  test.each([
    { because: 'health is silence', verdicts: times(30, ok), told: {} },
    { because: 'the baseline needs no confirmation', verdicts: [bad], told: { 0: [OPENED] } },
    { because: 'a new failure is told by the next run', verdicts: [ok, bad, bad], told: { 2: [OPENED] } },
    { because: 'a lone failure is not told', verdicts: [ok, bad, ...times(10, ok)], told: {} },
    { because: 'two lone failures are not either', verdicts: [ok, bad, ok, bad, ...times(10, ok)], told: {} },
    {
      because: 'three within a week are: on and off is a fault too',
      verdicts: [ok, bad, ok, bad, ok, bad, ok],
      told: { 5: [OPENED] },
    },
    {
      because: 'three over more than a week are not',
      verdicts: [ok, bad, ...times(4, ok), bad, ...times(4, ok), bad, ...times(4, ok)],
      told: {},
    },
    {
      because: 'reminders come on days 1, 3 and 7, then weekly',
      verdicts: times(30, bad),
      told: { 0: [OPENED], 1: [REMINDED], 3: [REMINDED], 7: [REMINDED], 14: [REMINDED], 21: [REMINDED], 28: [REMINDED] },
    },
    { because: 'one pass is no end', verdicts: [bad, ok, bad], told: { 0: [OPENED], 2: [REMINDED] } },
    { because: 'two passes are', verdicts: [bad, ok, ok, ok], told: { 0: [OPENED], 2: [RESOLVED] } },
    {
      because: 'what was not seen is neither a pass',
      verdicts: [bad, ok, blank, blank, ok],
      told: { 0: [OPENED], 4: [RESOLVED] },
    },
    { because: 'nor a failure', verdicts: [ok, ...times(2, blank), ok, blank, blank, ok], told: {} },
    { because: 'nor does it hide one that was seen twice', verdicts: [ok, bad, blank, bad], told: { 3: [OPENED] } },
    {
      because: 'the same again within 14 days waits for its reminder',
      verdicts: [bad, bad, bad, bad, ok, ok, bad, bad, bad, bad, ok, ok, ok],
      told: { 0: [OPENED], 1: [REMINDED], 3: [REMINDED], 5: [RESOLVED], 7: [AGAIN], 11: [RESOLVED] },
    },
    {
      because: 'and is not mentioned if it ends before',
      verdicts: [...times(8, bad), ok, ok, bad, bad, ok, ok, ok, ok, ok],
      told: { 0: [OPENED], 1: [REMINDED], 3: [REMINDED], 7: [REMINDED], 9: [RESOLVED] },
    },
    {
      because: 'after 14 days it is news',
      verdicts: [bad, ok, ok, ...times(15, ok), bad, bad],
      told: { 0: [OPENED], 2: [RESOLVED], 19: [OPENED] },
    },
    {
      because: 'a degraded entry that fails is worse, and confirmed anew',
      verdicts: [degraded, bad, bad],
      told: {
        0: ['opened degraded name-mismatch provider.example: a.example'],
        1: ['reminder degraded name-mismatch provider.example: a.example'],
        2: ['worse failing name-mismatch provider.example: a.example'],
      },
    },
    {
      because: 'a failure that becomes degraded has eased, once',
      verdicts: [bad, degraded, degraded, degraded],
      told: {
        0: [OPENED],
        2: ['eased degraded name-mismatch provider.example: a.example'],
        3: ['reminder degraded name-mismatch provider.example: a.example'],
      },
    },
    {
      because: 'another cause is another incident, and the first one ends',
      verdicts: [bad, other, other],
      told: {
        0: [OPENED],
        1: [REMINDED],
        2: ['opened failing untrusted-issuer provider.example: a.example', RESOLVED],
      },
    },
    {
      because: 'not judged is told after three runs and 48 hours, reminded, and its end told once',
      verdicts: [ok, blank, blank, blank, blank, ok, ok],
      told: {
        3: ['opened unjudged not-judged provider.example: a.example'],
        4: ['reminder unjudged not-judged provider.example: a.example'],
        5: ['resolved resolved not-judged provider.example: a.example'],
      },
    },
    {
      because: 'a failure that cannot be seen stays one',
      verdicts: [bad, ...times(4, blank)],
      told: { 0: [OPENED], 1: [REMINDED], 3: [REMINDED] },
    },
    {
      because: 'NXDOMAIN is confirmed like any failure',
      verdicts: [ok, failing('a.example', { reason: 'nxdomain', hosts: [] }), ok, ok],
      told: {},
    },
  ])('$because', ({ verdicts, told }) => {
    expect(days(verdicts)).toEqual(told);
  });
});

test('flapping makes no message a day: it slows down to one failure and one end a week', () => {
  const told = days([ok, ...Array.from({ length: 20 }, () => [bad, bad, ok, ok]).flat()]);
  const spoken = Object.entries(told).flatMap(([day, [item]]) =>
    item?.startsWith('re') && !item.startsWith('resolved') ? [Number(day)] : [],
  );
  expect(told[2]).toEqual([OPENED]);
  expect(spoken.every((day, i) => i < 3 || day - (spoken[i - 1] ?? 0) >= 7)).toBe(true);
  expect(Object.keys(told).length).toBeLessThan(2 * (80 / 7 + 3));
});

describe('a forecast', () => {
  const end = START + 40 * DAY + 6 * 3_600_000;
  const SOON = 'failing-soon expired provider.example: a.example';
  test('is told at the horizon, at half of it, three days and one day before, and then as a failure', () => {
    const expired = failing('a.example', { reason: 'expired' });
    const told = days([...times(41, ending('a.example', end)), ...times(3, expired)]);
    // Horizon of a 90-day certificate: 15 days. Day 26 sees it first, day 27 confirms it.
    expect(told).toEqual({
      27: [`opened ${SOON}`],
      33: [`reminder ${SOON}`],
      37: [`reminder ${SOON}`],
      39: [`reminder ${SOON}`],
      41: ['worse failing expired provider.example: a.example'],
      42: ['reminder failing expired provider.example: a.example'],
    });
  });
  test.each([
    { lifetime: 398, first: 21, because: 'never more than 21 days' },
    { lifetime: 200, first: 21, because: 'one sixth of 200 days is more than that' },
    { lifetime: 47, first: 34, because: 'one sixth of 47 days' },
    { lifetime: 6, first: 39, because: 'two intervals, where a sixth is less' },
  ])('$lifetime days: $because', ({ lifetime, first }) => {
    expect(Object.keys(days(times(41, ending('a.example', end, lifetime))))[0]).toBe(String(first));
  });
  test.each([
    {
      because: 'a renewal that is late by habit is told before the horizon',
      host: 'mx.provider.example',
      off: 0,
      told: [`opened ${SOON}`],
    },
    {
      because: 'nor does an alias that goes by its target hide it',
      host: 'mx.provider.example',
      off: 0,
      verdict: { ...ending('a.example', end), hosts: aliased(ending('a.example', end).hosts) },
      told: [`opened ${SOON.replace('provider.example', 'target.example')}`],
    },
    { because: 'one of another host is not', host: 'mx.other.example', off: 0, told: [] },
    { because: 'nor one of another certificate of the host', host: 'mx.provider.example', off: -20 * DAY, told: [] },
  ])('$because', ({ host, off, verdict = ending('a.example', end), told }) => {
    const watch = new Watch();
    const overdue = [{ host, notAfter: end + off, usuallyRenewedDaysBefore: 30 }];
    const run = () => watch.run({ verdicts: [verdict], facts: { overdue } });
    watch.run({ verdicts: [ok] });
    run();
    expect(run()).toEqual(told);
    if (told.length > 0) {
      expect(watch.alert?.items[0]?.blocks).toContainEqual({
        kind: 'text',
        text: 'The renewal is late: mx.provider.example had its last certificate renewed 30 days before the end, and this one was not.',
      });
    }
  });
  test('ends with the renewal, once', () => {
    expect(days([ok, ...times(3, ending('a.example', START + 10 * DAY)), ok, ok, ok])).toEqual({
      2: [`opened ${SOON}`],
      3: [`reminder ${SOON}`],
      5: ['resolved resolved expired provider.example: a.example'],
    });
  });
});
