/**
 * A certification authority for tests and the demo: certificates minted in the process, of any shape OpenSSL has an
 * opinion on, broken ones included. No network, no files.
 *
 * The structures come from @peculiar/asn1-x509, the signatures from node:crypto, because WebCrypto signs neither with
 * SHA-1 or MD5 nor with RSA keys of 512 bits.
 */
import { createHash, generateKeyPair, type KeyObject, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import * as asn1 from '@peculiar/asn1-x509';

export type Base64Der = string;
export type KeyType = 'ec' | 'p384' | 'p521' | 'p224' | 'ed25519' | 'rsa' | 'rsa4096' | 'rsa1024' | 'rsa512';
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
  /** Epoch ms, cut to seconds. Default: a day ago, and 90 days (authorities: 10 years) ahead. */
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

interface Issuer {
  readonly subject: asn1.Name;
  readonly key: KeyPair;
  /** Undefined where the certificate signs itself. */
  readonly serial: Uint8Array | undefined;
}

function authority(der: Base64Der, key: KeyPair, subject: asn1.Name, chain: readonly Base64Der[]): Authority {
  const issuer: Issuer = { subject, key, serial: serialOf(der) };
  const under = async (options: CertificateOptions, name: asn1.Name): Promise<Authority> => {
    const own = options.key ?? (await keyPair(options.keyType ?? 'ec'));
    const made = mint({ ...options }, own, issuer, name);
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
      const name = AsnConvert.parse(Buffer.from(other.certificate.der, 'base64'), asn1.Certificate).tbsCertificate.subject;
      return under({ ...asAuthority('unused'), ...options, key: other.key }, name);
    },
  };
}

function issued(der: Base64Der, key: KeyPair, above: readonly Base64Der[]): Issued {
  const chain = [der, ...above];
  const keyPem = key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { der, pem: pemOf(der), keyPem, key, chain, chainPem: chain.map((each) => pemOf(each)).join('') };
}

const asLeaf = (): CertificateOptions => ({
  notBefore: Date.now() - DAY_MS,
  notAfter: Date.now() + 90 * DAY_MS,
  keyUsage: ['digitalSignature'],
  ca: null,
});

const asAuthority = (name: string): CertificateOptions => ({
  subject: [
    ['O', 'Test Authority'],
    ['CN', name],
  ],
  notBefore: Date.now() - DAY_MS,
  notAfter: Date.now() + 3650 * DAY_MS,
  keyUsage: ['keyCertSign', 'cRLSign'],
  ca: true,
});

function nameOf(options: CertificateOptions): asn1.Name {
  if (options.subject !== undefined) return name(options.subject);
  const commonName = options.commonName === undefined ? options.dnsNames?.[0]?.slice(0, 64) : options.commonName;
  return name(commonName === undefined || commonName === null ? [] : [['CN', commonName]]);
}

function mint(options: CertificateOptions, key: KeyPair, issuer: Issuer, subject = nameOf(options)): Base64Der {
  const serial = options.serial ?? Uint8Array.of(0x40 | (randomByte() & 0x3f), ...randomBytes(15));
  const algorithm = signatureAlgorithm(issuer.key, options.signatureHash ?? 'sha256');
  const tbsCertificate = new asn1.TBSCertificate({
    version: options.version === 1 ? asn1.Version.v1 : asn1.Version.v3,
    serialNumber: arrayBuffer(serial),
    signature: algorithm,
    issuer: issuer.subject,
    validity: new asn1.Validity({
      notBefore: new Date(options.notBefore ?? Date.now() - DAY_MS),
      notAfter: new Date(options.notAfter ?? Date.now() + 90 * DAY_MS),
    }),
    subject,
    subjectPublicKeyInfo: AsnConvert.parse(spkiOf(key), asn1.SubjectPublicKeyInfo),
    ...(options.version === 1 ? {} : { extensions: new asn1.Extensions(extensionsOf(options, key, issuer, serial)) }),
  });
  const tbs = Buffer.from(AsnConvert.serialize(tbsCertificate));
  const hash = issuer.key.type === 'ed25519' ? null : (options.signatureHash ?? 'sha256');
  const signature = sign(hash, tbs, issuer.key.privateKey);
  const last = signature.length - 1;
  if (options.breakSignature) signature[last] = (signature[last] ?? 0) ^ 1;
  const certificate = new asn1.Certificate({
    tbsCertificate,
    signatureAlgorithm: algorithm,
    signatureValue: arrayBuffer(signature),
  });
  return Buffer.from(AsnConvert.serialize(certificate)).toString('base64');
}

