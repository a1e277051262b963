/** The rows of smtp_tls_fingerprint_digest that a real Postfix 3.7.11 on OpenSSL 3.0 took, or turned TLS off for. */
import { expect, test } from 'vitest';
import { isDigest } from '../../lambda/certificate/digest.ts';

test.each([
  { name: 'sha256', known: true },
  { name: 'SHA512', known: true },
  { name: 'sha-256', known: true },
  { name: 'sha3-256', known: true },
  { name: 'ripemd160', known: true },
  { name: 'md4', known: false },
  { name: 'nonsense', known: false },
])('$name is a digest: $known', ({ name, known }) => {
  expect(isDigest(name)).toBe(known);
});
