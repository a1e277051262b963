/**
 * What Postfix logs for each way in which a delivery can end, status text and dsn. postfix-said.ts
 * reads them back.
 *
 * Texts are those of smtp_connect(), smtp_helo() and smtp_start_tls() in src/smtp, and of
 * smtp_tls_policy.c.
 */
import type { SecurityLevel } from '../policy/level.ts';
import type { Settings } from '../policy/settings.ts';
import { atLeast } from '../postfix/version.ts';
import { replyDsn } from '../probe/reply.ts';
import type { Phase, ProbeResult, Reply } from '../probe/result.ts';
import type { DaneRefusal } from '../route/host-demand.ts';
import { type AddressFailure, failureText, unseenText } from './reason.ts';

/** Status text and dsn of one delivery. */
export interface Saying {
  readonly dsn: string;
  readonly text: string;
}

/** Who was talked to: host as Postfix names it, address, port. */
export interface Peer {
  readonly host: string;
  readonly address: string;
  readonly port: number;
}

/** What Postfix says where an address fails in itself, at a level that minds. */
export function saysOfFailure(
  failure: AddressFailure,
  peer: Peer,
  settings: Pick<Settings, 'version' | 'skip5xxGreeting'>,
  reply?: Reply,
): Saying {
  switch (failureText(failure)) {
    case 'not-offered':
      return { dsn: '4.7.4', text: `TLS is required, but was not offered by host ${name(peer)}` };
    case 'no-greeting':
      return {
        dsn: '4.4.2',
        text: `conversation with ${name(peer)} timed out while ${WHERE.greeting}`,
      };
    case 'starttls-refused-for-now':
      return refusedToStartTls(peer, reply ?? { code: 400, text: '' });
    case 'starttls-refused':
      return refusedToStartTls(peer, reply ?? { code: 500, text: '' });
    case 'no-handshake':
      return NO_HANDSHAKE;
    case 'no-engine':
      return { dsn: '4.7.5', text: 'TLS is required, but our TLS engine is unavailable' };
    case 'not-tried':
      return NOT_TRIED;
    case 'refused-to-talk':
      return refusedToTalk(peer, reply, failure === 'greeting-refused' && settings.skip5xxGreeting);
    case 'not-trusted':
      return atLeast(settings.version, '3.6') ? NOT_VERIFIED : NOT_TRUSTED;
    case 'not-verified':
      return NOT_VERIFIED;
    case 'not-dnssec':
      return { dsn: '4.7.5', text: REFUSAL['mx-insecure'] };
    case 'no-tlsa':
      return { dsn: '4.7.5', text: REFUSAL['no-tlsa'] };
    case 'tlsa-lookup-error':
      return tlsaLookupError(peer);
    case 'local-data-error':
      return localDataError(peer);
    case 'cannot-bind':
      return CANNOT_BIND;
    case 'panic':
      return saysOfRefusal({ kind: 'deadly' }, peer.host, peer.port);
    case 'killed':
      return { dsn: '', text: 'killed by signal 11' };
  }
}

/**
 * What Postfix says where it, too, cannot look at an address; undefined where only our side could
 * not.
 */
export function saysOfUnseen(
  result: Extract<ProbeResult, { readonly kind: 'unseen' }>,
  peer: Peer,
  settings: Pick<Settings, 'skip5xxGreeting'>,
  level?: SecurityLevel,
): Saying | undefined {
  const { phase, reply } = result;
  if (
    phase === 'handshake' &&
    (result.reason === 'timed-out' || result.reason === 'connection-lost')
  )
    return NO_HANDSHAKE;
  const where = WHERE[phase];
  switch (unseenText(result.reason)) {
    case 'connection-refused':
      return connectFailed(peer, 'Connection refused');
    case 'unreachable':
      return connectFailed(peer, unreachable(result.detail));
    case 'timed-out':
      return phase === 'connect'
        ? connectFailed(peer, 'Connection timed out')
        : { dsn: '4.4.2', text: `conversation with ${name(peer)} timed out while ${where}` };
    case 'connection-lost':
      return phase === 'connect'
        ? connectFailed(peer, 'Connection reset by peer')
        : { dsn: '4.4.2', text: `lost connection with ${name(peer)} while ${where}` };
    case 'turned-away':
      return refusedToTalk(peer, reply, settings.skip5xxGreeting);
    case 'closed-with-421':
      // At `may` Postfix goes on in plaintext, and finds the line closed.
      if (phase === 'starttls' && level === 'may')
        return {
          dsn: '4.4.2',
          text: `lost connection with ${name(peer)} while ${WHERE['after-starttls']}`,
        };
      return phase === 'starttls'
        ? refusedToStartTls(peer, reply)
        : refusedToTalk(peer, reply, false);
    case 'helo-refused':
      return refusedToTalk(peer, reply, false);
    case 'protocol-error':
      if (reply !== undefined) return refusedToTalk(peer, reply, false);
      return {
        dsn: '4.5.0',
        text: `remote protocol error in reply from ${name(peer)} while ${where}`,
      };
    case 'tlsa-lookup-error':
      return tlsaLookupError(peer);
    case 'local-data-error':
      return localDataError(peer);
    case 'cannot-bind':
      return CANNOT_BIND;
    case 'nothing':
      return undefined;
  }
}

