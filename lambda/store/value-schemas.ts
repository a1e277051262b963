/**
 * The shapes of what snapshot/ and alert/ hand to the store, as a reader checks them.
 */
import * as v from 'valibot';
import type { EntryState } from '../alert/incident/entry-state.ts';
import type { Incident } from '../alert/incident/incident.ts';
import type { Mute } from '../alert/incident/mute.ts';
import type { KeptPolicy, StsMemory } from '../alert/sts/memory.ts';
import type { HidingSetting, Reply, Unseen } from '../probe/result.ts';
import type { Confirmation } from '../snapshot/caution.ts';
import type { EntrySnapshot, StoredRoute } from '../snapshot/entry-snapshot.ts';
import type { HostSnapshot, SeenResult } from '../snapshot/host-snapshot.ts';
import type { StoredFinding, StoredTlsa } from '../snapshot/stored-tlsa.ts';

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json };
export type JsonObject = Readonly<Record<string, Json>>;

/**
 * A closed set of words is checked by the types of the writer; a reader takes any, so that a new
 * word is no corruption.
 */
export const word = <T extends string>() => v.string() as unknown as v.GenericSchema<unknown, T>;
export const count = v.pipe(v.number(), v.integer(), v.minValue(0));
export const json = v.unknown() as unknown as v.GenericSchema<unknown, Json>;
export const jsonObject = v.looseObject({}) as unknown as v.GenericSchema<unknown, JsonObject>;
export const bytes = v.instance(Uint8Array) as unknown as v.GenericSchema<unknown, Uint8Array>;

const reply: v.GenericSchema<unknown, Reply> = v.object({
  code: v.number(),
  text: v.string(),
  dsn: v.exactOptional(v.string()),
});

const unseen: v.GenericSchema<unknown, Unseen> = v.object({
  kind: v.literal('unseen'),
  phase: word<Unseen['phase']>(),
  reason: word<Unseen['reason']>(),
  detail: v.exactOptional(v.string()),
  reply: v.exactOptional(reply),
});

const seenResult: v.GenericSchema<unknown, SeenResult> = v.variant('kind', [
  v.object({
    kind: v.literal('presented'),
    protocol: word<Extract<SeenResult, { kind: 'presented' }>['protocol']>(),
    cipher: v.string(),
    group: v.exactOptional(v.string()),
    chain: v.array(v.string()),
    verify: v.string(),
    afterTls: v.exactOptional(reply),
    after: v.exactOptional(unseen),
  }),
  v.object({
    kind: v.literal('no-tls'),
    why: word<Extract<SeenResult, { kind: 'no-tls' }>['why']>(),
    reply: v.exactOptional(reply),
    heloBecause: v.exactOptional(word<'masked-greeting' | 'setting'>()),
    hiddenBy: v.exactOptional(word<HidingSetting>()),
    after: v.exactOptional(unseen),
  }),
  v.object({
    kind: v.literal('handshake-failed'),
    cause: v.string(),
    dependsOnGroups: v.exactOptional(v.literal(true)),
  }),
]);

export const hostSnapshot: v.GenericSchema<unknown, HostSnapshot> = v.object({
  host: v.string(),
  port: v.number(),
  offer: v.string(),
  servername: v.exactOptional(v.string()),
  firstAt: v.number(),
  sightings: v.array(
    v.object({
      result: seenResult,
      addresses: v.array(v.string()),
      trust: v.exactOptional(
        v.variant('kind', [
          v.object({ kind: v.literal('anchored'), anchor: v.string() }),
          v.object({ kind: v.literal('untrusted'), reason: v.string() }),
        ]),
      ),
      firstAt: v.number(),
      lastAt: v.number(),
      missed: count,
      predecessorLeftMs: v.exactOptional(v.number()),
    }),
  ),
  certificatesUntil: v.number(),
});

const finding: v.GenericSchema<unknown, StoredFinding> = v.variant('kind', [
  v.object({ kind: v.literal('insecure') }),
  v.object({ kind: v.literal('none'), asked: v.array(v.string()) }),
  v.object({
    kind: v.literal('records'),
    base: v.string(),
    asked: v.array(v.string()),
    records: v.array(
      v.object({ usage: count, selector: count, matchingType: count, data: v.string() }),
    ),
    more: v.exactOptional(count),
  }),
  v.object({ kind: v.literal('failed'), failure: word<'timeout'>(), query: v.string() }),
]);

const tlsa: v.GenericSchema<unknown, StoredTlsa> = v.object({
  families: v.array(v.object({ family: word<'ipv4'>(), finding })),
  matched: v.exactOptional(v.array(v.string())),
});

const route: v.GenericSchema<unknown, StoredRoute> = v.variant('kind', [
  v.object({
    kind: v.literal('hosts'),
    nextHop: v.string(),
    mx: v.boolean(),
    looped: v.exactOptional(v.literal(true)),
    unaddressed: v.exactOptional(v.object({ dsn: v.string(), text: v.string() })),
    hosts: v.array(
      v.object({
        host: v.string(),
        canonical: v.exactOptional(v.string()),
        preference: v.number(),
        lookup: word<'found'>(),
        unseen: v.exactOptional(
          v.array(
            v.object({ address: v.string(), phase: word<'connect'>(), reason: word<'refused'>() }),
          ),
        ),
        missed: v.exactOptional(count),
        lastAt: v.exactOptional(v.number()),
        tlsa: v.exactOptional(tlsa),
      }),
    ),
    dane: v.exactOptional(
      v.object({
        mx: v.exactOptional(v.object({ secure: v.boolean(), names: v.array(v.string()) })),
      }),
    ),
    more: v.exactOptional(count),
  }),
  v.object({
    kind: v.literal('nowhere'),
    nextHop: v.string(),
    reason: word<'nxdomain'>(),
    dsn: v.string(),
    text: v.string(),
  }),
  v.object({
    kind: v.literal('unanswered'),
    nextHop: v.string(),
    failure: word<'timeout'>(),
    query: v.string(),
    dsn: v.string(),
    text: v.string(),
  }),
]);

