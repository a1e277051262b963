/**
 * Builds the one chain OpenSSL would judge: from the leaf, over what the server sent, to a trust
 * anchor.
 *
 * Follows build_chain() in OpenSSL 3.0's crypto/x509/x509_vfy.c with its default flags: the store
 * is asked first at every step, an issuer that is in date is preferred, no step is ever undone. A
 * chain that reaches no anchor is therefore not trusted even where another would have reached one.
 */
import { hash, type KeyObject } from 'node:crypto';
import type { Certificate } from '../certificate.ts';
import type { TrustSetting } from '../explicit-trust.ts';
import type { Base64Der } from '../pem.ts';
import { inDate, likelyIssued, selfSigned } from './issuer.ts';
import type { Problem } from './problem.ts';
import { signedBy } from './signature.ts';

/** Where the end of a chain may come from. */
export type Anchors =
  /**
   * Only self-signed certificates of the store end a chain, and those explicitly trusted: there are
   * no partial chains.
   */
  | {
      readonly kind: 'store';
      readonly certificates: CertificatesByName;
      readonly setting: (der: Base64Der) => TrustSetting | undefined;
    }
  /**
   * Any certificate of the list ends one, whatever its purpose: set with trust settings of their
   * own (Postfix ≤3.5).
   */
  | { readonly kind: 'trusted'; readonly certificates: CertificatesByName }
  /**
   * DANE-TA: an issuer in the chain itself is recognised, or a bare key signs the last one (Postfix
   * ≥3.6).
   */
  | {
      readonly kind: 'dane';
      readonly recognises: (issuer: Certificate) => boolean;
      readonly publicKeys: readonly KeyObject[];
    }
  /**
   * A key in a certificate made up to be the issuer of `issued`, unseen whether it is (Postfix
   * ≤3.5).
   */
  | { readonly kind: 'wrapped-key'; readonly publicKey: KeyObject; readonly issued: Certificate };

/** By canonical subject, in the order of the store. */
export type CertificatesByName = ReadonlyMap<string, readonly Certificate[]>;

export interface Chain {
  /** Leaf first. */
  readonly certificates: readonly Certificate[];
  /** How many of them came from the server. */
  readonly untrusted: number;
  /** Depths of certificates that the store rejects; building goes on behind them. */
  readonly rejected: readonly number[];
  /** Undefined where the chain rests on nothing, and `problem` says why. */
  readonly restsOn: Rest | undefined;
  readonly problem: Problem | undefined;
}

type Rest =
  /** On its last certificate. */
  | { readonly kind: 'certificate' }
  /**
   * On a bare key, which signed its last certificate; a wrapped one counts as a further
   * certificate, and is yet to be tried.
   */
  | { readonly kind: 'public-key'; readonly sha256: string; readonly wrapped?: KeyObject }
  /** The leaf is itself an anchor, and nothing else is looked at. */
  | { readonly kind: 'leaf' };

export interface ChainQuestion {
  readonly leaf: Certificate;
  /** As sent, the leaf included. */
  readonly sent: readonly Certificate[];
  readonly anchors: Anchors;
  /** Epoch ms. */
  readonly at: number;
  /** Certificates a chain may have below its anchor; one more, and it is too long. */
  readonly maxDepth: number;
  /** The mail host's; absent: 3.0. */
  readonly openssl?: string | undefined;
}

