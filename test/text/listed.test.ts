import { expect, test } from 'vitest';
import { listed } from '../../lambda/text/listed.ts';

const names = (count: number) => 'abcdefgh'.slice(0, count).split('');

test.each([
  { texts: names(0), said: '', because: 'nothing to say' },
  { texts: names(1), said: 'a', because: 'one stands alone' },
  { texts: names(2), said: 'a and b', because: 'two need no comma' },
  { texts: names(3), said: 'a, b and c', because: 'as many as are shown' },
  { texts: names(4), said: 'a, b, c and d', because: 'one beyond is named, not counted' },
  { texts: names(5), said: 'a, b, c and 2 more', because: 'two beyond are counted' },
])('$because', ({ texts, said }) => {
  expect(listed(texts)).toBe(said);
});

test('as many as asked for, and what one may choose from by `or`', () => {
  expect(listed(names(8), 5)).toBe('a, b, c, d, e and 3 more');
  expect(listed(names(3), 3, 'or')).toBe('a, b or c');
});
