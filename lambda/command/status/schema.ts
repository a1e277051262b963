/** The shape of `status --json`. */
import * as v from 'valibot';
import { checkSchema, heldSchema } from '../check/verdict-schema.ts';
import { stsFindingSchema } from '../sts-finding-schema.ts';

const isoDate = v.pipe(v.string(), v.isoTimestamp());
const standing = v.picklist(['failing', 'failing-soon', 'degraded', 'unjudged', 'well']);

export const statusSchema = v.strictObject({
  version: v.literal(1),
  at: isoDate,
  store: v.string(),
  policy: v.string(),
  vantage: v.string(),
  /** As of the exit status: 2 failing, 1 attention, 3 unknown, 0 well. */
  state: v.picklist(['failing', 'attention', 'unknown', 'well']),
  runs: v.strictObject({
    /** In a sentence: what the run records say. */
    sentence: v.string(),
    /** The newest run over everything, at whatever stage; null where there never was one. */
    latest: v.nullable(
      v.strictObject({
        id: v.string(),
        startedAt: isoDate,
        stage: v.picklist(['started', 'judged', 'told', 'untold', 'complete']),
        ipv4: v.picklist(['clear', 'blind', 'untried']),
        ipv6: v.picklist(['clear', 'blind', 'untried']),
        exceptions: v.array(v.string()),
      }),
    ),
    lastComplete: v.nullable(v.strictObject({ id: v.string(), at: isoDate, ageHours: v.number() })),
    /** No complete run for 26 hours. */
    silent: v.boolean(),
    /** The latest run died, or could not tell what was due. */
    failed: v.boolean(),
    blind: v.boolean(),
  }),
  /** Entries by the verdict last reached. */
  summary: checkSchema.entries.summary,
  /** Open ones, worst first, muted ones last. */
  incidents: v.array(
    v.strictObject({
      id: v.string(),
      kind: v.picklist(['entries', 'blind', 'channel']),
      standing,
      headline: v.string(),
      reason: v.string(),
      provider: v.string(),
      since: isoDate,
      toldAt: v.nullable(isoDate),
      muted: v.boolean(),
      entries: v.array(
        v.strictObject({
          name: v.string(),
          standing,
          since: isoDate,
          /** Of a forecast: the date from which it fails. */
          from: v.nullable(isoDate),
          sentence: v.string(),
          suggestion: v.nullable(v.string()),
          /** What stands before that line, or in its place. */
          caution: v.nullable(v.string()),
          /** On what days that line would have held; null where none are remembered. */
          held: v.nullable(heldSchema),
          mutedUntil: v.nullable(isoDate),
        }),
      ),
    }),
  ),
  /** What is open about MTA-STS policies that lines rest on, or could. */
  mtaSts: v.array(v.strictObject({ ...stsFindingSchema.entries, since: isoDate })),
  /** Seen worse once, to be confirmed by the next look. */
  pending: v.array(v.strictObject({ name: v.string(), at: isoDate, sentence: v.string() })),
  mutes: v.array(
    v.strictObject({
      key: v.string(),
      until: isoDate,
      reason: v.string(),
      by: v.string(),
      at: isoDate,
    }),
  ),
  /** That mail is meant to go to these MX hosts, as somebody found out. */
  confirmations: v.array(
    v.strictObject({
      destination: v.string(),
      hosts: v.array(v.string()),
      how: v.string(),
      by: v.string(),
      until: isoDate,
      at: isoDate,
    }),
  ),
  /** Not judged when last looked at. */
  notJudged: v.array(v.strictObject({ name: v.string(), since: isoDate, because: v.string() })),
  notWatched: v.strictObject({
    count: v.number(),
    /** Null where only their number is known. */
    entries: v.nullable(
      v.array(
        v.strictObject({ name: v.string(), line: v.nullable(v.number()), because: v.string() }),
      ),
    ),
  }),
  /** How much of the mail the latest run watched; null where no log was read. */
  mail: v.nullable(
    v.strictObject({
      since: isoDate,
      recipients: v.number(),
      watched: v.number(),
      unasked: v.number(),
      /** Where TLS is asked and nobody looks: the first five. */
      elsewhere: v.array(v.strictObject({ name: v.string(), recipients: v.number() })),
    }),
  ),
  /** Channels that did not take what another took. */
  owed: v.array(
    v.strictObject({
      channel: v.string(),
      since: isoDate,
      because: v.string(),
      messages: v.array(v.strictObject({ at: isoDate, subject: v.string() })),
      /** Messages that were owed and are not kept. */
      leftOut: v.number(),
    }),
  ),
  /** Where no run of this policy and vantage is on record: those that have some. */
  others: v.array(v.strictObject({ policy: v.string(), vantage: v.string(), lastRunAt: isoDate })),
  problems: v.array(v.string()),
});

export type StatusDocument = v.InferOutput<typeof statusSchema>;
