/** Names as OpenSSL prints, compares and hashes them; the openssl command confirms what it can be asked. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { mozillaRoots } from '../../lambda/certificate/anchors.ts';
import { readCertificates } from '../../lambda/certificate/certificate.ts';
import { encode, MalformedDer, only } from '../../lambda/certificate/der.ts';
import { nameHash, readName } from '../../lambda/certificate/distinguished-name.ts';
import { createAuthority, type NameAttributes, pemOf } from '../internet/authority.ts';

const root = await createAuthority('Root');
const openssl = spawnSync('openssl', ['version']).stdout?.toString() ?? '';

const NO_OPENSSL = 'there is no openssl command here';

const NAMES: readonly { readonly because: string; readonly subject: NameAttributes; readonly oneLine: string }[] = [
  {
    because: 'an ordinary name',
    subject: [
      ['C', 'US'],
      ['O', 'Example'],
      ['CN', 'mx'],
    ],
    oneLine: '/C=US/O=Example/CN=mx',
  },
  { because: 'an empty one', subject: [], oneLine: '' },
  { because: 'separators are escaped', subject: [['CN', 'a/b+c']], oneLine: '/CN=a\\/b\\+c' },
  { because: 'UTF-8 is shown byte by byte', subject: [['O', 'Bücher']], oneLine: '/O=B\\xC3\\xBCcher' },
  { because: 'control characters too', subject: [['CN', 'a\u0007\nb']], oneLine: '/CN=a\\x07\\x0Ab' },
  { because: 'white space stays in the text', subject: [['O', '  Example   Ltd ']], oneLine: '/O=  Example   Ltd ' },
  { because: 'an unknown type is its OID', subject: [['1.2.3.4', 'x']], oneLine: '/1.2.3.4=x' },
  { because: 'an e-mail address', subject: [['emailAddress', 'a@example.com']], oneLine: '/emailAddress=a@example.com' },
];

test.each(NAMES)('$because: $oneLine', async ({ subject, oneLine }) => {
  const [certificate] = readCertificates([(await root.issue({ subject })).der]);
  expect(certificate?.subject).toBe(oneLine);
});

test('openssl x509 prints and hashes the same names', async ({ skip }) => {
  skip(openssl === '', NO_OPENSSL);
  for (const { subject, oneLine } of NAMES) {
    const { der, pem } = await root.issue({ subject });
    const [certificate] = readCertificates([der]);
    expect(askOpenssl(pem)).toEqual([certificate && nameHash(certificate.names.subject), `subject=${oneLine}`]);
  }
});

test('and those of some of Mozilla’s roots', ({ skip }) => {
  skip(openssl === '', NO_OPENSSL);
  const roots = readCertificates(mozillaRoots().filter((_, i) => i % 10 === 0));
  const ours = roots.map(({ names, subject }) => [nameHash(names.subject), `subject=${subject}`]);
  expect(roots.map(({ der }) => askOpenssl(pemOf(der)))).toEqual(ours);
});

describe('names are equal', () => {
  const utf8 = nameOf(0x0c, Buffer.from('Example Ltd'));
  test.each([
    { because: 'whatever the string type: PrintableString', name: nameOf(0x13, Buffer.from('Example Ltd')) },
    { because: 'BMPString', name: nameOf(0x1e, Buffer.from('Example Ltd', 'utf16le').swap16()) },
    {
      because: 'UniversalString',
      name: nameOf(0x1c, Buffer.from([...'Example Ltd'].flatMap((c) => [0, 0, 0, c.charCodeAt(0)]))),
    },
    { because: 'whatever the case of ASCII letters', name: nameOf(0x0c, Buffer.from('EXAMPLE ltd')) },
    { because: 'and however much white space', name: nameOf(0x0c, Buffer.from(' Example \t\n Ltd  ')) },
  ])('$because', ({ name }) => {
    expect(name.canonical).toBe(utf8.canonical);
  });

  test.each([
    { because: 'other letters', name: nameOf(0x0c, Buffer.from('Exampel Ltd')) },
    { because: 'no white space', name: nameOf(0x0c, Buffer.from('ExampleLtd')) },
    { because: 'a type that is no text', name: nameOf(0x0d, Buffer.from('Example Ltd')) },
    { because: 'another case beyond ASCII', name: nameOf(0x0c, Buffer.from('Éxample Ltd')) },
  ])('but not with $because', ({ name }) => {
    expect(name.canonical).not.toBe(utf8.canonical);
  });

  test.each([
    { because: 'octets', tag: 0x04, value: 'Example Ltd' },
    { because: 'a BMPString of an odd length', tag: 0x1e, value: 'Example Ltd' },
    { because: 'a UniversalString that stops short', tag: 0x1c, value: 'Example Ltd' },
  ])('and $because is no value of an attribute, as OpenSSL has it', ({ tag, value }) => {
    expect(() => nameOf(tag, Buffer.from(value))).toThrow(MalformedDer);
  });
});

function nameOf(tag: number, value: Buffer) {
  const attribute = encode(0x30, Buffer.concat([Buffer.from('060355040a', 'hex'), encode(tag, value)]));
  return readName(only(encode(0x30, encode(0x31, attribute))));
}

function askOpenssl(pem: string): string[] {
  const { stdout } = spawnSync('openssl', ['x509', '-noout', '-subject_hash', '-subject', '-nameopt', 'compat'], { input: pem });
  return stdout.toString().replace(/\n$/, '').split('\n');
}
