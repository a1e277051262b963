/**
 * What a comparison of snapshots needs of a host's own certificate, read from its DER, because
 * stored lists of names are cut. Pure.
 */
import { readCertificate } from '../certificate/certificate.ts';
import type { CertificateDigest, Sighting } from './host-snapshot.ts';

export interface Leaf {
  /**
   * The names Postfix compares, lower case and sorted: dNSNames, or the common names where there
   * are none.
   */
  readonly names: readonly string[];
  /** `/C=US/O=Let's Encrypt/CN=R11` */
  readonly issuer: string;
  /**
   * The organisation behind it: authorities issue under several names in turn (R10, R11, E5), and
   * that is no change.
   */
  readonly issuedBy: string;
  readonly spkiSha256: string;
  /** Epoch ms. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Finds the base64 DER of a certificate; undefined where it is not at hand. */
export type FindCertificate = (digest: CertificateDigest) => string | undefined;

/**
 * The leaf of what was presented; undefined without TLS, without a certificate, or where it cannot
 * be read.
 */
export function leafOf(
  { result }: Pick<Sighting, 'result'>,
  find: FindCertificate,
): Leaf | undefined {
  const [digest] = result.kind === 'presented' ? result.chain : [];
  const der = digest === undefined ? undefined : find(digest);
  return der === undefined ? undefined : readLeaf(der);
}

/**
 * Reads a leaf; undefined where OpenSSL cannot. A date that makes no sense is NaN and compares as
 * neither earlier nor later.
 */
export function readLeaf(der: string): Leaf | undefined {
  const read = readCertificate(der);
  if (read.kind === 'unreadable') return undefined;
  const { issuer, spkiSha256, notBefore, notAfter } = read;
  const names = read.hasDnsNames ? read.dnsNames : read.commonNames;
  return {
    names: [...new Set(names.map((name) => name.toLowerCase()))].toSorted(),
    issuer,
    issuedBy: organisation(issuer),
    spkiSha256,
    notBefore,
    notAfter,
  };
}

/** The O= of a name as Postfix logs it, slashes inside it escaped; else the whole name. */
function organisation(issuer: string): string {
  const found = /[/+]O=((?:\\.|[^\\/+])+)/u.exec(issuer)?.[1];
  return found ?? issuer;
}
