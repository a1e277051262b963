import { expect, test } from 'vitest';
import { greatest, least } from '../lambda/extremes.ts';

test('the least and the greatest, as Math has them', () => {
  for (const numbers of [[], [3], [3, -1, 7, -1], [Number.POSITIVE_INFINITY, 5]]) {
    expect(least(numbers)).toBe(Math.min(...numbers));
    expect(greatest(numbers)).toBe(Math.max(...numbers));
  }
});

test('more numbers than a call can have arguments', () => {
  const numbers = Array.from({ length: 500_000 }, (_, nth) => (nth * 7_919) % 500_000);
  expect(() => Math.min(...numbers)).toThrow(RangeError);
  expect([least(numbers), greatest(numbers)]).toEqual([0, 499_999]);
});
