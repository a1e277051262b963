/** PEM files as anchors. What is refused was tried on OpenSSL 3.0 and Postfix 3.5.27 and 3.7.11. */
import { expect, test } from 'vitest';
import {
  acceptedIn,
  anchorFileFromPem,
  hashedName,
  mozillaRoots,
  parsePem,
  trustStoreFromPem,
} from '../../lambda/certificate/anchors.ts';
import { createAuthority, pemOf } from '../internet/authority.ts';

const one = await createAuthority('One');
const two = await createAuthority('Two');
const { der, pem } = one.certificate;
const key = one.key.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
const lines = pem.trimEnd().split('\n');
const inserted = (line: string) => [...lines.slice(0, 3), line, ...lines.slice(3)].join('\n');
const garbage = 'MAMCAf8=';
/** X509_CERT_AUX: trusted uses, or rejected ones in [0]. */
const settings = (uses: string, rejected = false) =>
  Buffer.from(
    `30${(2 + uses.length / 2).toString(16).padStart(2, '0')}${rejected ? 'a0' : '30'}${(uses.length / 2).toString(16).padStart(2, '0')}${uses}`,
    'hex',
  );
const trusted = (aux: Buffer) =>
  pemOf(Buffer.concat([Buffer.from(der, 'base64'), aux]).toString('base64'), 'TRUSTED CERTIFICATE');
const SERVER = '06082b06010505070301';
const CLIENT = '06082b06010505070302';
const ANY = '0604551d2500';

test.each<{ because: string; text: string; holds: string[]; explicit?: { trusted: string[]; rejected: string[] } }>([
  { because: 'one certificate', text: pem, holds: [der] },
  { because: 'several, in order', text: two.certificate.pem + pem, holds: [two.certificate.der, der] },
  { because: 'text around them', text: `One:\n\n${pem}\ntrailing`, holds: [der] },
  { because: 'carriage returns', text: pem.replaceAll('\n', '\r\n'), holds: [der] },
  { because: 'a byte order mark', text: `\ufeff${pem}`, holds: [der] },
  { because: 'blanks at the end of lines', text: pem.replaceAll('\n', '  \n'), holds: [der] },
  { because: 'one long line', text: `${lines[0]}\n${lines.slice(1, -1).join('')}\n${lines.at(-1)}`, holds: [der] },
  { because: 'a blank line before the data', text: `${lines[0]}\n\n${lines.slice(1).join('\n')}`, holds: [der] },
  { because: 'the old label', text: pemOf(der, 'X509 CERTIFICATE'), holds: [der] },
  { because: 'other objects in between', text: pemOf(garbage, 'SOMETHING') + pem, holds: [der] },
  {
    because: 'bytes behind the certificate',
    text: pemOf(Buffer.concat([Buffer.from(der, 'base64'), Buffer.of(0, 0)]).toString('base64')),
    holds: [der],
  },
  { because: 'trusted without settings', text: pemOf(der, 'TRUSTED CERTIFICATE'), holds: [der] },
  {
    because: 'trusted for servers',
    text: trusted(settings(CLIENT + SERVER)),
    holds: [der],
    explicit: { trusted: [der], rejected: [] },
  },
  { because: 'trusted for anything', text: trusted(settings(ANY)), holds: [der], explicit: { trusted: [der], rejected: [] } },
  {
    because: 'trusted for clients only, and so rejected',
    text: trusted(settings(CLIENT)) + two.certificate.pem,
    holds: [der, two.certificate.der],
    explicit: { trusted: [], rejected: [der] },
  },
  {
    because: 'rejected for servers',
    text: trusted(settings(SERVER, true)) + two.certificate.pem,
    holds: [der, two.certificate.der],
    explicit: { trusted: [], rejected: [der] },
  },
  { because: 'rejected for clients, which is no matter here', text: trusted(settings(CLIENT, true)), holds: [der] },
])('a CAfile of $because', ({ text, holds, explicit }) => {
  const store = trustStoreFromPem(text, 'ca.pem');
  expect(store).toEqual({
    kind: 'anchors',
    certificates: holds,
    source: 'ca.pem',
    ...(explicit === undefined ? {} : { explicit }),
  });
  expect(acceptedIn(store)).toEqual(holds.filter((one) => explicit?.rejected.includes(one) !== true));
});

