/**
 * Trust anchors as Postfix would load them: CAfile, CApath (only `hhhhhhhh.N` links count), tafile.
 *
 * Certificates travel as base64 DER, so that stages stay plain JSON. Node accepts garbage in `ca`
 * silently, where Postfix turns TLS off: every PEM block is parsed here.
 */

import { createPublicKey } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { atLeast, NEWEST_PROVED, type PostfixVersion } from '../postfix/version.ts';
import { readCertificate } from './certificate.ts';
import { first, inside, MalformedDer, objectIdentifier, TAG } from './der.ts';
import { nameHash } from './distinguished-name.ts';
import { type Base64Der, type PemBlock, readPem } from './pem.ts';

export type TrustStore =
  /**
   * `source` names file, directory or `Mozilla's roots` for people; no certificates means that
   * everything is untrusted.
   */
  | {
      readonly kind: 'anchors';
      readonly certificates: readonly Base64Der[];
      readonly source: string;
      /**
       * Named by hand in place of main.cf's: what another command must be given to see the same.
       */
      readonly byHand?: { readonly caFile?: string; readonly caPath?: string };
    }
  /**
   * CAfile missing or without PEM, or a client certificate that cannot be loaded: Postfix turns its
   * TLS engine off (encrypt and above defer, may goes out in plaintext).
   */
  | {
      readonly kind: 'engine-off';
      readonly because: string;
      /** The main.cf parameter that names what cannot be loaded; absent: smtp_tls_CAfile. */
      readonly parameter?: string;
      /** What Postfix logs, where that is not the wording for a CAfile. */
      readonly says?: string;
    };

export type TrustAnchorFile =
  | {
      readonly kind: 'anchors';
      readonly certificates: readonly Base64Der[];
      readonly publicKeys: readonly Base64Der[];
    }
  /** Missing, unreadable for mail_owner, or no PEM inside: a broken entry at verify and secure. */
  | { readonly kind: 'broken'; readonly because: string };

/** The objects in a PEM text that can be anchors. */
export interface PemObjects {
  readonly certificates: readonly Base64Der[];
  readonly publicKeys: readonly Base64Der[];
  /**
   * The first block that OpenSSL cannot read, which makes it refuse a whole CAfile: `certificate on
   * line 41 is malformed`.
   */
  readonly malformed?: string;
}

/**
 * Reads a PEM text as OpenSSL reads a CAfile. A `TRUSTED CERTIFICATE` loses its trust settings, and
 * is left out where they reject TLS servers.
 */
export function parsePem(text: string): PemObjects {
  const { blocks, broken } = readPem(text);
  const certificates: Base64Der[] = [];
  const publicKeys: Base64Der[] = [];
  for (const block of blocks) {
    if (block.label === 'PUBLIC KEY') publicKeys.push(block.bytes.toString('base64'));
    if (block.label === 'X509 CRL' && !isSequence(block.bytes))
      return { certificates, publicKeys, malformed: malformed(block) };
    if (!CERTIFICATES.has(block.label) && block.label !== TRUSTED) continue;
    const certificate = block.hasHeader ? undefined : certificateIn(block);
    if (certificate === undefined) return { certificates, publicKeys, malformed: malformed(block) };
    if (!certificate.rejected) certificates.push(certificate.der);
  }
  return {
    certificates,
    publicKeys,
    ...(broken === undefined ? {} : { malformed: malformed(broken) }),
  };
}

/** What Postfix gets from a CAfile of this content. `source` names the file for people. */
export function trustStoreFromPem(text: string, source: string): TrustStore {
  const { certificates, malformed: because } = parsePem(text);
  if (because !== undefined) return { kind: 'engine-off', because: `${source}: ${because}` };
  if (certificates.length === 0)
    return { kind: 'engine-off', because: `${source} holds no certificate in PEM` };
  return { kind: 'anchors', certificates, source };
}

/**
 * What Postfix gets from a `tafile` or smtp_tls_trust_anchor_file of this content
 * (tls_dane_load_trustfile). A file of PEM without any anchor in it loads, and trusts nobody; so
 * does, from 3.6 on, a malformed anchor.
 */
