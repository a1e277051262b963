/**
 * The door to other people's mail servers: one conversation with one address, up to EHLO inside
 * TLS, then QUIT.
 *
 * Speaks as Postfix does (src/smtp/smtp_proto.c, src/tls/tls_client.c): nothing before the
 * greeting, no SNI unless the policy asks for it, Postfix's protocols, ciphers and groups. It
 * reports and never judges; every wait has a deadline, every read a bound.
 */
import { connect, type Socket } from 'node:net';
import {
  createSecureContext,
  type SecureContext,
  connect as secure,
  type TLSSocket,
} from 'node:tls';
import type { Base64Der } from '../certificate/pem.ts';
import { USUAL_HELLO } from '../policy/settings.ts';
import { familyOf } from '../postfix/hostname.ts';
import { barred } from '../route/special-purpose.ts';
import type { Conversation } from './conversation.ts';
import {
  behindRefusal,
  type Client,
  type Dialogue,
  type Discards,
  insideTls,
  untilTls,
} from './dialogue.ts';
import { isAtLevel1, isCcm8, isOurEngine, moreLenient, takenAtLevel1 } from './engine.ts';
import { Farewells } from './farewells.ts';
import {
  CLOSED,
  causeOf,
  contextOptions,
  OTHER_GROUPS,
  type PossibleOffer,
  presentedBy,
} from './openssl.ts';
import { type AskOwnTable, discardsFor, lineFilter } from './own-tables.ts';
import type { Probe } from './pace.ts';
import type { Phase, ProbeResult, Unseen } from './result.ts';
import { type Loss, Wire } from './wire.ts';

export interface ProbeOptions {
  /** For EHLO; it should be the name in the PTR record of the address we come from. */
  readonly heloName: string;
  readonly greetingTimeoutMs: number;
  /** For connecting, each command, and the handshake as a whole. */
  readonly stepTimeoutMs: number;
  /** What the live `verify` is made against; none: everything is untrusted. */
  readonly anchors: readonly Base64Der[];
  /** Loopback, private and other special-purpose addresses are otherwise left alone. */
  readonly allowPrivateAddresses: boolean;
  /** Whether this is the mail host, so that its addresses to connect from are here. */
  readonly onMailHost?: boolean;
  /** The mail host's OpenSSL, `3.0`; absent: 3.0. */
  readonly openssl?: string;
  /** Tables that Postfix asks in the middle of a conversation; absent: none. */
  readonly askTable?: AskOwnTable;
}

/** Opens the door. Between conversations it holds nothing but connections that are closing. */
export function openProbe(options: ProbeOptions): Probe {
  const door: Door = { ...options, contexts: contextsFor(options), farewells: new Farewells() };
  return async (conversation, signal) => {
    const purpose = leftAlone(conversation.address, options);
    if (purpose !== undefined)
      return { kind: 'unseen', phase: 'connect', reason: 'barred-address', detail: purpose };
    try {
      return await converseAgain(conversation, door, signal);
    } catch (error) {
      return {
        kind: 'unseen',
        phase: 'connect',
        reason: 'our-bug',
        detail: String(error).slice(0, 300),
      };
    }
  };
}

/**
 * Why an address is not connected to. Text that is no address never is: connecting would ask DNS.
 */
function leftAlone(address: string, { allowPrivateAddresses }: ProbeOptions): string | undefined {
  if (familyOf(address) === undefined) return 'not an address';
  return allowPrivateAddresses ? undefined : barred(address);
}

interface Door extends ProbeOptions {
  readonly contexts: ReturnType<typeof contextsFor>;
  readonly farewells: Farewells;
}

/**
 * A handshake that failed is tried again where our OpenSSL may be at fault, and once with OpenSSL's
 * groups of today: some hosts need them, or fail with ours.
 */
async function converseAgain(
  conversation: Conversation,
  door: Door,
  signal?: AbortSignal,
): Promise<ProbeResult> {
  const first = await converse(conversation, door, signal);
  const { offer } = conversation;
  if (first.kind !== 'handshake-failed' || first.cause === INJECTED || offer.kind === 'impossible')
    return first;
  if (isOurEngine(first, door.openssl))
    return unseen('handshake', { reason: 'engine-differs', detail: first.cause });
  const lenient = moreLenient(offer, first, door.openssl);
  if (lenient !== undefined && isAtLevel1(offer)) {
    const again = await converse({ ...conversation, offer: lenient }, door, signal);
    const taken = again.kind === 'presented' ? takenAtLevel1(again, door.openssl) : 'refused';
    if (taken === 'taken') return again;
    if (taken === 'unknown')
      return unseen('handshake', { reason: 'engine-differs', detail: first.cause });
  }
  // Below level 1 it differs in CCM8 alone, and needs no connection of its own.
  const other = { ...(isAtLevel1(offer) ? offer : (lenient ?? offer)), groups: OTHER_GROUPS };
  const second = await converse({ ...conversation, offer: other }, door, signal);
  if (second.kind !== 'presented') return first;
  return isCcm8(second) ? second : { ...first, dependsOnGroups: true };
}

