/**
 * Distinguished names: as Postfix logs them (X509_NAME_oneline) and as OpenSSL compares them
 * (x509_name_canon).
 *
 * Two names are equal for OpenSSL when their canonical encodings are: strings as UTF-8, ASCII
 * letters folded, white space trimmed and collapsed. The same encoding gives the hash that names a
 * file in a CApath.
 */
import { createHash } from 'node:crypto';
import {
  bits,
  CONSTRUCTED,
  type Element,
  encode,
  first,
  inside,
  MalformedDer,
  objectIdentifier,
  only,
  TAG,
} from './der.ts';

export interface DistinguishedName {
  /**
   * `/C=US/O=Example/CN=mx.example.com`; bytes outside printable ASCII as `\xNN`. Empty for an
   * empty name.
   */
  readonly oneLine: string;
  /**
   * Canonical encoding, one character per byte: equal names have equal text, and a prefix is a
   * subtree.
   */
  readonly canonical: string;
  /** All common names in order, as text; null for one of a type that has none. */
  readonly commonNames: readonly (string | null)[];
  /**
   * Contents of all emailAddress attributes; null for one that is not an IA5String, which name
   * constraints refuse.
   */
  readonly emailAddresses: readonly (string | null)[];
  readonly attributeCount: number;
}

/** Reads a Name (SEQUENCE OF SET OF attribute). */
export function readName(name: Element): DistinguishedName {
  if (name.tag !== TAG.sequence) throw new MalformedDer('name');
  let oneLine = '';
  const canonical: Buffer[] = [];
  const commonNames: (string | null)[] = [];
  const emailAddresses: (string | null)[] = [];
  let attributeCount = 0;
  for (const relative of inside(name.body)) {
    if (relative.tag !== TAG.set) throw new MalformedDer('name');
    const folded: Buffer[] = [];
    let separator = '/';
    for (const { type, typeElement, value } of inside(relative.body).map(readAttribute)) {
      oneLine += `${separator}${SHORT_NAMES[type] ?? type}=${printable(value)}`;
      separator = '+';
      folded.push(encode(TAG.sequence, Buffer.concat([typeElement.whole, canonicalValue(value)])));
      if (type === COMMON_NAME) commonNames.push(commonName(value));
      if (type === EMAIL_ADDRESS)
        emailAddresses.push(value.tag === IA5_STRING ? value.body.toString('latin1') : null);
      attributeCount++;
    }
    // A set without attributes leaves no trace in what OpenSSL keeps of a name.
    if (folded.length > 0)
      canonical.push(encode(TAG.set, Buffer.concat(folded.sort(Buffer.compare))));
  }
  return {
    oneLine,
    canonical: Buffer.concat(canonical).toString('latin1'),
    commonNames,
    emailAddresses,
    attributeCount,
  };
}

/**
 * Eight hex digits under which OpenSSL looks for a certificate with this subject in a CApath
 * (X509_NAME_hash).
 */
export function nameHash(name: DistinguishedName): string {
  const digest = createHash('sha1').update(name.canonical, 'latin1').digest();
  return digest.readUInt32LE(0).toString(16).padStart(8, '0');
}

interface Attribute {
  readonly type: string;
  readonly typeElement: Element;
  readonly value: Element;
}

/** Type and value, of one of the types that OpenSSL takes (ASN1_PRINTABLE). @throws MalformedDer */
export function readAttribute(element: Element): Attribute {
  if (element.tag !== TAG.sequence) throw new MalformedDer('name attribute');
  const typeElement = first(element.body, TAG.objectIdentifier);
  const value = only(element.body.subarray(typeElement.whole.length));
  const type = value.tag & ~CONSTRUCTED;
  if (!VALUE_TYPES.has(type)) throw new MalformedDer('name attribute');
  const unit = type === BMP_STRING ? 2 : type === UNIVERSAL_STRING ? 4 : 1;
  if (value.tag === type && value.body.length % unit !== 0) throw new MalformedDer('string');
  if (value.tag === TAG.bitString) bits(value.body);
  return { type: objectIdentifier(typeElement.body), typeElement, value };
}

