/**
 * Builds the one chain OpenSSL would judge: from the leaf, over what the server sent, to a trust anchor.
 *
 * Follows build_chain() in OpenSSL 3.0's crypto/x509/x509_vfy.c with its default flags: the store is asked first at
 * every step, an issuer that is in date is preferred, nothing is ever taken back. A chain that ends in the wrong place
 * is therefore wrong even where another would have been right.
 */
import { hash, type KeyObject } from 'node:crypto';
import type { Certificate } from './certificate.ts';
import { inDate, likelyIssued, selfSigned } from './issuer.ts';
import type { Problem } from './problem.ts';
import { signedBy } from './signature.ts';

/** Where the end of a chain may come from. */
export type Anchors =
  /** Only self-signed certificates of the store end a chain: there are no partial chains. */
  | { readonly kind: 'store'; readonly certificates: CertificatesByName }
  /** Any certificate of the list ends one, whatever its purpose: set with trust settings of their own (Postfix ≤3.5). */
  | { readonly kind: 'trusted'; readonly certificates: CertificatesByName }
  /** DANE-TA: an issuer in the chain itself is recognised, or a bare key signs the last one (Postfix ≥3.6). */
  | { readonly kind: 'dane'; readonly recognises: (issuer: Certificate) => boolean; readonly publicKeys: readonly KeyObject[] };

/** By canonical subject, in the order of the store. */
export type CertificatesByName = ReadonlyMap<string, readonly Certificate[]>;

export interface Chain {
  /** Leaf first. */
  readonly certificates: readonly Certificate[];
  /** How many of them came from the server. */
  readonly untrusted: number;
  /** Undefined where the chain rests on nothing, and `problem` says why. */
  readonly restsOn: Rest | undefined;
  readonly problem: Problem | undefined;
}

export type Rest =
  /** On its last certificate. */
  | { readonly kind: 'certificate' }
  /** On a bare key, which signed its last certificate. */
  | { readonly kind: 'public-key'; readonly sha256: string }
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
}

export function buildChain({ leaf, sent, anchors, at, maxDepth }: ChainQuestion): Chain {
  const chain = [leaf];
  const left = [...sent];
  let untrusted = 1;
  let restsOn: Chain['restsOn'];
  let searchSent = true;
  const usesStore = anchors.kind !== 'dane';

  for (;;) {
    const top = chain.at(-1) ?? leaf;
    const full = chain.length > maxDepth;
    const issuer =
      usesStore && !full ? bestIssuer(anchors.certificates.get(top.names.issuer.canonical) ?? [], top, at) : undefined;
    if (issuer !== undefined && (!selfSigned(top) || issuer.sha256 === top.sha256)) {
      // A self-signed certificate as sent is replaced by the same one from the store; anything else would be a mimic.
      if (selfSigned(top)) untrusted = chain.length - 1;
      else chain.push(issuer);
      searchSent = false;
      if (anchors.kind === 'trusted' || selfSigned(issuer)) {
        restsOn = { kind: 'certificate' };
        break;
      }
      continue;
    }
    if (!searchSent) break;
    const next = selfSigned(top) || full ? undefined : bestIssuer(left.filter(mayFollow(chain)), top, at);
    if (next === undefined) {
      searchSent = false;
      break;
    }
    left.splice(left.indexOf(next), 1);
    chain.push(next);
    untrusted++;
    if (anchors.kind === 'dane' && anchors.recognises(next)) {
      restsOn = { kind: 'certificate' };
      break;
    }
  }

  if (restsOn === undefined && anchors.kind === 'dane' && chain.length <= maxDepth) {
    const top = chain.at(-1) ?? leaf;
    const key = anchors.publicKeys.find((candidate) => signedBy(top, candidate));
    if (key !== undefined)
      restsOn = { kind: 'public-key', sha256: hash('sha256', key.export({ type: 'spki', format: 'der' }), 'hex') };
  }
  const built = { certificates: chain, untrusted, restsOn };
  return { ...built, problem: restsOn === undefined ? whyNowhere(built, anchors, maxDepth) : undefined };
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
function bestIssuer(candidates: readonly Certificate[], issued: Certificate, at: number): Certificate | undefined {
  let latest: Certificate | undefined;
  for (const candidate of candidates) {
    if (!likelyIssued(candidate, issued)) continue;
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

function whyNowhere(chain: Omit<Chain, 'problem'>, anchors: Anchors, maxDepth: number): Problem {
  const { certificates, untrusted } = chain;
  const depth = certificates.length - 1;
  const top = certificates[depth];
  if (certificates.length > maxDepth) return { code: 'CERT_CHAIN_TOO_LONG', depth };
  if (anchors.kind === 'dane') return { code: 'DANE_NO_MATCH', depth };
  if (top !== undefined && selfSigned(top)) {
    return { code: depth === 0 ? 'DEPTH_ZERO_SELF_SIGNED_CERT' : 'SELF_SIGNED_CERT_IN_CHAIN', depth };
  }
  return { code: untrusted <= depth ? 'UNABLE_TO_GET_ISSUER_CERT' : 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', depth };
}
