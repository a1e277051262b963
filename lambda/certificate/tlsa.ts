/**
 * TLSA records: which of them count, and whether one matches a certificate (RFC 6698, RFC 7671).
 *
 * Postfix ≥3.6 drops what it does not support (parse_tlsa_rr in src/tls/tls_dane.c), and OpenSSL
 * then drops what it cannot use (dane_tlsa_add in ssl/ssl_lib.c) and keeps to the strongest digest
 * (dane_match_cert in crypto/x509/x509_vfy.c). Postfix ≤3.5 does all of it by itself. Pure.
 */
import { createPublicKey, hash, type KeyObject } from 'node:crypto';
import { atLeast, hasPatch, type PostfixVersion } from '../postfix/version.ts';
import { type Certificate, type DigestAlgorithm, readCertificate } from './certificate.ts';
import { type DaneDigest, daneDigests } from './dane-digests.ts';
import { first } from './der.ts';

/** The fields of a record; `data` in lower-case hex. */
export interface TlsaRecord {
  readonly usage: number;
  readonly selector: number;
  readonly matchingType: number;
  readonly data: string;
}

/** What Postfix makes of one record. */
export type TlsaUse =
  | { readonly kind: 'counts' }
  /**
   * There is a stronger matching type for the same usage and selector (digest agility, RFC 7671
   * §9).
   */
  | { readonly kind: 'outweighed' }
  /**
   * `by`: Postfix before it connects, or OpenSSL when the connection is set up (≥3.6 only).
   * `because` is a clause for people.
   */
  | { readonly kind: 'unusable'; readonly by: 'postfix' | 'openssl'; readonly because: string }
  /**
   * Postfix since 3.6 asks for 0 bytes of memory for a record without data, and its smtp(8) ends
   * over that (seen on 3.7.11).
   */
  | { readonly kind: 'kills-smtp' };

export interface AssessedTlsa {
  readonly record: TlsaRecord;
  readonly use: TlsaUse;
}

export type TlsaSet =
  /** `records` are those that count, in the order answered. */
  | { readonly kind: 'usable'; readonly records: readonly TlsaRecord[] }
  /** `by`: who found out. Before 3.6 always Postfix itself. */
  | { readonly kind: 'unusable'; readonly by: 'postfix' | 'openssl' }
  | { readonly kind: 'kills-smtp' };

/** What a set of records amounts to. `digests` is tls_dane_digests. */
export function tlsaSet(
  records: readonly TlsaRecord[],
  digests: string,
  version: PostfixVersion,
): TlsaSet {
  const assessed = assessTlsa(records, digests, version);
  if (assessed.some(({ use }) => use.kind === 'kills-smtp')) return { kind: 'kills-smtp' };
  if (assessed.every(({ use }) => use.kind === 'unusable' && use.by === 'postfix'))
    return { kind: 'unusable', by: 'postfix' };
  const counting = assessed.flatMap(({ record, use }) => (use.kind === 'counts' ? [record] : []));
  return counting.length === 0
    ? { kind: 'unusable', by: 'openssl' }
    : { kind: 'usable', records: counting };
}

/** Every record with what becomes of it, in the order answered. */
export function assessTlsa(
  records: readonly TlsaRecord[],
  digests: string,
  version: PostfixVersion,
): AssessedTlsa[] {
  const configured = daneDigests(digests, version) ?? [];
  return atLeast(version, '3.6')
    ? assessSince36(records, configured, version)
    : assessUntil35(records, configured);
}

/**
 * Whether a record that counts matches a certificate, or its key. Usage and depth are the caller's
 * business.
 */
export function matchesTlsa(
  certificate: Certificate,
  { selector, matchingType, data }: TlsaRecord,
  digests: readonly DaneDigest[],
): boolean {
  const of = selector === 0 ? 'certificate' : 'key';
  if (matchingType === 0) {
    return certificate.digest(of, 'sha256') === hash('sha256', Buffer.from(data, 'hex'), 'hex');
  }
  const digest = digests.find((one) => one.matchingType === matchingType);
  return (
    digest !== undefined && certificate.digest(of, digest.algorithm as DigestAlgorithm) === data
  );
}

/** `3 1 1 581168fb…b441a4b1`: as zone files have it, long data cut in the middle. */
export function printTlsa({ usage, selector, matchingType, data }: TlsaRecord): string {
  const shown = data.length > 140 ? `${data.slice(0, 64)}…${data.slice(-32)}` : data;
  return `${usage} ${selector} ${matchingType} ${shown}`;
}

function assessSince36(
  records: readonly TlsaRecord[],
  digests: readonly DaneDigest[],
  version: PostfixVersion,
): AssessedTlsa[] {
  const rank = (type: number) => digests.findIndex(({ matchingType }) => matchingType === type);
  const first = records.map(
    (record): AssessedTlsa => ({ record, use: useSince36(record, digests, version) }),
  );
  const strongest = (record: TlsaRecord) =>
    Math.min(
      ...first.flatMap(({ record: other, use }) =>
        use.kind === 'counts' && sameKind(record, other) && other.matchingType !== 0
          ? [rank(other.matchingType)]
          : [],
      ),
    );
  return first.map(({ record, use }) =>
    use.kind === 'counts' &&
    record.matchingType !== 0 &&
    rank(record.matchingType) > strongest(record)
      ? { record, use: { kind: 'outweighed' } }
      : { record, use },
  );
}