export const text = v.nullable(v.string());
export const entrySnapshot: v.GenericSchema<unknown, EntrySnapshot> = v.object({
  id: v.string(),
  destination: v.string(),
  key: text,
  level: word<EntrySnapshot['level']>(),
  firstAt: v.number(),
  verdict: word<EntrySnapshot['verdict']>(),
  reason: v.nullable(word<NonNullable<EntrySnapshot['reason']>>()),
  since: v.number(),
  sentence: v.string(),
  protection: word<EntrySnapshot['protection']>(),
  postfixWould: v.nullable(word<NonNullable<EntrySnapshot['postfixWould']>>()),
  failsFrom: text,
  degradedFrom: text,
  failsBecause: text,
  suggestion: text,
  caution: v.exactOptional(v.string()),
  held: v.exactOptional(
    v.object({
      days: v.number(),
      of: v.number(),
      from: text,
      to: text,
      lastFailedAt: text,
      untold: v.number(),
    }),
  ),
  passed: v.exactOptional(v.object({ hosts: v.array(v.string()), domains: v.array(v.string()) })),
  routes: v.array(route),
  authenticated: v.exactOptional(v.literal(true)),
  undetermined: v.exactOptional(
    v.object({
      since: v.number(),
      cause: v.nullable(word<NonNullable<EntrySnapshot['reason']>>()),
    }),
  ),
});

/** Epoch ms that a date can show. */
const time = v.pipe(v.number(), v.minValue(0), v.maxValue(8.64e15));
/** How bad it is must be known: what is compared with a word that has no rank would never be told. */
const standing = v.picklist(['failing', 'failing-soon', 'degraded', 'unjudged', 'well']);
const texts = v.array(v.string());
const change = v.looseObject({
  kind: v.string(),
  subject: v.string(),
  before: v.exactOptional(v.union([v.string(), texts])),
  after: v.exactOptional(v.union([v.string(), texts])),
  at: time,
});
const evidence = v.exactOptional(v.looseObject({ ours: texts, theirs: v.array(change) }));
const track = v.exactOptional(
  v.looseObject({
    settled: v.exactOptional(
      v.looseObject({
        standing,
        incident: v.exactOptional(v.string()),
        since: time,
        from: v.exactOptional(time),
        evidence,
      }),
    ),
    turn: v.exactOptional(v.looseObject({ standing, worse: v.boolean(), at: time, evidence })),
    wavered: v.exactOptional(count),
    doubts: v.exactOptional(v.looseObject({ count, since: time })),
  }),
);

/** What alert keeps is checked as far as readers depend on it; fields of later releases stay. */
export const entryState = v.looseObject({
  id: v.string(),
  label: v.string(),
  asked: v.exactOptional(v.string()),
  now: track,
  soon: track,
  unjudged: v.exactOptional(
    v.looseObject({ runs: count, since: time, incident: v.exactOptional(v.string()) }),
  ),
  told: v.array(
    v.looseObject({
      incident: v.string(),
      worst: standing,
      believed: standing,
      since: time,
      at: time,
    }),
  ),
}) as unknown as v.GenericSchema<unknown, EntryState>;

export const incidentShape = v.looseObject({
  id: v.string(),
  vantage: v.string(),
  cause: v.looseObject({
    reason: v.string(),
    provider: v.string(),
    detail: v.exactOptional(v.string()),
  }),
  state: v.picklist(['open', 'resolved']),
  openedAt: time,
  resolvedAt: v.exactOptional(time),
  reopened: count,
  ours: texts,
  theirs: v.array(change),
  departed: texts,
  told: v.exactOptional(
    v.looseObject({
      at: time,
      believed: standing,
      reminders: count,
      entries: count,
      from: v.exactOptional(time),
      step: v.exactOptional(v.number()),
    }),
  ),
}) as unknown as v.GenericSchema<unknown, Incident>;

export const confirmationShape: v.GenericSchema<unknown, Confirmation> = v.object({
  id: v.string(),
  destination: v.string(),
  hosts: v.array(v.string()),
  how: v.string(),
  by: v.string(),
  at: time,
  until: time,
});

export const muteShape = v.looseObject({
  key: v.string(),
  until: time,
  reason: v.string(),
  by: v.string(),
  at: time,
  accepts: v.array(v.looseObject({ incident: v.string(), standing })),
}) as unknown as v.GenericSchema<unknown, Mute>;

const keptPolicy: v.GenericSchema<unknown, KeptPolicy> = v.looseObject({
  id: v.string(),
  mode: word<KeptPolicy['mode']>(),
  mx: texts,
  fetchedAt: time,
  until: time,
});

export const stsMemory = v.looseObject({
  domain: v.string(),
  firstAt: time,
  policy: v.exactOptional(keptPolicy),
  base: v.exactOptional(keptPolicy),
  missing: v.exactOptional(v.looseObject({ since: time, because: v.string() })),
  findings: v.array(
    v.looseObject({
      id: v.string(),
      kind: v.string(),
      labels: texts,
      title: v.string(),
      since: time,
      quiet: v.exactOptional(v.literal(true)),
      toldAt: v.exactOptional(time),
      endedAt: v.exactOptional(time),
    }),
  ),
}) as unknown as v.GenericSchema<unknown, StsMemory>;
