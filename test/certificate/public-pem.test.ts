/** What of a PEM file may be stored: never a private key, wherever it stands. */
import { expect, test } from 'vitest';
import { parsePem } from '../../lambda/certificate/anchors.ts';
import { publicPem } from '../../lambda/certificate/public-pem.ts';
import { createAuthority, pemOf } from '../internet/authority.ts';

const root = await createAuthority('Root');
const { pem, keyPem, key } = await root.issue({ dnsNames: ['mx.example'] });
const publicKey = key.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const { der } = root.certificate;
const trusted = pemOf(
  Buffer.concat([Buffer.from(der, 'base64'), Buffer.from('300c300a06082b06010505070301', 'hex')]).toString('base64'),
  'TRUSTED CERTIFICATE',
);
const crl = pemOf(Buffer.from('30053003020101', 'hex').toString('base64'), 'X509 CRL');
const encrypted = '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n';
const KEY_LINE = keyPem.split('\n')[1] ?? '';

test.each([
  { because: 'certificates as they are', text: root.certificate.pem + pem, kept: root.certificate.pem + pem },
  { because: 'a public key', text: publicKey, kept: publicKey },
  { because: 'a certificate with trust settings', text: trusted, kept: trusted },
  { because: 'a revocation list', text: crl, kept: crl },
  { because: 'a private key behind a certificate', text: pem + keyPem, kept: pem, keys: 1 },
  { because: 'a private key before it', text: keyPem + pem, kept: pem, keys: 1 },
  { because: 'nothing but a private key', text: keyPem, kept: '', keys: 1 },
  { because: 'one that is encrypted', text: pem + encrypted, kept: pem, keys: 1 },
  { because: 'text between the blocks', text: `passphrase geheim\n${pem}geheim\n`, kept: pem },
  { because: 'a private key under a wrong label', text: keyPem.replaceAll('PRIVATE KEY', 'CERTIFICATE'), kept: '', other: 1 },
  { because: 'and as a public key', text: keyPem.replaceAll('PRIVATE KEY', 'PUBLIC KEY'), kept: '', other: 1 },
  {
    because: 'a private key inside a block that never ended',
    text: pem.replace(/-----END.*\n/, '') + keyPem + root.certificate.pem,
    kept: '',
    keys: 1,
    other: 2,
  },
  {
    because: 'what stands behind the DER of a certificate',
    text: pemOf(Buffer.concat([Buffer.from(der, 'base64'), Buffer.from('geheim')]).toString('base64')),
    kept: root.certificate.pem,
  },
  {
    because: 'other blocks',
    text: `${pem}-----BEGIN DH PARAMETERS-----\nAAAA\n-----END DH PARAMETERS-----\n`,
    kept: pem,
    other: 1,
  },
])('$because', ({ text, kept, keys = 0, other = 0 }) => {
  const found = publicPem(text);
  expect(found).toEqual({ text: kept, privateKeys: keys, otherBlocks: other });
  expect(found?.text).not.toContain(KEY_LINE);
  expect(publicPem(kept)).toEqual(kept === '' ? undefined : { text: kept, privateKeys: 0, otherBlocks: 0 });
});

test('what is no PEM is none', () => {
  expect(publicPem('password = geheim\n')).toBeUndefined();
});

test('the same anchors are found in it', () => {
  const text = `# Root\n${trusted}${root.certificate.pem}${keyPem}`;
  const { certificates, settings } = parsePem(text);
  const again = parsePem(publicPem(text)?.text ?? '');
  expect(again.certificates).toEqual(certificates);
  expect([...again.settings]).toEqual([...settings]);
});
