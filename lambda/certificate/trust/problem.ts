/**
 * What OpenSSL may hold against a chain: a code, the depth it is reported at (0 is the leaf), and
 * what it is about.
 */

/** OpenSSL's X509_V_ERR_ codes and their numbers, which Postfix logs (`num=68:…`). */
export const OPENSSL_CODES = {
  UNSPECIFIED: 1,
  UNABLE_TO_GET_ISSUER_CERT: 2,
  CERT_SIGNATURE_FAILURE: 7,
  CERT_NOT_YET_VALID: 9,
  CERT_HAS_EXPIRED: 10,
  ERROR_IN_CERT_NOT_BEFORE_FIELD: 13,
  ERROR_IN_CERT_NOT_AFTER_FIELD: 14,
  DEPTH_ZERO_SELF_SIGNED_CERT: 18,
  SELF_SIGNED_CERT_IN_CHAIN: 19,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 20,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 21,
  CERT_CHAIN_TOO_LONG: 22,
  PATH_LENGTH_EXCEEDED: 25,
  INVALID_PURPOSE: 26,
  CERT_REJECTED: 28,
  KEYUSAGE_NO_CERTSIGN: 32,
  UNHANDLED_CRITICAL_EXTENSION: 34,
  KEYUSAGE_NO_DIGITAL_SIGNATURE: 39,
  PROXY_CERTIFICATES_NOT_ALLOWED: 40,
  PERMITTED_VIOLATION: 47,
  EXCLUDED_VIOLATION: 48,
  SUBTREE_MINMAX: 49,
  UNSUPPORTED_CONSTRAINT_TYPE: 51,
  UNSUPPORTED_CONSTRAINT_SYNTAX: 52,
  UNSUPPORTED_NAME_SYNTAX: 53,
  DANE_NO_MATCH: 65,
  EE_KEY_TOO_SMALL: 66,
  CA_KEY_TOO_SMALL: 67,
  CA_MD_TOO_WEAK: 68,
  INVALID_CA: 79,
  EC_KEY_EXPLICIT_PARAMS: 94,
} as const;

export type OpensslCode = keyof typeof OPENSSL_CODES;

export interface Problem {
  readonly code: OpensslCode;
  readonly depth: number;
  /** The name, extension or the like at fault, for people. */
  readonly about?: string;
}

/**
 * The problem Postfix reports: nearest the leaf, and of several there the one OpenSSL found first
 * (update_error_state).
 */
export function nearestTheLeaf(problems: readonly Problem[]): Problem | undefined {
  return problems.reduce<Problem | undefined>(
    (nearest, problem) =>
      nearest === undefined || problem.depth < nearest.depth ? problem : nearest,
    undefined,
  );
}
