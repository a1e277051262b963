/**
 * Trust anchors as Postfix would load them: CAfile, CApath (only `hhhhhhhh.N` links count), tafile.
 *
 * Certificates travel as base64 DER, so that stages stay plain JSON. Node accepts garbage in `ca` silently, where
 * Postfix turns TLS off: every PEM block is parsed here.
 */

import { rootCertificates } from 'node:tls';
import { readCertificate } from './certificate.ts';
import { first, inside, MalformedDer, objectIdentifier, TAG } from './der.ts';
import { nameHash } from './distinguished-name.ts';

/** Base64 of a certificate's or SubjectPublicKeyInfo's DER. */
export type Base64Der = string;

export type TrustStore =
  /** `source` names file, directory or `Mozilla's roots` for people; no certificates means that everything is untrusted. */
  | { readonly kind: 'anchors'; readonly certificates: readonly Base64Der[]; readonly source: string }
  /** CAfile missing or without PEM: Postfix turns its TLS engine off (encrypt and above defer, may goes out in plaintext). */
  | { readonly kind: 'engine-off'; readonly because: string };

export type TrustAnchorFile =
  | { readonly kind: 'anchors'; readonly certificates: readonly Base64Der[]; readonly publicKeys: readonly Base64Der[] }
  /** Missing, unreadable for mail_owner, or no PEM inside: a broken entry at verify and secure. */
  | { readonly kind: 'broken'; readonly because: string };

/** The objects in a PEM text that can be anchors. */
export interface PemObjects {
  readonly certificates: readonly Base64Der[];
  readonly publicKeys: readonly Base64Der[];
  /** Blocks of any kind, keys and lists included; a file without any is not PEM for OpenSSL. */
  readonly blocks: number;
  /** The first block that OpenSSL cannot read, which makes it refuse the whole file: `certificate 3 on line 41 is malformed`. */
  readonly malformed?: string;
}

/**
 * Reads all blocks of a PEM text as PEM_read_bio() does: text between blocks is ignored, headers are skipped, a
 * `TRUSTED CERTIFICATE` loses its trust settings, and is left out where they reject TLS servers.
 */
export function parsePem(text: string): PemObjects {
  const certificates: Base64Der[] = [];
  const publicKeys: Base64Der[] = [];
  let blocks = 0;
  let malformed: string | undefined;
  for (const { label, line, bytes } of pemBlocks(text)) {
    blocks++;
    const problem = (what: string) => `${what} on line ${line} is malformed`;
    if (bytes === undefined) {
      malformed = problem(label === '' ? 'PEM block' : label.toLowerCase());
      break;
    }
    if (label === 'PUBLIC KEY') publicKeys.push(bytes.toString('base64'));
    if (!CERTIFICATE_LABELS.has(label)) continue;
    const certificate = withoutTrustSettings(bytes);
    if (certificate === undefined || readCertificate(certificate.der).kind === 'unreadable') {
      malformed = problem('certificate');
      break;
    }
    if (!certificate.rejected) certificates.push(certificate.der);
  }
  return { certificates, publicKeys, blocks, ...(malformed === undefined ? {} : { malformed }) };
}

/** What Postfix gets from a CAfile of this content. `source` names the file for people. */
export function trustStoreFromPem(text: string, source: string): TrustStore {
  const { certificates, malformed } = parsePem(text);
  if (malformed !== undefined) return { kind: 'engine-off', because: `${source}: ${malformed}` };
  if (certificates.length === 0) return { kind: 'engine-off', because: `${source} holds no certificate in PEM` };
  return { kind: 'anchors', certificates, source };
}

/** What Postfix gets from a `tafile` or smtp_tls_trust_anchor_file of this content (tls_dane_load_trustfile). */
export function anchorFileFromPem(text: string): TrustAnchorFile {
  const { certificates, publicKeys, malformed } = parsePem(text);
  if (malformed !== undefined) return { kind: 'broken', because: malformed };
  if (certificates.length + publicKeys.length === 0) return { kind: 'broken', because: 'no certificate or public key in PEM' };
  return { kind: 'anchors', certificates, publicKeys };
}

/** The eight hex digits under which OpenSSL looks for this certificate in a CApath; undefined for what is no certificate. */
export function hashedName(der: Base64Der): string | undefined {
  const certificate = readCertificate(der);
  return certificate.kind === 'certificate' ? nameHash(certificate.names.subject) : undefined;
}

/** Mozilla's roots as built into Node. Always the same array, so that what is indexed by it is indexed once. */
export function mozillaRoots(): readonly Base64Der[] {
  roots ??= rootCertificates.map((pem) => pem.replace(/-----[^-]+-----|\s/g, ''));
  return roots;
}

let roots: readonly Base64Der[] | undefined;

interface PemBlock {
  readonly label: string;
  readonly line: number;
  /** Undefined where there is no end line of that label, or no base64. */
  readonly bytes: Buffer | undefined;
}

function* pemBlocks(text: string): Generator<PemBlock> {
  const lines = text.split('\n').map((line) => line.replace(/[\s\0]+$/, ''));
  for (let at = 0; at < lines.length; at++) {
    const label = /^-----BEGIN (.*)-----$/.exec(lines[at] ?? '')?.[1];
    if (label === undefined) continue;
    const start = at;
    const end = lines.findIndex((line, place) => place > start && line.startsWith('-----'));
    const body = lines.slice(start + 1, end);
    const blank = body.some((line) => line.includes(':')) ? body.indexOf('') : -1;
    const base64 = body.slice(blank + 1).join('');
    const whole = end > start && lines[end] === `-----END ${label}-----` && BASE64.test(base64) && base64.length % 4 === 0;
    yield { label, line: start + 1, bytes: whole ? Buffer.from(base64, 'base64') : undefined };
    if (!whole) return;
    at = end;
  }
}

/** Cuts a certificate's DER out of what may follow it (X509_CERT_AUX). */
function withoutTrustSettings(bytes: Buffer): { readonly der: Base64Der; readonly rejected: boolean } | undefined {
  try {
    const { whole } = first(bytes, TAG.sequence);
    const settings = bytes.subarray(whole.length);
    return { der: whole.toString('base64'), rejected: settings.length > 0 && rejectsServers(settings) };
  } catch (error) {
    if (error instanceof MalformedDer) return undefined;
    throw error;
  }
}

function rejectsServers(settings: Buffer): boolean {
  const parts = inside(first(settings, TAG.sequence).body);
  const uses = (tag: number) => {
    const list = parts.find((part) => part.tag === tag);
    return list === undefined ? undefined : inside(list.body).map((use) => objectIdentifier(use.body));
  };
  const concernsServers = (use: string) => use === SERVER_AUTH || use === ANY_USE;
  const trusted = uses(TAG.sequence);
  return (uses(0xa0) ?? []).some(concernsServers) || (trusted !== undefined && !trusted.some(concernsServers));
}

const CERTIFICATE_LABELS: ReadonlySet<string> = new Set(['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE']);
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const ANY_USE = '2.5.29.37.0';