function printable({ body }: Element): string {
  let text = '';
  for (const octet of body) {
    if (octet < 0x20 || octet > 0x7e)
      text += `\\x${octet.toString(16).toUpperCase().padStart(2, '0')}`;
    else
      text +=
        octet === SLASH || octet === PLUS
          ? `\\${String.fromCharCode(octet)}`
          : String.fromCharCode(octet);
  }
  return text;
}

function canonicalValue(value: Element): Buffer {
  const text = textOf(value);
  if (text === undefined) return value.whole;
  const folded = text
    .replace(/^[ \t-\r]+|[ \t-\r]+$/g, '')
    .replace(/[ \t-\r]+/g, ' ')
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return encode(TAG.utf8String, Buffer.from(folded, 'utf8'));
}

/** Digits count as text here, and not in canonical names (ASN1_STRING_to_UTF8). */
const commonName = (value: Element): string | null =>
  (value.tag === NUMERIC_STRING ? value.body.toString('latin1') : textOf(value)) ?? null;

/** The text of a string type that canonical names have as UTF-8; undefined for any other type. */
function textOf({ tag, body }: Element): string | undefined {
  switch (tag) {
    case TAG.utf8String:
      return body.toString('utf8');
    case PRINTABLE_STRING:
    case TELETEX_STRING:
    case IA5_STRING:
    case VISIBLE_STRING:
      return body.toString('latin1');
    case BMP_STRING:
      if (body.length % 2 !== 0) return undefined;
      return Buffer.from(body).swap16().toString('utf16le');
    case UNIVERSAL_STRING:
      return universalText(body);
    default:
      return undefined;
  }
}

function universalText(body: Buffer): string | undefined {
  if (body.length % 4 !== 0) return undefined;
  let text = '';
  for (let at = 0; at < body.length; at += 4) {
    const point = body.readUInt32BE(at);
    if (point > 0x10ffff) return undefined;
    text += String.fromCodePoint(point);
  }
  return text;
}

const COMMON_NAME = '2.5.4.3';
const EMAIL_ADDRESS = '1.2.840.113549.1.9.1';
const NUMERIC_STRING = 0x12;
const PRINTABLE_STRING = 0x13;
const TELETEX_STRING = 0x14;
const IA5_STRING = 0x16;
const VISIBLE_STRING = 0x1a;
const UNIVERSAL_STRING = 0x1c;
const BMP_STRING = 0x1e;
/** Universal types, and those that nobody knows. */
const VALUE_TYPES: ReadonlySet<number> = new Set([
  ...[0x03, 0x07, 0x08, 0x09, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10],
  ...[0x12, 0x13, 0x14, 0x16, 0x1c, 0x1d, 0x1e],
]);
const SLASH = 0x2f;
const PLUS = 0x2b;

/** OpenSSL's short names; any other type is shown as its OID. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  [COMMON_NAME]: 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'street',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'title',
  '2.5.4.13': 'description',
  '2.5.4.15': 'businessCategory',
  '2.5.4.17': 'postalCode',
  '2.5.4.41': 'name',
  '2.5.4.42': 'GN',
  '2.5.4.43': 'initials',
  '2.5.4.44': 'generationQualifier',
  '2.5.4.46': 'dnQualifier',
  '2.5.4.65': 'pseudonym',
  '2.5.4.97': 'organizationIdentifier',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  [EMAIL_ADDRESS]: 'emailAddress',
  '1.2.840.113549.1.9.2': 'unstructuredName',
  '1.3.6.1.4.1.311.60.2.1.1': 'jurisdictionL',
  '1.3.6.1.4.1.311.60.2.1.2': 'jurisdictionST',
  '1.3.6.1.4.1.311.60.2.1.3': 'jurisdictionC',
};
