import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bits, encode, first, inside, MalformedDer, objectIdentifier, only } from '../../lambda/certificate/der.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

test.each([
  { bytes: '05 00', because: 'nothing inside' },
  { bytes: '04 01 ff', because: 'a short length' },
  { bytes: `04 81 80 ${'00'.repeat(128)}`, because: 'a long length of one octet' },
  { bytes: `04 82 0100 ${'00'.repeat(256)}`, because: 'a long length of two' },
])('reads what it encodes: $because', ({ bytes }) => {
  const element = only(hex(bytes));
  expect(encode(element.tag, element.body)).toEqual(hex(bytes));
});

test.each([
  { bytes: '', because: 'nothing' },
  { bytes: '04', because: 'no length' },
  { bytes: '04 02 00', because: 'cut short' },
  { bytes: '04 80 00 00', because: 'indefinite length' },
  { bytes: '04 85 00 00 00 00 01 00', because: 'a length beyond any certificate' },
  { bytes: '1f 81 01 00', because: 'a tag of several octets' },
  { bytes: '05 00 00', because: 'something behind the only element' },
])('refuses $because', ({ bytes }) => {
  expect(() => only(hex(bytes))).toThrow(MalformedDer);
});

describe('object identifiers', () => {
  test.each([
    { bytes: '55 04 03', text: '2.5.4.3' },
    { bytes: '2a 86 48 86 f7 0d 01 01 0b', text: '1.2.840.113549.1.1.11' },
    { bytes: '88 37 03', text: '2.999.3' },
    { bytes: '00', text: '0.0' },
    { bytes: '2b ff ff ff ff ff ff ff ff ff 7f', text: `1.3.${2n ** 70n - 1n}` },
  ])('$text', ({ bytes, text }) => {
    expect(objectIdentifier(hex(bytes))).toBe(text);
  });

  test('one of absurd length stays hex', () => {
    expect(objectIdentifier(hex(`2b ${'81'.repeat(100)} 01`))).toBe(`2b${'81'.repeat(100)}01`);
  });

  test.each(['', '2b 86', '80'])('not %j', (bytes) => {
    expect(() => objectIdentifier(hex(bytes))).toThrow(MalformedDer);
  });
});

test.each([
  { bytes: '07 80', set: [0] },
  { bytes: '05 a0', set: [0, 2] },
  { bytes: '07 00 80', set: [8] },
  { bytes: '00', set: [] },
  { bytes: '06 ff', set: [0, 1] },
])('bit string $bytes sets $set', ({ bytes, set }) => {
  expect(bits(hex(bytes))).toEqual(set);
});

test('whatever the bytes, an element lies within them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (random) => {
      const bytes = Buffer.from(random);
      try {
        expect(first(bytes).whole.length).toBeLessThanOrEqual(bytes.length);
        expect(Buffer.concat(inside(bytes).map(({ whole }) => whole))).toEqual(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedDer);
      }
    }),
  );
});

test('a body of as many elements as a certificate can hold is read, and one of more is malformed', () => {
  expect(inside(Buffer.alloc(200_000))).toHaveLength(100_000);
  expect(() => inside(Buffer.alloc(200_002))).toThrow(new MalformedDer('too many elements'));
});
