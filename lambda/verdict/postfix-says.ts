/**
 * What Postfix logs for each way in which a delivery can end, status text and dsn. verdict/log-text
 * reads them back.
 *
 * Texts are those of smtp_connect(), smtp_helo() and smtp_start_tls() in src/smtp, and of
 * smtp_tls_policy.c.
 */
import type { Settings } from '../policy/settings.ts';
import { atLeast } from '../postfix/version.ts';
import type { Phase, ProbeResult, Reply } from '../probe/result.ts';
import type { DaneRefusal } from '../route/host-demand.ts';
import type { AddressFailure } from './verdict.ts';

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
  switch (failure) {
    case 'starttls-not-offered':
    case 'ehlo-refused':
      return { dsn: '4.7.4', text: `TLS is required, but was not offered by host ${name(peer)}` };
    case 'starttls-refused-temporarily':
    case 'starttls-refused': {
      const said = reply ?? { code: failure === 'starttls-refused' ? 500 : 400, text: '' };
      return {
        dsn: replyDsn(said),
        text: `TLS is required, but host ${name(peer)} refused to start TLS: ${said.text}`,
      };
    }
    case 'handshake-failed':
      return NO_HANDSHAKE;
    case 'tls-engine-off':
      return { dsn: '4.7.5', text: 'TLS is required, but our TLS engine is unavailable' };
    case 'wrapper-mode-below-encrypt':
    case 'mx-not-in-pattern':
      return NOT_TRIED;
    case 'greeting-refused':
      return refusedToTalk(peer, reply, settings.skip5xxGreeting);
    case 'no-certificate':
    case 'untrusted-issuer':
    case 'missing-intermediate':
    case 'self-signed':
    case 'expired':
    case 'not-yet-valid':
    case 'issuer-expired':
    case 'wrong-purpose':
    case 'weak-signature':
    case 'invalid-ca':
    case 'chain-too-long':
    case 'not-permitted-name':
    case 'bad-signature':
      return atLeast(settings.version, '3.6') ? NOT_VERIFIED : NOT_TRUSTED;
    case 'name-mismatch':
    case 'digest-mismatch':
    case 'tlsa-mismatch':
    case 'tlsa-unusable':
    case 'forced-failure':
      return NOT_VERIFIED;
    case 'mx-insecure':
    case 'address-insecure':
    case 'no-tlsa':
      return saysOfRefusal({ kind: 'refused', reason: failure }, peer.host, peer.port);
    case 'tlsa-lookup-failed':
      return tlsaLookupError(peer);
    case 'tlsa-kills-smtp':
      return saysOfRefusal({ kind: 'deadly' }, peer.host, peer.port);
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
): Saying | undefined {
  const { phase, reply } = result;
  if (
    phase === 'handshake' &&
    (result.reason === 'timed-out' || result.reason === 'connection-lost')
  )
    return NO_HANDSHAKE;
  const where = WHERE[phase];
  switch (result.reason) {
    case 'refused':
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
    case 'greeting-4xx':
    case 'greeting-5xx':
      return refusedToTalk(peer, reply, settings.skip5xxGreeting);
    case 'reply-421':
      return phase === 'starttls'
        ? refusedToStartTls(peer, reply)
        : refusedToTalk(peer, reply, false);
    case 'ehlo-refused':
      return refusedToTalk(peer, reply, false);
    case 'protocol-error':
      return {
        dsn: '4.5.0',
        text: `remote protocol error in reply from ${name(peer)} while ${where}`,
      };
    case 'tlsa-lookup-failed':
      return tlsaLookupError(peer);
    case 'barred-address':
    case 'no-way-out':
    case 'not-attempted':
    case 'our-bug':
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
const NO_HANDSHAKE: Saying = { dsn: '4.7.5', text: 'Cannot start TLS: handshake failure' };

/** A broken entry or table, and `dane-only` without DNSSEC: nothing is connected to. */
export const MISCONFIGURED: Saying = { dsn: '4.7.5', text: 'client TLS configuration problem' };

/** Every address was passed over without an error of its own. */
export const NOT_TRIED: Saying = {
  dsn: '4.3.0',
  text: 'server unavailable or unable to receive mail',
};

/**
 * The enhanced status code of a reply (RFC 3463), or its class alone where it gives none of that
 * class.
 */
export function replyDsn(reply: Reply): string {
  const group = Math.floor(reply.code / 100);
  const given = /^\d{3}[- ]\s*(\d\.\d{1,3}\.\d{1,3})(?!\S)/.exec(reply.text)?.[1];
  return given?.startsWith(`${group}.`) ? given : `${group}.0.0`;
}

/** From 3.6 on for trust, name, digest and TLSA records alike. */
export const NOT_VERIFIED: Saying = { dsn: '4.7.5', text: 'Server certificate not verified' };
/** Up to 3.5 where the chain leads to no anchor. */
export const NOT_TRUSTED: Saying = { dsn: '4.7.5', text: 'Server certificate not trusted' };

const tlsaLookupError = ({ host, port }: Pick<Peer, 'host' | 'port'>): Saying => ({
  dsn: '4.7.5',
  text: `TLSA lookup error for ${host}:${port}`,
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
    dsn: soften ? dsn.replace(/^5/, '4') : dsn,
    text: `host ${name(peer)} refused to talk to me: ${said.text}`,
  };
}

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
  starttls: 'receiving the STARTTLS response',
  handshake: 'performing the TLS handshake',
  'ehlo-after-tls': 'performing the EHLO handshake',
};