export function buildChain(question: ChainQuestion): Chain {
  const { leaf, sent, anchors, maxDepth, openssl } = question;
  const stored =
    anchors.kind === 'store' || anchors.kind === 'trusted' ? anchors.certificates : undefined;
  const left = [...sent];
  const chain = [leaf];
  let top = leaf;
  let untrusted = 1;
  let mayBeSent = true;
  let restsOn: Rest | undefined;
  const rejected: number[] = [];

  while (restsOn === undefined && chain.length <= maxDepth) {
    if (anchors.kind === 'wrapped-key' && top.sha256 === anchors.issued.sha256) {
      restsOn = { ...restOnKey(anchors.publicKey), wrapped: anchors.publicKey };
      break;
    }
    const known = bestIssuer(stored?.get(top.names.issuer.canonical) ?? [], top, question);
    // A self-signed certificate as sent is replaced by the same one from the store; one that only
    // has the same name is no anchor for it.
    if (known !== undefined && selfSigned(top, openssl) && known.sha256 !== top.sha256) break;
    if (known !== undefined) {
      if (selfSigned(top, openssl)) untrusted = chain.length - 1;
      else chain.push(known);
      const setting = anchors.kind === 'store' ? anchors.setting(known.der) : 'trusted';
      if (setting === 'rejected') rejected.push(chain.length - 1);
      else if (setting === 'trusted' || selfSigned(known, openssl))
        restsOn = { kind: 'certificate' };
      mayBeSent = false;
      top = known;
      if (selfSigned(known, openssl)) break;
      continue;
    }
    const next =
      mayBeSent && !selfSigned(top, openssl)
        ? bestIssuer(left.filter(mayFollow(chain)), top, question)
        : undefined;
    if (next === undefined) break;
    left.splice(left.indexOf(next), 1);
    chain.push(next);
    untrusted++;
    if (anchors.kind === 'dane' && anchors.recognises(next)) restsOn = { kind: 'certificate' };
    top = next;
  }

  if (restsOn === undefined && anchors.kind === 'dane' && chain.length <= maxDepth) {
    const key = anchors.publicKeys.find((candidate) => signedBy(top, candidate));
    if (key !== undefined) restsOn = restOnKey(key);
  }
  const built = { certificates: chain, untrusted, restsOn, rejected };
  return {
    ...built,
    problem: restsOn === undefined ? whyNowhere(built, question) : undefined,
  };
}

/** Indexes anchors once per array: a run judges every chain against the same store. */
export function byName(certificates: readonly Certificate[]): CertificatesByName {
  const index = new Map<string, Certificate[]>();
  const seen = new Set<string>();
  for (const certificate of certificates) {
    if (seen.has(certificate.sha256)) continue;
    seen.add(certificate.sha256);
    const name = certificate.names.subject.canonical;
    const same = index.get(name);
    if (same === undefined) index.set(name, [certificate]);
    else same.push(certificate);
  }
  return index;
}

/** The first likely issuer that is in date, else the one that ended last (find_issuer). */
function bestIssuer(
  candidates: readonly Certificate[],
  issued: Certificate,
  { at, openssl }: Pick<ChainQuestion, 'at' | 'openssl'>,
): Certificate | undefined {
  let latest: Certificate | undefined;
  for (const candidate of candidates) {
    if (!likelyIssued(candidate, issued, openssl)) continue;
    if (inDate(candidate, at)) return candidate;
    if (latest === undefined || candidate.notAfter > latest.notAfter) latest = candidate;
  }
  return latest;
}

/** No certificate twice, but for a self-issued leaf, which may be followed by itself. */
function mayFollow(chain: readonly Certificate[]): (candidate: Certificate) => boolean {
  if (chain.length === 1 && chain[0]?.selfIssued) return () => true;
  const taken = new Set(chain.map((certificate) => certificate.sha256));
  return (candidate) => !taken.has(candidate.sha256);
}

const restOnKey = (key: KeyObject) => ({
  kind: 'public-key' as const,
  sha256: hash('sha256', key.export({ type: 'spki', format: 'der' }), 'hex'),
});

function whyNowhere(
  chain: Omit<Chain, 'problem'>,
  { anchors, maxDepth, openssl }: ChainQuestion,
): Problem {
  const { certificates, untrusted, rejected } = chain;
  const depth = certificates.length - 1;
  const top = certificates[depth];
  if (certificates.length > maxDepth) return { code: 'CERT_CHAIN_TOO_LONG', depth };
  if (rejected.length > 0) return { code: 'CERT_REJECTED', depth };
  if (anchors.kind === 'dane') return { code: 'DANE_NO_MATCH', depth };
  if (top !== undefined && selfSigned(top, openssl)) {
    return {
      code: depth === 0 ? 'DEPTH_ZERO_SELF_SIGNED_CERT' : 'SELF_SIGNED_CERT_IN_CHAIN',
      depth,
    };
  }
  return {
    code: untrusted <= depth ? 'UNABLE_TO_GET_ISSUER_CERT' : 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    depth,
  };
}
