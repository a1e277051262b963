/**
 * Every signature algorithm that OpenSSL 3.0 knows, and some that it does not, under every kind of key: whether a
 * certificate counts as issued by that key, how strong its signature is, and whether a root that claims it is an anchor.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { expect, test } from 'vitest';
import { createAuthority, pemOf } from '../internet/authority.ts';
import { element, objectIdentifier, remint } from '../internet/remint.ts';
import { AT, forYears } from './chains.ts';
import { differences, isReference, NO_REFERENCE, PATIENCE_MS } from './openssl-verify.ts';

/** obj_xref of OpenSSL 3.0, and the numbers beside it. */
const ALGORITHMS = [
  ...Array.from({ length: 16 }, (_, i) => `1.2.840.113549.1.1.${i + 1}`),
  ...['1.3.14.3.2.3', '1.3.14.3.2.13', '1.3.14.3.2.15', '1.3.14.3.2.27', '1.3.14.3.2.29', '2.5.8.3.100'],
  ...['1.3.36.3.3.1.2', '1.2.840.10040.4.3', '1.2.840.10045.4.1', '1.2.840.10045.4.2', '1.2.840.10045.4.3'],
  ...Array.from({ length: 4 }, (_, i) => `1.2.840.10045.4.3.${i + 1}`),
  ...Array.from({ length: 20 }, (_, i) => `2.16.840.1.101.3.4.3.${i + 1}`),
  ...['1.2.643.2.2.3', '1.2.643.7.1.1.3.2', '1.2.156.10197.1.501', '1.3.133.16.840.63.0.2', '1.3.132.1.11.1'],
  ...['1.3.101.112', '1.3.101.113', '1.2.3.4'],
];

interface Key {
  readonly kind: string;
  readonly privateKey: KeyObject;
  readonly spki: Buffer;
  /** What its signatures are made with. */
  readonly digest: string | null;
}

const keyOf = (
  kind: string,
  { privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject },
  digest: string | null,
) => ({
  kind,
  privateKey,
  spki: publicKey.export({ type: 'spki', format: 'der' }),
  digest,
});
const rsa = keyOf('rsa', generateKeyPairSync('rsa', { modulusLength: 2048 }), 'sha256');
const bits = element(
  0x03,
  Buffer.of(0),
  createPublicKey(createPrivateKey(rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }))).export({
    type: 'pkcs1',
    format: 'der',
  }),
);
const KEYS: readonly Key[] = [
  rsa,
  // RSA by its name of X.500.
  { ...rsa, kind: 'rsa (2.5.8.1.1)', spki: element(0x30, element(0x30, objectIdentifier('2.5.8.1.1'), Buffer.of(5, 0)), bits) },
  keyOf('rsa-pss', generateKeyPairSync('rsa-pss', { modulusLength: 2048 }), 'sha256'),
  keyOf('ec', generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'sha256'),
  keyOf('dsa', generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }), 'sha256'),
  keyOf('ed25519', generateKeyPairSync('ed25519'), null),
  keyOf('ed448', generateKeyPairSync('ed448'), null),
];

const algorithm = (dotted: string) =>
  element(0x30, objectIdentifier(dotted), ...(/^1\.2\.840\.113549\.1\.1\.\d+$/.test(dotted) ? [Buffer.of(5, 0)] : []));
/** Without key identifiers, so that the new key contradicts none. */
const bare = { authorityKeyId: null, subjectKeyId: null } as const;

/** A leaf under a root with this key; `claims` is the algorithm said to have signed it, `digest` what did. */
async function under(key: Key, claims: readonly { readonly dotted: string; readonly digest: string | null }[]) {
  const authority = await createAuthority('Root', { ...forYears, ...bare });
  const signature = algorithm(OWN[key.kind] ?? '');
  const root = remint(authority.certificate.der, key, { spki: key.spki, signature }, key.digest);
  const { der } = await authority.issue({ ...forYears, ...bare, dnsNames: ['mail.example.com'] });
  return {
    caFile: pemOf(root),
    leaves: claims.map(({ dotted, digest }) => remint(der, key, { signature: algorithm(dotted) }, digest)),
    at: AT,
  };
}

test(
  'a leaf that claims any algorithm, under any kind of key',
  async ({ skip }) => {
    skip(!isReference, NO_REFERENCE);
    const questions = await Promise.all(
      KEYS.map(async (key) => ({
        because: ALGORITHMS.map((dotted) => `${dotted} under ${key.kind}`),
        ...(await under(
          key,
          ALGORITHMS.map((dotted) => ({ dotted, digest: key.digest })),
        )),
      })),
    );
    const { differing, trusted, asked } = await differences(questions);
    console.log(`counted: openssl verify on ${asked} claims of a signature, ${trusted} trusted, ${differing.length} differences`);
    expect(differing).toEqual([]);
    expect(trusted).toBeGreaterThanOrEqual(KEYS.length - 1);
  },
  PATIENCE_MS,
);

