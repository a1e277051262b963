import { expect, test } from 'vitest';
import { paceOf } from '../../lambda/command/gather-and-check.ts';

test.each([
  { because: 'a small table takes no time to speak of', lines: 1, deadline: 60, stopsAfterMs: 59_999.85 },
  { because: 'a large one is judged and printed before the deadline', lines: 100_000, deadline: 60, stopsAfterMs: 45_000 },
  { because: 'and is looked at for half of the time, however short', lines: 100_000, deadline: 5, stopsAfterMs: 2_500 },
])('$because', ({ lines, deadline, stopsAfterMs }) => {
  const table = { name: 'texthash:/t', text: 'a.test may\n'.repeat(lines) };
  const pace = paceOf(
    { policyTables: [table], destinations: [] },
    { concurrency: 8, perNetwork: 4, deadline },
    { started: 1_000_000, now: () => 1_000_000 },
  );
  expect(pace.stopAt).toBe(1_000_000 + stopsAfterMs);
});
