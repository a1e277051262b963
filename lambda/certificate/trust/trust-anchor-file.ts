/**
 * Trust anchor files (`tafile=`, smtp_tls_trust_anchor_file): anchors in place of the store.
 *
 * Postfix ≥3.6 hands them to OpenSSL as TLSA records 2 and 3 with full data
 * (tls_dane_load_trustfile), so that they may also be the leaf itself. Postfix ≤3.5 walks the chain
 * itself and builds a store of one (set_trust in its tls_dane.c).
 */
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { type Certificate, readCertificates } from '../certificate.ts';
import type { Base64Der } from '../pem.ts';
import { type Anchors, byName } from './chain.ts';
import { likelyIssued, maySign, selfSigned } from './issuer.ts';
import { signedBy, verifies } from './signature.ts';

export interface AnchorFiles {
  readonly certificates: readonly Base64Der[];
  /** SubjectPublicKeyInfo. */
  readonly publicKeys: readonly Base64Der[];
}

/**
 * Anchors in place of the store, wherever they come from: files, or TLSA records
 * (tlsa-anchors.ts).
 */
export interface AnchorSet {
  /** Those given in full, in the order given: they need not be sent. */
  readonly certificates: readonly Certificate[];
  readonly publicKeys: readonly KeyObject[];
  /** As which of its entries the set knows a certificate. */
  readonly known: (certificate: Certificate) => 'key' | 'certificate' | undefined;
  /** Whether the leaf is itself what is asked for, and nothing else is looked at (≥3.6). */
  readonly isLeaf: (leaf: Certificate) => boolean;
}

/** What a chain is then built from. */
export interface Ground {
  readonly sent: readonly Certificate[];
  readonly anchors: Anchors;
  /** The leaf is itself an anchor: neither dates nor anything else of it are looked at (≥3.6). */
  readonly leafIsAnchor: boolean;
}

/**
 * Postfix ≥3.6. The anchor certificates go before what was sent, so that one that is not sent is
 * taken from the file, the last of all files first: Postfix turns their order round.
 */
export function groundSince36(
  leaf: Certificate,
  sent: readonly Certificate[],
  anchors: AnchorSet,
): Ground {
  const { certificates, publicKeys, known } = anchors;
  return {
    sent: [...certificates.toReversed(), ...sent],
    anchors: { kind: 'dane', recognises: (issuer) => known(issuer) !== undefined, publicKeys },
    leafIsAnchor: anchors.isLeaf(leaf),
  };
}

/**
 * Postfix ≤3.5: the first likely issuer of each certificate is followed, dates unseen, until one is
 * an anchor. A self-signed leaf may be one. An anchor given as a bare key never serves as the
 * leaf's own issuer with OpenSSL 3.0 (seen with 3.5.27; its cause is not known), only further up.
 */
export function groundUntil35(
  leaf: Certificate,
  sent: readonly Certificate[],
  anchors: AnchorSet,
): Ground {
  const { certificates, publicKeys, known } = anchors;
  if (mayHaveIssued(leaf, leaf)) return ground([], known(leaf) === undefined ? [] : [leaf]);

  const left = [...sent];
  const below: Certificate[] = [];
  let top = leaf;
  for (let depth = 0; ; depth++) {
    const place = left.findIndex((candidate) => mayHaveIssued(candidate, top));
    const [issuer] = place < 0 ? [] : left.splice(place, 1);
    if (issuer === undefined) break;
    if (known(issuer) === 'key')
      return depth === 0 ? ground([], []) : wrapped(issuer.x509.publicKey);
    if (known(issuer) === 'certificate') return ground(below, [issuer]);
    below.push(issuer);
    if (selfSigned(issuer)) return ground(below, []);
    top = issuer;
  }
  const anchor = certificates.findLast(
    (candidate) => mayHaveIssued(candidate, top) && verifies(top, candidate),
  );
  if (anchor !== undefined) return ground(below, [anchor]);
  const key = publicKeys.findLast((candidate) => signedBy(top, candidate));
  return key !== undefined && top !== leaf ? wrapped(key) : ground(below, []);

  function ground(untrusted: readonly Certificate[], trusted: readonly Certificate[]): Ground {
    return {
      sent: untrusted,
      anchors: { kind: 'trusted', certificates: byName(trusted) },
      leafIsAnchor: false,
    };
  }

  function wrapped(publicKeyOfAnchor: KeyObject): Ground {
    return {
      sent: below,
      anchors: { kind: 'wrapped-key', publicKey: publicKeyOfAnchor, issued: top },
      leafIsAnchor: false,
    };
  }
}

/** What the files hold. */
export function anchorSetOf(files: AnchorFiles): AnchorSet {
  const known = recognition(files);
  return {
    certificates: readCertificates(files.certificates),
    publicKeys: files.publicKeys.flatMap(publicKey),
    known,
    isLeaf: (leaf) => known(leaf) !== undefined,
  };
}

/** A key goes before a certificate, as in tls_dane_match(). */
function recognition(
  files: AnchorFiles,
): (certificate: Certificate) => 'key' | 'certificate' | undefined {
  const certificates = new Set(files.certificates);
  const keys = new Set(
    files.publicKeys.map((spki) => createHash('sha256').update(spki, 'base64').digest('hex')),
  );
  return (certificate) => {
    if (keys.has(certificate.spkiSha256)) return 'key';
    return certificates.has(certificate.der) ? 'certificate' : undefined;
  };
}

/** X509_check_issued(): likely, and allowed to sign. */
const mayHaveIssued = (issuer: Certificate, issued: Certificate) =>
  likelyIssued(issuer, issued) && maySign(issuer, issued);

function publicKey(spki: Base64Der): KeyObject[] {
  try {
    return [createPublicKey({ key: Buffer.from(spki, 'base64'), format: 'der', type: 'spki' })];
  } catch {
    return [];
  }
}