function useSince36(
  record: TlsaRecord,
  digests: readonly DaneDigest[],
  version: PostfixVersion,
): TlsaUse {
  const { usage, selector, matchingType, data } = record;
  const dropped = (because: string): TlsaUse => ({ kind: 'unusable', by: 'postfix', because });
  const refused = (because: string): TlsaUse => ({ kind: 'unusable', by: 'openssl', because });
  if (!isUsage(usage)) return dropped(`usage ${usage} has no meaning for mail`);
  if (matchingType === 255)
    return dropped('matching type 255 is reserved, or the record is cut short');
  if (data === '')
    return hasPatch(version, DROPS_EMPTY) ? dropped('there is no data') : { kind: 'kills-smtp' };
  if (!isSelector(selector)) return refused(`selector ${selector} is unknown`);
  if (matchingType === 0) {
    const malformed = malformedFull(record);
    return malformed === undefined ? { kind: 'counts' } : refused(malformed);
  }
  const unfit = unfitDigest(record, digests);
  return unfit === undefined ? { kind: 'counts' } : refused(unfit);
}

/**
 * parse_tlsa_rr() of ≤3.5 over the sorted set. Agility is looked at only where one matching type
 * gives way to another, so that a malformed record at that place leaves the weaker type in use.
 */
function assessUntil35(
  records: readonly TlsaRecord[],
  digests: readonly DaneDigest[],
): AssessedTlsa[] {
  const preference = (type: number) => {
    const place = digests.findIndex(({ matchingType }) => matchingType === type);
    return type === 0 ? -1 : place < 0 ? 256 + type : place;
  };
  const sorted = records.toSorted(
    (a, b) =>
      a.usage - b.usage ||
      a.selector - b.selector ||
      preference(a.matchingType) - preference(b.matchingType) ||
      a.data.length - b.data.length ||
      (a.data < b.data ? -1 : Number(a.data > b.data)),
  );
  const uses = new Map<TlsaRecord, TlsaUse>();
  let dropping = false;
  sorted.forEach((record, i) => {
    const next = sorted[i + 1];
    const sameGroup = next !== undefined && sameKind(record, next);
    if (record.matchingType !== 0 && dropping) {
      dropping = sameGroup;
      uses.set(record, { kind: 'outweighed' });
      return;
    }
    const because = unusableUntil35(record, digests);
    uses.set(
      record,
      because === undefined ? { kind: 'counts' } : { kind: 'unusable', by: 'postfix', because },
    );
    const counts = because === undefined && record.matchingType !== 0;
    if (counts && sameGroup && next.matchingType !== record.matchingType) dropping = true;
  });
  return records.map((record) => ({ record, use: uses.get(record) ?? { kind: 'counts' } }));
}

function unusableUntil35(record: TlsaRecord, digests: readonly DaneDigest[]): string | undefined {
  const { usage, selector, matchingType } = record;
  if (!isUsage(usage)) return `usage ${usage} has no meaning for mail`;
  if (!isSelector(selector)) return `selector ${selector} is unknown`;
  return matchingType === 0 ? malformedFull(record) : unfitDigest(record, digests);
}

function unfitDigest(
  { matchingType, data }: TlsaRecord,
  digests: readonly DaneDigest[],
): string | undefined {
  const digest = digests.find((one) => one.matchingType === matchingType);
  if (digest === undefined) return `matching type ${matchingType} is not among tls_dane_digests`;
  const { algorithm, bytes } = digest;
  return data.length === 2 * bytes
    ? undefined
    : `${data.length / 2} bytes are no ${algorithm} digest, which has ${bytes}`;
}

/** Full data must be one certificate, or one key, that OpenSSL can load. */
function malformedFull({ selector, data }: TlsaRecord): string | undefined {
  if (selector === 1) return fullKey(data) === undefined ? 'the data is no public key' : undefined;
  return fullCertificate(data) === undefined ? 'the data is no certificate' : undefined;
}

/** The certificate in a record with selector 0 and full data; undefined where it is none. */
export function fullCertificate(data: string): Certificate | undefined {
  const bytes = Buffer.from(data, 'hex');
  const certificate = readCertificate(bytes.toString('base64'));
  if (certificate.kind === 'unreadable' || certificate.keyType === 'unknown') return undefined;
  return first(bytes).whole.length === bytes.length ? certificate : undefined;
}

/** The key in a record with selector 1 and full data; undefined where it is none. */
export function fullKey(data: string): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: Buffer.from(data, 'hex'), format: 'der', type: 'spki' });
    return key.export({ format: 'der', type: 'spki' }).length === data.length / 2 ? key : undefined;
  } catch {
    return undefined;
  }
}

/** First releases that pass over a record without data; 3.6 and 3.7 never did. */
const DROPS_EMPTY: readonly PostfixVersion[] = ['3.8.18', '3.9.12', '3.10.11', '3.11.4'];

const isUsage = (usage: number) => usage === TRUST_ANCHOR || usage === END_ENTITY;
const isSelector = (selector: number) => selector === 0 || selector === 1;
const sameKind = (a: TlsaRecord, b: TlsaRecord) => a.usage === b.usage && a.selector === b.selector;

/** DANE-TA(2) and DANE-EE(3) (RFC 7218). */
export const TRUST_ANCHOR = 2;
export const END_ENTITY = 3;
