/**
 * Signatures and keys: whether an algorithm fits a key, whether it is strong enough, whether it
 * verifies.
 *
 * Strength follows OpenSSL 3.0's security bits (x509_sig_info_init,
 * ossl_ifc_ffc_compute_security_bits); security level 1 asks for 80. Verification is OpenSSL's own,
 * through Node, and remembered per pair.
 */
import { type KeyObject, X509Certificate } from 'node:crypto';
import type { Certificate } from '../certificate.ts';
import { opensslSince } from '../openssl-version.ts';

/**
 * Whether a signature of this algorithm can come from that certificate's key (check_sig_alg_match),
 * to an OpenSSL of that version; undefined: 3.0.
 */
export function signatureFitsKey(
  signed: Certificate,
  issuer: Certificate,
  openssl?: string,
): boolean {
  if (isPostQuantum(signed.signatureOid)) {
    return signed.signatureOid === issuer.keyOid && opensslSince(openssl, '3.5');
  }
  const wanted = signatureOf(signed.signatureOid, openssl)?.key;
  return (
    wanted !== undefined &&
    (wanted === KEYS[issuer.keyOid] || (wanted === 'rsa-pss' && KEYS[issuer.keyOid] === 'rsa'))
  );
}

/**
 * Whether the digest of the certificate's own signature passes security level 1: SHA-1 and MD5 do
 * not.
 */
export function strongSignature(
  { signatureOid, pssDigestOid }: Certificate,
  openssl?: string,
): boolean {
  if (isPostQuantum(signatureOid)) return opensslSince(openssl, '3.5');
  const bits =
    pssDigestOid === undefined
      ? signatureOf(signatureOid, openssl)?.bits
      : DIGEST_BITS[pssDigestOid];
  return (bits ?? 0) >= LEVEL_1_BITS;
}

/** Whether the certificate's key passes security level 1: RSA 1024 does. */
export function strongKey({ keyType, keyBits, keyOid }: Certificate, openssl?: string): boolean {
  if (isPostQuantum(keyOid)) return opensslSince(openssl, '3.5');
  switch (keyType) {
    case 'rsa':
    case 'rsa-pss':
    case 'dsa':
      return keyBits >= RSA_LEVEL_1_BITS;
    case 'ec':
      return keyBits >= 160;
    default:
      return MONTGOMERY_AND_EDWARDS.has(keyType);
  }
}

/** Whether that OpenSSL can load the key: the one in Node knows more kinds. */
export function isKnownKey({ keyType, keyOid }: Certificate, openssl?: string): boolean {
  if (isPostQuantum(keyOid)) return opensslSince(openssl, '3.5');
  return OF_BITS.has(keyType) || MONTGOMERY_AND_EDWARDS.has(keyType);
}

const OF_BITS: ReadonlySet<string> = new Set(['rsa', 'rsa-pss', 'dsa', 'ec']);
const MONTGOMERY_AND_EDWARDS: ReadonlySet<string> = new Set(['ed25519', 'ed448', 'x25519', 'x448']);

/** Whether `signed` carries a signature by the key of `issuer`. */
export function verifies(signed: Certificate, issuer: Certificate): boolean {
  const pair = `${signed.sha256} ${issuer.spkiSha256}`;
  const known = verified.get(pair);
  if (known !== undefined) return known;
  if (verified.size >= REMEMBERED) verified.clear();
  const good = signedBy(signed, issuer.x509);
  verified.set(pair, good);
  return good;
}

/**
 * The same for a bare key, not remembered. False too where OpenSSL cannot load the key or does not
 * know the algorithm. Not looked at where Node cannot: such a certificate is never in date, which
 * is looked at wherever its signature is.
 */
export function signedBy(signed: Certificate, key: KeyObject | X509Certificate): boolean {
  if (signed.redated) return true;
  try {
    return signed.x509.verify(key instanceof X509Certificate ? key.publicKey : key);
  } catch {
    return false;
  }
}

const verified = new Map<string, boolean>();
const REMEMBERED = 50_000;
const LEVEL_1_BITS = 80;
/** The smallest RSA modulus to which OpenSSL's formula gives 80 bits. */
const RSA_LEVEL_1_BITS = 920;

/** By digest: size times 4 (x509_sig_info_init), but for what is known to be weaker. */
const DIGEST_BITS: Readonly<Record<string, number>> = {
  '1.3.14.3.2.26': 64, // SHA-1
  '1.2.840.113549.2.5': 39, // MD5
  '2.16.840.1.101.3.4.2.1': 128,
  '2.16.840.1.101.3.4.2.2': 192,
  '2.16.840.1.101.3.4.2.3': 256,
  '2.16.840.1.101.3.4.2.4': 112,
  '2.16.840.1.101.3.4.2.5': 112, // SHA-512/224
  '2.16.840.1.101.3.4.2.6': 128,
  '2.16.840.1.101.3.4.2.7': 112, // SHA-3
  '2.16.840.1.101.3.4.2.8': 128,
  '2.16.840.1.101.3.4.2.9': 192,
  '2.16.840.1.101.3.4.2.10': 256,
};

