import fc from 'fast-check';
import { expect, test } from 'vitest';
import { logicalLines } from '../../lambda/postfix/logical-line.ts';

test.each([
  { text: '', lines: [], because: 'an empty file has no lines' },
  { text: '\n \t\n# c\n  # c\n', lines: [], because: 'blank lines and comments are no lines' },
  { text: 'a may', lines: ['1 a may'], because: 'a last line needs no newline' },
  { text: 'a may\nb may\n', lines: ['1 a may', '2 b may'], because: 'each line is one' },
  { text: 'a\n secure\n', lines: ['1 a secure'], because: 'white space at the start continues, and stays' },
  { text: 'a\n\tsecure\n\tmatch=x\nb may\n', lines: ['1 a\tsecure\tmatch=x', '4 b may'], because: 'several continuations' },
  { text: 'a\n# c\n secure\n', lines: ['1 a secure'], because: 'a comment does not end the line' },
  { text: 'a\n\n secure\n', lines: ['1 a secure'], because: 'a blank line does not end it either' },
  { text: 'a may\n  # c\nb may\n', lines: ['1 a may', '3 b may'], because: 'an indented comment is a comment' },
  { text: 'a may # c\n', lines: ['1 a may # c'], because: 'there are no trailing comments' },
  { text: '#c\n a may\n', lines: ['2  a may orphan'], because: 'nothing comes before: Postfix drops it' },
  { text: ' a may\n b may\nc may\n', lines: ['1  a may b may orphan', '3 c may'], because: 'and with it what continues it' },
  { text: 'a may\r\nb may\r\n', lines: ['1 a may\r', '2 b may\r'], because: 'a carriage return is white space at the end' },
  { text: 'a may\0 x\nb may\n', lines: ['1 a may', '2 b may'], because: 'text behind a NUL is lost' },
  { text: 'a\u00a0may\n', lines: ['1 a\u00a0may'], because: 'a no-break space is no blank' },
])('$because', ({ text, lines }) => {
  expect(logicalLines(text).map(({ line, text: t, orphan }) => `${line} ${t}${orphan ? ' orphan' : ''}`)).toEqual(lines);
});

test('no text makes it throw, and lines are in order', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', ' ', '\t', '\n', '#', '\0', '\r', 'é') }), (text) => {
      const numbers = logicalLines(text).map(({ line }) => line);
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    }),
  );
});
