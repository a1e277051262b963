/** Dates as people read them. */
import { expect, test } from 'vitest';
import { calendarDays, day, daysLong, deadline, lastWorkingDayBefore, moment } from '../../lambda/text/dates.ts';

const at = (text: string) => Date.parse(text);

test('moments and days', () => {
  expect(moment(at('2027-01-03T12:00:59Z'))).toBe('Sun 2027-01-03 12:00Z');
  expect(day(at('2026-11-24T23:59:59Z'))).toBe('Tue 2026-11-24');
});

test.each([
  { from: '2026-11-24T23:59:00Z', to: '2026-11-25T00:01:00Z', days: 1, because: 'midnight counts, not hours' },
  { from: '2026-11-24T00:01:00Z', to: '2026-11-24T23:59:00Z', days: 0, because: 'one day is one day' },
  { from: '2026-11-25T06:00:00Z', to: '2026-11-24T06:00:00Z', days: -1, because: 'a clock may be set back' },
])('calendar days: $because', ({ from, to, days }) => {
  expect(calendarDays(at(from), at(to))).toBe(days);
});

test.each([
  {
    at: '2027-01-03T12:00:00Z',
    now: '2026-12-14T06:00:00Z',
    text: 'Sun 2027-01-03 12:00Z (last working day before: Fri 2027-01-01)',
    because: 'a Sunday has its Friday',
  },
  {
    at: '2027-01-04T00:00:01Z',
    now: '2026-12-14T06:00:00Z',
    text: 'Mon 2027-01-04 00:00Z (last working day before: Fri 2027-01-01)',
    because: 'so has a Monday',
  },
  {
    at: '2027-01-05T12:00:00Z',
    now: '2027-01-04T06:00:00Z',
    text: 'Tue 2027-01-05 12:00Z (the last working day before is today)',
    because: 'there may be only today',
  },
  {
    at: '2027-01-04T12:00:00Z',
    now: '2027-01-02T06:00:00Z',
    text: 'Mon 2027-01-04 12:00Z (no working day is left before)',
    because: 'or nothing',
  },
])('deadline: $because', ({ at: end, now, text }) => {
  expect(deadline(at(end), at(now))).toBe(text);
});

test('the last working day is never a weekend, whatever the day', () => {
  for (let i = 0; i < 14; i++) {
    const from = at('2027-01-01T12:00:00Z') + i * 86_400_000;
    expect([0, 6]).not.toContain(new Date(lastWorkingDayBefore(from)).getUTCDay());
    expect(lastWorkingDayBefore(from)).toBeLessThan(from);
  }
});

test('lengths', () => {
  expect([0, 11 * 3_600_000, 30 * 3_600_000, 13 * 86_400_000].map(daysLong)).toEqual([
    'less than a day',
    'less than a day',
    '1 day',
    '13 days',
  ]);
});