async function converse(
  conversation: Conversation,
  door: Door,
  signal?: AbortSignal,
): Promise<ProbeResult> {
  await door.farewells.over(conversation.address);
  const opened = await open(
    conversation,
    door.stepTimeoutMs,
    door.onMailHost === true ? conversation.from : undefined,
    signal,
  );
  if ('reason' in opened) return unseen('connect', opened);
  const { stopsAt } = conversation;
  const wire = new Wire(opened, {
    signal,
    stopsAt,
    filter: lineFilter(conversation, door.askTable),
  });
  try {
    const discards = await discardsFor(conversation, door.askTable);
    if ('reason' in discards) return unseen('connect', discards);
    const client = clientOf(conversation, discards, door);
    if (!conversation.wrapperMode) {
      const ready = await play(wire, untilTls(client), door);
      if (ready !== 'handshake') return await withSequel(ready, wire, door);
      if (wire.pending) return hangUp(wire, INJECTED);
    }
    return await converseInTls(wire, conversation, client, door);
  } finally {
    door.farewells.begin(conversation.address, wire.quit());
  }
}

const clientOf = (
  { hello = USUAL_HELLO, wrapperMode }: Conversation,
  discards: Discards,
  { heloName }: Door,
): Client => ({ heloName, discards, hello, wrapperMode });

/** A refusal of STARTTLS says more with what follows: at `may` the mail would. */
async function withSequel(result: ProbeResult, wire: Wire, door: Door): Promise<ProbeResult> {
  if (result.kind !== 'no-tls' || !result.why.startsWith('refused')) return result;
  const after = await play(wire, behindRefusal(), door);
  return after === undefined ? result : { ...result, after };
}

async function converseInTls(
  wire: Wire,
  conversation: Conversation,
  client: Client,
  door: Door,
): Promise<ProbeResult> {
  const { offer, servername } = conversation;
  if (offer.kind === 'impossible') return hangUp(wire, offer.because);
  const shaken: Handshake = await handshake(wire.release(), {
    context: door.contexts(offer),
    ...(servername === undefined ? {} : { servername }),
    timeoutMs: door.stepTimeoutMs,
    ...(wire.signal === undefined ? {} : { signal: wire.signal }),
  });
  switch (shaken.kind) {
    case 'failed':
      return { kind: 'handshake-failed', cause: shaken.cause };
    case 'lost':
      return unseen('handshake', shaken.loss);
    case 'done': {
      wire.adopt(shaken.socket);
      const presented = presentedBy(shaken.socket);
      const after = await play(wire, insideTls(client), door);
      if (after === undefined) return presented;
      return 'kind' in after ? { ...presented, after } : { ...presented, afterTls: after };
    }
  }
}

/** After the reply to STARTTLS nothing is sent in plaintext, not even QUIT. */
function hangUp(wire: Wire, cause: string): ProbeResult {
  wire.release().destroy();
  return { kind: 'handshake-failed', cause };
}

/**
 * Runs a dialogue over a socket. Each reply has a deadline of its own, whatever the number of reads
 * it takes.
 */
async function play<Outcome>(
  wire: Wire,
  dialogue: Dialogue<Outcome>,
  door: Door,
): Promise<Outcome | Unseen> {
  let step = dialogue.next();
  while (!step.done) {
    const { phase, say } = step.value;
    if (say !== undefined) wire.say(say);
    const heard = await wire.hear(
      phase === 'greeting' ? door.greetingTimeoutMs : door.stepTimeoutMs,
    );
    if ('reason' in heard) return unseen(phase, heard);
    step = dialogue.next(heard);
  }
  return step.value;
}

const notBound = (from: string): Loss => ({
  reason: 'bind-refused',
  detail: `${from} is no address of this host`,
});

