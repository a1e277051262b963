import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeText } from '../../lambda/postfix/decode.ts';

test('UTF-8 is UTF-8, byte order mark included', () => {
  expect(decodeText(Buffer.from('bücher.example may\n'))).toBe('bücher.example may\n');
  expect(decodeText(Buffer.from('\ufeffa may\n'))).toBe('\ufeffa may\n');
});

test('a Latin-1 line is kept byte by byte, and the others stay what they are', () => {
  const bytes = Buffer.concat([Buffer.from('# M\xfcller\n', 'latin1'), Buffer.from('bücher.example may\n')]);
  expect(decodeText(bytes)).toBe('# M\udcfcller\nbücher.example may\n');
});

test('no bytes make it throw, and none are lost', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const lines = decodeText(bytes).split('\n');
      expect(lines.length).toBe(Buffer.from(bytes).toString('latin1').split('\n').length);
    }),
  );
});
