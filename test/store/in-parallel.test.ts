/** Many requests, some at a time. */
import { expect, test } from 'vitest';
import { inParallel } from '../../lambda/store/in-parallel.ts';

test('everything is done, and never more at a time than asked', async () => {
  const done: number[] = [];
  let running = 0;
  let most = 0;
  await inParallel(
    Array.from({ length: 50 }, (_, i) => i),
    async (i) => {
      running++;
      most = Math.max(most, running);
      await Promise.resolve();
      running--;
      done.push(i);
    },
    5,
  );
  expect(done.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect(most).toBe(5);
});

test('the first error ends it, when what is under way has come back', async () => {
  const begun: number[] = [];
  const working = inParallel(
    [0, 1, 2, 3, 4, 5],
    async (i) => {
      begun.push(i);
      await Promise.resolve();
      if (i === 1) throw new Error('no');
    },
    2,
  );
  await expect(working).rejects.toThrow('no');
  expect(begun.length).toBeLessThan(6);
});

test('nothing to do is done', async () => {
  await expect(inParallel([], () => Promise.reject(new Error('no')))).resolves.toBeUndefined();
});
