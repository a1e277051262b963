/**
 * The values that are kept, each in an item of its own (item-kinds.ts has an example of each).
 * Dates are epoch milliseconds.
 *
 * What was seen is typed by snapshot/, incidents, mutes and what was told by alert/.
 */
import type { EntryState } from '../alert/incident/entry-state.ts';
import type { EntrySnapshot } from '../snapshot/entry-snapshot.ts';
import type { HostSnapshot } from '../snapshot/host-snapshot.ts';
import type { Json, JsonObject } from './value-schemas.ts';

/** The version in use. */
export interface PolicyHead {
  /** Digest of the content. */
  readonly current: string;
  readonly pushedAt: number;
  readonly pushedBy: string;
}

/** What one pushed version consists of. */
export interface PolicyManifest {
  readonly parts: readonly PolicyPart[];
  readonly pushedAt: number;
  readonly pushedBy: string;
}

export interface PolicyPart {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly chunks: number;
}

/** Part of something gzipped that is larger than one item may be. */
export interface Chunk {
  readonly gz: Uint8Array;
}

/** The latest of one entry; `state` is what alert remembers of it, with what was told. */
export interface EntryNow {
  readonly snapshot: EntrySnapshot;
  readonly state?: EntryState;
}

export interface StoredCertificate {
  readonly der: Uint8Array;
  readonly commonName: string | null;
  /** The first 50, for people who look at the table; comparisons read the DER. */
  readonly dnsNames: readonly string[];
  readonly issuer: string;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly spkiSha256: string;
}

export interface LeaseValue {
  readonly holder: string;
  readonly runId: string;
  readonly until: number;
}

/** How far a run came. `untold`: something was due and could not be told. */
export type Stage = 'started' | 'judged' | 'told' | 'untold' | 'complete';

export interface RunRecord {
  readonly runId: string;
  /** A run of some destinations retires nothing and does not count as complete. */
  readonly scope: 'all' | 'some';
  readonly holder: string;
  readonly startedAt: number;
  readonly stage: Stage;
  /** When the stage was reached. */
  readonly stageAt: number;
  /**
   * Digests of policy content, settings and anchors, and the versions of product and Node: what a
   * run was made under.
   */
  readonly digests: Readonly<Record<string, string>>;
  /** Entries by verdict, addresses by outcome, requests. */
  readonly counts: Readonly<Record<string, number>>;
  /** `clear`, `blind` or `untried` by address family. */
  readonly vantage: Readonly<Record<string, string>>;
  /** Ids of entries that were not judged, cut at 500. */
  readonly unseen: readonly string[];
  /** Sentences about what went wrong on our side. */
  readonly exceptions: readonly string[];
  readonly messageId?: string;
  /** Chunks of what was about to be told; 0 for nothing. */
  readonly tellings: number;
  /** Chunks of the message itself; absent or 0 for nothing. */
  readonly message?: number;
  /** Channels that have not taken the message and of which `OwedChannel` does not know yet. */
  readonly owing?: readonly string[];
  /** Everything was looked at and is stored, so that only telling is left to do. */
  readonly kept?: 'whole';
  /** The run that took over what this one told and could not store. */
  readonly recoveredBy?: string;
  /** What run/ keeps besides. */
  readonly more?: Json;
}

/** A channel that failed, and what is owed to it alone. */
export interface OwedChannel {
  /** Its name and kind, as alert/channel has them. */
  readonly channel: string;
  readonly kind: string;
  /** When it first failed since it last took a message. */
  readonly since: number;
  readonly failedAt: number;
  /** Of the last failure, with the next step. */
  readonly because: string;
  /** Oldest first. */
  readonly messages: readonly OwedMessage[];
  /** Messages that were owed and are not kept, because others are worse or newer. */
  readonly leftOut: number;
}

export interface OwedMessage {
  /** The run that made it, beside whose tellings it is kept. */
  readonly runId: string;
  readonly chunks: number;
  readonly at: number;
  readonly subject: string;
  /** The larger, the worse. */
  readonly severity: number;
}

/**
 * One thing that happened to an entry or a host. `before` is null at first sight, `after` once it
 * left the policy.
 */
export type HistoryEvent =
  | (Happening & {
      readonly grain: 'entry';
      readonly before: EntrySnapshot | null;
      readonly after: EntrySnapshot | null;
    })
  | (Happening & {
      readonly grain: 'host';
      readonly before: HostSnapshot | null;
      readonly after: HostSnapshot | null;
    });

interface Happening {
  /** The destination's id, or the host's key. */
  readonly name: string;
  readonly at: number;
  readonly runId: string;
  /** Typed by snapshot/change. */
  readonly changes: readonly JsonObject[];
}
