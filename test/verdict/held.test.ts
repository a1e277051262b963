/** On what days a line would have held, in words. */
import { expect, test } from 'vitest';
import { heldWords, type LineHeld } from '../../lambda/verdict/held.ts';

const ALL: LineHeld = {
  days: 90,
  of: 90,
  from: '2026-08-30T06:00:00.000Z',
  to: '2026-11-27T06:00:00.000Z',
  lastFailedAt: null,
  untold: 0,
};

test.each<{ held: LineHeld | undefined; words: string | undefined }>([
  { held: undefined, words: undefined },
  { held: { ...ALL, days: 0, of: 0, from: null, to: null, untold: 4 }, words: undefined },
  { held: ALL, words: 'would have held on 90 of 90 days, Sun 2026-08-30 to Fri 2026-11-27' },
  {
    held: { ...ALL, days: 88, lastFailedAt: '2026-11-05T06:00:00.000Z' },
    words: 'would have held on 88 of 90 days, Sun 2026-08-30 to Fri 2026-11-27; the last time not on Thu 2026-11-05',
  },
  { held: { ...ALL, days: 1, of: 1, from: ALL.to }, words: 'would have held on 1 of 1 day, Fri 2026-11-27' },
  {
    held: { ...ALL, days: 0, lastFailedAt: ALL.to },
    words: 'fits what they show now; before, it would have held on none of 90 days, Sun 2026-08-30 to Fri 2026-11-27',
  },
])('$words', ({ held, words }) => {
  expect(heldWords(held)).toBe(words);
});
