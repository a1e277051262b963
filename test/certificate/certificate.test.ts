import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Certificate, readCertificate, shown } from '../../lambda/certificate/certificate.ts';
import { strongSignature } from '../../lambda/certificate/trust/signature.ts';
import { createAuthority, selfSigned } from '../internet/authority.ts';
import { element, identifier, remint } from '../internet/remint.ts';

const root = await createAuthority('Root');

function read(der: string): Certificate {
  const certificate = readCertificate(der);
  if (certificate.kind === 'unreadable') throw new Error(certificate.because);
  return certificate;
}

describe('presented names', () => {
  test('dNSNames as they stand, whatever they contain', async () => {
    const dnsNames = ['mail.example.com', 'MAIL.example.com.', 'mail.example.com\0.evil.test', ' *.example.com', ''];
    const certificate = read((await root.issue({ dnsNames, commonName: 'x' })).der);
    expect(certificate.dnsNames).toEqual(dnsNames);
    expect(certificate.hasDnsNames).toBe(true);
  });

  test('all common names, in order', async () => {
    const subject = [
      ['CN', 'first.example.com'],
      ['O', 'Example'],
      ['CN', 'second.example.com'],
    ] as const;
    const certificate = read((await root.issue({ subject })).der);
    expect(certificate.commonNames).toEqual(['first.example.com', 'second.example.com']);
    expect(certificate.hasDnsNames).toBe(false);
  });

  test('other alternative names are no dNSNames', async () => {
    const options = {
      ipAddresses: ['192.0.2.1', '2001:db8::1'],
      emailAddresses: ['a@example.com'],
      uris: ['https://example.com'],
    };
    const certificate = read((await root.issue(options)).der);
    expect(certificate).toMatchObject({
      hasDnsNames: false,
      dnsNames: [],
      ipAddresses: ['192.0.2.1', '2001:db8::1'],
      emailAddresses: ['a@example.com'],
    });
  });

  test('a text of another name inside one is still one', async () => {
    const certificate = read((await root.issue({ dnsNames: ['evil.test, DNS:mail.example.com'] })).der);
    expect(certificate.dnsNames).toEqual(['evil.test, DNS:mail.example.com']);
  });
});

test.each([
  { keyType: 'ec', type: 'ec', bits: 256 },
  { keyType: 'p521', type: 'ec', bits: 521 },
  { keyType: 'rsa', type: 'rsa', bits: 2048 },
  { keyType: 'ed25519', type: 'ed25519', bits: 0 },
] as const)('a key of kind $keyType is $type of $bits bits', async ({ keyType, type, bits }) => {
  expect(read((await root.issue({ keyType })).der)).toMatchObject({ keyType: type, keyBits: bits });
});

test('dates are epoch milliseconds, beyond 2049 as well', async () => {
  const options = { notBefore: Date.UTC(1999, 11, 31, 23, 59, 59), notAfter: Date.UTC(2051, 0, 1) };
  expect(read((await root.issue(options)).der)).toMatchObject(options);
});

test.each([
  ['280229000000Z', Date.UTC(2028, 1, 29), 'a leap day'],
  ['270229000000Z', Number.NaN, 'no leap day'],
  ['270431000000Z', Number.NaN, 'a day no month of that name has'],
  ['270100000000Z', Number.NaN, 'day 0'],
  ['271301000000Z', Number.NaN, 'month 13'],
  ['270101240000Z', Number.NaN, 'hour 24'],
  ['270101006000Z', Number.NaN, 'minute 60'],
  ['261231235960Z', Number.NaN, 'a leap second'],
  ['49123123595 Z', Number.NaN, 'a blank'],
  ['991231235959Z', Date.UTC(1999, 11, 31, 23, 59, 59), 'the last century'],
])('a certificate may end at %s: %d, %s', async (text, notAfter) => {
  const { der } = await root.issue({ notAfter: Date.UTC(2026, 10, 12, 1, 2, 3) });
  const bytes = Buffer.from(der, 'base64');
  bytes.write(text, bytes.indexOf('261112010203Z'), 'latin1');
  expect(read(bytes.toString('base64')).notAfter).toBe(notAfter);
});

test('parameters of RSA-PSS that are none leave a certificate to be read, with a signature of no strength', async () => {
  const signature = element(0x30, identifier('2a864886f70d01010a'), element(0x04, Buffer.from('abc')));
  const certificate = read(remint((await root.issue()).der, root.key, { signature }));
  expect(certificate).toMatchObject({ signatureOid: '1.2.840.113549.1.1.10', pssDigestOid: '' });
  expect(strongSignature(certificate)).toBe(false);
});

test('digests are those of the whole certificate and of its SubjectPublicKeyInfo', async () => {
  const issued = await root.issue();
  const certificate = read(issued.der);
  const spki = issued.key.publicKey.export({ type: 'spki', format: 'der' });
  expect(certificate.sha256).toBe(certificate.x509.fingerprint256.replaceAll(':', '').toLowerCase());
  expect(certificate.spkiSha256).toBe(createHash('sha256').update(spki).digest('hex'));
  expect(certificate.digest('key', 'md5')).toBe(createHash('md5').update(spki).digest('hex'));
  expect(certificate.digest('certificate', 'sha512')).toBe(certificate.x509.fingerprint512.replaceAll(':', '').toLowerCase());
});

test('self-issued is a matter of names', async () => {
  expect(read((await selfSigned({ commonName: 'x' })).der).selfIssued).toBe(true);
  expect(read((await root.issue({ commonName: 'x' })).der).selfIssued).toBe(false);
});

test('is shown with ISO dates', async () => {
  const options = {
    commonName: 'mx',
    dnsNames: ['mx.example.com'],
    notBefore: Date.UTC(2026, 0, 1),
    notAfter: Date.UTC(2026, 3, 1),
  };
  const certificate = read((await root.issue(options)).der);
  expect(shown(certificate)).toEqual({
    subject: '/CN=mx',
    issuer: '/O=Test Authority/CN=Root',
    commonName: 'mx',
    dnsNames: ['mx.example.com'],
    notBefore: '2026-01-01T00:00:00.000Z',
    notAfter: '2026-04-01T00:00:00.000Z',
    sha256: certificate.sha256,
    spkiSha256: certificate.spkiSha256,
  });
});

test('the same text gives the same object', async () => {
  const { der } = await root.issue();
  expect(readCertificate(`${der}`)).toBe(readCertificate(der));
});

test('what OpenSSL cannot parse is unreadable', () => {
  expect(readCertificate('')).toEqual({ kind: 'unreadable', because: 'OpenSSL cannot parse it' });
  expect(readCertificate('not base64 at all!')).toEqual({ kind: 'unreadable', because: 'OpenSSL cannot parse it' });
});

test('whatever the bytes, reading returns', async () => {
  const { der } = await root.issue({
    dnsNames: ['a.example.com'],
    eku: ['serverAuth'],
    ipAddresses: ['192.0.2.1'],
    ca: true,
    pathLength: 1,
  });
  const whole = Buffer.from(der, 'base64');
  const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(damage, (changes) => {
      const bytes = Buffer.from(whole);
      for (const [place, value] of changes) bytes[place] = value;
      expect(['certificate', 'unreadable']).toContain(readCertificate(bytes.toString('base64')).kind);
    }),
    { numRuns: 500 },
  );
});