test.each([
  { because: 'nothing', text: '', says: 'ca.pem holds no certificate in PEM' },
  { because: 'text', text: 'hello', says: 'ca.pem holds no certificate in PEM' },
  { because: 'DER', text: Buffer.from(der, 'base64').toString('latin1'), says: 'ca.pem holds no certificate in PEM' },
  { because: 'a key', text: pemOf(key, 'PUBLIC KEY'), says: 'ca.pem holds no certificate in PEM' },
  { because: 'a blank before the beginning', text: ` ${pem}`, says: 'ca.pem holds no certificate in PEM' },
  {
    because: 'garbage behind a good certificate',
    text: pem + pemOf(garbage),
    says: `ca.pem: certificate on line ${lines.length + 1} is malformed`,
  },
  { because: 'no end', text: lines.slice(0, -1).join('\n'), says: 'ca.pem: certificate on line 1 is malformed' },
  { because: 'another end', text: pem.replace('END CERTIFICATE', 'END KEY'), says: 'ca.pem: certificate on line 1 is malformed' },
  { because: 'nothing in it', text: `${lines[0]}\n${lines.at(-1)}\n`, says: 'ca.pem: certificate on line 1 is malformed' },
  { because: 'a character that is not base64', text: inserted('*'), says: 'ca.pem: certificate on line 1 is malformed' },
  { because: 'a comment inside', text: inserted('# one'), says: 'ca.pem: certificate on line 1 is malformed' },
  { because: 'a blank line inside', text: inserted(''), says: 'ca.pem: certificate on line 1 is malformed' },
  {
    because: 'a header',
    text: `${lines[0]}\nKey: value\n\n${lines.slice(1).join('\n')}`,
    says: 'ca.pem: certificate on line 1 is malformed',
  },
  {
    because: 'a malformed revocation list',
    text: pemOf(garbage, 'X509 CRL') + pem,
    says: 'ca.pem: x509 crl on line 1 is malformed',
  },
])('a CAfile with $because turns TLS off', ({ text, says }) => {
  expect(trustStoreFromPem(text, 'ca.pem')).toEqual({ kind: 'engine-off', because: says });
});

test.each([
  { because: 'certificates', text: pem + two.certificate.pem, certificates: [der, two.certificate.der], publicKeys: [] },
  { because: 'keys', text: pemOf(key, 'PUBLIC KEY'), certificates: [], publicKeys: [key] },
  { because: 'both', text: pem + pemOf(key, 'PUBLIC KEY'), certificates: [der], publicKeys: [key] },
  { because: 'PEM, but no anchor', text: pemOf(garbage, 'SOMETHING'), certificates: [], publicKeys: [] },
  {
    because: 'a trusted certificate, which does not count here',
    text: pemOf(der, 'TRUSTED CERTIFICATE'),
    certificates: [],
    publicKeys: [],
  },
  { because: 'a malformed certificate, from 3.6 on', text: pemOf(garbage) + pem, certificates: [der], publicKeys: [] },
  { because: 'a malformed key, from 3.6 on', text: pemOf(garbage, 'PUBLIC KEY') + pem, certificates: [der], publicKeys: [] },
])('a trust anchor file of $because', ({ text, certificates, publicKeys }) => {
  expect(anchorFileFromPem(text)).toEqual({ kind: 'anchors', certificates, publicKeys });
});

test.each([
  { because: 'nothing', text: '', version: '3.11', says: 'no certificate or public key in PEM' },
  { because: 'no end', text: lines.slice(0, -1).join('\n'), version: '3.11', says: 'certificate on line 1 is malformed' },
  {
    because: 'a malformed certificate, ≤3.5',
    text: pemOf(garbage) + pem,
    version: '3.5',
    says: 'certificate on line 1 is malformed',
  },
  {
    because: 'a malformed key, ≤3.5',
    text: pemOf(garbage, 'PUBLIC KEY'),
    version: '3.5',
    says: 'public key on line 1 is malformed',
  },
])('a trust anchor file with $because is broken', ({ text, version, says }) => {
  expect(anchorFileFromPem(text, version)).toEqual({ kind: 'broken', because: says });
});

test('a CApath name is eight hex digits, and there is none for garbage', () => {
  expect(hashedName(der)).toMatch(/^[0-9a-f]{8}$/);
  expect(hashedName(garbage)).toBeUndefined();
});

test('Mozilla’s roots are more than a hundred readable certificates, always the same array', () => {
  expect(mozillaRoots().length).toBeGreaterThan(100);
  expect(
    parsePem(
      mozillaRoots()
        .map((each) => pemOf(each))
        .join(''),
    ).certificates,
  ).toEqual(mozillaRoots());
  expect(mozillaRoots()).toBe(mozillaRoots());
});
