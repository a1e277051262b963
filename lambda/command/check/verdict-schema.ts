/**
 * The shape of `check --json`, as valibot says it: the published JSON Schema is made from this, and
 * outputs are held to it.
 */
import * as v from 'valibot';
import { SECURITY_LEVELS } from '../../policy/level.ts';
import { ADDRESS_REASONS, ALL_REASONS } from '../../verdict/reason.ts';

const isoDate = v.pipe(v.string(), v.isoTimestamp());
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const VERDICTS = v.picklist(['pass', 'degraded', 'fail', 'undetermined', 'unchecked']);

export const certificateSchema = v.strictObject({
  subject: v.string(),
  issuer: v.string(),
  commonName: v.nullable(v.string()),
  dnsNames: v.array(v.string()),
  notBefore: isoDate,
  notAfter: isoDate,
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  spkiSha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});

const phases = [
  'connect',
  'greeting',
  'ehlo',
  'helo',
  'starttls',
  'after-starttls',
  'handshake',
  'ehlo-after-tls',
  'helo-after-tls',
] as const;

const tlsaSchema = v.strictObject({
  mxSigned: v.nullable(v.boolean()),
  asked: v.array(v.string()),
  answer: v.picklist(['records', 'none', 'unsigned', 'failed']),
  base: v.nullable(v.string()),
  records: v.array(
    v.strictObject({
      record: v.string(),
      use: v.picklist(['counts', 'outweighed', 'unusable']),
      because: v.nullable(v.string()),
      matches: v.boolean(),
    }),
  ),
  signedUntil: v.exactOptional(isoDate),
  acts: v.picklist(['dane', 'half-dane', 'encrypt', 'may', 'defers']),
});

export const addressSchema = v.strictObject({
  address: v.string(),
  port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
  outcome: v.picklist(['pass', 'fail', 'unseen']),
  reason: v.nullable(v.picklist(ADDRESS_REASONS)),
  detail: v.nullable(v.string()),
  phase: v.nullable(v.picklist(phases)),
  reply: v.nullable(v.strictObject({ code: v.number(), text: v.string() })),
  /** Not attempted, since its turn comes in another run. */
  anotherRun: v.exactOptional(v.literal(true)),
  tls: v.nullable(v.strictObject({ protocol: v.string(), cipher: v.string() })),
  asked: v.array(v.string()),
  matched: v.nullable(v.string()),
  anchor: v.nullable(v.string()),
  tlsa: v.nullable(tlsaSchema),
  chain: v.array(certificateSchema),
  says: v.nullable(v.strictObject({ dsn: v.string(), text: v.string() })),
});

export const hostSchema = v.strictObject({
  host: v.string(),
  /** The name in the MX record, where `host` is what it is an alias of. */
  published: v.exactOptional(v.string()),
  preference: v.pipe(v.number(), v.integer()),
  addresses: v.array(addressSchema),
});

/** On how many of the days that can be told mail would have been delivered. */
export const heldSchema = v.strictObject({
  days: count,
  of: count,
  from: v.nullable(isoDate),
  to: v.nullable(isoDate),
  /** The last day on which it might not have been. */
  lastFailedAt: v.nullable(isoDate),
  /** Days on which it was looked at, and it cannot be told. */
  untold: count,
});

