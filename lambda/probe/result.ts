/** What one probe learned. It reports and never judges. Plain JSON. */
import type { Base64Der } from '../certificate/pem.ts';
import type { TlsProtocol } from './offer.ts';

export type Phase = 'connect' | 'greeting' | 'ehlo' | 'starttls' | 'handshake' | 'ehlo-after-tls';

/** A server's reply: code and text, neutralised and cut, as `454 4.7.0 TLS not available`. */
export interface Reply {
  readonly code: number;
  readonly text: string;
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
  | 'not-attempted'
  | 'our-bug';

export type ProbeResult =
  | {
      readonly kind: 'presented';
      readonly protocol: TlsProtocol;
      readonly cipher: string;
      readonly group?: string;
      /** As sent, leaf first, duplicates and aliens included; empty for an anonymous server. */
      readonly chain: readonly Base64Der[];
      /**
       * OpenSSL's own result of the live handshake under the run's anchors: `OK`, or a code such as
       * `CERT_HAS_EXPIRED`.
       */
      readonly verify: string;
      /** A refusal of EHLO inside TLS, told but not judged. */
      readonly afterTls?: Reply;
    }
  /** The server's final word about TLS: there is none here. */
  | {
      readonly kind: 'no-tls';
      readonly why: 'not-offered' | 'ehlo-refused' | 'refused-4xx' | 'refused-5xx';
      readonly reply?: Reply;
    }
  /** The handshake broke: alert, garbage or a close behind the 220, no common version or cipher. */
  | { readonly kind: 'handshake-failed'; readonly cause: string; readonly dependsOnGroups?: true }
  | {
      readonly kind: 'unseen';
      readonly phase: Phase;
      readonly reason: UnseenReason;
      readonly detail?: string;
      readonly reply?: Reply;
    };

export type Presented = Extract<ProbeResult, { readonly kind: 'presented' }>;
export type Unseen = Extract<ProbeResult, { readonly kind: 'unseen' }>;
