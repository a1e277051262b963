/** OpenSSL's codes in words of ours: a reason for programs, one clause for people. */
import type { Certificate } from '../certificate.ts';
import type { Ending } from './ending.ts';
import type { Problem } from './problem.ts';

export type TrustReason = (typeof TRUST_REASONS)[number];

export interface Explained {
  readonly reason: TrustReason;
  readonly detail: string;
}

/**
 * `ending` is given where the chain reaches no anchor; `namesake`: another certificate was sent
 * under its last issuer's name.
 */
export function explain(
  { code, depth, about }: Problem,
  certificates: readonly Certificate[],
  ending: Ending | undefined,
  namesake = false,
): Explained {
  const certificate = certificates[depth];
  const name = short(certificate?.subject ?? '');
  const which = depth === 0 ? 'certificate' : `issuer certificate ${name}`;
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return {
        reason: depth === 0 ? 'expired' : 'issuer-expired',
        detail: `${which} has expired (${minute(certificate?.notAfter)})`,
      };
    case 'CERT_NOT_YET_VALID':
      return {
        reason: 'not-yet-valid',
        detail: `${which} is not valid before ${minute(certificate?.notBefore)}`,
      };
    case 'ERROR_IN_CERT_NOT_BEFORE_FIELD':
    case 'ERROR_IN_CERT_NOT_AFTER_FIELD':
      return {
        reason: depth === 0 ? 'expired' : 'issuer-expired',
        detail: `${which} has a malformed date`,
      };
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return { reason: 'self-signed', detail: 'self-signed certificate' };
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'DANE_NO_MATCH':
      return nowhere(code, certificates, ending, namesake);
    case 'INVALID_PURPOSE': {
      const uses = certificate?.extensions.extendedKeyUsage;
      const why = uses === undefined || uses.some(isServerUse) ? 'key usage' : 'extended key usage';
      return {
        reason: 'wrong-purpose',
        detail: `${which} is not designated for use as a server certificate (${why})`,
      };
    }
    case 'CA_MD_TOO_WEAK':
      return {
        reason: 'weak-signature',
        detail: `${which} is signed with ${digestName(certificate)}, which is too weak`,
      };
    case 'EE_KEY_TOO_SMALL':
    case 'CA_KEY_TOO_SMALL':
      return {
        reason: 'weak-signature',
        detail: `${which} has a key of ${certificate?.keyBits ?? 0} bits, which is too small`,
      };
    case 'INVALID_CA':
      return { reason: 'invalid-ca', detail: `${which} is not a certification authority` };
    case 'KEYUSAGE_NO_CERTSIGN':
    case 'KEYUSAGE_NO_DIGITAL_SIGNATURE':
      return { reason: 'invalid-ca', detail: `${which} may not sign certificates (key usage)` };
    case 'PATH_LENGTH_EXCEEDED':
      return {
        reason: 'invalid-ca',
        detail: `${which} allows at most ${about ?? '0'} authorities below it`,
      };
    case 'EC_KEY_EXPLICIT_PARAMS':
      return {
        reason: 'weak-signature',
        detail: `${which} has an elliptic curve of its own making`,
      };
    case 'PROXY_CERTIFICATES_NOT_ALLOWED':
      return { reason: 'wrong-purpose', detail: `${which} is a proxy certificate` };
    case 'UNHANDLED_CRITICAL_EXTENSION':
      return {
        reason: depth === 0 ? 'wrong-purpose' : 'invalid-ca',
        detail: `${which} has a critical extension that OpenSSL does not know (${about ?? ''})`,
      };
    case 'CERT_CHAIN_TOO_LONG':
      return {
        reason: 'chain-too-long',
        detail: `certificate chain is longer than the limit (smtp_tls_scert_verifydepth)`,
      };
    case 'CERT_SIGNATURE_FAILURE':
      return {
        reason: 'bad-signature',
        detail: `${which} does not carry the signature of its issuer`,
      };
    case 'PERMITTED_VIOLATION':
    case 'EXCLUDED_VIOLATION':
    case 'SUBTREE_MINMAX':
    case 'UNSUPPORTED_CONSTRAINT_SYNTAX':
    case 'UNSUPPORTED_CONSTRAINT_TYPE':
    case 'UNSUPPORTED_NAME_SYNTAX':
    case 'UNSPECIFIED':
      return {
        reason: 'not-permitted-name',
        detail: `${which} has a name that its issuers may not certify (${short(about ?? '')})`,
      };
  }
}

/**
 * A chain of the leaf alone, whose issuer neither sent nor known: nearly always a server that
 * forgot its intermediate. That the issuer is a root of Mozilla's, or sent, makes it an unknown
 * authority instead.
 */
function nowhere(
  code: Problem['code'],
  certificates: readonly Certificate[],
  ending: Ending | undefined,
  namesake: boolean,
): Explained {
  const last = certificates.at(-1);
  const issuer = short(last?.issuer ?? '');
  const notSent = namesake
    ? 'was not sent, only one of that name that cannot have issued it,'
    : 'was not sent';
  if (last?.extensions.invalid) {
    const which =
      certificates.length === 1 ? 'certificate' : `issuer certificate ${short(last.subject)}`;
    const detail = `${which} has an extension that is malformed or occurs twice, and OpenSSL takes it for issued by nobody`;
    return { reason: 'bad-signature', detail };
  }
  if (last?.selfIssued && certificates.length === 1)
    return { reason: 'self-signed', detail: 'self-signed certificate' };
  if (code === 'UNABLE_TO_GET_ISSUER_CERT') {
    return {
      reason: 'untrusted-issuer',
      detail: `issuer ${issuer} is not among the trust anchors, only a certificate below it is`,
    };
  }
  if (ending?.inMozilla) {
    const root = short(ending.subject);
    return {
      reason: 'untrusted-issuer',
      detail: `chain ends at ${root}, which is in Mozilla's store but not among the trust anchors`,
    };
  }
  if (certificates.length === 1) {
    return {
      reason: 'missing-intermediate',
      detail: `issuer ${issuer} ${notSent} and is not among the trust anchors`,
    };
  }
  if (last?.selfIssued) {
    return {
      reason: 'untrusted-issuer',
      detail: `chain ends at ${short(last.subject)}, which is not among the trust anchors`,
    };
  }
  const detail = `chain ends at ${short(last?.subject ?? '')}, whose issuer ${issuer} ${notSent} and is not among the trust anchors`;
  return { reason: 'untrusted-issuer', detail };
}

/** Strangers' names can be of any length; Postfix cuts them as well. */
const short = (text: string) => (text.length > 200 ? `${text.slice(0, 200)}…` : text);

function minute(time: number | undefined): string {
  if (time === undefined || Number.isNaN(time)) return 'no date';
  return new Date(time)
    .toISOString()
    .replace('T', ' ')
    .replace(/:\d\d\.\d+Z$/, 'Z');
}

function digestName(certificate: Certificate | undefined): string {
  const algorithm = certificate?.x509.signatureAlgorithm ?? 'an unknown algorithm';
  return /sha-?1/i.test(algorithm) ? 'SHA-1' : /md5/i.test(algorithm) ? 'MD5' : algorithm;
}

const isServerUse = (use: string) => use === '1.3.6.1.5.5.7.3.1';

/** Why a chain is not trusted. */
export const TRUST_REASONS = [
  'untrusted-issuer',
  'missing-intermediate',
  'self-signed',
  'expired',
  'not-yet-valid',
  'issuer-expired',
  'wrong-purpose',
  'weak-signature',
  'invalid-ca',
  'chain-too-long',
  'not-permitted-name',
  'bad-signature',
] as const;
