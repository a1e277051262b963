/** PEM texts that only a slip or malice makes: read to their end, once. */
import { expect, test } from 'vitest';
import { readPem } from '../../lambda/certificate/pem.ts';

const BLOCK = '-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n';
const MILLION = 1_000_000;

test.each([
  { text: `${' '.repeat(MILLION)}x\n${BLOCK}`, line: 2, because: 'a million blanks before a word' },
  { text: `${'\n'.repeat(MILLION)}${BLOCK}`, line: MILLION + 1, because: 'a million empty lines' },
  { text: `${'\0'.repeat(MILLION)}\n${BLOCK}`, line: 2, because: 'a million NULs' },
  { text: BLOCK.replaceAll('\n', `${' '.repeat(MILLION)}\r\n`), line: 1, because: 'a million blanks behind each line' },
])('a block is found behind or between $because', ({ text, line }) => {
  expect(readPem(text)).toEqual({
    blocks: [{ label: 'CERTIFICATE', line, bytes: Buffer.from('300000', 'hex'), hasHeader: false }],
  });
});

test.each([
  { text: '-----BEGIN CERTIFICATE-----\n', line: 1, because: 'nothing follows' },
  { text: `${BLOCK}-----BEGIN CERTIFICATE-----\n${'AAAA\n'.repeat(MILLION)}`, line: 4, because: 'data has no end' },
  { text: '-----BEGIN CERTIFICATE-----\n'.repeat(100_000), line: 1, because: 'only beginnings follow' },
])('a block is broken where $because', ({ text, line }) => {
  expect(readPem(text).broken).toEqual({ label: 'CERTIFICATE', line });
});