test(
  'a root that claims any algorithm is an anchor or not',
  async ({ skip }) => {
    skip(!isReference, NO_REFERENCE);
    const questions = await Promise.all(
      KEYS.map(async (key) => {
        const made = await Promise.all(
          ALGORITHMS.map(async (dotted, i) => {
            const authority = await createAuthority(`Root ${i}`, { ...forYears, ...bare });
            const { der } = await authority.issue({ ...forYears, ...bare, dnsNames: ['mail.example.com'] });
            const own = OWN[key.kind] ?? '';
            return {
              root: remint(authority.certificate.der, key, { spki: key.spki, signature: algorithm(dotted) }, key.digest),
              leaf: remint(der, key, { signature: algorithm(own) }, key.digest),
            };
          }),
        );
        return {
          because: ALGORITHMS.map((dotted) => `root of ${dotted} and ${key.kind}`),
          caFile: made.map(({ root }) => pemOf(root)).join(''),
          leaves: made.map(({ leaf }) => leaf),
          at: AT,
        };
      }),
    );
    const { differing, trusted, asked } = await differences(questions);
    console.log(
      `counted: openssl verify on ${asked} roots by their signatures, ${trusted} trusted, ${differing.length} differences`,
    );
    expect(differing).toEqual([]);
    expect(trusted).toBeGreaterThan(20);
  },
  PATIENCE_MS,
);

test(
  'signatures that are what they claim',
  async ({ skip }) => {
    skip(!isReference, NO_REFERENCE);
    const questions = await Promise.all(
      KEYS.map(async (key) => {
        const claims = GENUINE[key.kind] ?? [];
        return { because: claims.map(({ dotted }) => `${dotted} by ${key.kind}`), ...(await under(key, claims)) };
      }),
    );
    const { differing, trusted, asked } = await differences(questions);
    console.log(`counted: openssl verify on ${asked} genuine signatures, ${trusted} trusted, ${differing.length} differences`);
    expect(differing).toEqual([]);
    expect(trusted).toBeGreaterThan(15);
  },
  PATIENCE_MS,
);

/** With what each kind of key signs as a matter of course. */
const OWN: Readonly<Record<string, string>> = {
  rsa: '1.2.840.113549.1.1.11',
  'rsa (2.5.8.1.1)': '1.2.840.113549.1.1.11',
  'rsa-pss': '1.2.840.113549.1.1.10',
  ec: '1.2.840.10045.4.3.2',
  dsa: '2.16.840.1.101.3.4.3.2',
  ed25519: '1.3.101.112',
  ed448: '1.3.101.113',
};

const SHA3 = ['sha3-224', 'sha3-256', 'sha3-384', 'sha3-512'];
const RSA = [
  { dotted: '1.2.840.113549.1.1.4', digest: 'md5' },
  { dotted: '1.2.840.113549.1.1.5', digest: 'sha1' },
  { dotted: '1.3.14.3.2.29', digest: 'sha1' },
  { dotted: '1.3.36.3.3.1.2', digest: 'ripemd160' },
  { dotted: '1.2.840.113549.1.1.11', digest: 'sha256' },
  { dotted: '1.2.840.113549.1.1.12', digest: 'sha384' },
  { dotted: '1.2.840.113549.1.1.13', digest: 'sha512' },
  { dotted: '1.2.840.113549.1.1.14', digest: 'sha224' },
  { dotted: '1.2.840.113549.1.1.15', digest: 'sha512-224' },
  { dotted: '1.2.840.113549.1.1.16', digest: 'sha512-256' },
  ...SHA3.map((digest, i) => ({ dotted: `2.16.840.1.101.3.4.3.${13 + i}`, digest })),
];
const GENUINE: Readonly<Record<string, readonly { readonly dotted: string; readonly digest: string | null }[]>> = {
  rsa: RSA,
  'rsa (2.5.8.1.1)': RSA,
  ec: [
    { dotted: '1.2.840.10045.4.1', digest: 'sha1' },
    { dotted: '1.2.840.10045.4.3.1', digest: 'sha224' },
    { dotted: '1.2.840.10045.4.3.2', digest: 'sha256' },
    { dotted: '1.2.840.10045.4.3.3', digest: 'sha384' },
    { dotted: '1.2.840.10045.4.3.4', digest: 'sha512' },
    ...SHA3.map((digest, i) => ({ dotted: `2.16.840.1.101.3.4.3.${9 + i}`, digest })),
  ],
  dsa: [
    { dotted: '1.2.840.10040.4.3', digest: 'sha1' },
    { dotted: '1.3.14.3.2.27', digest: 'sha1' },
    { dotted: '2.16.840.1.101.3.4.3.1', digest: 'sha224' },
    { dotted: '2.16.840.1.101.3.4.3.2', digest: 'sha256' },
  ],
  ed25519: [{ dotted: '1.3.101.112', digest: null }],
  ed448: [{ dotted: '1.3.101.113', digest: null }],
};
