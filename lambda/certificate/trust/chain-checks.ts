/**
 * Everything OpenSSL may hold against a chain once it is built, in the order in which it looks.
 *
 * Postfix lets the handshake go on after each error, so later checks still run on a chain that
 * leads nowhere; follows verify_chain() and what it calls in OpenSSL 3.0's crypto/x509/x509_vfy.c.
 */
import type { Certificate } from '../certificate.ts';
import type { TrustSetting } from '../explicit-trust.ts';
import type { Chain } from './chain.ts';
import { inDate, likelyIssued, maySign } from './issuer.ts';
import { violation } from './name-constraints.ts';
import type { OpensslCode, Problem } from './problem.ts';
import { certificateAuthority, fitsServers } from './purpose.ts';
import { signedBy, strongKey, strongSignature, verifies } from './signature.ts';

export interface CheckQuestion {
  readonly chain: Chain;
  /** Epoch ms. */
  readonly at: number;
  readonly securityLevel: 0 | 1;
  /** The mail host's; absent: 3.0. */
  readonly openssl?: string | undefined;
  /**
   * Trust settings of a certificate of the store, which stand in for its purpose. Postfix ≤3.5
   * makes such settings for what it found in a trust anchor file.
   */
  readonly setting: (certificate: Certificate) => TrustSetting | undefined;
}

export function checkChain(question: CheckQuestion): Problem[] {
  const { chain, at, securityLevel, setting, openssl } = question;
  const { certificates } = chain;
  return [
    ...checkExtensions(chain, setting),
    ...(securityLevel === 0 ? [] : checkStrength(chain, openssl)),
    ...checkSignaturesAndDates(chain, at, openssl),
    ...checkNames(certificates),
  ];
}

/**
 * The depths at which OpenSSL looks at dates: all, but for an anchor that is not self-signed, whose
 * end does not count. Postfix ≤3.5 holds the same depths against its verify depth.
 */
export function deepestDated({ certificates, restsOn }: Chain, openssl?: string): number {
  const top = certificates.length - 1;
  const anchor = certificates[top];
  if (
    anchor === undefined ||
    restsOn?.kind === 'public-key' ||
    likelyIssued(anchor, anchor, openssl)
  )
    return top;
  return Math.max(0, top - 1);
}

/** How many certificates OpenSSL sees: a wrapped key is one more. */
const lengthOf = ({ certificates, restsOn }: Chain) =>
  certificates.length + (restsOn?.kind === 'public-key' && restsOn.wrapped ? 1 : 0);

function checkExtensions(chain: Chain, setting: CheckQuestion['setting']): Problem[] {
  const { certificates, untrusted } = chain;
  const length = lengthOf(chain);
  const problems: Problem[] = [];
  let pathLength = 0;
  certificates.forEach((certificate, depth) => {
    const { extensions } = certificate;
    const add = (code: OpensslCode, about?: string) =>
      problems.push({ code, depth, ...(about === undefined ? {} : { about }) });
    const isLast = depth + 1 === length;
    if (extensions.unhandledCritical !== undefined)
      add('UNHANDLED_CRITICAL_EXTENSION', extensions.unhandledCritical);
    if (extensions.proxy) add('PROXY_CERTIFICATES_NOT_ALLOWED');
    if (depth > 0) {
      const authority = certificateAuthority(certificate);
      if (authority === 'no' || (authority === 'legacy' && !isLast)) add('INVALID_CA');
    }
    if (length > 1 && certificate.explicitCurve) add('EC_KEY_EXPLICIT_PARAMS');
    const set = depth >= untrusted ? setting(certificate) : undefined;
    const fits = set === undefined && fitsServers(certificate, depth === 0 ? 'leaf' : 'authority');
    if (!fits && set !== 'trusted') add('INVALID_PURPOSE');
    const allowed = extensions.basicConstraints?.pathLength;
    if (depth > 1 && allowed !== undefined && pathLength > allowed)
      add('PATH_LENGTH_EXCEEDED', String(allowed));
    if (depth > 0 && !certificate.selfIssued) pathLength++;
  });
  return problems;
}

/** The anchor's own signature is never looked at, its key is. */
function checkStrength(chain: Chain, openssl: string | undefined): Problem[] {
  const length = lengthOf(chain);
  return chain.certificates.flatMap((certificate, depth) => [
    ...(depth > 0 && !strongKey(certificate, openssl)
      ? [{ code: 'CA_KEY_TOO_SMALL', depth } as const]
      : []),
    ...(depth + 1 < length && !strongSignature(certificate, openssl)
      ? [{ code: 'CA_MD_TOO_WEAK', depth } as const]
      : []),
  ]);
}

function checkSignaturesAndDates(chain: Chain, at: number, openssl: string | undefined): Problem[] {
  const { certificates } = chain;
  const problems: Problem[] = [];
  const top = certificates.length - 1;
  const deepest = deepestDated(chain, openssl);
  const last = certificates[top];
  if (
    top === 0 &&
    chain.restsOn?.kind !== 'public-key' &&
    last !== undefined &&
    !likelyIssued(last, last, openssl)
  ) {
    problems.push({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', depth: 0 });
  }
  for (let depth = deepest; depth >= 0; depth--) {
    const certificate = certificates[depth];
    const issuer = certificates[depth + 1];
    if (certificate === undefined) continue;
    if (issuer !== undefined) {
      if (!maySign(issuer, certificate)) {
        const code = certificate.extensions.proxy
          ? 'KEYUSAGE_NO_DIGITAL_SIGNATURE'
          : 'KEYUSAGE_NO_CERTSIGN';
        problems.push({ code, depth: depth + 1 });
      }
      if (!verifies(certificate, issuer)) problems.push({ code: 'CERT_SIGNATURE_FAILURE', depth });
    } else if (
      chain.restsOn?.kind === 'public-key' &&
      chain.restsOn.wrapped &&
      !signedBy(certificate, chain.restsOn.wrapped)
    ) {
      problems.push({ code: 'CERT_SIGNATURE_FAILURE', depth });
    }
    problems.push(...checkDates(certificate, depth, at));
  }
  return problems;
}

function checkDates(certificate: Certificate, depth: number, at: number): Problem[] {
  const { notBefore, notAfter } = certificate;
  if (inDate(certificate, at)) return [];
  const problems: Problem[] = [];
  if (Number.isNaN(notBefore)) problems.push({ code: 'ERROR_IN_CERT_NOT_BEFORE_FIELD', depth });
  else if (at < notBefore) problems.push({ code: 'CERT_NOT_YET_VALID', depth });
  if (Number.isNaN(notAfter)) problems.push({ code: 'ERROR_IN_CERT_NOT_AFTER_FIELD', depth });
  else if (at >= notAfter) problems.push({ code: 'CERT_HAS_EXPIRED', depth });
  return problems;
}

/**
 * Every certificate, but for self-issued ones in between, against the constraints of all above it,
 * the anchor's too.
 */
function checkNames(certificates: readonly Certificate[]): Problem[] {
  const problems: Problem[] = [];
  for (let depth = certificates.length - 1; depth >= 0; depth--) {
    const certificate = certificates[depth];
    if (certificate === undefined || (depth > 0 && certificate.selfIssued)) continue;
    for (let above = certificates.length - 1; above > depth; above--) {
      const constraints = certificates[above]?.extensions.nameConstraints;
      const found = constraints && violation(certificate, constraints, depth === 0);
      if (found) problems.push({ code: found.code, depth, about: found.name });
    }
  }
  return problems;
}
