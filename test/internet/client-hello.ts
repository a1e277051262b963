/** Reads a TLS ClientHello as it came off the wire, for assertions on what a client offers (RFC 8446 §4.1.2). */

export interface ClientHello {
  /** The record with its header. */
  readonly bytes: number;
  readonly servername?: string;
  readonly cipherSuites: readonly number[];
  /** Named groups, 29 is x25519 and 4588 X25519MLKEM768; empty without the extension. */
  readonly groups: readonly number[];
  /** Signature schemes, 0x0403 is ecdsa_secp256r1_sha256 and 0x0905 ML-DSA-65. */
  readonly signatures: readonly number[];
  /** From supported_versions, 0x0304 is TLS 1.3; without the extension the legacy version alone. */
  readonly versions: readonly number[];
}

/** Undefined for bytes that are no ClientHello in one record. */
export function readClientHello(record: Buffer): ClientHello | undefined {
  try {
    return parse(record);
  } catch {
    return undefined;
  }
}

function parse(record: Buffer): ClientHello | undefined {
  if (record[0] !== HANDSHAKE || record[5] !== CLIENT_HELLO) return undefined;
  let at = 9;
  const legacyVersion = record.readUInt16BE(at);
  at += 2 + 32;
  at += 1 + record.readUInt8(at);
  const cipherSuites = uint16s(record.subarray(at + 2, at + 2 + record.readUInt16BE(at)));
  at += 2 + record.readUInt16BE(at);
  at += 1 + record.readUInt8(at);

  const extensions = new Map<number, Buffer>();
  if (at + 2 <= record.length) {
    const end = at + 2 + record.readUInt16BE(at);
    for (at += 2; at < end; at += 4 + record.readUInt16BE(at + 2))
      extensions.set(record.readUInt16BE(at), record.subarray(at + 4, at + 4 + record.readUInt16BE(at + 2)));
  }
  const name = extensions.get(SERVER_NAME);
  return {
    bytes: record.length,
    ...(name === undefined ? {} : { servername: name.subarray(5, 5 + name.readUInt16BE(3)).toString('latin1') }),
    cipherSuites,
    groups: uint16s(extensions.get(SUPPORTED_GROUPS)?.subarray(2)),
    signatures: uint16s(extensions.get(SIGNATURE_ALGORITHMS)?.subarray(2)),
    versions: extensions.has(SUPPORTED_VERSIONS) ? uint16s(extensions.get(SUPPORTED_VERSIONS)?.subarray(1)) : [legacyVersion],
  };
}

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const SUPPORTED_GROUPS = 10;
const SIGNATURE_ALGORITHMS = 13;
const SUPPORTED_VERSIONS = 43;

function uint16s(bytes: Buffer = Buffer.alloc(0)): number[] {
  return Array.from({ length: bytes.length >> 1 }, (_, i) => bytes.readUInt16BE(i * 2));
}
