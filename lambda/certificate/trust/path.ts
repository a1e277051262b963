/**
 * Whether Postfix would trust a chain, at any date and with any anchors.
 *
 * OpenSSL's own verdict exists only inside a handshake and only for now; this is the same judgement
 * as a pure function: X509_verify_cert() of OpenSSL 3.0 with purpose "SSL server", plus what
 * Postfix adds: its verify depth and the error nearest the leaf as the one that is told
 * (src/tls/tls_verify.c), and trust anchor files (src/tls/tls_dane.c).
 */

import { BOUNDS } from '../../limits.ts';
import { atLeast, type PostfixVersion } from '../../postfix/version.ts';
import { type Certificate, readCertificates } from '../certificate.ts';
import { type ExplicitTrust, settingIn } from '../explicit-trust.ts';
import type { Base64Der } from '../pem.ts';
import { buildChain, byName, type CertificatesByName, type Chain } from './chain.ts';
import { checkChain, deepestDated } from './chain-checks.ts';
import { type Ending, endOfChain } from './ending.ts';
import { likelyIssued } from './issuer.ts';
import { nearestTheLeaf, type OpensslCode, type Problem } from './problem.ts';
import { explain, type TrustReason } from './reason.ts';
import { strongKey } from './signature.ts';
import { anchorSetOfTlsa, type TlsaAnchors } from './tlsa-anchors.ts';
import {
  type AnchorFiles,
  anchorSetOf,
  type Ground,
  groundSince36,
  groundUntil35,
} from './trust-anchor-file.ts';

/** `explicit`: of a store. */
export type Anchors = AnchorFiles & { readonly explicit?: ExplicitTrust | undefined };

export interface PathQuestion {
  /** As presented, leaf first, duplicates and unrelated ones included. */
  readonly chain: readonly Base64Der[];
  /** A store has no public keys. The same array from question to question is indexed once. */
  readonly anchors: Anchors;
  /** `store`: CAfile and CApath; `files`: trust anchor files, which replace it. */
  readonly anchorKind: 'store' | 'files';
  /** TLSA records that count: they replace both. */
  readonly tlsa?: TlsaAnchors;
  /** Epoch ms. */
  readonly at: number;
  readonly version: PostfixVersion;
  /** smtp_tls_scert_verifydepth */
  readonly verifyDepth: number;
  /** OpenSSL's: 1 where a match is required, 0 at encrypt and may. */
  readonly securityLevel: 0 | 1;
  /** The OpenSSL by whose rules to judge; absent: 3.0. */
  readonly openssl?: string | undefined;
}

export type Trust =
  | {
      readonly kind: 'trusted';
      /** A bare public key has the digest of the key, and `public key` for a subject. */
      readonly anchor: { readonly subject: string; readonly sha256: string };
      /** Leaf to anchor, in this order. */
      readonly path: readonly Base64Der[];
      /**
       * Epoch ms: the path is in date from `validFrom` on and no longer at `validUntil`, counting
       * only dates that count.
       */
      readonly validFrom: number;
      readonly validUntil: number;
    }
  | {
      readonly kind: 'untrusted';
      readonly reason: TrustReason;
      /** Of the certificate at fault; 0 is the leaf. */
      readonly depth: number;
      /** OpenSSL's X509_V_ERR_ name for it. */
      readonly opensslCode: OpensslCode;
      /** Of the certificate at fault, as Postfix logs names. */
      readonly subject: string;
      readonly issuer: string;
      /** One clause for people: `certificate has expired (2026-01-03 12:00Z)`. */
      readonly detail: string;
      /** Where the chain leads, if it leads to no anchor. */
      readonly endsAt?: Ending;
    };

/** Validity of a path whose dates do not count: the earliest and the latest that Date can hold. */
export const ALWAYS = { from: -8_640_000_000_000_000, until: 8_640_000_000_000_000 } as const;

export function judgePath(question: PathQuestion): Trust {
  const examined = examinePath(question);
  if (examined === undefined) return unreadableLeaf();
  const { chain, problems } = examined;
  const problem = nearestTheLeaf(problems);
  if (problem !== undefined) return untrusted(problem, chain.certificates, chain.problem, question);
  return trusted(chain, question);
}

/**
 * Why security level 1 refuses the key of a leaf, as a clause; undefined where it does not. OpenSSL
 * looks at it first, whatever the anchors.
 */
export function weakLeaf(leaf: Certificate, openssl?: string): string | undefined {
  return strongKey(leaf, openssl)
    ? undefined
    : explain({ code: 'EE_KEY_TOO_SMALL', depth: 0 }, [leaf], undefined, false, openssl).detail;
}

/**
 * The chain OpenSSL would build, and every problem it would find, in its order; undefined where the
 * leaf cannot be read.
 */
