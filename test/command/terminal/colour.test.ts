/** Where there is colour, and where escapes would stand as letters between the words. */
import { expect, test } from 'vitest';
import { paintFor } from '../../../lambda/command/terminal/colour.ts';

test.each<{ because: string; isTTY?: boolean; env: Readonly<Record<string, string>>; coloured: boolean }>([
  { because: 'a terminal of today', env: { TERM: 'xterm-256color' }, coloured: true },
  { because: 'an empty NO_COLOR asks for nothing', env: { NO_COLOR: '' }, coloured: true },
  { because: 'NO_COLOR', env: { TERM: 'xterm', NO_COLOR: '1' }, coloured: false },
  { because: 'a shell within an editor has no escapes', env: { TERM: 'dumb' }, coloured: false },
  { because: 'a pipe', isTTY: false, env: { TERM: 'xterm' }, coloured: false },
])('$because', ({ isTTY = true, env, coloured }) => {
  expect(paintFor({ isTTY }, env)('red', 'fail')).toBe(coloured ? '\u001b[31mfail\u001b[39m' : 'fail');
});
