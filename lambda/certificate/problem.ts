/** What OpenSSL may hold against a chain: a code, the depth it is reported at (0 is the leaf), and what it is about. */
import type { NameViolation } from './name-constraints.ts';

/** Names of OpenSSL's X509_V_ERR_ codes. */
export type OpensslCode =
  | 'CERT_CHAIN_TOO_LONG'
  | 'CERT_HAS_EXPIRED'
  | 'CERT_NOT_YET_VALID'
  | 'CERT_SIGNATURE_FAILURE'
  | 'CA_KEY_TOO_SMALL'
  | 'CA_MD_TOO_WEAK'
  | 'DANE_NO_MATCH'
  | 'DEPTH_ZERO_SELF_SIGNED_CERT'
  | 'EC_KEY_EXPLICIT_PARAMS'
  | 'EE_KEY_TOO_SMALL'
  | 'ERROR_IN_CERT_NOT_AFTER_FIELD'
  | 'ERROR_IN_CERT_NOT_BEFORE_FIELD'
  | 'INVALID_CA'
  | 'INVALID_PURPOSE'
  | 'KEYUSAGE_NO_CERTSIGN'
  | 'PATH_LENGTH_EXCEEDED'
  | 'PROXY_CERTIFICATES_NOT_ALLOWED'
  | 'SELF_SIGNED_CERT_IN_CHAIN'
  | 'UNABLE_TO_GET_ISSUER_CERT'
  | 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'
  | 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'
  | 'UNHANDLED_CRITICAL_EXTENSION'
  | NameViolation;

export interface Problem {
  readonly code: OpensslCode;
  readonly depth: number;
  /** The name, extension or the like at fault, for people. */
  readonly about?: string;
}

/** The problem Postfix reports: nearest the leaf, and of several there the one OpenSSL found first (update_error_state). */
export function nearestTheLeaf(problems: readonly Problem[]): Problem | undefined {
  return problems.reduce<Problem | undefined>(
    (nearest, problem) => (nearest === undefined || problem.depth < nearest.depth ? problem : nearest),
    undefined,
  );
}
