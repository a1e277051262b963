/** The TLS half of a scripted mail server: the ClientHello kept for the record, the chain chosen, the handshake done. */
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { type ClientHello, readClientHello } from './client-hello.ts';
import type { TlsTerms } from './smtp-script.ts';

/** A chain as sent, leaf first, in PEM, and the leaf's key. */
export interface Identity {
  readonly chain: string;
  readonly key: string;
}

export interface TlsServing {
  readonly terms: TlsTerms;
  /** Undefined: nothing to present, so that only anonymous ciphers could work. */
  readonly identity: Identity | undefined;
  /** By SNI, lower case. */
  readonly sniChains: Readonly<Record<string, Identity>>;
  /** Clients without a known SNI are refused with an alert. */
  readonly sniOnly: boolean;
}

export type Handshake =
  | { readonly kind: 'secured'; readonly socket: TLSSocket }
  | { readonly kind: 'failed'; readonly because: string };

/** Plays the server's side of one handshake, and tells the hello before it answers; the socket is closed when it fails. */
export async function handshake(socket: Socket, serving: TlsServing, onHello: (hello: ClientHello) => void): Promise<Handshake> {
  const record = await firstRecord(socket);
  if (record === undefined) return { kind: 'failed', because: 'no ClientHello came' };
  const hello = readClientHello(record);
  if (hello !== undefined) onHello(hello);
  const named = hello?.servername === undefined ? undefined : serving.sniChains[hello.servername.toLowerCase()];
  if (serving.sniOnly && named === undefined) {
    socket.end(UNRECOGNIZED_NAME);
    return { kind: 'failed', because: 'refused for lack of a known name' };
  }
  socket.unshift(record);
  const secured = new TLSSocket(socket, {
    isServer: true,
    secureContext: contextOf(named ?? serving.identity, serving.terms),
    ...(serving.terms.wantsClientCertificate === undefined ? {} : { requestCert: true, rejectUnauthorized: true }),
  });
  return new Promise((resolve) => {
    secured.on('error', (error) => {
      socket.destroy();
      resolve({ kind: 'failed', because: error.message });
    });
    secured.on('close', () => resolve({ kind: 'failed', because: 'closed by the client' }));
    secured.on('secure', () => resolve({ kind: 'secured', socket: secured }));
  });
}

/** The first whole TLS record, header included; undefined when the client leaves before. */
export async function firstRecord(socket: Socket): Promise<Buffer | undefined> {
  let held = Buffer.alloc(0);
  while (held.length < 5 || held.length < 5 + held.readUInt16BE(3)) {
    const chunk = await nextChunk(socket);
    if (chunk === undefined) return undefined;
    held = Buffer.concat([held, chunk]);
  }
  return held;
}

/** What arrives next, whatever its size; undefined at the end. Unread bytes stay in the socket, so that TLS can begin in mid-stream. */
export async function nextChunk(socket: Socket): Promise<Buffer | undefined> {
  for (;;) {
    const chunk: Buffer | null = socket.read();
    if (chunk !== null) return chunk;
    if (socket.readableEnded || socket.destroyed) return undefined;
    await new Promise<void>((resolve) => {
      const woken = () => {
        for (const event of WAKING) socket.off(event, woken);
        resolve();
      };
      for (const event of WAKING) socket.on(event, woken);
    });
  }
}

const WAKING = ['readable', 'end', 'close'] as const;

/** A fatal alert, unrecognized_name (RFC 6066 §3). */
const UNRECOGNIZED_NAME = Buffer.from([21, 3, 3, 0, 2, 2, 112]);

/** Contexts are costly, and one identity under the same terms needs one. */
const contexts = new Map<string, SecureContext>();

function contextOf(identity: Identity | undefined, terms: TlsTerms): SecureContext {
  const { minVersion = 'TLSv1', maxVersion = 'TLSv1.3', ciphers = 'ALL', anonymous = false } = terms;
  const presented = anonymous ? undefined : identity;
  const key = JSON.stringify([presented, minVersion, maxVersion, ciphers]);
  const known = contexts.get(key);
  if (known !== undefined) return known;
  const context = createSecureContext({
    minVersion,
    maxVersion,
    ciphers: `${ciphers}:@SECLEVEL=0`,
    honorCipherOrder: true,
    ...(presented === undefined ? { dhparam: 'auto' } : { cert: presented.chain, key: presented.key }),
  });
  contexts.set(key, context);
  return context;
}
