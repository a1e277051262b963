/**
 * TLSA records as trust anchors (DANE-TA, RFC 7671 §5.2), and as the leaf itself (DANE-EE, §5.1).
 *
 * ≥3.6 leaves this to OpenSSL; ≤3.5 compares digests by algorithm, in alphabetical order and keys
 * before certificates, and goes on differently after the one and the other (tls_dane_match and
 * set_trust in src/tls/tls_dane.c).
 */
import { atLeast, type PostfixVersion } from '../../postfix/version.ts';
import type { Certificate } from '../certificate.ts';
import { type DaneDigest, daneDigests } from '../dane-digests.ts';
import {
  END_ENTITY,
  fullCertificate,
  fullKey,
  matchesTlsa,
  type TlsaRecord,
  TRUST_ANCHOR,
} from '../tlsa.ts';
import type { AnchorSet } from './trust-anchor-file.ts';

export interface TlsaAnchors {
  /** Those that count (certificate/tlsa). */
  readonly records: readonly TlsaRecord[];
  /** tls_dane_digests. */
  readonly digests: string;
}

export function anchorSetOfTlsa(anchors: TlsaAnchors, version: PostfixVersion): AnchorSet {
  const digests = daneDigests(anchors.digests, version) ?? [];
  const above = anchors.records.filter(({ usage }) => usage === TRUST_ANCHOR);
  const full = above.filter(({ matchingType }) => matchingType === 0);
  const ordered = atLeast(version, '3.6') ? above : inOrderUntil35(above, digests);
  return {
    certificates: full.flatMap(({ selector, data }) =>
      selector === 0 ? (fullCertificate(data) ?? []) : [],
    ),
    publicKeys: full.flatMap(({ selector, data }) => (selector === 1 ? (fullKey(data) ?? []) : [])),
    known: (certificate) => {
      const record = ordered.find((one) => matchesTlsa(certificate, one, digests));
      return record === undefined ? undefined : record.selector === 1 ? 'key' : 'certificate';
    },
    isLeaf: (leaf) => endEntityRecord(leaf, anchors, version) !== undefined,
  };
}

/** The record of usage 3 that a leaf matches. */
export function endEntityRecord(
  leaf: Certificate,
  { records, digests }: TlsaAnchors,
  version: PostfixVersion,
): TlsaRecord | undefined {
  const configured = daneDigests(digests, version) ?? [];
  return records.find(
    (record) => record.usage === END_ENTITY && matchesTlsa(leaf, record, configured),
  );
}

/** The record of usage 2 that one of these certificates matches. */
export function trustAnchorRecord(
  certificates: readonly Certificate[],
  { records, digests }: TlsaAnchors,
  version: PostfixVersion,
): TlsaRecord | undefined {
  const configured = daneDigests(digests, version) ?? [];
  return records.find(
    (record) =>
      record.usage === TRUST_ANCHOR &&
      certificates.some((one) => matchesTlsa(one, record, configured)),
  );
}

/**
 * Whether what was sent, leaf first, has the leaf of a record of usage 3, or a certificate of one
 * of usage 2.
 */
export function anyTlsaMatches(
  sent: readonly Certificate[],
  anchors: TlsaAnchors,
  version: PostfixVersion,
): boolean {
  const [leaf] = sent;
  if (leaf === undefined) return false;
  return (
    endEntityRecord(leaf, anchors, version) !== undefined ||
    trustAnchorRecord(sent, anchors, version) !== undefined
  );
}

/** Full data is hashed by the first algorithm configured, and stands with its digests. */
function inOrderUntil35(
  records: readonly TlsaRecord[],
  digests: readonly DaneDigest[],
): TlsaRecord[] {
  const algorithm = ({ matchingType }: TlsaRecord) =>
    (matchingType === 0 ? digests[0] : digests.find((one) => one.matchingType === matchingType))
      ?.algorithm ?? '';
  return records.toSorted((a, b) => {
    const [one, other] = [algorithm(a), algorithm(b)];
    return one < other ? -1 : one > other ? 1 : b.selector - a.selector;
  });
}
