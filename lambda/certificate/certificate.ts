/**
 * One certificate, read: DER → names, validity, digests, key.
 *
 * Names are those Postfix compares (verify_extract_name() in src/tls/tls_client.c, and from 3.6
 * do_x509_check() in OpenSSL's crypto/x509/v3_utl.c): dNSNames with whatever bytes they carry, and
 * common names for the certificates that have none. Node's OpenSSL parses first; what it cannot
 * parse is `unreadable`.
 */
import { hash, X509Certificate } from 'node:crypto';
import { type Element, first, inside, MalformedDer, objectIdentifier, TAG } from './der.ts';
import { type DistinguishedName, readName } from './distinguished-name.ts';
import { type Extensions, readExtensions, serialText } from './extensions.ts';
import type { GeneralName } from './general-name.ts';
import type { Base64Der } from './pem.ts';
import { partsOf, readDate, withFullDates } from './tbs-certificate.ts';

export type DigestAlgorithm = 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512';

export interface Certificate {
  readonly kind: 'certificate';
  readonly der: Base64Der;
  readonly x509: X509Certificate;
  /**
   * `x509` was given dates of full length, since Node's OpenSSL refuses the shorter ones of the
   * certificate. OpenSSL 3.0 reads those, and never finds them in date.
   */
  readonly redated: boolean;
  /** As Postfix logs them: `/C=US/O=Example/CN=mx.example.com`. */
  readonly subject: string;
  readonly issuer: string;
  /** In order; an empty one stands for a type without text, and matches nothing. */
  readonly commonNames: readonly string[];
  /** Whether there is any dNSName, malformed or not: then the common names do not count. */
  readonly hasDnsNames: boolean;
  /**
   * As presented, one character per byte; an embedded NUL stays in the text and matches nothing.
   */
  readonly dnsNames: readonly string[];
  readonly emailAddresses: readonly string[];
  /** Text of an address; of any other length than 4 or 16 bytes, its bytes in hex. */
  readonly ipAddresses: readonly string[];
  /**
   * Epoch ms. Valid from `notBefore` on and no longer at `notAfter`. NaN where OpenSSL does not
   * accept the encoding.
   */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly spkiSha256: string;
  readonly digest: (of: 'certificate' | 'key', algorithm: DigestAlgorithm) => string;
  readonly serial: string;
  /** Version 1 certificates have no extensions; they may still be roots. */
  readonly version: number;
  readonly names: { readonly subject: DistinguishedName; readonly issuer: DistinguishedName };
  readonly extensions: Extensions;
  /** OIDs of the signature and of the public key. */
  readonly signatureOid: string;
  readonly keyOid: string;
  /** Digest named in RSASSA-PSS parameters, where the signature is one. */
  readonly pssDigestOid: string | undefined;
  /** An EC key with its curve spelled out, which OpenSSL 3 refuses in chains. */
  readonly explicitCurve: boolean;
  /** `rsa`, `ec`, `ed25519`; `unknown` where OpenSSL cannot load the key. */
  readonly keyType: string;
  /** Bits of the RSA modulus or of the curve's order; 0 where unknown. */
  readonly keyBits: number;
  /** Subject and issuer are the same name; says nothing of the signature. */
  readonly selfIssued: boolean;
}

export interface Unreadable {
  readonly kind: 'unreadable';
  readonly because: string;
}

/** A certificate as shown in `check --json`; the same shape as in verdict/verdict.ts. */
export interface ShownCertificate {
  readonly subject: string;
  readonly issuer: string;
  readonly commonName: string | null;
  readonly dnsNames: readonly string[];
  /** ISO 8601, UTC. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly spkiSha256: string;
}

/**
 * Reads a certificate. The same text gives the same object while it is among the last few thousand
 * read.
 */
export function readCertificate(der: Base64Der): Certificate | Unreadable {
  const known = cache.get(der);
  if (known !== undefined) return known;
  const read = parse(der);
  for (const oldest of cache.keys()) {
    if (cache.size < CACHE_SIZE && held + der.length <= CACHE_CHARACTERS) break;
    cache.delete(oldest);
    held -= oldest.length;
  }
  cache.set(der, read);
  held += der.length;
  return read;
}

/** Those of a list that can be read, in its order. */
export function readCertificates(ders: readonly Base64Der[]): Certificate[] {
  return ders.flatMap((der) => {
    const certificate = readCertificate(der);
    return certificate.kind === 'certificate' ? [certificate] : [];
  });
}

/** For documents and messages. All names, neither cut nor neutralised: the printer must do both. */
export function shown(certificate: Certificate): ShownCertificate {
  return {
    subject: certificate.subject,
    issuer: certificate.issuer,
    commonName: certificate.commonNames[0] ?? null,
    dnsNames: certificate.dnsNames,
    notBefore: isoDate(certificate.notBefore),
    notAfter: isoDate(certificate.notAfter),
    sha256: certificate.sha256,
    spkiSha256: certificate.spkiSha256,
  };
}

function parse(der: Base64Der): Certificate | Unreadable {
  const bytes = Buffer.from(der, 'base64');
  try {
    return build(der, bytes, ...x509Of(bytes));
  } catch (error) {
    const because = error instanceof MalformedDer ? error.message : 'OpenSSL cannot parse it';
    return { kind: 'unreadable', because };
  }
}

function x509Of(bytes: Buffer): [x509: X509Certificate, redated: boolean] {
  try {
    return [new X509Certificate(bytes), false];
  } catch (error) {
    const filled = orNothing(() => withFullDates(bytes));
    if (filled === undefined) throw error;
    return [new X509Certificate(filled), true];
  }
}

function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedDer) return undefined;
    throw error;
  }
}