export const entrySchema = v.strictObject({
  id: v.string(),
  table: v.nullable(v.string()),
  line: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1))),
  key: v.nullable(v.string()),
  destination: v.string(),
  nextHop: v.nullable(
    v.strictObject({
      text: v.string(),
      host: v.string(),
      port: v.number(),
      mx: v.boolean(),
      via: v.picklist([
        'recipient',
        'transport',
        'relayhost',
        'fallback-relay',
        'default-transport',
      ]),
    }),
  ),
  /** The service of master.cf that delivers there, where it has settings of its own. */
  service: v.exactOptional(v.string()),
  level: v.picklist([...SECURITY_LEVELS, 'invalid']),
  match: v.array(v.string()),
  verdict: VERDICTS,
  reason: v.nullable(v.picklist(ALL_REASONS)),
  sentence: v.string(),
  protection: v.picklist(['none', 'encrypted', 'authenticated']),
  postfixWould: v.nullable(v.picklist(['deliver', 'defer', 'bounce', 'depends'])),
  postfixSays: v.nullable(v.string()),
  postfixDsn: v.nullable(v.string()),
  endings: v.array(
    v.strictObject({
      status: v.picklist(['sent', 'deferred', 'bounced']),
      dsn: v.string(),
      text: v.string(),
    }),
  ),
  failsFrom: v.nullable(isoDate),
  degradedFrom: v.nullable(isoDate),
  failsBecause: v.nullable(v.string()),
  suggestion: v.nullable(
    v.strictObject({
      line: v.string(),
      restsOn: v.picklist(['dns', 'policy', 'dnssec']),
      because: v.string(),
      verdict: v.picklist(['pass', 'degraded']),
      /** On the days that are remembered; absent where nobody asked, or nothing is. */
      held: v.exactOptional(heldSchema),
    }),
  ),
  /** Present where a line would deliver and is withheld until it is confirmed. */
  caution: v.exactOptional(
    v.strictObject({
      kind: v.picklist(['moved', 'new-key']),
      sentence: v.string(),
      /**
       * MX hosts of today that have nothing in common with those of before, or that present a key
       * that nothing vouches for.
       */
      hosts: v.array(v.string()),
      formerHosts: v.array(v.string()),
      /** When the oldest mail that waits bounces. */
      bouncesFrom: isoDate,
      confirm: v.string(),
      command: v.nullable(v.string()),
    }),
  ),
  hosts: v.array(hostSchema),
});

export const runSchema = v.strictObject({
  tool: v.string(),
  at: isoDate,
  postfixVersion: v.string(),
  assumed: v.array(v.string()),
  trust: v.string(),
  complete: v.boolean(),
  /** Why entries at dane and dane-only were not judged. */
  noDnssec: v.nullable(v.string()),
});

export const vantageSchema = v.strictObject({
  ipv4: v.picklist(['clear', 'blind', 'untried']),
  ipv6: v.picklist(['clear', 'blind', 'untried']),
});

/** The document of `check --json`. */
export const checkSchema = v.strictObject({
  version: v.literal(1),
  run: runSchema,
  vantage: vantageSchema,
  summary: v.strictObject({
    pass: v.number(),
    degraded: v.number(),
    fail: v.number(),
    undetermined: v.number(),
    unchecked: v.number(),
  }),
  /** Where mail went, by the log; null without --destinations-from-log. */
  mail: v.nullable(
    v.strictObject({
      /** How far back the log goes, at most 30 days. */
      since: isoDate,
      /** Whose mail was delivered. */
      recipients: v.number(),
      watched: v.number(),
      /** Of which nothing is asked of TLS. */
      unasked: v.number(),
      byEntry: v.array(v.strictObject({ id: v.string(), recipients: v.number() })),
    }),
  ),
  /** By trust anchor; null without --by-root and --distrust. */
  byRoot: v.nullable(
    v.strictObject({
      anchors: v.array(
        v.strictObject({
          /** Of a bare public key, that of the key. */
          sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
          subject: v.string(),
          /** Null for a bare public key. */
          notAfter: v.nullable(isoDate),
          /** False: of a trust anchor file that an entry or main.cf names. */
          inStore: v.boolean(),
          /** Null where no list names it; `from` null where that says no day. */
          distrusted: v.nullable(v.strictObject({ from: v.nullable(isoDate) })),
          entries: v.array(
            v.strictObject({
              id: v.string(),
              /**
               * The verdict once this anchor is gone, and those of the list that go no later; null
               * where it stays.
               */
              without: v.nullable(VERDICTS),
            }),
          ),
        }),
      ),
      /** Of the list, how many nothing here trusts anyway; null without --distrust. */
      distrustedNotTrusted: v.nullable(v.number()),
    }),
  ),
  entries: v.array(entrySchema),
});

export type CheckDocument = v.InferOutput<typeof checkSchema>;
