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
import { first, inside, MalformedDer, TAG } from './der.ts';
import { nameHash } from './distinguished-name.ts';
import {
  type ExplicitTrust,
  explicitTrust,
  type TrustSetting,
  trustSetting,
} from './explicit-trust.ts';
import { type Base64Der, type PemBlock, readPem } from './pem.ts';

export type TrustStore =
  /**
   * `source` names file, directory or `Mozilla's roots` for people; no certificates means that
   * everything is untrusted.
   */
  | {
      readonly kind: 'anchors';
      /** Those rejected included. */
      readonly certificates: readonly Base64Der[];
      /** Absent where no certificate has trust settings. */
      readonly explicit?: ExplicitTrust;
      readonly source: string;
      /**
       * Named by hand in place of main.cf's: what another command must be given to see the same.
       */
      readonly byHand?: { readonly caFile?: string; readonly caPath?: string };
    }
  /**
   * CAfile missing or without PEM, or a client certificate or tls_config_file that cannot be
   * loaded: Postfix turns its TLS engine off (encrypt and above defer, may goes out in plaintext).
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
  readonly settings: ReadonlyMap<Base64Der, TrustSetting>;
  readonly publicKeys: readonly Base64Der[];
  /** Whether there is a revocation list: it counts as loaded, and nothing is checked against it. */
  readonly hasCrl: boolean;
  /**
   * The first block that OpenSSL cannot read, which makes it refuse a whole CAfile: `certificate on
   * line 41 is malformed`.
   */
  readonly malformed?: string;
}

/**
 * Reads a PEM text as OpenSSL reads a CAfile. Of a certificate that stands in it twice the first
 * counts.
 */
export function parsePem(text: string): PemObjects {
  const { blocks, broken } = readPem(text);
  const certificates: Base64Der[] = [];
  const settings = new Map<Base64Der, TrustSetting>();
  const publicKeys: Base64Der[] = [];
  let hasCrl = false;
  const read = (fault?: Fault): PemObjects => ({
    certificates,
    settings,
    publicKeys,
    hasCrl,
    ...(fault === undefined ? {} : { malformed: malformed(fault) }),
  });
  for (const block of blocks) {
    if (block.label === 'PUBLIC KEY') publicKeys.push(block.bytes.toString('base64'));
    if (block.label === 'X509 CRL') {
      if (!isSequence(block.bytes)) return read(block);
      hasCrl = true;
    }
    if (!CERTIFICATES.has(block.label) && block.label !== TRUSTED) continue;
    const certificate = block.hasHeader ? undefined : certificateIn(block);
    if (certificate === undefined) return read(block);
    const { der, setting } = certificate;
    if (setting !== undefined && !certificates.includes(der)) settings.set(der, setting);
    certificates.push(der);
  }
  return read(broken);
}

/** What Postfix gets from a CAfile of this content. `source` names the file for people. */
export function trustStoreFromPem(text: string, source: string): TrustStore {
  const { certificates, settings, hasCrl, malformed: because } = parsePem(text);
  if (because !== undefined) return { kind: 'engine-off', because: `${source}: ${because}` };
  if (certificates.length === 0 && !hasCrl)
    return { kind: 'engine-off', because: `${source} holds no certificate in PEM` };
  return { kind: 'anchors', certificates, ...explicitTrust(settings), source };
}

/** Without those that are rejected: what a program without such settings is to be given. */
export function acceptedIn(store: TrustStore): readonly Base64Der[] {
  if (store.kind === 'engine-off') return [];
  const { certificates, explicit } = store;
  const rejected = new Set(explicit?.rejected);
  return rejected.size === 0 ? certificates : certificates.filter((der) => !rejected.has(der));
}

/**
 * What Postfix gets from a `tafile` or smtp_tls_trust_anchor_file of this content
 * (tls_dane_load_trustfile). A file of PEM without any anchor loads, and no chain is trusted by it;
 * likewise, from 3.6 on, one with a malformed anchor.
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

/**
 * The certificate of a block, with the trust settings that a TRUSTED one has; undefined where it is
 * none. What stands behind either is not among the bytes.
 */
export function wholeCertificate(block: PemBlock): Uint8Array | undefined {
  const certificate = certificateIn(block);
  if (certificate === undefined) return undefined;
  const der = Buffer.from(certificate.der, 'base64');
  if (block.label !== TRUSTED || block.bytes.length === der.length) return der;
  try {
    const { whole } = first(block.bytes.subarray(der.length), TAG.sequence);
    return Buffer.concat([der, whole]);
  } catch (error) {
    if (error instanceof MalformedDer) return der;
    throw error;
  }
}

type Fault = Pick<PemBlock, 'label' | 'line'>;

const malformed = ({ label, line }: Fault) => `${label.toLowerCase()} on line ${line} is malformed`;

/**
 * The certificate of a block, and what may follow its DER: trust settings, or nothing that counts.
 */
function certificateIn({
  label,
  bytes,
}: PemBlock): { readonly der: Base64Der; readonly setting: TrustSetting | undefined } | undefined {
  try {
    const { whole } = first(bytes, TAG.sequence);
    const der = whole.toString('base64');
    if (readCertificate(der).kind === 'unreadable') return undefined;
    const settings = label === TRUSTED ? bytes.subarray(whole.length) : Buffer.alloc(0);
    return { der, setting: settings.length > 0 ? trustSetting(settings) : undefined };
  } catch (error) {
    if (error instanceof MalformedDer) return undefined;
    throw error;
  }
}

/** Whether this is a SubjectPublicKeyInfo and nothing else. */
export function isPublicKey(bytes: Buffer): boolean {
  try {
    return createPublicKey({ key: bytes, format: 'der', type: 'spki' })
      .export({ format: 'der', type: 'spki' })
      .equals(bytes);
  } catch {
    return false;
  }
}

/** Whether this begins as a signed list does. */
export function isSequence(bytes: Buffer): boolean {
  try {
    return inside(first(bytes, TAG.sequence).body)[0]?.tag === TAG.sequence;
  } catch {
    return false;
  }
}

const CERTIFICATES: ReadonlySet<string> = new Set(['CERTIFICATE', 'X509 CERTIFICATE']);
const TRUSTED = 'TRUSTED CERTIFICATE';
