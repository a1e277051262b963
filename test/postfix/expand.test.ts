// biome-ignore-all lint/suspicious/noTemplateCurlyInString: main.cf has macros of that very form
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareLevels, expand } from '../../lambda/postfix/expand.ts';

const names: Record<string, string> = { a: 'x', b: '$a.$a', empty: '', loop: '$loop', level: '3.10' };
const lookup = (name: string) => (Object.hasOwn(names, name) ? names[name] : undefined);

test.each([
  { value: 'plain', text: 'plain', because: 'nothing to expand' },
  { value: '$a', text: 'x', because: 'a name' },
  { value: '$a-$a', text: 'x-x', because: 'a hyphen ends a name' },
  { value: '${a}b', text: 'xb', because: 'braces end a name' },
  { value: '$(a)b', text: 'xb', because: 'so do parentheses' },
  { value: '$b', text: 'x.x', because: 'values are expanded in turn' },
  { value: '$none|${none}', text: '|', because: 'an undefined name is empty' },
  { value: '$$a', text: '$a', because: 'two dollars are one' },
  { value: '${a?yes}', text: 'yes', because: 'a set name takes the text' },
  { value: '${empty?yes}', text: '', because: 'an empty one does not' },
  { value: '${none?yes}', text: '', because: 'nor an undefined one' },
  { value: '${a:no}', text: '', because: 'the colon is for the other case' },
  { value: '${empty:no}', text: 'no', because: 'an empty name' },
  { value: '${none:$a}', text: 'x', because: 'the text is expanded too' },
  { value: '${a?{yes}:{no}}', text: 'yes', because: 'both cases' },
  { value: '${none?{yes}:{no}}', text: 'no', because: 'both cases, the other' },
  { value: '${none ? {yes} : {no}}', text: 'no', because: 'blanks between' },
  { value: '${a?{$b}:{no}}', text: 'x.x', because: 'expanded inside' },
  { value: '${a?b:c}', text: 'b:c', because: 'without braces all the rest is text' },
  { value: '${{$a} == {x} ? {same} : {other}}', text: 'same', because: 'a comparison' },
  { value: '${{$a} != {x} ? {other} : {same}}', text: 'same', because: 'its opposite' },
  { value: '${{9} < {10} ? {number} : {text}}', text: 'number', because: 'digits compare as numbers' },
  { value: '${{9a} < {10a} ? {number} : {text}}', text: 'text', because: 'other texts do not' },
  { value: '${{$level} <level {3.9} ? {older} : {newer}}', text: 'newer', because: 'levels compare part by part' },
  { value: '${{$level} >= {3.9} ? {newer} : {older}}', text: 'older', because: 'texts do not' },
  { value: '${{a} == {a}}', text: 'true', because: 'a comparison alone is a value' },
  { value: '${{a} == {b}}', text: '', because: 'or none' },
  { value: 'inline:{x=${a?{y}}}', text: 'inline:{x=y}', because: 'braces around are text' },
])('$value: $because', ({ value, text }) => {
  expect(expand(value, lookup)).toEqual({ text });
});

test.each([
  { value: '${a', error: 'truncated macro reference: "${a"' },
  { value: 'x $', error: 'empty macro name: "x $"' },
  { value: '${}', error: 'empty macro name: "${}"' },
  { value: '${a-b}', error: 'attribute name syntax error at: "...a>>>-b"' },
  { value: '${a?{b}c}', error: '":" expected at: "...b}>>>c"' },
  { value: '${a?{b}:{c}d}', error: 'unexpected input at: "...c}>>>d"' },
  { value: '${{a} ~ {b}}', error: 'an operator was expected at: "...a}>>>~ {b}"' },
  { value: '${{a} == b}', error: '"{expression}" expected at: ">>>b"' },
  { value: '${{a} ==size {b}}', error: 'bad operator suffix at: ">>>size"' },
  { value: '${{a} == {b} c}', error: '"?" or ":" expected at: "...}>>>c"' },
  { value: '${foo{a}}', error: 'unknown function "foo" at"...>>>foo{a}"' },
])('$value is fatal', ({ value, error }) => {
  expect(expand(value, lookup)).toEqual({ error });
});

test('a name that names itself ends', () => {
  expect(expand('$loop', lookup)).toEqual({ error: 'unreasonable macro call nesting: "$loop"' });
});

test('compatibility levels', () => {
  expect(compareLevels('3.10', '3.9')).toBeGreaterThan(0);
  expect(compareLevels('3', '3.0.0')).toBe(0);
  expect(compareLevels('2', '3.6')).toBeLessThan(0);
});

test('no text makes it throw', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('$', '{', '}', '(', ')', 'a', '?', ':', ' ', '==', '<level', '-') }),
      (value) => {
        const expanded = expand(value, lookup);
        expect('text' in expanded || expanded.error.length > 0).toBe(true);
      },
    ),
  );
});

test.each(['', 'text'])('names that double one another end, whatever comes of them in the end: "%s"', (last) => {
  const doubling = (name: string) => {
    const n = Number(name.slice(1));
    return n < 60 ? `$x${n + 1}$x${n + 1}` : last;
  };
  expect(expand('$x0', doubling)).toEqual({ error: 'unreasonable macro expansion: "$x0"' });
});