function build(
  der: Base64Der,
  bytes: Buffer,
  x509: X509Certificate,
  redated: boolean,
): Certificate {
  const { whole, version, serial, signature, issuer, validity, subject, spki, rest } =
    partsOf(bytes);
  const names = { subject: readName(subject), issuer: readName(issuer) };
  const extensions = readExtensions(
    inside(rest.find((field) => field.tag === 0xa3)?.body ?? NOTHING)[0],
  );
  const alternative = extensions.alternativeNames ?? [];
  const [notBefore = Number.NaN, notAfter = Number.NaN] = inside(validity.body).map(readDate);
  const [keyAlgorithm, curve] = inside(inside(spki.body)[0]?.body ?? NOTHING);
  const keyOid = keyAlgorithm === undefined ? '' : objectIdentifier(keyAlgorithm.body);
  const digest = digestsOf(whole.whole, spki.whole);
  let described: KeyDescription | undefined;
  const describedKey = () => {
    described ??= describeKey(x509);
    return described;
  };

  return {
    kind: 'certificate',
    der,
    x509,
    redated,
    subject: names.subject.oneLine,
    issuer: names.issuer.oneLine,
    commonNames: names.subject.commonNames.map((name) => name ?? ''),
    hasDnsNames: alternative.some(({ kind }) => kind === 'dns'),
    dnsNames: texts(alternative, 'dns'),
    emailAddresses: texts(alternative, 'email'),
    ipAddresses: alternative.flatMap((name) =>
      name.kind === 'ip' ? [addressText(name.bytes)] : [],
    ),
    notBefore,
    notAfter,
    sha256: digest('certificate', 'sha256'),
    spkiSha256: digest('key', 'sha256'),
    digest,
    serial: serialText(serial.body),
    version,
    names,
    extensions,
    signatureOid: algorithmOid(signature),
    keyOid,
    pssDigestOid: pssDigest(signature),
    explicitCurve: curve?.tag === TAG.sequence && keyOid === EC_KEY,
    get keyType() {
      return describedKey().type;
    },
    get keyBits() {
      return describedKey().bits;
    },
    selfIssued: names.subject.canonical === names.issuer.canonical,
  };
}

/** Each digest is made once. */
function digestsOf(certificate: Buffer, key: Buffer): Certificate['digest'] {
  const made = new Map<string, string>();
  return (of, name) => {
    const known = made.get(of + name) ?? hash(name, of === 'key' ? key : certificate, 'hex');
    made.set(of + name, known);
    return known;
  };
}

const texts = (names: readonly GeneralName[], kind: 'dns' | 'email') =>
  names.flatMap((name) => (name.kind === kind ? [name.text] : []));

interface KeyDescription {
  readonly type: string;
  readonly bits: number;
}

/** Loads the key, which costs more than all the rest: on demand only. */
function describeKey(x509: X509Certificate): KeyDescription {
  try {
    const { asymmetricKeyType = 'unknown', asymmetricKeyDetails = {} } = x509.publicKey;
    const { modulusLength, namedCurve = '' } = asymmetricKeyDetails;
    return {
      type: asymmetricKeyType,
      bits: modulusLength ?? Number(/\d{3}/.exec(namedCurve)?.[0] ?? 0),
    };
  } catch {
    return { type: 'unknown', bits: 0 };
  }
}

function algorithmOid(algorithm: Element): string {
  return objectIdentifier(first(algorithm.body, TAG.objectIdentifier).body);
}

/**
 * hashAlgorithm of RSASSA-PSS-params: [0], default SHA-1; empty where they are malformed, which
 * OpenSSL finds only when it verifies.
 */
function pssDigest(algorithm: Element): string | undefined {
  const [oid, parameters] = inside(algorithm.body);
  if (oid === undefined || objectIdentifier(oid.body) !== RSASSA_PSS) return undefined;
  try {
    const hashAlgorithm = inside(parameters?.body ?? NOTHING).find(
      (parameter) => parameter.tag === 0xa0,
    );
    return hashAlgorithm === undefined ? SHA1 : algorithmOid(first(hashAlgorithm.body));
  } catch (error) {
    if (error instanceof MalformedDer) return '';
    throw error;
  }
}

function addressText(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return Buffer.from(bytes).toString('hex');
  const groups = Array.from(
    { length: 8 },
    (_, group) => ((bytes[2 * group] ?? 0) << 8) | (bytes[2 * group + 1] ?? 0),
  );
  return new URL(`http://[${groups.map((group) => group.toString(16)).join(':')}]`).hostname.slice(
    1,
    -1,
  );
}

/** A date that OpenSSL does not accept is shown as 1970-01-01. */
const isoDate = (time: number) => new Date(Number.isFinite(time) ? time : 0).toISOString();

const cache = new Map<Base64Der, Certificate | Unreadable>();
/** Characters of DER that the cache holds: strangers may send certificates of 100 KB. */
let held = 0;
const CACHE_SIZE = 4_000;
const CACHE_CHARACTERS = 8_000_000;
const NOTHING = Buffer.alloc(0);
const EC_KEY = '1.2.840.10045.2.1';
const RSASSA_PSS = '1.2.840.113549.1.1.10';
const SHA1 = '1.3.14.3.2.26';
