/** Certificates that are damaged, and how far OpenSSL notices: dates of every form, CRL distribution points with wrong octets. */
import { expect, test } from 'vitest';
import { readCertificate } from '../../lambda/certificate/certificate.ts';
import { createAuthority, pemOf } from '../internet/authority.ts';
import { element, objectIdentifier, remint } from '../internet/remint.ts';
import { AT, forYears } from './chains.ts';
import { differences, isReference, NO_REFERENCE, PATIENCE_MS } from './openssl-verify.ts';
import { randomFrom } from './random.ts';

const random = randomFrom(Number(process.env.OPENSSL_SEED ?? 20_261_124));
const root = await createAuthority('Root', forYears);
const leaf = await root.issue({ ...forYears, dnsNames: ['mail.example.com'] });
const issuing = await root.intermediate('Issuing', forYears);
const below = await issuing.issue({ ...forYears, dnsNames: ['mail.example.com'] });

const UTC = [
  '250101000000Z',
  '2501010000Z',
  '25010100Z',
  '250101000000',
  '250101000000+0000',
  '2501010000+0000',
  '',
  'abcdefghijklZ',
  '991231235959Z',
];
const GENERALIZED = ['20250101000000Z', '202501010000Z', '20250101000000', '20250101000000.5Z', '', '20991231235959Z'];
const DATES = [
  ...UTC.map((date) => ({ date, der: element(0x17, Buffer.from(date)) })),
  ...GENERALIZED.map((date) => ({ date, der: element(0x18, Buffer.from(date)) })),
];

test(
  'dates of every form, in leaf, issuer and root',
  async ({ skip }) => {
    skip(!isReference, NO_REFERENCE);
    const validities = DATES.flatMap(({ date, der }) =>
      [DATES[0], DATES[14]].flatMap((other) =>
        other === undefined
          ? []
          : [
              { because: `${date} to ${other.date}`, validity: element(0x30, der, other.der) },
              { because: `${other.date} to ${date}`, validity: element(0x30, other.der, der) },
            ],
      ),
    );
    const questions = validities.flatMap(({ because, validity }) => {
      const [ownLeaf, ownIssuer, ownRoot] = [
        remint(leaf.der, root.key, { validity }),
        remint(issuing.certificate.der, root.key, { validity }),
        remint(root.certificate.der, root.key, { validity }),
      ];
      return [
        { because: [`leaf ${because}`], caFile: root.certificate.pem, leaves: [ownLeaf], at: AT },
        { because: [`issuer ${because}`], caFile: root.certificate.pem, sent: [ownIssuer], leaves: [below.der], at: AT },
        { because: [`root ${because}`], caFile: pemOf(ownRoot), leaves: [leaf.der], at: AT },
        {
          because: [`one of two roots ${because}`],
          caFile: pemOf(ownRoot) + issuing.certificate.pem,
          leaves: [below.der],
          at: AT,
        },
      ];
    });
    const { differing, trusted, asked } = await differences(questions);
    console.log(`counted: openssl verify on ${asked} dates, ${trusted} trusted, ${differing.length} differences`);
    expect(differing).toEqual([]);
    expect(trusted).toBeGreaterThan(5);
  },
  PATIENCE_MS,
);

/** What distribution points are made of, by parts that may be there or not. */
function points(): Buffer {
  const uri = element(0x86, Buffer.from('http://crl.example.com/a.crl'));
  const name = random.pick([
    () => element(0xa0, element(0xa0, uri)),
    () => element(0xa0, element(0xa0, uri, element(0x82, Buffer.from('example.com')))),
    () => element(0xa0, element(0xa1, element(0x30, objectIdentifier('2.5.4.3'), element(0x0c, Buffer.from('x'))))),
    () => element(0xa0, element(0xa0)),
    () => Buffer.alloc(0),
  ]);
  const issuer = element(
    0xa2,
    element(0xa4, element(0x30, element(0x31, element(0x30, objectIdentifier('2.5.4.10'), element(0x0c, Buffer.from('E')))))),
  );
  const reasons = element(0x81, Buffer.of(1, 0x60));
  const point = () =>
    element(
      0x30,
      name(),
      ...(random.chance(0.3) ? [reasons] : []),
      ...(random.chance(0.3) ? [random.chance(0.8) ? issuer : element(0xa2)] : []),
    );
  return element(0x30, ...Array.from({ length: 1 + random.below(2) }, point));
}

/** One or two octets replaced, dropped or doubled; mostly where tags and lengths are. */
function damaged(value: Buffer): Buffer {
  const octets = [...value];
  for (let i = 0; i < 1 + random.below(2); i++) {
    const place = random.chance(0.7) ? random.below(Math.min(14, octets.length)) : random.below(octets.length);
    random.pick([
      () => octets.splice(place, 1, random.below(256)),
      () => octets.splice(place, 1, random.pick([0x30, 0xa0, 0xa1, 0x80, 0x81, 0x82, 0x86, 0x31, 0x05])),
      () => octets.splice(place, 1),
      () => octets.splice(place, 0, octets[place] ?? 0),
    ])();
  }
  return Buffer.from(octets);
}

test(
  'CRL distribution points, whole and damaged',
  async ({ skip }) => {
    skip(!isReference, NO_REFERENCE);
    const values = [
      ...['3000', '30023000', '3003300100', '0500', '30053003a00100', '300430028000', '30', ''].map((hex) =>
        Buffer.from(hex, 'hex'),
      ),
      ...Array.from({ length: 60 }, points),
      ...Array.from({ length: 600 }, () => damaged(points())),
    ];
    const leaves = values.map((value) =>
      remint(leaf.der, root.key, {
        extensions: element(0xa3, element(0x30, element(0x30, objectIdentifier('2.5.29.31'), element(0x04, value)))),
      }),
    );
    const { differing, trusted, asked } = await differences([
      { because: values.map((value) => value.toString('hex')), caFile: root.certificate.pem, leaves, at: AT },
    ]);
    console.log(`counted: openssl verify on ${asked} distribution points, ${trusted} trusted, ${differing.length} differences`);
    expect(differing).toEqual([]);
    expect(trusted).toBeGreaterThan(60);
    expect(asked - trusted).toBeGreaterThan(200);
  },
  PATIENCE_MS,
);

test('a certificate whose dates Node does not read is one all the same', () => {
  const validity = element(0x30, element(0x17, Buffer.from('2501010000Z')), element(0x17, Buffer.from('350101000000Z')));
  const der = remint(leaf.der, root.key, { validity });
  const certificate = readCertificate(der);
  if (certificate.kind === 'unreadable') throw new Error(certificate.because);
  expect(certificate).toMatchObject({ der, redated: true, notBefore: Number.NaN, notAfter: Date.UTC(2035, 0, 1), keyType: 'ec' });
  expect(certificate.dnsNames).toEqual(['mail.example.com']);
});
