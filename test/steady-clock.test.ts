import { expect, test } from 'vitest';
import { steadyClock } from '../lambda/steady-clock.ts';

test('goes on by the monotonic clock, whatever is done to the wall clock', () => {
  let [wall, monotonic] = [1_795_586_400_000, 12.25];
  const now = steadyClock(
    () => wall,
    () => monotonic,
  );
  expect(now()).toBe(1_795_586_400_000);
  monotonic += 1_500.4;
  expect(now()).toBe(1_795_586_401_500);
  wall -= 86_400_000;
  monotonic += 500;
  expect(now()).toBe(1_795_586_402_000);
});
