/**
 * What path validation needs from a certificate's extensions, as OpenSSL caches it
 * (ossl_x509v3_cache_extensions).
 *
 * `invalid` is OpenSSL's EXFLAG_INVALID: an extension it knows is malformed or occurs twice. Such a
 * certificate neither issues nor is issued by any other. Bytes behind the value of an extension are
 * ignored (X509V3_EXT_d2i).
 */
import {
  bits,
  CONSTRUCTED,
  type Element,
  first,
  inside,
  MalformedDer,
  oidOf,
  sequenceOf,
  TAG,
} from './der.ts';
import { checkDistributionPoints } from './distribution-points.ts';
import { type GeneralName, generalName } from './general-name.ts';

interface Subtree {
  readonly base: GeneralName;
  /** A minimum other than zero, or any maximum: OpenSSL refuses to judge. */
  readonly hasBounds: boolean;
}

export interface NameConstraints {
  readonly permitted: readonly Subtree[];
  readonly excluded: readonly Subtree[];
}

interface AuthorityKeyId {
  readonly keyId?: string;
  /** Of the certificate that issued: issuer name (canonical) and serial. */
  readonly issuer?: string;
  readonly serial?: string;
}

export interface Extensions {
  readonly invalid: boolean;
  readonly basicConstraints: { readonly ca: boolean; readonly pathLength?: number } | undefined;
  /**
   * Bit numbers of RFC 5280: 0 digitalSignature, 2 keyEncipherment, 4 keyAgreement, 5 keyCertSign.
   */
  readonly keyUsage: readonly number[] | undefined;
  /** OIDs. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  readonly netscapeType: readonly number[] | undefined;
  readonly subjectKeyId: string | undefined;
  readonly authorityKeyId: AuthorityKeyId | undefined;
  readonly alternativeNames: readonly GeneralName[] | undefined;
  readonly nameConstraints: NameConstraints | undefined;
  readonly proxy: boolean;
  /** OID of the first critical extension OpenSSL does not handle. */
  readonly unhandledCritical: string | undefined;
}

/**
 * Reads the extensions of a TBSCertificate; `extensions` is the SEQUENCE inside [3], undefined
 * where there is none.
 */
export function readExtensions(extensions: Element | undefined): Extensions {
  const found = new Map<string, Buffer>();
  let invalid = false;
  let unhandledCritical: string | undefined;
  for (const { oid, critical, value } of extensions === undefined
    ? []
    : inside(extensions.body).map(extension)) {
    if (found.has(oid) && READ.has(oid)) invalid = true;
    found.set(oid, value);
    if (critical && unhandledCritical === undefined && !HANDLED.has(oid)) unhandledCritical = oid;
  }

  function read<T>(oid: string, reader: (value: Buffer) => T): T | undefined {
    const value = found.get(oid);
    if (value === undefined) return undefined;
    try {
      return reader(value);
    } catch (error) {
      if (!(error instanceof MalformedDer)) throw error;
      invalid = true;
      return undefined;
    }
  }

  const fields = {
    basicConstraints: read(OID.basicConstraints, basicConstraints),
    keyUsage: read(OID.keyUsage, keyUsage),
    extendedKeyUsage: read(OID.extendedKeyUsage, (value) => sequenceOf(value).map(oidOf)),
    netscapeType: read(OID.netscapeType, (value) => bits(first(value, TAG.bitString).body)),
    subjectKeyId: read(OID.subjectKeyId, (value) =>
      first(value, TAG.octetString).body.toString('hex'),
    ),
    authorityKeyId: read(OID.authorityKeyId, authorityKeyId),
    alternativeNames: read(OID.alternativeNames, (value) => sequenceOf(value).map(generalName)),
    nameConstraints: read(OID.nameConstraints, nameConstraints),
  };
  read(OID.crlDistributionPoints, checkDistributionPoints);
  const proxy = found.has(OID.proxy);
  if (
    proxy &&
    (fields.basicConstraints?.ca ||
      found.has(OID.alternativeNames) ||
      found.has(OID.issuerAlternativeNames))
  ) {
    invalid = true;
  }
  // Malformed, or with resources that no issuer in the chain holds: OpenSSL trusts neither (RFC
  // 3779).
  if (found.has(OID.addressBlocks) || found.has(OID.autonomousSystems)) invalid = true;
  return { ...fields, invalid, proxy, unhandledCritical };
}

function extension(element: Element): {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Buffer;
} {
  const parts = inside(element.body);
  const value = parts.at(-1);
  if (value?.tag !== TAG.octetString) throw new MalformedDer('extension');
  return {
    oid: oidOf(parts[0]),
    critical: parts[1]?.tag === TAG.boolean && parts[1].body[0] !== 0,
    value: value.body,
  };
}