/** dane_init(): what is kept as the error of an address that is passed over unconnected. */
export function saysOfRefusal(refusal: DaneRefusal, host: string, port: number): Saying {
  if (refusal.kind === 'deadly') return { dsn: '', text: 'panic: mymalloc: requested length 0' };
  return refusal.kind === 'failed'
    ? tlsaLookupError({ host, port })
    : { dsn: '4.7.5', text: REFUSAL[refusal.reason] };
}

/** However a handshake broke, a time-out included. */
/** smtp_connect_sock(). */
const CANNOT_BIND: Saying = { dsn: '4.4.0', text: 'server configuration error' };

export const NO_HANDSHAKE: Saying = { dsn: '4.7.5', text: 'Cannot start TLS: handshake failure' };

/** A broken entry or table, and `dane-only` without DNSSEC: nothing is connected to. */
export const MISCONFIGURED: Saying = { dsn: '4.7.5', text: 'client TLS configuration problem' };

/** A table that decides where mail goes cannot be asked: error(8) keeps it in the queue. */
export const UNROUTABLE: Saying = { dsn: '4.3.0', text: 'address resolver failure' };

/** master.cf lacks the service that mail is to be handed to. */
export const NO_TRANSPORT: Saying = { dsn: '4.3.0', text: 'mail transport unavailable' };

/** Every address was passed over without an error of its own. */
export const NOT_TRIED: Saying = {
  dsn: '4.3.0',
  text: 'server unavailable or unable to receive mail',
};

/** From 3.6 on for trust, name, digest and TLSA records alike. */
export const NOT_VERIFIED: Saying = { dsn: '4.7.5', text: 'Server certificate not verified' };
/** Up to 3.5 where the chain leads to no anchor. */
export const NOT_TRUSTED: Saying = { dsn: '4.7.5', text: 'Server certificate not trusted' };

const tlsaLookupError = ({ host, port }: Pick<Peer, 'host' | 'port'>): Saying => ({
  dsn: '4.7.5',
  text: `TLSA lookup error for ${host}:${port}`,
});

/** A table that smtp(8) asks in the middle of the conversation cannot be asked. */
const localDataError = (peer: Peer): Saying => ({
  dsn: '4.3.0',
  text: `local data error while talking to ${name(peer)}`,
});

const REFUSAL = {
  'mx-insecure': 'non DNSSEC destination',
  'address-insecure': 'no TLSA records found',
  'no-tlsa': 'no TLSA records found',
  'tlsa-unusable': 'TLSA records unusable',
} as const;

const name = (peer: Peer) => `${peer.host}[${peer.address}]`;

const connectFailed = (peer: Peer, error: string): Saying => ({
  dsn: '4.4.1',
  text: `connect to ${name(peer)}:${peer.port}: ${error}`,
});

function refusedToTalk(peer: Peer, reply: Reply | undefined, soften: boolean): Saying {
  const said = reply ?? { code: 400, text: '' };
  const dsn = replyDsn(said);
  return {
    dsn: soften && isClass5(said) ? dsn.replace(/^5/, '4') : dsn,
    text: `host ${name(peer)} refused to talk to me: ${said.text}`,
  };
}

const isClass5 = ({ code }: Reply) => code >= 500 && code < 600;

const refusedToStartTls = (peer: Peer, reply: Reply | undefined): Saying => ({
  dsn: reply === undefined ? '4.0.0' : replyDsn(reply),
  text: `TLS is required, but host ${name(peer)} refused to start TLS: ${reply?.text ?? ''}`,
});

function unreachable(detail: string | undefined): string {
  if (detail?.includes('EHOSTUNREACH')) return 'No route to host';
  if (detail?.includes('EACCES') || detail?.includes('EPERM')) return 'Permission denied';
  return 'Network is unreachable';
}

/** STATE_XXX of smtp_helo(): what went on when the line went dead. */
const WHERE: Record<Phase, string> = {
  connect: 'connecting',
  greeting: 'receiving the initial server greeting',
  ehlo: 'performing the EHLO handshake',
  helo: 'performing the HELO handshake',
  starttls: 'receiving the STARTTLS response',
  'after-starttls': 'sending MAIL FROM',
  handshake: 'performing the TLS handshake',
  'ehlo-after-tls': 'performing the EHLO handshake',
  'helo-after-tls': 'performing the HELO handshake',
};
