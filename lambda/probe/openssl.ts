/**
 * Postfix's offer in OpenSSL's terms, and what a session with a server came to, read back from
 * them. No I/O: the session is connection.ts's.
 */
import { constants } from 'node:crypto';
import type { EphemeralKeyInfo, SecureContextOptions, TLSSocket } from 'node:tls';
import { opensslSince } from '../certificate/openssl-version.ts';
import { type Base64Der, printPem } from '../certificate/pem.ts';
import { BOUNDS } from '../limits.ts';
import type { TlsOffer, TlsProtocol } from './offer.ts';
import type { Presented } from './result.ts';

export type PossibleOffer = Extract<TlsOffer, { readonly kind: 'offer' }>;

/**
 * Options of a context that makes the offer and verifies against these anchors alone. `openssl` is
 * the mail host's; undefined: 3.0.
 */
export function contextOptions(
  offer: PossibleOffer,
  anchors: readonly Base64Der[],
  openssl?: string,
): SecureContextOptions {
  const own = opensslSince(openssl, '3.5') ? undefined : SIGNATURES_30;
  const sigalgs = offer.signatureAlgorithms ?? own;
  return {
    ca: anchors.map(pem),
    ciphers: offer.ciphers,
    ecdhCurve: offer.groups,
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.3',
    // tls_bug_bits(), and holes in the protocol list closed one by one, as Postfix closes them.
    secureOptions:
      constants.SSL_OP_ALL |
      without(offer.protocols) |
      (offer.legacyServers === undefined ? 0 : constants.SSL_OP_LEGACY_SERVER_CONNECT),
    ...(sigalgs === undefined ? {} : { sigalgs }),
  };
}

/**
 * OpenSSL 3.0's own list. That of 3.5 begins with ML-DSA: a server with two certificates would show
 * the other one.
 */
const SIGNATURES_30 = [
  ...['ecdsa_secp256r1_sha256', 'ecdsa_secp384r1_sha384', 'ecdsa_secp521r1_sha512'],
  ...['ed25519', 'ed448', 'rsa_pss_pss_sha256', 'rsa_pss_pss_sha384', 'rsa_pss_pss_sha512'],
  ...['rsa_pss_rsae_sha256', 'rsa_pss_rsae_sha384', 'rsa_pss_rsae_sha512'],
  ...['rsa_pkcs1_sha256', 'rsa_pkcs1_sha384', 'rsa_pkcs1_sha512'],
  ...['ECDSA+SHA224', 'ECDSA+SHA1', 'RSA+SHA224', 'RSA+SHA1', 'DSA+SHA224', 'DSA+SHA1'],
  ...['DSA+SHA256', 'DSA+SHA384', 'DSA+SHA512'],
].join(':');

/** OpenSSL's groups of today, the hybrid one first: a hello of 1.5 KB. */
export const OTHER_GROUPS =
  'X25519MLKEM768:X25519:prime256v1:X448:secp384r1:secp521r1:ffdhe2048:ffdhe3072';

/**
 * The presented chain with OpenSSL's verify result. Verification never ends a handshake, as in
 * Postfix (tls_verify.c: "We always return 1").
 */
export function presentedBy(tls: TLSSocket): Presented {
  const { name } = tls.getEphemeralKeyInfo() as EphemeralKeyInfo;
  return {
    kind: 'presented',
    protocol: protocolOf(tls.getProtocol()),
    cipher: tls.getCipher().name,
    ...(name === undefined || name === '' ? {} : { group: name }),
    chain: chainOf(tls),
    verify: tls.authorized ? 'OK' : String(tls.authorizationError),
  };
}

/** Why a handshake failed, in OpenSSL's own words, such as `wrong version number`. */
export function causeOf(error: NodeJS.ErrnoException & { readonly reason?: string }): string {
  if (error.reason !== undefined) return error.reason;
  return error.code === 'ECONNRESET' || error.code === 'EPIPE'
    ? CLOSED
    : (error.code ?? error.message);
}

export const CLOSED = 'connection closed during the handshake';

function without(protocols: readonly TlsProtocol[]): number {
  const closing = Object.entries({
    TLSv1: constants.SSL_OP_NO_TLSv1,
    'TLSv1.1': constants.SSL_OP_NO_TLSv1_1,
    'TLSv1.2': constants.SSL_OP_NO_TLSv1_2,
    'TLSv1.3': constants.SSL_OP_NO_TLSv1_3,
  } satisfies Record<TlsProtocol, number>);
  return closing.reduce(
    (bits, [name, bit]) => (protocols.some((protocol) => protocol === name) ? bits : bits | bit),
    0,
  );
}

/**
 * The chain as sent. Node gives out the list once: `issuerCertificate` walks it, and a second walk
 * finds it empty.
 */
function chainOf(tls: TLSSocket): Base64Der[] {
  const chain: Base64Der[] = [];
  for (
    let certificate = tls.getPeerX509Certificate();
    certificate !== undefined && chain.length < BOUNDS.chainCertificates;
    certificate = certificate.issuerCertificate
  )
    chain.push(certificate.raw.toString('base64'));
  return chain;
}

function protocolOf(name: string | null): TlsProtocol {
  if (name === 'TLSv1' || name === 'TLSv1.1' || name === 'TLSv1.2' || name === 'TLSv1.3')
    return name;
  throw new Error(`handshake: negotiated "${name}", which was not offered`);
}

const pem = (der: Base64Der): string => printPem('CERTIFICATE', der);
