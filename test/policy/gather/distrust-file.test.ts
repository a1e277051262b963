/** A list of trust anchors that are to go: certificates, fingerprints, days; and what is none of these, with its line. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readDistrustFile } from '../../../lambda/policy/gather/distrust-file.ts';
import { thisMachine } from '../../../lambda/policy/gather/this-machine.ts';
import { UsageError } from '../../../lambda/usage-error.ts';
import { type Authority, createAuthority, pemOf } from '../../internet/authority.ts';

let path: string;
let root: Authority;
let digest: string;
beforeAll(async () => {
  path = join(mkdtempSync(join(tmpdir(), 'distrust-')), 'list');
  root = await createAuthority();
  digest = createHash('sha256').update(Buffer.from(root.certificate.der, 'base64')).digest('hex');
});
afterAll(() => rmSync(join(path, '..'), { recursive: true, force: true }));

function read(text: string | Uint8Array) {
  writeFileSync(path, text);
  return readDistrustFile(path, thisMachine);
}
async function refusalOf(text: string | Uint8Array): Promise<string> {
  const error: unknown = await read(text).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UsageError);
  return String(error).replace('UsageError: ', '').replaceAll(path, 'LIST');
}

const A = 'ab'.repeat(32);
const B = 'cd'.repeat(32);
const colons = (hex: string) => hex.toUpperCase().replace(/..(?!$)/g, '$&:');
const day = (text: string) => Date.parse(`${text}T00:00:00Z`);

test.each([
  { text: `${A}\n`, of: [[A, null]], because: 'hex digits' },
  { text: colons(A), of: [[A, null]], because: 'with colons, in capitals, without a line end' },
  { text: `sha256 Fingerprint=${colons(A)}\n`, of: [[A, null]], because: 'as OpenSSL 3 prints it' },
  { text: `SHA256 Fingerprint=${colons(A)}\n`, of: [[A, null]], because: 'as OpenSSL 1.1 prints it' },
  { text: `\ufeff${A} 2027-04-15\r\n`, of: [[A, day('2027-04-15')]], because: 'a day, and line ends of Windows' },
  { text: `${A} 2027-04-15 Old Root G2\n`, of: [[A, day('2027-04-15')]], because: 'a name is for people' },
  { text: `${A}\tOld Root 2027-04-15\n`, of: [[A, null]], because: 'a day in a name is none' },
  { text: `${A} 1999 Old Root\n`, of: [[A, null]], because: 'a year in a name is none' },
  {
    text: `# to go\n\n  ${A} # in spring\n${B}\n`,
    of: [
      [A, null],
      [B, null],
    ],
    because: 'comments',
  },
  {
    text: `${A}\n${A} 2027-04-15\n${A} 2028-01-01\n`,
    of: [[A, day('2027-04-15')]],
    because: 'of one that stands there twice the first day counts',
  },
])('$because', async ({ text, of }) => {
  expect((await read(text)).map(({ sha256, from }) => [sha256, from])).toEqual(of);
});

test('certificates, with what programs write around them, and fingerprints beside them', async () => {
  const text = `\nOld Root\n========\n${root.certificate.pem}subject=CN = Old Root\n${colons(B)} 2027-04-15\n`;
  expect(await read(text)).toEqual([
    { sha256: B, from: day('2027-04-15') },
    { sha256: digest, from: null },
  ]);
  expect(await read(`${root.certificate.pem}${digest} 2027-04-15\n`)).toEqual([{ sha256: digest, from: day('2027-04-15') }]);
});

const WANTED =
  'is no SHA-256 fingerprint, which has 64 hex digits; write it as "openssl x509 -noout -fingerprint -sha256" prints it, ' +
  'and # before a comment';
const NONE = '--distrust LIST: it names no trust anchor; a certificate in PEM is wanted, or a SHA-256 fingerprint a line';

test.each([
  { text: '', says: NONE, because: 'an empty file' },
  { text: '# none\n\n', says: NONE, because: 'comments alone' },
  { text: `${A}\n\nOld Root\n`, says: `--distrust LIST line 3: "Old" ${WANTED}`, because: 'a name alone' },
  { text: `${A.slice(2)}\n`, says: `--distrust LIST line 1: "${A.slice(2)}" ${WANTED}`, because: 'two digits short' },
  { text: `${A}ab\n`, says: `--distrust LIST line 1: "${A}ab" ${WANTED}`, because: 'two digits long' },
  {
    text: `SHA1 Fingerprint=${colons('ef'.repeat(20))}\n`,
    says: `--distrust LIST line 1: "SHA1" ${WANTED}`,
    because: 'of another kind',
  },
  {
    text: `${'x'.repeat(200)}\n`,
    says: `--distrust LIST line 1: "${'x'.repeat(80)}..." ${WANTED}`,
    because: 'a long word is cut',
  },
  {
    text: `${A} 2027-02-30\n`,
    says: '--distrust LIST line 1: "2027-02-30" is no day; write it as 2026-11-30',
    because: 'a day that no month has',
  },
  {
    text: `${A} 2027-4-5\n`,
    says: '--distrust LIST line 1: "2027-4-5" is no day; write it as 2026-11-30',
    because: 'a day in short',
  },
  ...['15.04.2027', '15/04/2027', '4/15/27', '20270415', '2027/04/15'].map((written) => ({
    text: `${A} ${written} Old Root\n`,
    says: `--distrust LIST line 1: "${written}" is no day; write it as 2026-11-30`,
    because: `a day as ${written}`,
  })),
])('$because is an error', async ({ text, says }) => {
  expect(await refusalOf(text)).toBe(says);
});

test('beside certificates a fingerprint that is cut is an error, and not prose', async () => {
  expect(await refusalOf(`${root.certificate.pem}${colons('ab'.repeat(20))}\n`)).toMatch(/^--distrust LIST line \d+: "AB:AB:/);
});

test('a certificate that cannot be read is named by its line', async () => {
  expect(await refusalOf(`# one\n${pemOf(Buffer.from('none').toString('base64'))}`)).toBe(
    '--distrust LIST: certificate on line 2 is malformed',
  );
});

test('a file that is not there, and bytes that are no text', async () => {
  await expect(readDistrustFile('/nonexistent/list', thisMachine)).rejects.toThrow(
    new UsageError('cannot read --distrust /nonexistent/list: No such file or directory'),
  );
  expect(await refusalOf(Uint8Array.of(0x30, 0x82, 0xff, 0x00))).toContain(WANTED);
});
