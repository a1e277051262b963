/** Questions to DNS by next hop, in turns. */
import { expect, test } from 'vitest';
import { QuestionTurns, type Task } from '../../lambda/route/question-turns.ts';

/** Tasks that end when told to, and the order in which they began. */
function tasks() {
  const begun: string[] = [];
  const open = new Map<string, () => void>();
  const task = (name: string): Task => ({
    begun: false,
    run: () => {
      begun.push(name);
      return new Promise<void>((resolve) => open.set(name, resolve));
    },
  });
  const end = async (name: string) => {
    open.get(name)?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { begun, task, end };
}

test('of one next hop 25 at a time, however many places are free', async () => {
  const { begun, task, end } = tasks();
  const turns = new QuestionTurns(100);
  for (let i = 0; i < 40; i++) turns.take('stranger', task(`s${i}`));
  expect(begun.length).toBe(25);
  turns.take('other', task('o'));
  expect(begun.at(-1)).toBe('o');
  await end('s3');
  expect(begun.at(-1)).toBe('s25');
});

test('whoever has the fewest under way is next', async () => {
  const { begun, task, end } = tasks();
  const turns = new QuestionTurns(3);
  for (let i = 0; i < 6; i++) turns.take('stranger', task(`s${i}`));
  turns.take('a', task('a0'));
  turns.take('a', task('a1'));
  turns.take('b', task('b0'));
  await end('s0');
  await end('s1');
  await end('s2');
  expect(begun).toEqual(['s0', 's1', 's2', 'a0', 'b0', 's3']);
  await end('a0');
  expect(begun.at(-1)).toBe('a1');
});

test('what two wait for is asked once, by whoever comes first', async () => {
  const { begun, task, end } = tasks();
  const turns = new QuestionTurns(1);
  const shared = task('shared');
  turns.take('stranger', task('s0'));
  for (let i = 1; i < 4; i++) turns.take('stranger', task(`s${i}`));
  turns.take('stranger', shared);
  turns.take('other', shared);
  for (const name of ['s0', 'shared', 's1', 's2', 's3']) await end(name);
  expect(begun).toEqual(['s0', 'shared', 's1', 's2', 's3']);
});

test('one that fails gives its place back', async () => {
  const { begun, task } = tasks();
  const turns = new QuestionTurns(1);
  turns.take('a', { begun: false, run: () => Promise.reject(new Error('broken')) });
  turns.take('b', task('b'));
  await new Promise((resolve) => setImmediate(resolve));
  expect(begun).toEqual(['b']);
});
