/** Where a name server listens: `192.0.2.53`, `192.0.2.53:5353`, `[2001:db8::53]:5353`. Pure. */

import { familyOf } from '../postfix/hostname.ts';
import { bytesOf } from './address.ts';

export interface ServerAddress {
  readonly address: string;
  readonly port: number;
}

/** Undefined for a text that is no address, with or without port. */
export function parseAddress(text: string, port = 53): ServerAddress | undefined {
  const found = /^\[(?<host>[^\]]+)\](?::(?<port>\d+))?$/.exec(text)?.groups ??
    /^(?<host>[^:]+)(?::(?<port>\d+))?$/.exec(text)?.groups ?? { host: text };
  const number = Number(found.port ?? port);
  if (
    found.host === undefined ||
    familyOf(found.host) === undefined ||
    number < 1 ||
    number > 65_535
  )
    return undefined;
  return { address: found.host, port: number };
}

/** 127.0.0.0/8 and ::1, where nobody on the way can change an answer. */
export function isLoopback(address: string): boolean {
  const bytes = bytesOf(address) ?? [];
  return bytes.length === 4
    ? bytes[0] === 127
    : bytes.length === 16 && bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1;
}
