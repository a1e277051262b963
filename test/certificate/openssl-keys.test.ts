/** Keys of every kind and size, in leaf, issuer and root: which OpenSSL 3.0 knows, and which it finds strong enough at level 1. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { expect, test } from 'vitest';
import { judgePath } from '../../lambda/certificate/trust/path.ts';
import { createAuthority, pemOf } from '../internet/authority.ts';
import { element, objectIdentifier, remint } from '../internet/remint.ts';
import { AT, forYears } from './chains.ts';
import { differences, isReference, NO_REFERENCE, PATIENCE_MS } from './openssl-verify.ts';

const spkiOf = ({ publicKey }: { readonly publicKey: KeyObject }) => publicKey.export({ type: 'spki', format: 'der' });
const CURVES = [
  ...['secp112r1', 'secp128r1', 'secp160r1', 'prime192v1', 'secp224r1', 'secp256k1', 'secp384r1', 'secp521r1'],
  ...['brainpoolP160r1', 'brainpoolP192t1', 'brainpoolP256r1', 'sect113r1', 'sect163k1', 'sect233r1', 'sect283k1'],
];
const rsa = (bits: number) => spkiOf(generateKeyPairSync('rsa', { modulusLength: bits }));
const KEYS: readonly { readonly kind: string; readonly spki: Buffer }[] = [
  ...[512, 768, 910, 918, 919, 920, 1024, 2048].map((bits) => ({ kind: `rsa ${bits}`, spki: rsa(bits) })),
  ...CURVES.map((namedCurve) => ({ kind: namedCurve, spki: spkiOf(generateKeyPairSync('ec', { namedCurve })) })),
  { kind: 'dsa 1024', spki: spkiOf(generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 })) },
  { kind: 'ed25519', spki: spkiOf(generateKeyPairSync('ed25519')) },
  { kind: 'ed448', spki: spkiOf(generateKeyPairSync('ed448')) },
  { kind: 'x25519', spki: spkiOf(generateKeyPairSync('x25519')) },
  { kind: 'x448', spki: spkiOf(generateKeyPairSync('x448')) },
  { kind: 'ml-dsa-44', spki: spkiOf(generateKeyPairSync('ml-dsa-44')) },
  { kind: 'slh-dsa', spki: spkiOf(generateKeyPairSync('slh-dsa-sha2-128s')) },
  { kind: 'unknown', spki: element(0x30, element(0x30, objectIdentifier('1.2.3.4')), element(0x03, Buffer.of(0, 1))) },
  {
    kind: 'rsa without a key',
    spki: element(0x30, element(0x30, objectIdentifier('1.2.840.113549.1.1.1'), Buffer.of(5, 0)), element(0x03, Buffer.of(0, 1))),
  },
];

const bare = { authorityKeyId: null, subjectKeyId: null } as const;
const root = await createAuthority('Root', { ...forYears, ...bare });
const leaf = await root.issue({ ...forYears, ...bare, dnsNames: ['mail.example.com'] });
const issuing = await root.intermediate('Issuing', { ...forYears, ...bare });
const below = await issuing.issue({ ...forYears, ...bare, dnsNames: ['mail.example.com'] });

test(
  'keys of every kind and size',
  async ({ skip }) => {
    skip(!isReference, NO_REFERENCE);
    const questions = KEYS.flatMap(({ kind, spki }) => [
      { because: [`leaf ${kind}`], caFile: root.certificate.pem, leaves: [remint(leaf.der, root.key, { spki })], at: AT },
      {
        because: [`issuer ${kind}`],
        caFile: root.certificate.pem,
        sent: [remint(issuing.certificate.der, root.key, { spki })],
        leaves: [below.der],
        at: AT,
      },
      { because: [`root ${kind}`], caFile: pemOf(remint(root.certificate.der, root.key, { spki })), leaves: [leaf.der], at: AT },
    ]);
    const { differing, trusted, asked } = await differences(questions);
    console.log(`counted: openssl verify on ${asked} keys, ${trusted} trusted, ${differing.length} differences`);
    expect(differing).toEqual([]);
    expect(trusted).toBeGreaterThan(10);
  },
  PATIENCE_MS,
);

test.each([
  { kind: 'ml-dsa-44', detail: 'certificate has a key of a kind that OpenSSL 3.0 does not know' },
  { kind: 'unknown', detail: 'certificate has a key of a kind that OpenSSL 3.0 does not know' },
  { kind: 'rsa 768', detail: 'certificate has a key of 768 bits, which is too small' },
])('a leaf with a key of kind $kind is told as: $detail', ({ kind, detail }) => {
  const { spki } = KEYS.find((key) => key.kind === kind) ?? KEYS[0] ?? { spki: Buffer.alloc(0) };
  const trust = judgePath({
    chain: [remint(leaf.der, root.key, { spki })],
    anchors: { certificates: [root.certificate.der], publicKeys: [] },
    anchorKind: 'store',
    at: AT,
    version: '3.11',
    verifyDepth: 9,
    securityLevel: 1,
  });
  expect(trust).toMatchObject({ kind: 'untrusted', reason: 'weak-signature', opensslCode: 'EE_KEY_TOO_SMALL', detail });
});
