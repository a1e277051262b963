/** Rests after a 421: who rests, whose ends first, and that a hundred thousand of them are nothing much. */
import { expect, test } from 'vitest';
import { Rests } from '../../lambda/probe/rests.ts';

test('whoever begins again rests from then on, and the others end first', () => {
  const rests = new Rests();
  rests.begin(['192.0.2.1', '192.0.2.0/24'], 1_000);
  rests.begin(['192.0.2.2'], 1_500);
  expect(rests.firstEnd(0)).toBe(1_000);
  rests.begin(['192.0.2.1', '192.0.2.0/24'], 2_000);
  expect(rests.firstEnd(0)).toBe(1_500);
  expect(rests.isResting('192.0.2.1', 1_500)).toBe(true);
  expect(rests.firstEnd(1_500)).toBe(2_000);
  expect(rests.isResting('192.0.2.1', 2_000)).toBe(false);
  expect(rests.firstEnd(2_000)).toBeUndefined();
});

test('a hundred thousand rest, more than a call could have arguments', () => {
  const rests = new Rests();
  for (let nth = 0; nth < 200_000; nth++) rests.begin([`host ${nth}`], 1_000 + nth);
  expect(rests.firstEnd(0)).toBe(1_000);
  expect(rests.firstEnd(150_000)).toBe(150_001);
});
