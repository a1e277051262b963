/** How many questions go out at once: of several processes together no more than of one, but for one each. */
import { afterEach, expect, test, vi } from 'vitest';
import { questionsPerSecond } from '../../lambda/route/question-pace.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

test.each([
  { processes: 1, atOnce: 101 },
  { processes: 2, atOnce: 51 },
  { processes: 8, atOnce: 13 },
  { processes: 64, atOnce: 2 },
])('one of $processes asks $atOnce at once', async ({ processes, atOnce }) => {
  vi.spyOn(performance, 'now').mockReturnValue(1_000_000);
  const pace = questionsPerSecond(800, processes);
  let sent = 0;
  for (let i = 0; i < 300; i++)
    void pace.next().then(() => {
      sent++;
    });
  // No timer has had its turn by then.
  for (let i = 0; i < 5; i++) await Promise.resolve();
  expect(sent).toBe(atOnce);
});