function extensionsOf(options: CertificateOptions, key: KeyPair, issuer: Issuer, serial: Uint8Array): asn1.Extension[] {
  const made: asn1.Extension[] = [];
  const add = (extnID: string, critical: boolean, value: unknown) =>
    made.push(new asn1.Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) }));

  if (options.ca !== undefined && options.ca !== null) {
    const { pathLength } = options;
    const length = pathLength === undefined ? {} : { pathLenConstraint: pathLength };
    add(asn1.id_ce_basicConstraints, true, new asn1.BasicConstraints({ cA: options.ca, ...length }));
  }
  if (options.keyUsage) {
    const bits = options.keyUsage.reduce((sum, usage) => sum | asn1.KeyUsageFlags[usage], 0);
    add(asn1.id_ce_keyUsage, true, new asn1.KeyUsage(bits));
  }
  if (options.eku) add(asn1.id_ce_extKeyUsage, false, new asn1.ExtendedKeyUsage(options.eku.map((use) => PURPOSES[use] ?? use)));
  const names = alternativeNames(options);
  if (names.length > 0) add(asn1.id_ce_subjectAltName, false, new asn1.SubjectAlternativeName(names));
  if (options.nameConstraints) {
    const { permitted, excluded } = options.nameConstraints;
    add(
      asn1.id_ce_nameConstraints,
      true,
      new asn1.NameConstraints({
        ...(permitted === undefined ? {} : { permittedSubtrees: subtrees(permitted) }),
        ...(excluded === undefined ? {} : { excludedSubtrees: subtrees(excluded) }),
      }),
    );
  }
  const subjectKeyId = options.subjectKeyId === undefined ? keyId(key) : options.subjectKeyId;
  if (subjectKeyId) add(asn1.id_ce_subjectKeyIdentifier, false, new asn1.SubjectKeyIdentifier(arrayBuffer(subjectKeyId)));
  const authorityKeyId = options.authorityKeyId === undefined ? keyId(issuer.key) : options.authorityKeyId;
  const { authorityIssuerSerial } = options;
  if (authorityKeyId || authorityIssuerSerial) {
    const issuerSerial = authorityIssuerSerial === true ? (issuer.serial ?? serial) : authorityIssuerSerial;
    const identifier = new asn1.AuthorityKeyIdentifier({
      ...(authorityKeyId ? { keyIdentifier: new asn1.KeyIdentifier(arrayBuffer(authorityKeyId)) } : {}),
      ...(issuerSerial
        ? {
            authorityCertIssuer: [new asn1.GeneralName({ directoryName: issuer.subject })],
            authorityCertSerialNumber: arrayBuffer(issuerSerial),
          }
        : {}),
    });
    add(asn1.id_ce_authorityKeyIdentifier, false, identifier);
  }
  for (const { oid, critical = false, der } of options.extensions ?? []) {
    made.push(new asn1.Extension({ extnID: oid, critical, extnValue: new OctetString(der) }));
  }
  return made;
}

function alternativeNames(options: CertificateOptions): asn1.GeneralName[] {
  return [
    ...(options.dnsNames ?? []).map((dNSName) => new asn1.GeneralName({ dNSName })),
    ...(options.ipAddresses ?? []).map((iPAddress) => new asn1.GeneralName({ iPAddress })),
    ...(options.emailAddresses ?? []).map((rfc822Name) => new asn1.GeneralName({ rfc822Name })),
    ...(options.uris ?? []).map((uniformResourceIdentifier) => new asn1.GeneralName({ uniformResourceIdentifier })),
    ...(options.directoryNames ?? []).map((each) => new asn1.GeneralName({ directoryName: name(each) })),
  ];
}

function subtrees(names: Subtrees): asn1.GeneralSubtrees {
  const bases = alternativeNames({
    ...(names.dns ? { dnsNames: names.dns } : {}),
    ...(names.ip ? { ipAddresses: names.ip } : {}),
    ...(names.email ? { emailAddresses: names.email } : {}),
    ...(names.uri ? { uris: names.uri } : {}),
    ...(names.directory ? { directoryNames: names.directory } : {}),
  });
  return new asn1.GeneralSubtrees(bases.map((base) => new asn1.GeneralSubtree({ base })));
}

