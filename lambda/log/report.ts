/** What a log comes to: by domain and cause, what was held up for TLS, and what came of it. */
import type { Reason } from '../verdict/reason.ts';
import type { OtherCause, TlsCause } from './cause.ts';
import type { PeerEvidence } from './sessions.ts';

/** What came of the mail for one domain that one cause held up. Times are epoch ms. */
export interface Held {
  /** Of the recipients, lower case. */
  readonly domain: string;
  readonly reasons: readonly Reason[];
  /** As logged last. */
  readonly cause: TlsCause;
  readonly dsn: string;
  /** What ≥3.11 tells of the level: `!secure`. */
  readonly tls: string | undefined;
  readonly attempts: number;
  readonly messages: number;
  readonly recipients: number;
  /** Recipients whose mail came back, for this or because its time was over. */
  readonly bounced: number;
  /** Recipients whose mail was delivered later. */
  readonly delivered: number;
  /** Recipients whose mail was deleted, came back for something else, or was lost sight of. */
  readonly otherwise: number;
  readonly waiting: readonly Waiting[];
  readonly firstAt: number | undefined;
  readonly lastAt: number | undefined;
  /** Whether mail for the domain was delivered after the last failure. */
  readonly deliversAgain: boolean;
  /** Of each server, what was logged last. */
  readonly peers: readonly PeerEvidence[];
}

/** Before the first attempt. */
export const NOTHING_COUNTED = {
  tls: undefined,
  attempts: 0,
  messages: 0,
  recipients: 0,
  bounced: 0,
  delivered: 0,
  otherwise: 0,
  firstAt: undefined,
  lastAt: undefined,
} as const satisfies Partial<Held>;

/** A message that was not seen to end. */
export interface Waiting {
  readonly queueId: string;
  readonly recipients: number;
  /** Undefined where the log has no times. */
  readonly arrivedAt: number | undefined;
}

export interface LogReport {
  readonly held: readonly Held[];
  readonly other: Readonly<Record<OtherCause, number>>;
  /** Deliveries that came about. */
  readonly sent: number;
  readonly lines: number;
  /** Lines that Postfix wrote. */
  readonly postfixLines: number;
  readonly firstAt: number | undefined;
  readonly lastAt: number | undefined;
  /** As master(8) says at start; undefined where the log has no start. */
  readonly version: string | undefined;
  /** Hosts that mail of a domain was delivered to by a name that was verified. */
  readonly verifiedHosts: ReadonlyMap<string, readonly string[]>;
  /** For want of room: sessions, messages and causes that are not counted to their end. */
  readonly forgotten: number;
}
