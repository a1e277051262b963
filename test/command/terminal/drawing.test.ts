/** With which characters pictures are drawn, and where there are none. */
import { expect, test } from 'vitest';
import { ASCII, BLOCKS, type Drawing, drawingFor } from '../../../lambda/command/terminal/drawing.ts';

test.each<{
  readonly because: string;
  readonly isTTY?: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly drawing: Drawing | undefined;
}>([
  { because: 'a terminal of today', env: { LANG: 'de_DE.UTF-8', TERM: 'xterm-256color' }, drawing: BLOCKS },
  { because: 'another spelling', env: { LC_CTYPE: 'en_US.utf8' }, drawing: BLOCKS },
  { because: 'LC_ALL wins', env: { LC_ALL: 'C.UTF-8', LC_CTYPE: 'C', LANG: 'C' }, drawing: BLOCKS },
  { because: 'an empty LC_ALL does not', env: { LC_ALL: '', LANG: 'C.UTF-8' }, drawing: BLOCKS },
  { because: 'NO_COLOR is about colour', env: { LANG: 'C.UTF-8', NO_COLOR: '1' }, drawing: BLOCKS },
  { because: 'no locale at all', env: {}, drawing: ASCII },
  { because: 'the C locale', env: { LC_ALL: 'C', LANG: 'en_US.UTF-8' }, drawing: ASCII },
  { because: 'Latin-1', env: { LANG: 'de_DE.ISO-8859-1' }, drawing: ASCII },
  { because: 'where the shapes are two columns wide', env: { LANG: 'ja_JP.UTF-8' }, drawing: ASCII },
  { because: "Linux's own console", env: { LANG: 'C.UTF-8', TERM: 'linux' }, drawing: ASCII },
  { because: 'a pipe', isTTY: false, env: { LANG: 'C.UTF-8' }, drawing: undefined },
])('$because', ({ isTTY = true, env, drawing }) => {
  expect(drawingFor({ isTTY }, env)).toBe(drawing);
});
