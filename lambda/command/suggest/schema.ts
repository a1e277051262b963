/** The shape of `suggest --json`. */
import * as v from 'valibot';
import { SECURITY_LEVELS } from '../../policy/level.ts';
import { CHANGE_KINDS } from '../../run/suggest/change.ts';
import { entrySchema, heldSchema, runSchema, vantageSchema } from '../check/verdict-schema.ts';

const isoDate = v.pipe(v.string(), v.isoTimestamp());
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const text = v.nullable(v.string());

const changeSchema = v.strictObject({
  kind: v.picklist(CHANGE_KINDS),
  table: text,
  /** Null for a line that is new, and for an answer that stands in no line. */
  line: v.nullable(count),
  key: v.string(),
  destination: text,
  /** As it is read today; null for a line that is new. */
  before: text,
  /** Null where the line goes, or is commented out. */
  after: text,
  how: v.picklist(['replace', 'comment-out', 'remove', 'add', 'by-hand']),
  because: v.string(),
  /** Who says that the hosts are meant; null where no name is asked for, or none anew. */
  ground: v.nullable(
    v.strictObject({
      kind: v.picklist(['policy', 'dnssec', 'mta-sts', 'dns']),
      because: v.string(),
      until: v.nullable(isoDate),
    }),
  ),
  /** What the line comes to today; null where it needs no judgement. */
  today: v.nullable(
    v.strictObject({
      verdict: v.picklist(['pass', 'degraded']),
      hosts: count,
      met: count,
      addresses: count,
      failsFrom: v.nullable(isoDate),
    }),
  ),
  held: v.nullable(heldSchema),
  heldBefore: v.nullable(heldSchema),
  /** Days that were left on the certificate when it was renewed the last time. */
  renewedDaysBefore: v.nullable(count),
});

export const suggestSchema = v.strictObject({
  version: v.literal(1),
  run: runSchema,
  vantage: vantageSchema,
  exitStatus: v.picklist([0, 1, 2, 3]),
  /** Whether stronger levels were looked for, and those alone. */
  upgrade: v.boolean(),
  /** What is remembered; null where nothing is, and `because` says why. */
  history: v.strictObject({
    store: text,
    days: count,
    from: v.nullable(isoDate),
    because: text,
    problems: v.array(v.string()),
  }),
  /** In the order of tables and lines. */
  changes: v.array(changeSchema),
  /** Entries that fail and that no line helps, or none may yet. */
  unhelped: v.array(
    v.strictObject({
      table: text,
      line: v.nullable(count),
      destination: v.string(),
      sentence: v.string(),
      caution: entrySchema.entries.caution,
      /** That a name that is sent (SNI) would help, to a version that cannot send one; else null. */
      servernameAdvice: text,
      /** A line that takes the domain out of what a daemon or the global level decides. */
      exemption: v.nullable(
        v.strictObject({
          line: v.string(),
          table: text,
          parameter: text,
          before: text,
        }),
      ),
    }),
  ),
  /** Destinations of which nothing could be told today. */
  undetermined: v.array(v.string()),
  /** Domains that were not asked for their MTA-STS policy, since so many were. */
  unasked: v.array(v.string()),
  /** Of --new: what was asked about, by whose hosts take the mail; null without it. */
  new: v.nullable(
    v.strictObject({
      /** Where the names come from. */
      source: v.picklist(['log', 'names', 'observed']),
      since: v.nullable(isoDate),
      /** In all, those of domains with a line too; null where nobody counted. */
      recipients: v.nullable(count),
      providers: v.array(
        v.strictObject({
          /** `domains`: registrable domains of the hosts; `none`: DNS leads to no host. */
          whose: v.picklist(['documented', 'domains', 'none']),
          name: v.string(),
          recipients: v.nullable(count),
          /** Most mail first. */
          destinations: v.array(
            v.strictObject({
              /** That a line has, or would have. */
              key: v.string(),
              /** Domains whose mail goes there. */
              domains: v.array(v.string()),
              recipients: v.nullable(count),
              /** What counts there now. */
              level: v.picklist(SECURITY_LEVELS),
              /** The new line, which `changes` has in full; null where it is left as it is. */
              line: text,
              /** Why it is left. */
              left: text,
            }),
          ),
        }),
      ),
      /** Names with a line already; line 0: the answer of a table. */
      covered: v.array(
        v.strictObject({ name: v.string(), table: v.string(), line: count, key: v.string() }),
      ),
      /** Names that get no line of theirs, and why. */
      others: v.array(v.strictObject({ name: v.string(), because: v.string() })),
      /** How many more have no line: those with most mail are looked at. */
      beyond: count,
    }),
  ),
  /** Tables that change, each with its diff. */
  tables: v.array(v.strictObject({ table: v.string(), path: v.string(), diff: v.string() })),
  /** The file that was written. */
  written: text,
});

export type SuggestDocument = v.InferOutput<typeof suggestSchema>;
