import { expect, test } from 'vitest';
import { cutLine } from '../../lambda/postfix/printable.ts';

test.each([
  { text: 'a'.repeat(30), shown: 'a'.repeat(30), because: '30 bytes are shown' },
  { text: 'a'.repeat(31), shown: `${'a'.repeat(30)}...`, because: 'more are cut' },
  { text: `é${'a'.repeat(28)}`, shown: `é${'a'.repeat(28)}`, because: 'bytes count, and not characters' },
  { text: `é${'a'.repeat(29)}`, shown: `é${'a'.repeat(28)}...`, because: 'of which this has 31' },
  { text: `${'a'.repeat(29)}é`, shown: `${'a'.repeat(29)}?...`, because: 'a first byte alone is none' },
  { text: `${'a'.repeat(28)}€`, shown: `${'a'.repeat(28)}\ufffd...`, because: 'two of three bytes are no UTF-8' },
  { text: `\udce9${'a'.repeat(30)}`, shown: `\udce9${'a'.repeat(29)}...`, because: 'a byte that is no UTF-8 counts as one' },
])('$because', ({ text, shown }) => {
  expect(cutLine(text)).toBe(shown);
});
