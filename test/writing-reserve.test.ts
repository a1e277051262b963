import { expect, test } from 'vitest';
import { writingReserveMs } from '../lambda/writing-reserve.ts';

test.each([
  { entries: 0, remainingMs: 900_000, is: 120_000, because: 'what is configured' },
  { entries: 500, remainingMs: 900_000, is: 124_000, because: 'a little more for a small table' },
  { entries: 20_000, remainingMs: 900_000, is: 280_000, because: 'and much more for a large one' },
  { entries: 20_000, remainingMs: 600_000, is: 200_000, because: 'but a third at most' },
  { entries: 3, remainingMs: 9_000, is: 3_000, because: 'of whatever is left' },
])('$entries entries, $remainingMs ms left: $because', ({ entries, remainingMs, is }) => {
  expect(writingReserveMs(120, entries, remainingMs)).toBe(is);
});
