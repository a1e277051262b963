/**
 * The kinds of item: the shape of each value, the version of that shape, and an example with the
 * key it stands under.
 *
 * Keys are explained in keys.ts, values in stored-values.ts. Dates are epoch milliseconds.
 */
import * as v from 'valibot';
import type { Incident } from '../alert/incident/incident.ts';
import type { Mute } from '../alert/incident/mute.ts';
import type { StsMemory } from '../alert/sts/memory.ts';
import type { Confirmation } from '../snapshot/caution.ts';
import type { HostSnapshot } from '../snapshot/host-snapshot.ts';
import type { ItemKind } from './item.ts';
import { keys } from './keys.ts';
import type {
  Chunk,
  EntryNow,
  HistoryEvent,
  LeaseValue,
  OwedChannel,
  PolicyHead,
  PolicyManifest,
  RunRecord,
  Stage,
  StoredCertificate,
} from './stored-values.ts';
import type { Key } from './table.ts';
import {
  bytes,
  confirmationShape,
  count,
  entrySnapshot,
  entryState,
  hostSnapshot,
  incidentShape,
  json,
  jsonObject,
  muteShape,
  stsMemory,
  text,
  word,
} from './value-schemas.ts';

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
  example: {
    key: keys.policyHead(space),
    value: { current: digest, pushedAt: at, pushedBy: 'alice@mx1.example.org' },
  },
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
  schema: v.object({ snapshot: entrySnapshot, state: v.exactOptional(entryState) }),
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
        sentence:
          'mail to fastmail.fm is deferred: the certificate of in1-smtp.messagingengine.com does ' +
          'not cover fastmail.fm',
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
      state: {
        id: 'fastmail.fm',
        label: 'fastmail.fm',
        asked: 'secure nexthop dot-nexthop',
        now: {
          settled: {
            standing: 'failing',
            incident: 'messagingengine.com-name-mismatch-1a2b3c',
            since: at,
          },
        },
        told: [
          {
            incident: 'messagingengine.com-name-mismatch-1a2b3c',
            worst: 'failing',
            believed: 'failing',
            since: at,
            at,
          },
        ],
      },
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

const happening = {
  name: v.string(),
  at: v.number(),
  runId: v.string(),
  changes: v.array(jsonObject),
};
export const historyEvent: DocumentedKind<HistoryEvent> = {
  name: 'history event',
  v: 1,
  schema: v.variant('grain', [
    v.object({
      grain: v.literal('entry'),
      ...happening,
      before: v.nullable(entrySnapshot),
      after: v.nullable(entrySnapshot),
    }),
    v.object({
      grain: v.literal('host'),
      ...happening,
      before: v.nullable(hostSnapshot),
      after: v.nullable(hostSnapshot),
    }),
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
      changes: [
        {
          kind: 'name-removed',
          subject: 'in1-smtp.messagingengine.com',
          before: ['smtp.example.net'],
          at,
        },
      ],
      before: host,
      after: host,
    },
  },
};

export const incident: DocumentedKind<Incident> = {
  name: 'incident',
  v: 1,
  schema: incidentShape,
  example: {
    key: { pk: keys.incidents(space), sk: 'messagingengine.com-name-mismatch-1a2b3c' },
    value: {
      id: 'messagingengine.com-name-mismatch-1a2b3c',
      vantage: 'mx1.example.org',
      cause: { reason: 'name-mismatch', provider: 'messagingengine.com', detail: 'own name' },
      state: 'open',
      openedAt: at,
      reopened: 0,
      ours: [],
      theirs: [
        {
          kind: 'name-removed',
          subject: 'in1-smtp.messagingengine.com',
          before: 'fastmail.fm',
          at,
        },
      ],
      departed: [],
      told: { at, believed: 'failing', reminders: 0, entries: 1 },
    },
  },
};

export const mute: DocumentedKind<Mute> = {
  name: 'mute',
  v: 1,
  schema: muteShape,
  example: {
    key: { pk: keys.mutes(space), sk: 'fastmail.fm' },
    value: {
      key: 'fastmail.fm',
      until: at + 30 * 86_400_000,
      reason: 'they know, ticket 4711',
      by: 'alice',
      at,
      accepts: [{ incident: 'messagingengine.com-name-mismatch-1a2b3c', standing: 'failing' }],
    },
  },
};

export const confirmation: DocumentedKind<Confirmation> = {
  name: 'confirmation',
  v: 1,
  schema: confirmationShape,
  example: {
    key: { pk: keys.confirmations(space), sk: 'facebook.com' },
    value: {
      id: 'facebook.com',
      destination: 'facebook.com',
      hosts: ['smtpin.fb-delivery.net'],
      how: 'their postmaster, by telephone',
      by: 'alice',
      at,
      until: at + 90 * 86_400_000,
    },
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
    message: v.exactOptional(count),
    owing: v.exactOptional(v.array(v.string())),
    kept: v.exactOptional(word<'whole'>()),
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
      digests: {
        policy: digest,
        settings: digest,
        anchors: digest,
        product: '0.1.0',
        node: '24.21.0',
      },
      counts: { pass: 2, fail: 1, requests: 26 },
      vantage: { ipv4: 'clear', ipv6: 'untried' },
      unseen: [],
      exceptions: [],
      messageId: '5e0b9f3c',
      tellings: 1,
    },
  },
};

export const owedChannel: DocumentedKind<OwedChannel> = {
  name: 'owed channel',
  v: 1,
  schema: v.object({
    channel: v.string(),
    kind: v.string(),
    since: v.number(),
    failedAt: v.number(),
    because: v.string(),
    messages: v.array(
      v.object({
        runId: v.string(),
        chunks: count,
        at: v.number(),
        subject: v.string(),
        severity: v.number(),
      }),
    ),
    leftOut: count,
  }),
  example: {
    key: keys.owed(space, 'the program /usr/local/bin/tell'),
    value: {
      channel: 'the program /usr/local/bin/tell',
      kind: 'program',
      since: at,
      failedAt: at,
      because:
        'hook /usr/local/bin/tell: ended with status 1, saying "no route to host"; nothing ' +
        'counts as told',
      messages: [
        {
          runId: scheduled,
          chunks: 1,
          at,
          subject: 'fastmail.fm would defer: certificate lost a name',
          severity: 4,
        },
      ],
      leftOut: 0,
    },
  },
};

export const stsPolicy: DocumentedKind<StsMemory> = {
  name: 'MTA-STS policy',
  v: 1,
  schema: stsMemory,
  example: {
    key: keys.stsPolicy(space, 'example.com'),
    value: {
      domain: 'example.com',
      firstAt: at,
      policy: {
        id: '20261101',
        mode: 'enforce',
        mx: ['mx1.example.net', '*.example.org'],
        fetchedAt: at,
        until: at + 7 * 86_400_000,
      },
      base: {
        id: '20260401',
        mode: 'enforce',
        mx: ['mx1.example.net'],
        fetchedAt: at - 30 * 86_400_000,
        until: at - 23 * 86_400_000,
      },
      missing: { since: at, because: 'mta-sts.example.com answers with status 404' },
      findings: [
        {
          id: 'example.com-mta-sts-changed-1a2b3c',
          kind: 'changed',
          labels: ['example.com'],
          title: 'example.com: the MTA-STS policy its line rests on changed',
          since: at,
          toldAt: at,
        },
      ],
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
  confirmation,
  lease,
  runRecord,
  owedChannel,
  stsPolicy,
];
