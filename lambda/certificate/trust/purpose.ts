/**
 * What a certificate may be used for: CA or not, TLS server or not (check_ca,
 * check_purpose_ssl_server of OpenSSL 3.0).
 */
import type { Certificate } from '../certificate.ts';
import { KEY_CERT_SIGN, selfSigned } from './issuer.ts';

/**
 * How far a certificate is a CA. `legacy` are those without basic constraints that OpenSSL lets
 * stand as roots: signed by themselves in version 1, with keyCertSign, or with a Netscape type.
 */
export function certificateAuthority(certificate: Certificate): 'yes' | 'legacy' | 'no' {
  const { invalid, keyUsage, basicConstraints, netscapeType } = certificate.extensions;
  if (invalid) return 'no';
  if (keyUsage !== undefined && !keyUsage.includes(KEY_CERT_SIGN)) return 'no';
  if (basicConstraints !== undefined) return basicConstraints.ca ? 'yes' : 'no';
  if (certificate.version === 1 && selfSigned(certificate)) return 'legacy';
  if (keyUsage !== undefined) return 'legacy';
  return netscapeType?.some((type) => NETSCAPE_ANY_CA.includes(type)) ? 'legacy' : 'no';
}

/**
 * Whether the certificate, as leaf or as CA, fits the purpose "SSL server". A list of extended key
 * usages must name it, and anyExtendedKeyUsage is not a name of it; an absent list is fine. A
 * malformed certificate passes here, as in OpenSSL.
 */
export function fitsServers(certificate: Certificate, as: 'leaf' | 'authority'): boolean {
  const { invalid, extendedKeyUsage, keyUsage, netscapeType, basicConstraints } =
    certificate.extensions;
  if (invalid) return true;
  if (extendedKeyUsage !== undefined && !extendedKeyUsage.some((use) => SERVER_USES.has(use)))
    return false;
  if (as === 'authority') {
    const authority = certificateAuthority(certificate);
    const byNetscapeTypeAlone =
      authority === 'legacy' && keyUsage === undefined && basicConstraints === undefined;
    if (!byNetscapeTypeAlone || netscapeType === undefined) return authority !== 'no';
    return certificate.version === 1 || netscapeType.includes(NETSCAPE_SSL_CA);
  }
  if (netscapeType !== undefined && !netscapeType.includes(NETSCAPE_SSL_SERVER)) return false;
  return keyUsage === undefined || keyUsage.some((usage) => SERVER_KEY_USAGES.has(usage));
}

/** serverAuth, and the two server-gated cryptography purposes of the 1990s. */
const SERVER_USES: ReadonlySet<string> = new Set([
  '1.3.6.1.5.5.7.3.1',
  '1.3.6.1.4.1.311.10.3.3',
  '2.16.840.1.113730.4.1',
]);

/** digitalSignature, keyEncipherment, keyAgreement. */
const SERVER_KEY_USAGES: ReadonlySet<number> = new Set([0, 2, 4]);

const NETSCAPE_SSL_SERVER = 1;
const NETSCAPE_SSL_CA = 5;
const NETSCAPE_ANY_CA: readonly number[] = [5, 6, 7];