export function anchorFileFromPem(
  text: string,
  version: PostfixVersion = NEWEST_PROVED,
): TrustAnchorFile {
  const { blocks, broken } = readPem(text);
  if (broken !== undefined) return { kind: 'broken', because: malformed(broken) };
  if (blocks.length === 0)
    return { kind: 'broken', because: 'no certificate or public key in PEM' };
  const certificates: Base64Der[] = [];
  const publicKeys: Base64Der[] = [];
  for (const block of blocks) {
    const isKey = block.label === 'PUBLIC KEY';
    if (!isKey && !CERTIFICATES.has(block.label)) continue;
    const der = block.bytes.toString('base64');
    const isGood = isKey ? isPublicKey(block.bytes) : certificateIn(block)?.der === der;
    if (isGood && block.hasHeader) return { kind: 'broken', because: malformed(block) };
    if (isGood) (isKey ? publicKeys : certificates).push(der);
    else if (!atLeast(version, '3.6')) return { kind: 'broken', because: malformed(block) };
  }
  return { kind: 'anchors', certificates, publicKeys };
}

/**
 * The eight hex digits under which OpenSSL looks for this certificate in a CApath; undefined for
 * what is no certificate.
 */
export function hashedName(der: Base64Der): string | undefined {
  const certificate = readCertificate(der);
  return certificate.kind === 'certificate' ? nameHash(certificate.names.subject) : undefined;
}

/**
 * Mozilla's roots as built into Node. Always the same array, so that what is indexed by it is
 * indexed once.
 */
export function mozillaRoots(): readonly Base64Der[] {
  roots ??= rootCertificates.map((pem) => pem.replace(/-----[^-]+-----|\s/g, ''));
  return roots;
}

let roots: readonly Base64Der[] | undefined;

const malformed = ({ label, line }: { readonly label: string; readonly line: number }) =>
  `${label.toLowerCase()} on line ${line} is malformed`;

/**
 * The certificate of a block, without what may follow its DER: trust settings (X509_CERT_AUX), or
 * nothing that counts.
 */
function certificateIn({
  label,
  bytes,
}: PemBlock): { readonly der: Base64Der; readonly rejected: boolean } | undefined {
  try {
    const { whole } = first(bytes, TAG.sequence);
    const der = whole.toString('base64');
    if (readCertificate(der).kind === 'unreadable') return undefined;
    const settings = label === TRUSTED ? bytes.subarray(whole.length) : Buffer.alloc(0);
    return { der, rejected: settings.length > 0 && rejectsServers(settings) };
  } catch (error) {
    if (error instanceof MalformedDer) return undefined;
    throw error;
  }
}

function isPublicKey(bytes: Buffer): boolean {
  try {
    return createPublicKey({ key: bytes, format: 'der', type: 'spki' })
      .export({ format: 'der', type: 'spki' })
      .equals(bytes);
  } catch {
    return false;
  }
}

function isSequence(bytes: Buffer): boolean {
  try {
    return inside(first(bytes, TAG.sequence).body)[0]?.tag === TAG.sequence;
  } catch {
    return false;
  }
}

function rejectsServers(settings: Buffer): boolean {
  const parts = inside(first(settings, TAG.sequence).body);
  const uses = (tag: number) => {
    const list = parts.find((part) => part.tag === tag);
    return list === undefined
      ? undefined
      : inside(list.body).map((use) => objectIdentifier(use.body));
  };
  const concernsServers = (use: string) => use === SERVER_AUTH || use === ANY_USE;
  const trusted = uses(TAG.sequence);
  return (
    (uses(0xa0) ?? []).some(concernsServers) ||
    (trusted !== undefined && !trusted.some(concernsServers))
  );
}

const CERTIFICATES: ReadonlySet<string> = new Set(['CERTIFICATE', 'X509 CERTIFICATE']);
const TRUSTED = 'TRUSTED CERTIFICATE';
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const ANY_USE = '2.5.29.37.0';
