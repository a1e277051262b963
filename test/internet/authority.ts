/**
 * A certification authority for tests and the demo: certificates minted in the process, of any shape OpenSSL has an
 * opinion on, broken ones included. No network, no files.
 */
import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { Name } from '@peculiar/asn1-x509';
import { type Issuer, type KeyUsageName, mint, nameOf, serialOf, subjectOf } from './mint.ts';

export type Base64Der = string;
export type KeyType = 'ec' | 'p384' | 'p521' | 'p224' | 'ed25519' | 'rsa' | 'rsa4096' | 'rsa1024' | 'rsa768' | 'rsa512';
export type SignatureHash = 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';

export interface KeyPair {
  readonly type: KeyType;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** Attributes of a name in order: `[['C', 'US'], ['CN', 'mx.example.com']]`; a type may be an OID. Values are UTF8String. */
export type NameAttributes = readonly (readonly [type: string, value: string])[];

/** Names inside name constraints; `.example.com` and `example.com` both work, addresses are `192.0.2.0/24`. */
export interface Subtrees {
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
  readonly email?: readonly string[];
  readonly uri?: readonly string[];
  readonly directory?: readonly NameAttributes[];
}

export interface CertificateOptions {
  /** Last attribute of the subject; null leaves it out. */
  readonly commonName?: string | null;
  /** The whole subject, in place of `commonName`: several CNs, an empty name. */
  readonly subject?: NameAttributes;
  /** May contain any character, a NUL as well: `mail.example.com\0.evil.test`. */
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly emailAddresses?: readonly string[];
  readonly uris?: readonly string[];
  readonly directoryNames?: readonly NameAttributes[];
  /** Epoch ms, cut to seconds. Default: `LEAF_VALIDITY`; for authorities `AUTHORITY_VALIDITY`. */
  readonly notBefore?: number;
  readonly notAfter?: number;
  /** `serverAuth`, `clientAuth`, …, `anyExtendedKeyUsage` or OIDs; undefined leaves the extension out. */
  readonly eku?: readonly string[];
  /** Null leaves the extension out. Default: digitalSignature for a leaf, keyCertSign and cRLSign for an authority. */
  readonly keyUsage?: readonly KeyUsageName[] | null;
  /** Basic constraints: null leaves the extension out. Default: true for an authority, null for a leaf. */
  readonly ca?: boolean | null;
  readonly pathLength?: number;
  readonly nameConstraints?: { readonly permitted?: Subtrees; readonly excluded?: Subtrees };
  readonly signatureHash?: SignatureHash;
  readonly keyType?: KeyType;
  /** A key of one's own: renewal under the same key, two certificates for one key. */
  readonly key?: KeyPair;
  /** Default: 16 random bytes. */
  readonly serial?: Uint8Array;
  readonly subjectKeyId?: Uint8Array | null;
  readonly authorityKeyId?: Uint8Array | null;
  /** Adds issuer and serial of the issuing certificate (or the serial given) to the authority key identifier. */
  readonly authorityIssuerSerial?: true | Uint8Array;
  /** 1 for a certificate without extensions, as the oldest roots are. */
  readonly version?: 1 | 3;
  /** Flips a bit of the signature. */
  readonly breakSignature?: true;
  /** Whatever else, as DER of the value. */
  readonly extensions?: readonly { readonly oid: string; readonly critical?: boolean; readonly der: Uint8Array }[];
}

export interface Issued {
  readonly der: Base64Der;
  readonly pem: string;
  readonly keyPem: string;
  readonly key: KeyPair;
  /** Leaf first, then the intermediates; never the root. */
  readonly chain: readonly Base64Der[];
  readonly chainPem: string;
}

export interface Authority {
  readonly certificate: { readonly der: Base64Der; readonly pem: string };
  readonly key: KeyPair;
  /** What a server would send above its leaf: this certificate and those over it, without the root. */
  readonly chain: readonly Base64Der[];
  issue(options?: CertificateOptions): Promise<Issued>;
  intermediate(name?: string, options?: CertificateOptions): Promise<Authority>;
  /** A second certificate for the name and key of `other`, signed by this authority. */
  crossSign(other: Authority, options?: CertificateOptions): Promise<Authority>;
}

/** Epoch ms. */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

/**
 * Where a test names no dates they are these: fixed, so that a test which judges at a date of its
 * own does not depend on the day it runs; far apart, so that live handshakes succeed on any day.
 * A test about a beginning or an end names dates, from the clock that it judges by.
 */
export const LEAF_VALIDITY: Validity = { notBefore: Date.UTC(2010, 0), notAfter: Date.UTC(2080, 0) };
/** Around the leaves': with the defaults it is the leaf that ends first. */
export const AUTHORITY_VALIDITY: Validity = { notBefore: Date.UTC(2000, 0), notAfter: Date.UTC(2090, 0) };

/** A root of its own. `options` are those of its certificate. */
export async function createAuthority(name = 'Test Root', options: CertificateOptions = {}): Promise<Authority> {
  const key = options.key ?? (await keyPair(options.keyType ?? 'ec'));
  const filled = { ...asAuthority(name), ...options };
  const der = mint(filled, key, { subject: nameOf(filled), key, serial: undefined });
  return authority(der, key, nameOf(filled), []);
}

/** A certificate signed with its own key, as a fresh mail server has it. */
export async function selfSigned(options: CertificateOptions = {}): Promise<Issued> {
  const key = options.key ?? (await keyPair(options.keyType ?? 'ec'));
  const filled = { ...asLeaf(), ...options };
  return issued(mint(filled, key, { subject: nameOf(filled), key, serial: undefined }), key, []);
}

/** RSA keys are made a few times per process and then handed round; EC keys are fresh. */
export async function keyPair(type: KeyType = 'ec'): Promise<KeyPair> {
  if (!type.startsWith('rsa')) return newKeyPair(type);
  const pool = pools.get(type) ?? { keys: [], next: 0 };
  pools.set(type, pool);
  const place = pool.next++ % POOL_SIZE;
  pool.keys[place] ??= newKeyPair(type);
  return pool.keys[place];
}

export function pemOf(der: Base64Der, label = 'CERTIFICATE'): string {
  return `-----BEGIN ${label}-----\n${der.replace(/(.{64})(?!$)/g, '$1\n')}\n-----END ${label}-----\n`;
}

function authority(der: Base64Der, key: KeyPair, subject: Name, chain: readonly Base64Der[]): Authority {
  const issuer: Issuer = { subject, key, serial: serialOf(der) };
  const under = async (options: CertificateOptions & Validity, name: Name): Promise<Authority> => {
    const own = options.key ?? (await keyPair(options.keyType ?? 'ec'));
    const made = mint(options, own, issuer, name);
    return authority(made, own, name, [made, ...chain]);
  };
  return {
    certificate: { der, pem: pemOf(der) },
    key,
    chain,
    async issue(options = {}) {
      const own = options.key ?? (await keyPair(options.keyType ?? 'ec'));
      return issued(mint({ ...asLeaf(), ...options }, own, issuer), own, chain);
    },
    intermediate(name = 'Test Intermediate', options = {}) {
      const filled = { ...asAuthority(name), ...options };
      return under(filled, nameOf(filled));
    },
    crossSign(other, options = {}) {
      return under({ ...asAuthority('unused'), ...options, key: other.key }, subjectOf(other.certificate.der));
    },
  };
}

function issued(der: Base64Der, key: KeyPair, above: readonly Base64Der[]): Issued {
  const chain = [der, ...above];
  const keyPem = key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { der, pem: pemOf(der), keyPem, key, chain, chainPem: chain.map((each) => pemOf(each)).join('') };
}

const asLeaf = (): CertificateOptions & Validity => ({
  ...LEAF_VALIDITY,
  keyUsage: ['digitalSignature'],
  ca: null,
});

const asAuthority = (name: string): CertificateOptions & Validity => ({
  subject: [
    ['O', 'Test Authority'],
    ['CN', name],
  ],
  ...AUTHORITY_VALIDITY,
  keyUsage: ['keyCertSign', 'cRLSign'],
  ca: true,
});

async function newKeyPair(type: KeyType): Promise<KeyPair> {
  if (type === 'ed25519') return { type, ...(await generate('ed25519')) };
  const namedCurve = CURVES[type];
  if (namedCurve !== undefined) return { type, ...(await generate('ec', { namedCurve })) };
  const modulusLength = Number(type.slice('rsa'.length)) || 2048;
  return { type, ...(await generate('rsa', { modulusLength })) };
}

const generate = promisify(generateKeyPair);

const pools = new Map<KeyType, { readonly keys: Promise<KeyPair>[]; next: number }>();
const POOL_SIZE = 4;

const CURVES: Partial<Record<KeyType, string>> = { ec: 'prime256v1', p224: 'secp224r1', p384: 'secp384r1', p521: 'secp521r1' };
