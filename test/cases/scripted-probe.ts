/**
 * The probe of a recorded server: what a conversation with it gives, by its behaviour and its chain as sent.
 *
 * The recorded chains come without their keys, so no server can present them again over real TLS. What a handshake
 * would agree on is read off the ClientHello that OpenSSL makes of the offer.
 */
import { X509Certificate } from 'node:crypto';
import { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { parsePem } from '../../lambda/certificate/anchors.ts';
import type { Conversation } from '../../lambda/probe/conversation.ts';
import type { TlsOffer, TlsProtocol } from '../../lambda/probe/offer.ts';
import type { ProbeResult } from '../../lambda/probe/result.ts';
import { type ClientHello, readClientHello } from '../internet/client-hello.ts';
import { type Script, type Step, scriptOf } from '../internet/smtp-script.ts';
import type { RecordedServer, Recording } from './recorded.ts';

/** Answers for every server of the recording; an address or port where none stands refuses. */
export function probeOf(recording: Recording): (conversation: Conversation) => Promise<ProbeResult> {
  // The two recorders' servers had words of their own.
  const refusal: Step = { say: recording.dns === undefined ? '554 5.7.0 no TLS for you' : '554 5.7.3 no TLS here' };
  return async (conversation) => {
    const server = recording.servers[conversation.address];
    if (server === undefined || (server.port ?? 25) !== conversation.port) return REFUSED;
    const script = scriptOf(server.behaviour, server.behaviour === 'starttls554' ? { starttls: refusal } : {});
    const before = untilStarttls(script, conversation);
    if (before !== undefined) return before;
    return handshakeWith(server, script, conversation, recording);
  };
}

const REFUSED: ProbeResult = { kind: 'unseen', phase: 'connect', reason: 'refused' };

/** How the conversation ends before TLS; undefined when the server says 220 to STARTTLS, or the client talks TLS at once. */
function untilStarttls(script: Script, conversation: Conversation): ProbeResult | undefined {
  if (!script.listens) return REFUSED;
  if (conversation.wrapperMode) {
    return script.wrapper ? undefined : { kind: 'handshake-failed', cause: 'plaintext where TLS was expected' };
  }
  if (script.wrapper) return { kind: 'unseen', phase: 'greeting', reason: 'timed-out' };
  const greeting = interrupted(script.greeting, 'greeting');
  if (greeting !== undefined) return greeting;
  if (!script.offersStarttls || conversation.discardEhloKeywords.includes('starttls')) {
    return { kind: 'no-tls', why: 'not-offered' };
  }
  const reply = replyOf(script.starttls);
  if (reply === undefined) return { kind: 'unseen', phase: 'starttls', reason: 'connection-lost' };
  if (reply.code >= 500) return { kind: 'no-tls', why: 'refused-5xx', reply };
  if (reply.code >= 400) return { kind: 'no-tls', why: 'refused-4xx', reply };
  return script.behindStarttls === 'handshake'
    ? undefined
    : { kind: 'handshake-failed', cause: 'the server closed the connection' };
}

function interrupted(step: Step, phase: 'greeting'): ProbeResult | undefined {
  const reply = replyOf(step);
  if (reply === undefined) return { kind: 'unseen', phase, reason: step === 'close' ? 'connection-lost' : 'timed-out' };
  if (reply.code === 421) return { kind: 'unseen', phase, reason: 'reply-421', reply };
  if (reply.code >= 500) return { kind: 'unseen', phase, reason: 'greeting-5xx', reply };
  if (reply.code >= 400) return { kind: 'unseen', phase, reason: 'greeting-4xx', reply };
  return undefined;
}

function replyOf(step: Step): { readonly code: number; readonly text: string } | undefined {
  return typeof step === 'object' ? { code: Number(step.say.slice(0, 3)), text: step.say } : undefined;
}

async function handshakeWith(
  server: RecordedServer,
  script: Script,
  { offer, servername }: Conversation,
  recording: Recording,
): Promise<ProbeResult> {
  if (offer.kind === 'impossible') return { kind: 'handshake-failed', cause: offer.because };
  const named = servername === undefined ? undefined : server.sniChains?.[servername.toLowerCase()];
  if (server.sniOnly && named === undefined) return { kind: 'handshake-failed', cause: 'unrecognized name' };
  const chain = chainOf(recording, named ?? server.chain);
  const agreed = agree(await helloOf(offer), script, chain[0]);
  if (agreed === undefined) return { kind: 'handshake-failed', cause: 'no common version or cipher' };
  return { kind: 'presented', ...agreed, chain, verify: 'not asked' };
}

function chainOf({ chains }: Recording, name: string | null): readonly string[] {
  const pem = name === null ? undefined : chains[name];
  if (pem === undefined) throw new Error(`a recorded server should present chain "${name}", which the recording does not have`);
  return parsePem(typeof pem === 'string' ? pem : pem.join('\n')).certificates;
}

/** The best version both speak, and a suite for it; undefined where they part. */
function agree(
  hello: ClientHello,
  { tls }: Script,
  leaf: string | undefined,
): { protocol: TlsProtocol; cipher: string } | undefined {
  // The recorders' servers spoke TLS 1.1 and below only where they were told to.
  const floor = NUMBER[tls.minVersion ?? 'TLSv1.2'] ?? 0;
  const ceiling = NUMBER[tls.maxVersion ?? 'TLSv1.3'] ?? 0;
  const version = Math.max(0, ...hello.versions.filter((number) => number >= floor && number <= ceiling));
  if (version === NUMBER['TLSv1.3']) return { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' };
  const protocol = PROTOCOLS.find((name) => NUMBER[name] === version);
  if (protocol === undefined || leaf === undefined) return undefined;
  const keyType = new X509Certificate(Buffer.from(leaf, 'base64')).publicKey.asymmetricKeyType;
  const known = keyType === 'rsa' ? RSA_SUITES : ECDSA_SUITES;
  const served = tls.ciphers === undefined ? [...known.values()] : tls.ciphers.split(':');
  const cipher = hello.cipherSuites.map((suite) => known.get(suite)).find((name) => name !== undefined && served.includes(name));
  return cipher === undefined ? undefined : { protocol, cipher };
}

const hellos = new Map<string, Promise<ClientHello>>();

/** What OpenSSL puts on the wire for an offer. */
function helloOf(offer: Extract<TlsOffer, { readonly kind: 'offer' }>): Promise<ClientHello> {
  const key = JSON.stringify(offer);
  const known = hellos.get(key) ?? makeHello(offer);
  hellos.set(key, known);
  return known;
}

async function makeHello({ protocols, ciphers, groups }: Extract<TlsOffer, { readonly kind: 'offer' }>): Promise<ClientHello> {
  // Security level 1 rules out TLS 1.1 and below, and a hole in the middle does not show in minVersion and maxVersion.
  const spoken = PROTOCOLS.filter((name) => protocols.includes(name) && (/@SECLEVEL=0/.test(ciphers) || isModern(name)));
  const [minVersion] = spoken;
  const maxVersion = spoken.at(-1);
  if (minVersion === undefined || maxVersion === undefined)
    return { bytes: 0, cipherSuites: [], groups: [], signatures: [], versions: [] };
  const record = await new Promise<Buffer>((resolve) => {
    const socket = new Duplex({ read: () => undefined, write: (chunk: Buffer) => resolve(chunk) });
    connect({ socket, minVersion, maxVersion, ciphers, ecdhCurve: groups, ca: [] }).on('error', () => undefined);
  });
  const hello = readClientHello(record);
  if (hello === undefined) throw new Error('OpenSSL made no ClientHello of the offer');
  return { ...hello, versions: hello.versions.filter((number) => spoken.some((name) => NUMBER[name] === number)) };
}

const isModern = (name: TlsProtocol): boolean => name === 'TLSv1.2' || name === 'TLSv1.3';

const PROTOCOLS: readonly TlsProtocol[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];
const NUMBER: Readonly<Record<string, number>> = { TLSv1: 0x301, 'TLSv1.1': 0x302, 'TLSv1.2': 0x303, 'TLSv1.3': 0x304 };

const ECDSA_SUITES: ReadonlyMap<number, string> = new Map([
  [0xc02c, 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  [0xcca9, 'ECDHE-ECDSA-CHACHA20-POLY1305'],
  [0xc02b, 'ECDHE-ECDSA-AES128-GCM-SHA256'],
  [0xc024, 'ECDHE-ECDSA-AES256-SHA384'],
  [0xc023, 'ECDHE-ECDSA-AES128-SHA256'],
  [0xc00a, 'ECDHE-ECDSA-AES256-SHA'],
  [0xc009, 'ECDHE-ECDSA-AES128-SHA'],
]);

const RSA_SUITES: ReadonlyMap<number, string> = new Map([
  [0xc030, 'ECDHE-RSA-AES256-GCM-SHA384'],
  [0xcca8, 'ECDHE-RSA-CHACHA20-POLY1305'],
  [0xc02f, 'ECDHE-RSA-AES128-GCM-SHA256'],
  [0xc014, 'ECDHE-RSA-AES256-SHA'],
  [0xc013, 'ECDHE-RSA-AES128-SHA'],
  [0x009d, 'AES256-GCM-SHA384'],
  [0x0035, 'AES256-SHA'],
]);
