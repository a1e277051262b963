/**
 * A reader of DER as strangers write it: one element at a time, bounds checked, nothing copied.
 *
 * The outer structure of a certificate has passed OpenSSL's own parser before it comes here; the
 * contents of its extensions have not. A library reader was tried: it gives names and addresses as
 * text, where OpenSSL compares bytes (string types, masks, embedded NULs), and takes half a
 * millisecond per certificate, which is most of a run.
 */

export interface Element {
  /**
   * Identifier octet, class and constructed bit included: 0x30 is SEQUENCE, 0xa0 is [0]
   * constructed.
   */
  readonly tag: number;
  /** Contents without header. */
  readonly body: Buffer;
  /** Header and contents. */
  readonly whole: Buffer;
}

/**
 * Thrown for anything that is no DER; the readers of certificate and extensions turn it into a
 * value.
 */
export class MalformedDer extends Error {
  override readonly name = 'MalformedDer';
}

/** The one element that `bytes` consist of; `tag` where a certain one is expected. */
export function only(bytes: Buffer, tag?: number): Element {
  const element = first(bytes, tag);
  if (element.whole.length !== bytes.length) throw new MalformedDer('trailing bytes');
  return element;
}

/** The element at the start of `bytes`, whatever follows it. */
export function first(bytes: Buffer, tag?: number): Element {
  const identifier = bytes[0];
  const shortLength = bytes[1];
  if (identifier === undefined || shortLength === undefined) throw new MalformedDer('cut short');
  if ((identifier & 0x1f) === 0x1f) throw new MalformedDer('tag number of several octets');
  if (tag !== undefined && identifier !== tag)
    throw new MalformedDer(`tag ${identifier} where ${tag} is due`);
  let header = 2;
  let length = shortLength;
  if (shortLength >= 0x80) {
    const octets = shortLength & 0x7f;
    if (octets === 0 || octets > 4 || bytes.length < 2 + octets) throw new MalformedDer('length');
    length = bytes.readUIntBE(2, octets);
    header += octets;
  }
  if (bytes.length < header + length) throw new MalformedDer('cut short');
  return {
    tag: identifier,
    body: bytes.subarray(header, header + length),
    whole: bytes.subarray(0, header + length),
  };
}

/** The elements inside a constructed one, in order; more than a hundred thousand are malformed. */
export function inside(body: Buffer): Element[] {
  const elements: Element[] = [];
  for (let rest = body; rest.length > 0; ) {
    if (elements.length === MOST_ELEMENTS) throw new MalformedDer('too many elements');
    const element = first(rest);
    elements.push(element);
    rest = rest.subarray(element.whole.length);
  }
  return elements;
}

/** The elements of a SEQUENCE OF, the one type that OpenSSL takes even if not constructed. */
export function sequenceOf(value: Buffer): Element[] {
  const { tag, body } = first(value);
  if ((tag | CONSTRUCTED) !== TAG.sequence) throw new MalformedDer('sequence');
  return inside(body);
}

/** Dotted text of an OBJECT IDENTIFIER's contents; of an absurdly long one, its hex. */
export function objectIdentifier(body: Buffer): string {
  if (body.length === 0 || (body.at(-1) ?? 0x80) & 0x80)
    throw new MalformedDer('object identifier');
  if (body.length > LONGEST_IDENTIFIER) return body.toString('hex');
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const octet of body) {
    if (arc === 0n && octet === 0x80) throw new MalformedDer('object identifier');
    arc = (arc << 7n) | BigInt(octet & 0x7f);
    if (octet & 0x80) continue;
    if (arcs.length === 0) {
      const top = arc < 80n ? arc / 40n : 2n;
      arcs.push(top, arc - top * 40n);
    } else arcs.push(arc);
    arc = 0n;
  }
  return arcs.join('.');
}

/** Dotted text of an element that must be an OBJECT IDENTIFIER. */
export function oidOf(element: Element | undefined): string {
  if (element === undefined) throw new MalformedDer('object identifier');
  return objectIdentifier(first(element.whole, TAG.objectIdentifier).body);
}

/** Contents of a BIT STRING: flags in the order of their names in ASN.1, as OpenSSL reads them. */
export function bits(body: Buffer): readonly number[] {
  const unused = body[0];
  if (unused === undefined || unused > 7 || (body.length === 1 && unused > 0))
    throw new MalformedDer('bit string');
  const set: number[] = [];
  for (let bit = 0; bit < (body.length - 1) * 8 - unused; bit++) {
    if (((body[1 + (bit >> 3)] ?? 0) >> (7 - (bit & 7))) & 1) set.push(bit);
  }
  return set;
}

/** Writes an element: canonical names are compared and hashed as DER. */
export function encode(tag: number, body: Buffer): Buffer {
  if (body.length < 0x80) return Buffer.concat([Buffer.of(tag, body.length), body]);
  const length = Buffer.from(
    body.length.toString(16).padStart(body.length > 0xff ? (body.length > 0xffff ? 6 : 4) : 2, '0'),
    'hex',
  );
  return Buffer.concat([Buffer.of(tag, 0x80 | length.length), length, body]);
}

/**
 * Octets. Numbers of any length are slow to write in decimal, and a stranger may send 100 KB of
 * one.
 */
const LONGEST_IDENTIFIER = 64;

/** Twice what fits into the certificates that OpenSSL takes of a peer (100 KB, two octets each). */
const MOST_ELEMENTS = 100_000;

export const CONSTRUCTED = 0x20;

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  utcTime: 0x17,
  generalizedTime: 0x18,
} as const;
