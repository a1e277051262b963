/** What one probe learned. It reports and never judges. Plain JSON. */
import type { Base64Der } from '../certificate/pem.ts';
import type { TlsProtocol } from './offer.ts';

/** In a wrapped session (TLS from the first byte) `greeting` lies behind `handshake`. */
export type Phase =
  | 'connect'
  | 'greeting'
  | 'ehlo'
  | 'helo'
  | 'starttls'
  /** Behind a refusal of STARTTLS: whether the session goes on in plaintext. */
  | 'after-starttls'
  | 'handshake'
  | 'ehlo-after-tls'
  | 'helo-after-tls';

/** A server's reply: code and text, neutralised and cut, as `454 4.7.0 TLS not available`. */
export interface Reply {
  readonly code: number;
  readonly text: string;
  /** Enhanced status code of a later line, where the beginning of `text` has none. */
  readonly dsn?: string;
}

/** Why an address could not be looked at (docs/fidelity.md, "From observation to verdict"). */
export type UnseenReason =
  | 'refused'
  | 'timed-out'
  | 'unreachable'
  | 'connection-lost'
  | 'greeting-4xx'
  | 'greeting-5xx'
  | 'reply-421'
  | 'ehlo-refused'
  | 'protocol-error'
  | 'barred-address'
  | 'no-way-out'
  /**
   * At dane levels: DNS did not say whether the host has TLSA records, and Postfix passes it over.
   */
  | 'tlsa-lookup-failed'
  /** A table that smtp(8) asks in the middle of the conversation cannot be asked. */
  | 'local-data-error'
  /** smtp(8) may leave from one address alone, and cannot. */
  | 'bind-refused'
  /** The OpenSSL in Node refuses what that of the mail host takes (engine.ts). */
  | 'engine-differs'
  | 'not-attempted'
  | 'our-bug';

export type HidingSetting =
  | 'smtp_discard_ehlo_keywords'
  | 'smtp_discard_ehlo_keyword_address_maps'
  | 'smtp_reply_filter';

export type ProbeResult =
  | {
      readonly kind: 'presented';
      readonly protocol: TlsProtocol;
      readonly cipher: string;
      readonly group?: string;
      /**
       * As sent, leaf first, duplicates and unrelated ones included; empty for an anonymous server.
       */
      readonly chain: readonly Base64Der[];
      /**
       * OpenSSL's own result of the live handshake under the run's anchors: `OK`, or a code such as
       * `CERT_HAS_EXPIRED`.
       */
      readonly verify: string;
      /** A refusal of EHLO inside TLS by a server that then took HELO: told, but not judged. */
      readonly afterTls?: Reply;
      /** The session did not get as far as mail behind this handshake. */
      readonly after?: Unseen;
    }
  /** The server gave a final answer: it offers no TLS, or refuses it. */
  | {
      readonly kind: 'no-tls';
      readonly why: 'not-offered' | 'ehlo-refused' | 'refused-4xx' | 'refused-5xx';
      readonly reply?: Reply;
      /** EHLO was not said: the greeting is masked as by a firewall, or a setting forbids it. */
      readonly heloBecause?: 'masked-greeting' | 'setting';
      /** STARTTLS was offered, and a setting of ours hides it. */
      readonly hiddenBy?: HidingSetting;
      /** Behind a refusal of STARTTLS the session does not go on, in plaintext either. */
      readonly after?: Unseen;
    }
  /** The handshake broke: alert, garbage or a close behind the 220, no common version or cipher. */
  | { readonly kind: 'handshake-failed'; readonly cause: string; readonly dependsOnGroups?: true }
  | {
      readonly kind: 'unseen';
      readonly phase: Phase;
      readonly reason: UnseenReason;
      readonly detail?: string;
      readonly reply?: Reply;
      /** Its turn comes in another run (turn.ts); of `not-attempted` alone. */
      readonly anotherRun?: true;
    };

export type Presented = Extract<ProbeResult, { readonly kind: 'presented' }>;
export type Unseen = Extract<ProbeResult, { readonly kind: 'unseen' }>;
