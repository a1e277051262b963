/** Hostile peers as what they do with a socket: replies in order, drips, floods, and TLS records made by hand. */
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContextOptions, TLSSocket } from 'node:tls';
import type { Issued } from '../internet/authority.ts';

/** What a server does with a connection. */
export type Peer = (socket: Socket) => void;

export const EHLO = '250-mx.row.test\r\n250 STARTTLS\r\n';
const UNTIL_TLS = ['220 mx.row.test\r\n', EHLO, '220 go\r\n'];

/** Replies in order, the first at once and one for each chunk heard; then the last step. */
export function answering(replies: readonly (string | Uint8Array)[], then: Peer = silence): Peer {
  return (socket) => {
    const left = [...replies];
    socket.write(left.shift() ?? '');
    if (left.length === 0) return then(socket);
    socket.on('end', () => socket.end());
    socket.on('data', function heard() {
      const reply = left.shift();
      if (reply !== undefined) socket.write(reply);
      if (left.length > 0) return;
      socket.off('data', heard);
      then(socket);
    });
  };
}

/** A byte now and then, for as long as anybody listens. */
export function drip(text: string | Uint8Array): Peer {
  const bytes = Buffer.from(text);
  return (socket) => {
    let at = 0;
    const timer = setInterval(() => socket.write(bytes.subarray(at % bytes.length, (at++ % bytes.length) + 1)), 20);
    socket.on('close', () => clearInterval(timer));
  };
}

/** As fast as the other side takes it, up to 64 MiB. */
export function flood(text: string | Uint8Array): Peer {
  return (socket) => {
    const chunk = Buffer.from(text);
    let left = 64 * 1024 * 1024;
    const pour = (): void => {
      while (left > 0 && !socket.destroyed) {
        left -= chunk.length;
        if (!socket.write(chunk)) return void socket.once('drain', pour);
      }
    };
    pour();
  };
}

export const reset: Peer = (socket) => void socket.resetAndDestroy();
export const leave: Peer = (socket) => void socket.destroy();
/** The sending half alone is closed; what the client says is read on. */
export const halfClose: Peer = (socket) => {
  socket.end();
  socket.resume();
};
/** Says nothing more, but goes when the client does. */
export const silence: Peer = (socket) => {
  const leaves = (bytes: Buffer): void => {
    if (bytes.includes('QUIT')) socket.end();
  };
  socket.on('data', leaves).on('end', () => socket.end());
};

/** STARTTLS is taken; the first flight of the client is heard before the step. */
export const behindStarttls = (then: Peer): Peer => answering([...UNTIL_TLS, ''], then);

/** STARTTLS is taken, and a ClientHello answered with these bytes; then nothing. */
export const sends = (...bytes: readonly Uint8Array[]): Peer =>
  behindStarttls((socket) => {
    socket.write(Buffer.concat(bytes));
    socket.resume();
  });

/** A record as it is sent: content type, protocol version, fragment. */
export function record(type: number, fragment: Uint8Array, { version = 0x0303, length = fragment.length } = {}): Uint8Array {
  return Buffer.concat([Buffer.of(type, version >> 8, version & 0xff, length >> 8, length & 0xff), fragment]);
}

export const alert = (level: number, code: number): Uint8Array => record(21, Buffer.of(level, code));

/** A handshake message, in a record of its own. `length`: what its header claims. */
export function message(type: number, body: Uint8Array, length = body.length): Uint8Array {
  return record(22, Buffer.concat([Buffer.of(type, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff), body]));
}

/** ServerHello with an empty renegotiation_info (RFC 5746). */
export function serverHello({ version = 0x0303, cipher = 0xc02f, compression = 0, session = 0 } = {}): Uint8Array {
  const head = Buffer.concat([
    Buffer.of(version >> 8, version & 0xff),
    Buffer.alloc(32, 7),
    Buffer.of(session),
    Buffer.alloc(session, 9),
  ]);
  return message(2, Buffer.concat([head, Buffer.of(cipher >> 8, cipher & 0xff, compression), RENEGOTIATION]));
}

const RENEGOTIATION = Buffer.of(0, 5, 0xff, 1, 0, 1, 0);

/** STARTTLS is taken, the handshake done with this identity, and EHLO inside TLS heard before the step. */
export function secured(identity: Issued, then: (tls: TLSSocket) => void, options: SecureContextOptions = {}): Peer {
  return inTls(identity, (tls) => void tls.once('data', () => then(tls)), options);
}

/** As `secured`, without waiting for EHLO. */
export function inTls(
  identity: Issued,
  then: (tls: TLSSocket) => void,
  { requestCert = false, ...options }: SecureContextOptions & { readonly requestCert?: boolean } = {},
): Peer {
  const secureContext = createSecureContext({
    cert: identity.chainPem,
    key: identity.keyPem,
    ...options,
  });
  return answering(UNTIL_TLS, (socket) => {
    const tls = new TLSSocket(socket, {
      isServer: true,
      secureContext,
      requestCert,
      rejectUnauthorized: requestCert,
    });
    tls.on('error', () => socket.destroy());
    then(tls);
  });
}

/** A server without malice behind its handshake. */
export const wellBehaved = (identity: Issued, options: Parameters<typeof inTls>[2] = {}): Peer =>
  inTls(
    identity,
    (tls) => {
      tls.on('data', () => tls.write('250 mx.row.test\r\n'));
      silence(tls);
    },
    options,
  );