function name(attributes: NameAttributes): asn1.Name {
  const parts = attributes.map(([type, value]) => {
    const attribute = new asn1.AttributeTypeAndValue({
      type: ATTRIBUTES[type] ?? type,
      value: new asn1.AttributeValue(type === 'emailAddress' ? { ia5String: value } : { utf8String: value }),
    });
    return new asn1.RelativeDistinguishedName([attribute]);
  });
  return new asn1.Name(parts);
}

function signatureAlgorithm(signer: KeyPair, hash: SignatureHash): asn1.AlgorithmIdentifier {
  if (signer.type === 'ed25519') return new asn1.AlgorithmIdentifier({ algorithm: '1.3.101.112' });
  if (signer.type.startsWith('rsa')) return new asn1.AlgorithmIdentifier({ algorithm: RSA_WITH[hash], parameters: DER_NULL });
  const algorithm = ECDSA_WITH[hash];
  if (algorithm === undefined) throw new Error(`no ECDSA signature with ${hash}`);
  return new asn1.AlgorithmIdentifier({ algorithm });
}

async function newKeyPair(type: KeyType): Promise<KeyPair> {
  if (type === 'ed25519') return { type, ...(await generate('ed25519')) };
  const namedCurve = CURVES[type];
  if (namedCurve !== undefined) return { type, ...(await generate('ec', { namedCurve })) };
  const modulusLength = Number(type.slice('rsa'.length)) || 2048;
  return { type, ...(await generate('rsa', { modulusLength })) };
}

const generate = promisify(generateKeyPair);
const spkiOf = (key: KeyPair) => key.publicKey.export({ type: 'spki', format: 'der' });
const serialOf = (der: Base64Der) =>
  new Uint8Array(AsnConvert.parse(Buffer.from(der, 'base64'), asn1.Certificate).tbsCertificate.serialNumber);
const keyId = (key: KeyPair) => createHash('sha1').update(spkiOf(key)).digest();
const arrayBuffer = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;
const randomByte = () => randomBytes(1)[0] ?? 0;

const pools = new Map<KeyType, { readonly keys: Promise<KeyPair>[]; next: number }>();
const POOL_SIZE = 4;
const DAY_MS = 86_400_000;
const DER_NULL = Uint8Array.of(5, 0).buffer;

export type KeyUsageName = keyof typeof asn1.KeyUsageFlags;

const CURVES: Partial<Record<KeyType, string>> = { ec: 'prime256v1', p224: 'secp224r1', p384: 'secp384r1', p521: 'secp521r1' };

const ATTRIBUTES: Record<string, string> = {
  CN: '2.5.4.3',
  C: '2.5.4.6',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  serialNumber: '2.5.4.5',
  emailAddress: '1.2.840.113549.1.9.1',
  DC: '0.9.2342.19200300.100.1.25',
};

const PURPOSES: Record<string, string> = {
  serverAuth: asn1.id_kp_serverAuth,
  clientAuth: asn1.id_kp_clientAuth,
  codeSigning: asn1.id_kp_codeSigning,
  emailProtection: asn1.id_kp_emailProtection,
  timeStamping: asn1.id_kp_timeStamping,
  OCSPSigning: asn1.id_kp_OCSPSigning,
  anyExtendedKeyUsage: asn1.anyExtendedKeyUsage,
  nsSGC: '2.16.840.1.113730.4.1',
  msSGC: '1.3.6.1.4.1.311.10.3.3',
};

const RSA_WITH: Record<SignatureHash, string> = {
  md5: '1.2.840.113549.1.1.4',
  sha1: '1.2.840.113549.1.1.5',
  sha224: '1.2.840.113549.1.1.14',
  sha256: '1.2.840.113549.1.1.11',
  sha384: '1.2.840.113549.1.1.12',
  sha512: '1.2.840.113549.1.1.13',
};

const ECDSA_WITH: Partial<Record<SignatureHash, string>> = {
  sha1: '1.2.840.10045.4.1',
  sha224: '1.2.840.10045.4.3.1',
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4',
};