export function examinePath(
  question: PathQuestion,
): { readonly chain: Chain; readonly problems: readonly Problem[] } | undefined {
  const sent = readCertificates(question.chain.slice(0, BOUNDS.chainCertificates));
  const [leaf] = sent;
  if (leaf === undefined || leaf.der !== question.chain[0]) return undefined;
  const { version, verifyDepth, securityLevel, at, openssl } = question;
  const is36 = atLeast(version, '3.6');
  const { leafIsAnchor, sent: available, anchors } = groundOf(question, leaf, sent, is36);

  const problems: Problem[] = [];
  if (securityLevel === 1 && !strongKey(leaf, openssl))
    problems.push({ code: 'EE_KEY_TOO_SMALL', depth: 0 });
  if (leafIsAnchor)
    return {
      chain: {
        certificates: [leaf],
        untrusted: 0,
        rejected: [],
        restsOn: { kind: 'leaf' },
        problem: undefined,
      },
      problems,
    };
  // SSL_CTX_set_verify_depth(verifyDepth + 1), and OpenSSL builds one further before it complains.
  const chain = buildChain({
    leaf,
    sent: available,
    anchors,
    at,
    maxDepth: verifyDepth + 2,
    openssl,
  });
  if (!is36) problems.push(...tooDeepUntil35(chain, question));
  for (const depth of chain.rejected) problems.push({ code: 'CERT_REJECTED', depth });
  if (chain.problem !== undefined) problems.push(chain.problem);
  const setting = ({ der }: Certificate) =>
    anchors.kind === 'trusted'
      ? 'trusted'
      : anchors.kind === 'store'
        ? anchors.setting(der)
        : undefined;
  problems.push(...checkChain({ chain, at, securityLevel, setting, openssl }));
  return { chain, problems };
}

function groundOf(
  question: PathQuestion,
  leaf: Certificate,
  sent: readonly Certificate[],
  is36: boolean,
): Ground {
  if (question.tlsa !== undefined || question.anchorKind === 'files') {
    const set =
      question.tlsa === undefined
        ? anchorSetOf(question.anchors)
        : anchorSetOfTlsa(question.tlsa, question.version);
    return is36 ? groundSince36(leaf, sent, set) : groundUntil35(leaf, sent, set);
  }
  return {
    sent,
    anchors: {
      kind: 'store',
      certificates: indexed(question.anchors.certificates),
      setting: settingIn(question.anchors.explicit),
    },
    leafIsAnchor: false,
  };
}

/**
 * Postfix ≤3.5 holds the depth of every certificate OpenSSL reports on against the limit, the
 * root's too.
 */
function tooDeepUntil35(chain: Chain, { verifyDepth, openssl }: PathQuestion): Problem[] {
  return deepestDated(chain, openssl) > verifyDepth
    ? [{ code: 'CERT_CHAIN_TOO_LONG', depth: verifyDepth + 1 }]
    : [];
}

function trusted(chain: Chain, { openssl }: PathQuestion): Trust {
  const { certificates, restsOn } = chain;
  const path = certificates.map(({ der }) => der);
  const anchor =
    restsOn?.kind === 'public-key'
      ? { subject: 'public key', sha256: restsOn.sha256 }
      : certificates.at(-1);
  const { subject = '', sha256 = '' } = anchor ?? {};
  const dated =
    restsOn?.kind === 'leaf' ? [] : certificates.slice(0, deepestDated(chain, openssl) + 1);
  return {
    kind: 'trusted',
    anchor: { subject, sha256 },
    path,
    validFrom: Math.max(ALWAYS.from, ...dated.map(({ notBefore }) => notBefore)),
    validUntil: Math.min(ALWAYS.until, ...dated.map(({ notAfter }) => notAfter)),
  };
}

function untrusted(
  problem: Problem,
  certificates: readonly Certificate[],
  nowhere: Problem | undefined,
  { chain, openssl }: PathQuestion,
): Trust {
  const ending = nowhere === undefined ? undefined : endOfChain(certificates);
  const last = certificates.at(-1);
  const namesake = readCertificates(chain).some(
    (sent) =>
      last !== undefined &&
      sent.names.subject.canonical === last.names.issuer.canonical &&
      !likelyIssued(sent, last, openssl),
  );
  const about = certificates[problem.depth];
  return {
    kind: 'untrusted',
    ...explain(problem, certificates, ending, namesake, openssl),
    depth: problem.depth,
    opensslCode: problem.code,
    subject: about?.subject ?? '',
    issuer: about?.issuer ?? '',
    ...(ending === undefined ? {} : { endsAt: ending }),
  };
}

/** No handshake ends with a leaf that OpenSSL cannot parse; a chain from a store may. */
function unreadableLeaf(): Trust {
  return {
    kind: 'untrusted',
    reason: 'bad-signature',
    depth: 0,
    opensslCode: 'UNSPECIFIED',
    subject: '',
    issuer: '',
    detail: 'certificate cannot be read',
  };
}

function indexed(anchors: readonly Base64Der[]): CertificatesByName {
  const known = indexes.get(anchors);
  if (known !== undefined) return known;
  const index = byName(readCertificates(anchors));
  indexes.set(anchors, index);
  return index;
}

const indexes = new WeakMap<readonly Base64Der[], CertificatesByName>();
