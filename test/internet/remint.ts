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

/** The signature is ECDSA with SHA-256 whatever the fields say; the algorithm outside is the one inside. */
export function remint(der: Base64Der, issuer: KeyPair, changes: Partial<Fields>): Base64Der {
  const [tbs = Buffer.alloc(0)] = inside(Buffer.from(der, 'base64'));
  const names = ['version', 'serial', 'signature', 'issuer', 'validity', 'subject', 'spki', 'extensions'] as const;
  const old = inside(tbs);
  const fields = names.map((name, i) => changes[name] ?? old[i] ?? Buffer.alloc(0));
  const made = element(0x30, ...fields);
  const signature = element(0x03, Buffer.of(0), sign('sha256', made, issuer.privateKey));
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
