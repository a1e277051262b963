/**
 * The kinds of item: the shape of each value, the version of that shape, and an example with the key it stands under.
 *
 * Keys are explained in layout.ts. Dates are epoch milliseconds. What alert and run keep here (incidents, what was told,
 * counts) is typed by its owners and is any JSON to the store.
 */
import * as v from 'valibot';
import type { HostSnapshot } from '../snapshot/sighting.ts';
import type { EntrySnapshot } from '../snapshot/snapshot.ts';
import type { ItemKind } from './item.ts';
import { keys } from './layout.ts';
import type { Json, JsonObject } from './shape.ts';
import { bytes, count, entrySnapshot, hostSnapshot, json, jsonObject, text, word } from './shape.ts';
import type { Key } from './table.ts';

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

/** The latest of one entry; `told` is what alert last said of it. */
export interface EntryNow {
  readonly snapshot: EntrySnapshot;
  readonly told?: Json;
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

export interface Mute {
  readonly until: number;
  readonly reason: string;
  readonly by: string;
  readonly at: number;
  /** What was muted, beyond the key: the cause as alert knows it, so that a worse one breaks through. */
  readonly scope?: Json;
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
  /** Of policy content, settings, anchors; product and Node version: whose change it was. */
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
  /** The run that took over what this one told and could not store. */
  readonly recoveredBy?: string;
  /** What run/ keeps beside. */
  readonly more?: Json;
}

/** One thing that happened to an entry or a host. `before` is null at first sight, `after` once it left the policy. */
export type HistoryEvent =
  | (Happening & { readonly grain: 'entry'; readonly before: EntrySnapshot | null; readonly after: EntrySnapshot | null })
  | (Happening & { readonly grain: 'host'; readonly before: HostSnapshot | null; readonly after: HostSnapshot | null });

interface Happening {
  /** The destination's id, or the host's key. */
  readonly name: string;
  readonly at: number;
  readonly runId: string;
  /** Typed by snapshot/change. */
  readonly changes: readonly JsonObject[];
}

/** A kind with an example: held to the codec by a test, and the documentation of what is stored. */
export interface DocumentedKind<T> extends ItemKind<T> {
  readonly example: { readonly key: Key; readonly value: T };
}

const space = { policy: 'default', vantage: 'mx1.example.org' };
const at = Date.UTC(2026, 10, 24, 6);
const digest = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
const scheduled = '2026-11-24T06:00:00Z';

export const policyHead: DocumentedKind<PolicyHead> = {
  name: 'policy head',
  v: 1,
  schema: v.object({ current: v.string(), pushedAt: v.number(), pushedBy: v.string() }),
  example: { key: keys.policyHead(space), value: { current: digest, pushedAt: at, pushedBy: 'alice@mx1.example.org' } },
};

export const policyManifest: DocumentedKind<PolicyManifest> = {
  name: 'policy manifest',
  v: 1,
  schema: v.object({
    parts: v.array(v.object({ name: v.string(), bytes: count, sha256: v.string(), chunks: count })),
    pushedAt: v.number(),
    pushedBy: v.string(),
  }),
  example: {
    key: { pk: keys.policyVersion(space, digest), sk: 'manifest' },
    value: {
      parts: [{ name: 'bundle.json', bytes: 412_345, sha256: digest, chunks: 1 }],
      pushedAt: at,
      pushedBy: 'alice@mx1.example.org',
    },
  },
};

export const chunk: DocumentedKind<Chunk> = {
  name: 'chunk',
  v: 1,
  schema: v.object({ gz: bytes }),
  example: {
    key: { pk: keys.policyVersion(space, digest), sk: 'bundle.json#000' },
    value: { gz: new Uint8Array([0x1f, 0x8b, 0x08, 0x00]) },
  },
};

export const entryNow: DocumentedKind<EntryNow> = {
  name: 'entry',
  v: 1,
  schema: v.object({ snapshot: entrySnapshot, told: v.exactOptional(json) }),
  example: {
    key: keys.entry(space, 'fastmail.fm'),
    value: {
      snapshot: {
        id: 'fastmail.fm',
        destination: 'fastmail.fm',
        key: 'fastmail.fm',
        level: 'secure',
        firstAt: at,
        verdict: 'fail',
        reason: 'name-mismatch',
        since: at,
        sentence: 'mail to fastmail.fm is deferred: the certificate of in1-smtp.messagingengine.com does not cover fastmail.fm',
        protection: 'none',
        postfixWould: 'defer',
        failsFrom: null,
        degradedFrom: null,
        failsBecause: null,
        suggestion: 'fastmail.fm secure match=.messagingengine.com ciphers=high',
        routes: [
          {
            kind: 'hosts',
            nextHop: 'fastmail.fm',
            mx: true,
            hosts: [
              { host: 'in1-smtp.messagingengine.com', preference: 10, lookup: 'found' },
              { host: 'in2-smtp.messagingengine.com', preference: 20, lookup: 'found' },
            ],
          },
        ],
      },
      told: { state: 'failing', at, reminders: 0 },
    },
  },
};

const host: HostSnapshot = {
  host: 'in1-smtp.messagingengine.com',
  port: 25,
  offer: '3f9a01c2',
  firstAt: at,
  sightings: [
    {
      result: {
        kind: 'presented',
        protocol: 'TLSv1.3',
        cipher: 'TLS_AES_256_GCM_SHA384',
        group: 'X25519',
        chain: [digest],
        verify: 'OK',
      },
      addresses: ['103.168.172.216', '202.12.124.216'],
      trust: { kind: 'anchored', anchor: '/C=US/O=DigiCert Inc/CN=DigiCert Global Root G2' },
      firstAt: at,
      lastAt: at,
      missed: 0,
    },
  ],
  certificatesUntil: at + 580 * 86_400_000,
};

export const hostNow: DocumentedKind<HostSnapshot> = {
  name: 'host',
  v: 1,
  schema: hostSnapshot,
  example: { key: keys.host(space, 'in1-smtp.messagingengine.com:25#3f9a01c2'), value: host },
};

export const certificate: DocumentedKind<StoredCertificate> = {
  name: 'certificate',
  v: 1,
  schema: v.object({
    der: bytes,
    commonName: text,
    dnsNames: v.array(v.string()),
    issuer: v.string(),
    notBefore: v.number(),
    notAfter: v.number(),
    spkiSha256: v.string(),
  }),
  example: {
    key: keys.certificate(digest),
    value: {
      der: new Uint8Array([0x30, 0x82]),
      commonName: '*.messagingengine.com',
      dnsNames: ['*.messagingengine.com', 'messagingengine.com'],
      issuer: '/C=US/O=DigiCert Inc/CN=DigiCert Global G2 TLS RSA SHA256 2020 CA1',
      notBefore: at,
      notAfter: at + 398 * 86_400_000,
      spkiSha256: digest,
    },
  },
};

const happening = { name: v.string(), at: v.number(), runId: v.string(), changes: v.array(jsonObject) };
export const historyEvent: DocumentedKind<HistoryEvent> = {
  name: 'history event',
  v: 1,
  schema: v.variant('grain', [
    v.object({ grain: v.literal('entry'), ...happening, before: v.nullable(entrySnapshot), after: v.nullable(entrySnapshot) }),
    v.object({ grain: v.literal('host'), ...happening, before: v.nullable(hostSnapshot), after: v.nullable(hostSnapshot) }),
  ]),
  example: {
    key: {
      pk: keys.historyOf(space, 'host', 'in1-smtp.messagingengine.com:25#3f9a01c2'),
      sk: `2026-11-24T06:00:00.000Z#${scheduled}`,
    },
    value: {
      grain: 'host',
      name: 'in1-smtp.messagingengine.com:25#3f9a01c2',
      at,
      runId: scheduled,
      changes: [{ kind: 'name-removed', names: ['smtp.example.net'] }],
      before: host,
      after: host,
    },
  },
};

export const incident: DocumentedKind<JsonObject> = {
  name: 'incident',
  v: 1,
  schema: jsonObject,
  example: {
    key: { pk: keys.incidents(space), sk: 'messagingengine.com-name-mismatch-1a2b3c' },
    value: { reason: 'name-mismatch', provider: 'messagingengine.com', entries: ['fastmail.fm'], state: 'open', openedAt: at },
  },
};

export const mute: DocumentedKind<Mute> = {
  name: 'mute',
  v: 1,
  schema: v.object({
    until: v.number(),
    reason: v.string(),
    by: v.string(),
    at: v.number(),
    scope: v.exactOptional(json),
  }),
  example: {
    key: { pk: keys.mutes(space), sk: 'fastmail.fm' },
    value: { until: at + 30 * 86_400_000, reason: 'they know, ticket 4711', by: 'alice', at },
  },
};

export const lease: DocumentedKind<LeaseValue> = {
  name: 'lease',
  v: 1,
  schema: v.object({ holder: v.string(), runId: v.string(), until: v.number() }),
  example: {
    key: keys.lease(space),
    value: { holder: 'mx1.example.org 4711', runId: scheduled, until: at + 5 * 60_000 },
  },
};

export const runRecord: DocumentedKind<RunRecord> = {
  name: 'run record',
  v: 1,
  schema: v.object({
    runId: v.string(),
    scope: word<'all'>(),
    holder: v.string(),
    startedAt: v.number(),
    stage: word<Stage>(),
    stageAt: v.number(),
    digests: v.record(v.string(), v.string()),
    counts: v.record(v.string(), v.number()),
    vantage: v.record(v.string(), v.string()),
    unseen: v.array(v.string()),
    exceptions: v.array(v.string()),
    messageId: v.exactOptional(v.string()),
    tellings: count,
    recoveredBy: v.exactOptional(v.string()),
    more: v.exactOptional(json),
  }),
  example: {
    key: { pk: keys.runs(space), sk: scheduled },
    value: {
      runId: scheduled,
      scope: 'all',
      holder: 'mx1.example.org 4711',
      startedAt: at,
      stage: 'complete',
      stageAt: at + 90_000,
      digests: { policy: digest, settings: digest, anchors: digest, product: '0.1.0', node: '24.21.0' },
      counts: { pass: 2, fail: 1, requests: 26 },
      vantage: { ipv4: 'clear', ipv6: 'untried' },
      unseen: [],
      exceptions: [],
      messageId: '5e0b9f3c',
      tellings: 1,
    },
  },
};

/** All kinds, for the test that holds the examples to the codec. */
export const KINDS: readonly DocumentedKind<unknown>[] = [
  policyHead,
  policyManifest,
  chunk,
  entryNow,
  hostNow,
  certificate,
  historyEvent,
  incident,
  mute,
  lease,
  runRecord,
];
