/** Certificates that no library would write: fields of a minted one replaced byte by byte, and signed again. */
import { sign } from 'node:crypto';
import type { Base64Der, KeyPair } from './authority.ts';

/** Of a TBSCertificate of version 3, as whole elements. */
export interface Fields {
  version: Buffer;
  serial: Buffer;
  signature: Buffer;
  issuer: Buffer;
  validity: Buffer;
  subject: Buffer;
  spki: Buffer;
  extensions: Buffer;
}

/** Signed with `digest` (null: by the key's own) whatever the fields say; the algorithm outside is the one inside. */
export function remint(
  der: Base64Der,
  issuer: Pick<KeyPair, 'privateKey'>,
  changes: Partial<Fields>,
  digest: string | null = 'sha256',
): Base64Der {
  const [tbs = Buffer.alloc(0)] = inside(Buffer.from(der, 'base64'));
  const names = ['version', 'serial', 'signature', 'issuer', 'validity', 'subject', 'spki', 'extensions'] as const;
  const old = inside(tbs);
  const fields = names.map((name, i) => changes[name] ?? old[i] ?? Buffer.alloc(0));
  const made = element(0x30, ...fields);
  const signature = element(0x03, Buffer.of(0), sign(digest, made, issuer.privateKey));
  return element(0x30, made, fields[2] ?? Buffer.alloc(0), signature).toString('base64');
}

/** A DER element around its contents. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  if (body.length < 0x80) return Buffer.concat([Buffer.of(tag, body.length), body]);
  const digits = body.length.toString(16);
  const length = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.of(tag, 0x80 | length.length), length, body]);
}

/** An object identifier from its hex, header left out. */
export const identifier = (hex: string): Buffer => element(0x06, Buffer.from(hex, 'hex'));

/** The same from its dotted text. */
export function objectIdentifier(dotted: string): Buffer {
  const [top = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const octets = [top * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift(0x80 | (left & 0x7f));
    return groups;
  });
  return element(0x06, Buffer.from(octets));
}

export const utcTime = (text: string): Buffer => element(0x17, Buffer.from(text, 'latin1'));

function inside(whole: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let rest = bodyOf(whole); rest.length > 0; ) {
    const body = bodyOf(rest);
    const end = body.byteOffset - rest.byteOffset + body.length;
    found.push(rest.subarray(0, end));
    rest = rest.subarray(end);
  }
  return found;
}

/** Contents of the element that `bytes` begin with. */
function bodyOf(bytes: Buffer): Buffer {
  const short = bytes[1] ?? 0;
  const octets = short < 0x80 ? 0 : short & 0x7f;
  const length = octets === 0 ? short : bytes.readUIntBE(2, octets);
  return bytes.subarray(2 + octets, 2 + octets + length);
}
