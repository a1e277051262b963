/**
 * Which certificate could have issued which: by names and identifiers, before any signature is
 * checked.
 *
 * Follows ossl_x509_likely_issued() and its neighbours in OpenSSL 3.0's crypto/x509/v3_purp.c.
 */
import type { Certificate } from '../certificate.ts';
import { signatureFitsKey } from './signature.ts';

/**
 * Names, key identifiers and algorithm agree. Says nothing of the signature, nor of the right to
 * sign. `openssl` is the mail host's; undefined: 3.0.
 */
export function likelyIssued(issuer: Certificate, issued: Certificate, openssl?: string): boolean {
  if (issuer.names.subject.canonical !== issued.names.issuer.canonical) return false;
  if (issuer.extensions.invalid || issued.extensions.invalid) return false;
  return identifies(issued, issuer) && signatureFitsKey(issued, issuer, openssl);
}

/**
 * Whether a certificate is its own likely issuer. OpenSSL does not check the signature of such a
 * one.
 */
export function selfSigned(certificate: Certificate, openssl?: string): boolean {
  return certificate.selfIssued && likelyIssued(certificate, certificate, openssl);
}

/**
 * Whether the key usage of `issuer`, where there is one, lets it sign `issued`: certificates, or
 * proxy certificates.
 */
export function maySign(issuer: Certificate, issued: Certificate): boolean {
  const needed = issued.extensions.proxy ? DIGITAL_SIGNATURE : KEY_CERT_SIGN;
  return issuer.extensions.keyUsage?.includes(needed) ?? true;
}

/** Whether `at` (epoch ms) lies in the certificate's validity, counted in whole seconds. */
export function inDate(certificate: Certificate, at: number): boolean {
  const now = Math.floor(at / 1000) * 1000;
  return certificate.notBefore <= now && now < certificate.notAfter;
}

/**
 * Whether the authority key identifier of `issued` fits `issuer`; what is absent on either side is
 * not compared.
 */
function identifies(issued: Certificate, issuer: Certificate): boolean {
  const wanted = issued.extensions.authorityKeyId;
  if (wanted === undefined) return true;
  const { subjectKeyId } = issuer.extensions;
  if (wanted.keyId !== undefined && subjectKeyId !== undefined && wanted.keyId !== subjectKeyId)
    return false;
  if (wanted.serial !== undefined && wanted.serial !== issuer.serial) return false;
  return wanted.issuer === undefined || wanted.issuer === issuer.names.issuer.canonical;
}

const DIGITAL_SIGNATURE = 0;
export const KEY_CERT_SIGN = 5;
