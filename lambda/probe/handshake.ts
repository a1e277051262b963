/**
 * One TLS handshake on an open connection, with Postfix's offer, and what the server presented in it.
 *
 * Verification never breaks it off, as in Postfix (tls_verify.c: "We always return 1"). Only connection.ts uses it.
 */
import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { createSecureContext, type EphemeralKeyInfo, type SecureContext, connect as secure, type TLSSocket } from 'node:tls';
import type { Base64Der } from '../certificate/anchors.ts';
import { BOUNDS } from '../limits.ts';
import type { TlsOffer, TlsProtocol } from './offer.ts';
import type { Presented } from './result.ts';
import type { Loss } from './wire.ts';

type PossibleOffer = Extract<TlsOffer, { readonly kind: 'offer' }>;

export type Handshake =
  | { readonly kind: 'done'; readonly socket: TLSSocket; readonly presented: Presented }
  | { readonly kind: 'failed'; readonly cause: string }
  | { readonly kind: 'lost'; readonly loss: Loss };

export interface HandshakeOptions {
  readonly context: SecureContext;
  /** Absent: no SNI. */
  readonly servername?: string;
  /** For the handshake as a whole. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Shakes hands. The socket is destroyed unless it is `done`. */
export function handshake(socket: Socket, { context, servername, timeoutMs, signal }: HandshakeOptions): Promise<Handshake> {
  return new Promise((resolve) => {
    const tls = secure({
      socket,
      secureContext: context,
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      ...(servername === undefined ? {} : { servername }),
    });
    const settle = (outcome: Handshake): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      tls.removeAllListeners('secureConnect').removeAllListeners('error').removeAllListeners('close');
      if (outcome.kind !== 'done') {
        tls.on('error', () => {}).destroy();
        socket.destroy();
      }
      resolve(outcome);
    };
    const abort = (): void => settle({ kind: 'lost', loss: { reason: 'not-attempted' } });
    const timer = setTimeout(() => settle({ kind: 'lost', loss: { reason: 'timed-out' } }), timeoutMs);
    signal?.addEventListener('abort', abort);
    socket.on('error', () => {});
    tls.on('secureConnect', () => settle({ kind: 'done', socket: tls, presented: presentedBy(tls) }));
    tls.on('error', (error) => settle({ kind: 'failed', cause: causeOf(error) }));
    tls.on('close', () => settle({ kind: 'failed', cause: CLOSED }));
  });
}

/** Contexts by offer: loading a bundle of roots takes milliseconds, and entries share their offers. */
export function contextsFor(anchors: readonly Base64Der[]): (offer: PossibleOffer) => SecureContext {
  const ca = anchors.map(pem);
  const contexts = new Map<string, SecureContext>();
  return (offer) => {
    const key = JSON.stringify(offer);
    const known = contexts.get(key);
    if (known !== undefined) return known;
    const context = createSecureContext({
      ca,
      ciphers: offer.ciphers,
      ecdhCurve: offer.groups,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.3',
      secureOptions: constants.SSL_OP_ALL | without(offer.protocols),
    });
    contexts.set(key, context);
    return context;
  };
}

/** OpenSSL's groups of today, the hybrid one first: a hello of 1.5 KB. */
export const OTHER_GROUPS = 'X25519MLKEM768:X25519:prime256v1:X448:secp384r1:secp521r1:ffdhe2048:ffdhe3072';

/** Holes in the protocol list are closed one by one, as Postfix closes them. */
function without(protocols: readonly TlsProtocol[]): number {
  const closing = Object.entries({
    TLSv1: constants.SSL_OP_NO_TLSv1,
    'TLSv1.1': constants.SSL_OP_NO_TLSv1_1,
    'TLSv1.2': constants.SSL_OP_NO_TLSv1_2,
    'TLSv1.3': constants.SSL_OP_NO_TLSv1_3,
  } satisfies Record<TlsProtocol, number>);
  return closing.reduce((bits, [name, bit]) => (protocols.some((protocol) => protocol === name) ? bits : bits | bit), 0);
}

function presentedBy(tls: TLSSocket): Presented {
  const { name } = tls.getEphemeralKeyInfo() as EphemeralKeyInfo;
  return {
    kind: 'presented',
    protocol: protocolOf(tls.getProtocol()),
    cipher: tls.getCipher().name,
    ...(name === undefined || name === '' ? {} : { group: name }),
    chain: chainOf(tls),
    verify: tls.authorized ? 'OK' : String(tls.authorizationError),
  };
}

/** As sent. Node hands the list out once: `issuerCertificate` walks it, and a second look finds it empty. */
function chainOf(tls: TLSSocket): Base64Der[] {
  const chain: Base64Der[] = [];
  for (
    let certificate = tls.getPeerX509Certificate();
    certificate !== undefined && chain.length < BOUNDS.chainCertificates;
    certificate = certificate.issuerCertificate
  )
    chain.push(certificate.raw.toString('base64'));
  return chain;
}

function protocolOf(name: string | null): TlsProtocol {
  if (name === 'TLSv1' || name === 'TLSv1.1' || name === 'TLSv1.2' || name === 'TLSv1.3') return name;
  throw new Error(`handshake: negotiated "${name}", which was not offered`);
}

/** OpenSSL's reason in its own words, such as `wrong version number`. */
function causeOf(error: NodeJS.ErrnoException & { readonly reason?: string }): string {
  if (error.reason !== undefined) return error.reason;
  return error.code === 'ECONNRESET' || error.code === 'EPIPE' ? CLOSED : (error.code ?? error.message);
}

const CLOSED = 'connection closed during the handshake';

const pem = (der: Base64Der): string =>
  `-----BEGIN CERTIFICATE-----\n${der.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