type KeyKind = 'rsa' | 'rsa-pss' | 'ec' | 'dsa' | 'ed25519' | 'ed448';

const KEYS: Readonly<Record<string, KeyKind>> = {
  '1.2.840.113549.1.1.1': 'rsa',
  '2.5.8.1.1': 'rsa', // the OID of X.500
  '1.2.840.113549.1.1.10': 'rsa-pss',
  '1.2.840.10045.2.1': 'ec',
  '1.2.840.10040.4.1': 'dsa',
  '1.3.101.112': 'ed25519',
  '1.3.101.113': 'ed448',
};

interface Signature {
  readonly key: KeyKind;
  readonly bits: number;
}

const signatureOf = (oid: string, openssl: string | undefined): Signature | undefined =>
  SIGNATURES[oid] ?? (opensslSince(openssl, '3.5') ? SINCE_35[oid] : undefined);

/** ML-DSA and SLH-DSA: one identifier for the key and its signature. */
const isPostQuantum = (oid: string): boolean =>
  /^2\.16\.840\.1\.101\.3\.4\.3\.(?:1[7-9]|2\d|3[01])$/.test(oid);

/** What the OpenSSL in Node takes beside those of 3.0: ECDSA with SHA-3. */
const SINCE_35: Readonly<Record<string, Signature>> = {
  '2.16.840.1.101.3.4.3.9': { key: 'ec', bits: 112 },
  '2.16.840.1.101.3.4.3.10': { key: 'ec', bits: 128 },
  '2.16.840.1.101.3.4.3.11': { key: 'ec', bits: 192 },
  '2.16.840.1.101.3.4.3.12': { key: 'ec', bits: 256 },
};

/**
 * obj_xref of OpenSSL 3.0, by algorithm: the kind of key that makes it, and the security bits of
 * its digest, 0 where it has none of its own or OpenSSL lacks it. What is not here (RSA with
 * SHA-512/224 and SHA-512/256) can come from no key.
 */
const SIGNATURES: Readonly<Record<string, Signature>> = {
  '1.2.840.113549.1.1.2': { key: 'rsa', bits: 0 }, // MD2
  '1.2.840.113549.1.1.3': { key: 'rsa', bits: 64 }, // MD4
  '1.2.840.113549.1.1.4': { key: 'rsa', bits: 39 }, // MD5
  '1.3.14.3.2.3': { key: 'rsa', bits: 39 },
  '1.3.14.3.2.15': { key: 'rsa', bits: 0 }, // SHA-0
  '2.5.8.3.100': { key: 'rsa', bits: 0 }, // MDC-2
  '1.2.840.113549.1.1.5': { key: 'rsa', bits: 63 }, // SHA-1
  '1.3.14.3.2.29': { key: 'rsa', bits: 63 },
  '1.3.36.3.3.1.2': { key: 'rsa', bits: 80 }, // RIPEMD-160
  '1.2.840.113549.1.1.10': { key: 'rsa-pss', bits: 0 },
  '1.2.840.113549.1.1.11': { key: 'rsa', bits: 128 },
  '1.2.840.113549.1.1.12': { key: 'rsa', bits: 192 },
  '1.2.840.113549.1.1.13': { key: 'rsa', bits: 256 },
  '1.2.840.113549.1.1.14': { key: 'rsa', bits: 112 },
  '2.16.840.1.101.3.4.3.13': { key: 'rsa', bits: 112 }, // SHA-3
  '2.16.840.1.101.3.4.3.14': { key: 'rsa', bits: 128 },
  '2.16.840.1.101.3.4.3.15': { key: 'rsa', bits: 192 },
  '2.16.840.1.101.3.4.3.16': { key: 'rsa', bits: 256 },
  '1.2.840.10045.4.1': { key: 'ec', bits: 63 }, // SHA-1
  '1.2.840.10045.4.2': { key: 'ec', bits: 0 }, // ecdsa-with-Recommended
  '1.2.840.10045.4.3': { key: 'ec', bits: 0 }, // ecdsa-with-Specified
  '1.2.840.10045.4.3.1': { key: 'ec', bits: 112 },
  '1.2.840.10045.4.3.2': { key: 'ec', bits: 128 },
  '1.2.840.10045.4.3.3': { key: 'ec', bits: 192 },
  '1.2.840.10045.4.3.4': { key: 'ec', bits: 256 },
  '1.3.14.3.2.13': { key: 'dsa', bits: 0 }, // SHA-0
  '1.3.14.3.2.27': { key: 'dsa', bits: 63 }, // SHA-1
  '1.2.840.10040.4.3': { key: 'dsa', bits: 63 },
  '2.16.840.1.101.3.4.3.1': { key: 'dsa', bits: 112 },
  '2.16.840.1.101.3.4.3.2': { key: 'dsa', bits: 128 },
  '1.3.101.112': { key: 'ed25519', bits: 128 },
  '1.3.101.113': { key: 'ed448', bits: 224 },
};
