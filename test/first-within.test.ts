import { expect, test } from 'vitest';
import { firstSentences, firstWithin } from '../lambda/first-within.ts';

test.each([
  { list: ['a', 'b'], within: { chars: 6 }, first: ['a', 'b'], because: 'all fit: three characters each with their quotes' },
  { list: ['a', 'b'], within: { chars: 5 }, first: ['a'], because: 'the second does not' },
  { list: ['long', 'b'], within: { chars: 5 }, first: [], because: 'what comes behind one that does not fit is left out, too' },
  { list: ['a', 'b', 'c'], within: { chars: 99, most: 2 }, first: ['a', 'b'], because: 'two at most' },
  { list: [], within: { chars: 0 }, first: [], because: 'nothing needs no room' },
])('$list within $within: $because', ({ list, within, first }) => {
  expect(firstWithin(list, within)).toEqual(first);
});

test.each([
  { sentences: ['a', 'b'], most: 2, told: ['a', 'b'] },
  { sentences: ['a', 'b', 'c'], most: 2, told: ['a', 'b', 'c'] },
  { sentences: ['a', 'b', 'c', 'd'], most: 2, told: ['a', 'b', 'and 2 more of the kind'] },
  { sentences: ['x'.repeat(2_001)], most: 2, told: [`${'x'.repeat(2_000)}…`] },
])('of $sentences.length sentences $most', ({ sentences, most, told }) => {
  expect(firstSentences(sentences, most)).toEqual(told);
});
