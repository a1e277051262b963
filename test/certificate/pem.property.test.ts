/** Any text as PEM: read without an exception, and nothing that is private is kept of it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { printPem, readPem } from '../../lambda/certificate/pem.ts';
import { publicPem } from '../../lambda/certificate/public-pem.ts';

const SEED = 13;

const LABELS = [
  'CERTIFICATE',
  'TRUSTED CERTIFICATE',
  'X509 CRL',
  'PUBLIC KEY',
  'PRIVATE KEY',
  'EC PRIVATE KEY',
  '',
  'CERTIFICATE-----x',
];
const label = fc.constantFrom(...LABELS);
/** Short DER and what nearly is. */
const base64 = fc
  .oneof(
    fc.uint8Array({ minLength: 1, maxLength: 60 }),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => new Uint8Array([0x30, bytes.length, ...bytes])),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => new Uint8Array([0x30, 0x84, 0xff, 0xff, 0xff, 0xff, ...bytes])),
  )
  .map((bytes) => Buffer.from(bytes).toString('base64'));
const line = fc.oneof(
  label.map((name) => `-----BEGIN ${name}-----`),
  label.map((name) => `-----END ${name}-----`),
  base64,
  fc.constantFrom('', ' ', 'Proc-Type: 4,ENCRYPTED', '\ufeff', '-', 'secret', '\0', '====', '\u001b[2J'),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const lines = fc
  .array(line, { maxLength: 20 })
  .chain((some) => fc.constantFrom('\n', '\r\n', ' \n').map((end) => some.join(end)));
const blocks = fc
  .array(fc.tuple(label, base64), { maxLength: 6 })
  .map((some) => some.map(([name, data]) => printPem(name, data)).join(''));
const text = fc.oneof(
  lines,
  blocks,
  fc.tuple(blocks, lines).map((both) => both.join('')),
  fc.string({ unit: 'binary' }),
);

test('blocks of any text stand in order, and have bytes', () => {
  fc.assert(
    fc.property(text, (pem) => {
      const { blocks: found, broken } = readPem(pem);
      const numbers = [...found, ...(broken === undefined ? [] : [broken])].map((block) => block.line);
      expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
      expect(Math.max(0, ...numbers)).toBeLessThanOrEqual(pem.split('\n').length);
      for (const { bytes } of found) expect(bytes.length).toBeGreaterThan(0);
    }),
    { seed: SEED, numRuns: 2_000 },
  );
});

test('what was printed is read again', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (bytes) => {
      const pem = printPem('CERTIFICATE', Buffer.from(bytes).toString('base64'));
      expect(readPem(pem)).toEqual({ blocks: [{ label: 'CERTIFICATE', line: 1, bytes: Buffer.from(bytes), hasHeader: false }] });
    }),
    { seed: SEED },
  );
});

test('what may be kept of any text is base64 in known blocks, and the same when it is read again', () => {
  fc.assert(
    fc.property(text, (pem) => {
      const kept = publicPem(pem);
      if (kept === undefined) return;
      expect(kept.text).toMatch(
        /^([A-Za-z0-9+/=\n]|-----(BEGIN|END) ((X509 |TRUSTED )?CERTIFICATE|PUBLIC KEY|X509 CRL)-----\n)*$/,
      );
      const again = publicPem(kept.text);
      expect(again ?? { text: '', privateKeys: 0, otherBlocks: 0 }).toEqual({ text: kept.text, privateKeys: 0, otherBlocks: 0 });
      expect(kept.text.length).toBeLessThanOrEqual(2 * pem.length);
    }),
    { seed: SEED, numRuns: 2_000 },
  );
});