function open(
  conversation: Conversation,
  timeoutMs: number,
  from: string | undefined,
  signal?: AbortSignal,
): Promise<Socket | Loss> {
  return new Promise((resolve) => {
    if (signal?.aborted) return void resolve({ reason: 'not-attempted' });
    const { address, port } = conversation;
    // bind(2) refuses an address of the other family as it does one that is not there.
    const binds = from === undefined || familyOf(from) === familyOf(address);
    if (!binds && conversation.fromOnly === true) return void resolve(notBound(from));
    const source = from === undefined || !binds ? {} : { localAddress: from };
    const socket = connect({ host: address, port, noDelay: true, ...source });
    const release = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      socket.removeAllListeners('connect').removeAllListeners('error');
    };
    const settle = (outcome: Socket | Loss): void => {
      release();
      if ('reason' in outcome) socket.on('error', () => {}).destroy();
      resolve(outcome);
    };
    const abort = (): void => settle({ reason: 'not-attempted' });
    const timer = setTimeout(() => settle({ reason: 'timed-out' }), timeoutMs);
    signal?.addEventListener('abort', abort);
    socket.on('connect', () => settle(socket));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const unbound = from !== undefined && error.code === 'EADDRNOTAVAIL';
      if (!unbound) return settle(connectLoss(error));
      if (conversation.fromOnly === true) return settle(notBound(from));
      // smtp(8) warns of an address that it cannot bind, and connects from any.
      release();
      resolve(open(conversation, timeoutMs, undefined, signal));
    });
  });
}

type Handshake =
  | { readonly kind: 'done'; readonly socket: TLSSocket }
  | { readonly kind: 'failed'; readonly cause: string }
  | { readonly kind: 'lost'; readonly loss: Loss };

interface HandshakeOptions {
  readonly context: SecureContext;
  /** Absent: no SNI. */
  readonly servername?: string;
  /** For the handshake as a whole. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Does the handshake. The socket is destroyed unless it is `done`. */
function handshake(
  socket: Socket,
  { context, servername, timeoutMs, signal }: HandshakeOptions,
): Promise<Handshake> {
  return new Promise((resolve) => {
    const tls = secure({
      socket,
      secureContext: context,
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      ...(servername === undefined ? {} : { servername }),
    });
    // Node would describe the certificate for checkServerIdentity, and crashes on a key on a curve
    // that NIST has no name for.
    Object.assign(tls, { getPeerCertificate: () => ({}) });
    const settle = (outcome: Handshake): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      tls
        .removeAllListeners('secureConnect')
        .removeAllListeners('error')
        .removeAllListeners('close');
      if (outcome.kind !== 'done') {
        tls.on('error', () => {}).destroy();
        socket.destroy();
      }
      resolve(outcome);
    };
    const abort = (): void => settle({ kind: 'lost', loss: { reason: 'not-attempted' } });
    const timer = setTimeout(
      () => settle({ kind: 'lost', loss: { reason: 'timed-out' } }),
      timeoutMs,
    );
    signal?.addEventListener('abort', abort);
    socket.on('error', () => {});
    tls.on('secureConnect', () => settle({ kind: 'done', socket: tls }));
    tls.on('error', (error) => settle({ kind: 'failed', cause: causeOf(error) }));
    tls.on('close', () => settle({ kind: 'failed', cause: CLOSED }));
  });
}

/**
 * Contexts by offer: loading a bundle of roots takes milliseconds, and entries share their offers.
 */
function contextsFor({
  anchors,
  openssl,
}: Pick<ProbeOptions, 'anchors' | 'openssl'>): (offer: PossibleOffer) => SecureContext {
  const contexts = new Map<string, SecureContext>();
  return (offer) => {
    const key = JSON.stringify(offer);
    const known = contexts.get(key);
    if (known !== undefined) return known;
    const context = createSecureContext(contextOptions(offer, anchors, openssl));
    contexts.set(key, context);
    return context;
  };
}

function connectLoss(error: NodeJS.ErrnoException): Loss {
  switch (error.code) {
    case 'ECONNREFUSED':
      return { reason: 'refused' };
    case 'ETIMEDOUT':
      return { reason: 'timed-out' };
    case 'ECONNRESET':
    case 'EPIPE':
      return { reason: 'connection-lost' };
    default:
      return { reason: 'unreachable', detail: error.code ?? error.message };
  }
}

const unseen = (phase: Phase, { reason, detail }: Loss): Unseen => ({
  kind: 'unseen',
  phase,
  reason,
  ...(detail === undefined ? {} : { detail }),
});

/**
 * Postfix throws such bytes away when they come with the reply, and its handshake breaks when they
 * come later. Either way they may come from somebody on the way, before TLS protects anything.
 */
const INJECTED = 'plaintext behind the reply to STARTTLS';
