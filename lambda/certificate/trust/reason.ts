/** OpenSSL's codes in words of ours: a reason for programs, one clause for people. */
import type { Certificate } from '../certificate.ts';
import { ASSUMED_OPENSSL } from '../openssl-version.ts';
import type { Ending } from './ending.ts';
import type { OpensslCode, Problem } from './problem.ts';
import { isKnownKey } from './signature.ts';

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
  { code, depth, about = '' }: Problem,
  certificates: readonly Certificate[],
  ending: Ending | undefined,
  namesake = false,
  openssl?: string,
): Explained {
  if (isNowhere(code)) return nowhere(code, certificates, ending, namesake);
  const certificate = certificates[depth];
  const isLeaf = depth === 0;
  const which = isLeaf ? 'certificate' : `issuer certificate ${short(certificate?.subject ?? '')}`;
  return EXPLANATIONS[code]({ certificate, isLeaf, which, about, openssl });
}

/**
 * A chain of the leaf alone, whose issuer neither sent nor known: nearly always a server that
 * forgot its intermediate. That the issuer is a root of Mozilla's, or sent, makes it an unknown
 * authority instead.
 */
function nowhere(
  code: Nowhere,
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
    const detail =
      `${which} has an extension that is malformed or occurs twice, and OpenSSL takes it for ` +
      'issued by nobody';
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
  const detail =
    `chain ends at ${short(last?.subject ?? '')}, whose issuer ${issuer} ${notSent} and is not ` +
    'among the trust anchors';
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

/** The codes that say where a chain leads: to no anchor. */
const NOWHERE = [
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'DANE_NO_MATCH',
] as const satisfies readonly OpensslCode[];

type Nowhere = (typeof NOWHERE)[number];

const isNowhere = (code: OpensslCode): code is Nowhere =>
  NOWHERE.some((nowhere) => nowhere === code);

/** The certificate at fault. */
interface Fault {
  readonly certificate: Certificate | undefined;
  readonly isLeaf: boolean;
  /** As sentences call it: `certificate`, or `issuer certificate` with its name. */
  readonly which: string;
  /** The number, name or extension that the code is about; empty where it is about none. */
  readonly about: string;
  /** That judges; undefined: 3.0. */
  readonly openssl: string | undefined;
}

const dated = ({ isLeaf }: Fault): TrustReason => (isLeaf ? 'expired' : 'issuer-expired');

const notPermitted = ({ which, about }: Fault): Explained => ({
  reason: 'not-permitted-name',
  detail: `${which} has a name that its issuers may not certify (${short(about)})`,
});

const malformedDate = (fault: Fault): Explained => ({
  reason: dated(fault),
  detail: `${fault.which} has a malformed date`,
});

const smallKey = ({ which, certificate, openssl }: Fault): Explained => ({
  reason: 'weak-signature',
  detail:
    certificate !== undefined && isKnownKey(certificate, openssl)
      ? `${which} has a key of ${certificate.keyBits} bits, which is too small`
      : `${which} has a key of a kind that OpenSSL ${openssl ?? ASSUMED_OPENSSL} does not know`,
});

const mayNotSign = ({ which }: Fault): Explained => ({
  reason: 'invalid-ca',
  detail: `${which} may not sign certificates (key usage)`,
});

const EXPLANATIONS: Readonly<Record<Exclude<OpensslCode, Nowhere>, (fault: Fault) => Explained>> = {
  CERT_HAS_EXPIRED: (fault) => ({
    reason: dated(fault),
    detail: `${fault.which} has expired (${minute(fault.certificate?.notAfter)})`,
  }),
  CERT_NOT_YET_VALID: ({ which, certificate }) => ({
    reason: 'not-yet-valid',
    detail: `${which} is not valid before ${minute(certificate?.notBefore)}`,
  }),
  ERROR_IN_CERT_NOT_BEFORE_FIELD: malformedDate,
  ERROR_IN_CERT_NOT_AFTER_FIELD: malformedDate,
  DEPTH_ZERO_SELF_SIGNED_CERT: () => ({
    reason: 'self-signed',
    detail: 'self-signed certificate',
  }),
  INVALID_PURPOSE: ({ which, certificate }) => {
    const uses = certificate?.extensions.extendedKeyUsage;
    const why = uses === undefined || uses.some(isServerUse) ? 'key usage' : 'extended key usage';
    return {
      reason: 'wrong-purpose',
      detail: `${which} is not designated for use as a server certificate (${why})`,
    };
  },
  CERT_REJECTED: ({ which }) => ({
    reason: 'untrusted-issuer',
    detail: `${which} is rejected for servers among the trust anchors (TRUSTED CERTIFICATE)`,
  }),
  CA_MD_TOO_WEAK: ({ which, certificate }) => ({
    reason: 'weak-signature',
    detail: `${which} is signed with ${digestName(certificate)}, which is too weak`,
  }),
  EE_KEY_TOO_SMALL: smallKey,
  CA_KEY_TOO_SMALL: smallKey,
  INVALID_CA: ({ which }) => ({
    reason: 'invalid-ca',
    detail: `${which} is not a certification authority`,
  }),
  KEYUSAGE_NO_CERTSIGN: mayNotSign,
  KEYUSAGE_NO_DIGITAL_SIGNATURE: mayNotSign,
  PATH_LENGTH_EXCEEDED: ({ which, about }) => ({
    reason: 'invalid-ca',
    detail: `${which} allows at most ${about === '' ? '0' : about} authorities below it`,
  }),
  EC_KEY_EXPLICIT_PARAMS: ({ which }) => ({
    reason: 'weak-signature',
    detail: `${which} has an elliptic curve of its own making`,
  }),
  PROXY_CERTIFICATES_NOT_ALLOWED: ({ which }) => ({
    reason: 'wrong-purpose',
    detail: `${which} is a proxy certificate`,
  }),
  UNHANDLED_CRITICAL_EXTENSION: ({ which, isLeaf, about }) => ({
    reason: isLeaf ? 'wrong-purpose' : 'invalid-ca',
    detail: `${which} has a critical extension that OpenSSL does not know (${about})`,
  }),
  CERT_CHAIN_TOO_LONG: () => ({
    reason: 'chain-too-long',
    detail: 'certificate chain is longer than the limit (smtp_tls_scert_verifydepth)',
  }),
  CERT_SIGNATURE_FAILURE: ({ which }) => ({
    reason: 'bad-signature',
    detail: `${which} does not carry the signature of its issuer`,
  }),
  PERMITTED_VIOLATION: notPermitted,
  EXCLUDED_VIOLATION: notPermitted,
  SUBTREE_MINMAX: notPermitted,
  UNSUPPORTED_CONSTRAINT_SYNTAX: notPermitted,
  UNSUPPORTED_CONSTRAINT_TYPE: notPermitted,
  UNSUPPORTED_NAME_SYNTAX: notPermitted,
  UNSPECIFIED: notPermitted,
};

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
