/** Draws TLSA records for a host that presents a certain chain: right ones, wrong ones, and what strangers may put there. */
import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import type { Identity } from '../internet/tls-server.ts';
import type { Random } from './random.ts';

export interface TlsaPlace {
  readonly identity: Identity;
  /** PEM of authorities that may be named though they are not sent. */
  readonly authorities: readonly string[];
}

/** One to four records as zone-file text. */
export function drawTlsa(random: Random, place: TlsaPlace): string[] {
  const count = random.weighted([
    [60, 1],
    [25, 2],
    [10, 3],
    [5, 4],
  ]);
  return Array.from({ length: count }, () => drawRecord(random, place));
}

function drawRecord(random: Random, { identity, authorities }: TlsaPlace): string {
  const [leaf, ...above] = certificatesOf(identity.chain);
  if (leaf === undefined) throw new Error('an identity without a certificate');
  const usage = random.weighted([
    [50, 3],
    [35, 2],
    [4, 0],
    [6, 1],
    [2, 4],
    [1, 255],
  ]);
  const selector = random.weighted([
    [45, 0],
    [55, 1],
    [3, 2],
  ]);
  const matchingType = random.weighted([
    [12, 0],
    [55, 1],
    [25, 2],
    [4, 3],
    [1, 255],
  ]);
  const anchors = [...above, ...authorities.flatMap(certificatesOf)];
  const subject =
    usage === 3
      ? leaf
      : random.weighted<X509Certificate>([
          [85, random.pick(anchors)],
          [15, leaf],
        ]);
  const right = random.chance(0.7);
  const data = right ? dataOf(subject, selector, matchingType) : wrongData(random, matchingType);
  const spoilt = random.chance(0.04) ? random.pick([data.slice(2), `${data}00`]) : data;
  return `${usage} ${selector} ${matchingType} ${spoilt}`;
}

/** The record's data for a certificate. */
export function dataOf(certificate: X509Certificate, selector: number, matchingType: number): string {
  const full = selector === 1 ? certificate.publicKey.export({ type: 'spki', format: 'der' }) : certificate.raw;
  if (matchingType === 0) return full.toString('hex');
  return createHash(matchingType === 2 ? 'sha512' : 'sha256')
    .update(full)
    .digest('hex');
}

function wrongData(random: Random, matchingType: number): string {
  return randomBytes(matchingType === 2 ? 64 : matchingType === 0 ? random.between(1, 200) : 32).toString('hex');
}

export function certificatesOf(pem: string): X509Certificate[] {
  return (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (block) => new X509Certificate(block),
  );
}
