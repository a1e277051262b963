import { expect, test } from 'vitest';
import { withinWidth } from '../../lambda/text/wrap.ts';

test.each([
  { because: 'what fits stays', text: 'one\n\ntwo three\nfour\n', fits: 'one\n\ntwo three\nfour\n' },
  { because: 'a paragraph is filled anew', text: 'one two three\nfour\n\nfive\n', fits: 'one two\nthree four\n\nfive\n' },
  { because: 'an indented line stays by itself', text: 'a:\n  one two three;\n  b;\n', fits: 'a:\n  one two\n  three;\n  b;\n' },
  { because: 'a word alone may be longer', text: 'twelve-letters x\n', fits: 'twelve-letters\nx\n' },
])('$because', ({ text, fits }) => {
  expect(withinWidth(text, 10)).toBe(fits);
});