function basicConstraints(value: Buffer): { readonly ca: boolean; readonly pathLength?: number } {
  const parts = inside(first(value, TAG.sequence).body);
  const flag = parts[0]?.tag === TAG.boolean ? parts.shift()?.body : Buffer.of(0);
  if (flag?.length !== 1) throw new MalformedDer('boolean');
  const ca = flag[0] !== 0;
  const length = parts.shift();
  if (length === undefined) return { ca };
  if (length.tag !== TAG.integer || parts.length > 0) throw new MalformedDer('basic constraints');
  const pathLength = integer(length);
  if (pathLength < 0n) throw new MalformedDer('negative path length');
  return { ca, pathLength: Number(pathLength) };
}

function keyUsage(value: Buffer): readonly number[] {
  const usage = bits(first(value, TAG.bitString).body);
  if (usage.length === 0) throw new MalformedDer('empty key usage');
  return usage;
}

function authorityKeyId(value: Buffer): AuthorityKeyId {
  let identifier: AuthorityKeyId = {};
  for (const part of inside(first(value, TAG.sequence).body)) {
    if (part.tag === 0x80) identifier = { ...identifier, keyId: part.body.toString('hex') };
    else if (part.tag === 0xa1) {
      const directory = inside(part.body)
        .map(generalName)
        .find((name) => name.kind === 'directory');
      if (directory) identifier = { ...identifier, issuer: directory.name.canonical };
    } else if (part.tag === 0x82) identifier = { ...identifier, serial: serialText(part.body) };
    else throw new MalformedDer('authority key identifier');
  }
  return identifier;
}

function nameConstraints(value: Buffer): NameConstraints {
  let constraints: NameConstraints = { permitted: [], excluded: [] };
  const parts = inside(first(value, TAG.sequence).body);
  for (const part of parts) {
    if ((part.tag | CONSTRUCTED) === 0xa0 && part === parts[0])
      constraints = { ...constraints, permitted: inside(part.body).map(subtree) };
    else if ((part.tag | CONSTRUCTED) === 0xa1 && part === parts.at(-1))
      constraints = { ...constraints, excluded: inside(part.body).map(subtree) };
    else throw new MalformedDer('name constraints');
  }
  return constraints;
}

function subtree(element: Element): Subtree {
  if (element.tag !== TAG.sequence) throw new MalformedDer('subtree');
  const [base, ...bounds] = inside(element.body);
  if (base === undefined) throw new MalformedDer('subtree');
  const zeroMinimum = (bound: Element) =>
    bound.tag === 0x80 && bound.body.every((octet) => octet === 0);
  return { base: generalName(base), hasBounds: bounds.some((bound) => !zeroMinimum(bound)) };
}

/**
 * Hex of a serial number without leading zero octets, with a sign: what ASN1_INTEGER_cmp tells
 * apart.
 */
export function serialText(body: Buffer): string {
  return integer({ tag: TAG.integer, body, whole: body }).toString(16);
}

function integer({ body }: Element): bigint {
  if (body.length === 0) throw new MalformedDer('integer');
  return BigInt.asIntN(body.length * 8, BigInt(`0x${body.toString('hex')}`));
}

const OID = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  alternativeNames: '2.5.29.17',
  issuerAlternativeNames: '2.5.29.18',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  crlDistributionPoints: '2.5.29.31',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  proxy: '1.3.6.1.5.5.7.1.14',
  netscapeType: '2.16.840.1.113730.1.1',
  addressBlocks: '1.3.6.1.5.5.7.1.7',
  autonomousSystems: '1.3.6.1.5.5.7.1.8',
} as const;

/** Those that may not occur twice. */
const READ: ReadonlySet<string> = new Set(
  Object.values(OID).filter((oid) => oid !== OID.issuerAlternativeNames),
);

/** X509_supported_extension() of OpenSSL 3.0. */
const HANDLED: ReadonlySet<string> = new Set([
  OID.netscapeType,
  OID.keyUsage,
  OID.alternativeNames,
  OID.basicConstraints,
  OID.crlDistributionPoints,
  OID.extendedKeyUsage,
  OID.proxy,
  OID.nameConstraints,
  '2.5.29.32', // certificatePolicies
  '2.5.29.33', // policyMappings
  '2.5.29.36', // policyConstraints
  '2.5.29.54', // inhibitAnyPolicy
  OID.addressBlocks,
  OID.autonomousSystems,
  '1.3.6.1.5.5.7.48.1.5', // OCSP noCheck
]);
