/** One conversation to be had with one address, and what makes two of them the same. Plain JSON. */
import type { TlsOffer } from './offer.ts';

export interface Conversation {
  /** Digest of all fields that change what the server sees (address, port, SNI, offer, wrapper mode, EHLO keywords ignored). */
  readonly id: string;
  readonly address: string;
  readonly port: number;
  /** For messages; not part of the id. */
  readonly host: string;
  /** Absent: no SNI. */
  readonly servername?: string;
  readonly wrapperMode: boolean;
  /** False at `none` and where TLS is not to be started. */
  readonly offer: TlsOffer;
  /** EHLO keywords to act as if not offered (smtp_discard_ehlo_keywords), lower case. */
  readonly discardEhloKeywords: readonly string[];
}
