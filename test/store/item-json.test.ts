/** Items as JSON text: whatever they hold comes back, bytes and odd names included. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromJson, toCanonicalJson, toJson } from '../../lambda/store/item-json.ts';
import { sizeOfItem } from '../../lambda/store/item-size.ts';

const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: 'binary' }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array(),
    fc.array(tie('value')),
    tie('object'),
  ),
  object: fc.dictionary(
    fc.oneof(fc.string(), fc.constantFrom('$bytes', '$$bytes', '$', 'constructor', '__proto__')),
    tie('value'),
    {
      noNullPrototype: true,
    },
  ),
})).object as fc.Arbitrary<Record<string, unknown>>;

test('whatever is written comes back', () => {
  fc.assert(
    fc.property(json, (value) => {
      for (const text of [toJson(value), toCanonicalJson(value)]) expect(fromJson(text)).toEqual(value);
    }),
  );
});

test('equal items have one canonical text', () => {
  const a = { b: 1, a: { d: [new Uint8Array([1, 2])], c: null } };
  const b = { a: { c: null, d: [new Uint8Array([1, 2])] }, b: 1 };
  expect(toCanonicalJson(a)).toBe('{"a":{"c":null,"d":[{"$bytes":"AQI="}]},"b":1}');
  expect(toCanonicalJson(b)).toBe(toCanonicalJson(a));
});

test.each([
  { text: '', because: 'nothing' },
  { text: '7', because: 'a number' },
  { text: 'null', because: 'null' },
  { text: '[{}]', because: 'a list' },
  { text: '{"a":', because: 'half an object' },
])('$because is no item', ({ text }) => {
  expect(() => fromJson(text)).toThrow();
});

test('a number without a form in JSON is refused, not made null', () => {
  expect(() => toJson({ a: [Number.NaN] })).toThrow('NaN has no form in JSON');
});

test.each([
  { item: {}, bytes: 4, because: 'the key alone' },
  { item: { a: 'é' }, bytes: 7, because: 'a name and UTF-8' },
  { item: { n: 1_796_450_400_000 }, bytes: 13, because: 'a number: a byte for two digits, and one' },
  { item: { t: true, z: null }, bytes: 8, because: 'a byte each' },
  { item: { l: [1, 'a'] }, bytes: 13, because: 'a list: three, and one an element' },
  { item: { m: { a: 'b' } }, bytes: 11, because: 'a map likewise' },
  { item: { b: new Uint8Array(9), u: undefined }, bytes: 14, because: 'bytes as they are, and nothing for nothing' },
])('$item has $bytes bytes: $because', ({ item, bytes }) => {
  expect(sizeOfItem({ pk: '', sk: '', ...item })).toBe(bytes);
});
