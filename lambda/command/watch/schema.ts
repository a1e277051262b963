/** The shape of `watch --json`. */
import * as v from 'valibot';
import { checkSchema, runSchema, vantageSchema } from '../check/verdict-schema.ts';
import { stsFindingSchema } from '../sts-finding-schema.ts';

export const watchSchema = v.strictObject({
  version: v.literal(1),
  /**
   * `owed`: complete, and a channel did not take what another took, or would have taken nothing;
   * `busy`: another run holds the store; `already-done`: the same scheduled run was complete; `told-late`: it was, and what was
   * left to tell is told.
   */
  outcome: v.picklist(['complete', 'owed', 'incomplete', 'already-done', 'told-late', 'busy']),
  store: v.string(),
  run: v.nullable(v.strictObject({ id: v.string(), ...runSchema.entries })),
  vantage: v.nullable(vantageSchema),
  summary: v.nullable(checkSchema.entries.summary),
  message: v.nullable(v.strictObject({ subject: v.string(), text: v.string(), told: v.boolean() })),
  /** What the look at MTA-STS policies came to; null where there was none. */
  mtaSts: v.nullable(
    v.strictObject({
      /** Domains whose record was asked for, and policies that were fetched. */
      asked: v.number(),
      fetched: v.number(),
      /** Fetches for which no web server was reached. */
      unreached: v.number(),
      /** Open today, whether told before or not. */
      findings: v.array(stsFindingSchema),
    }),
  ),
  problems: v.array(v.string()),
  /** Of `--observe`; null without it. */
  candidates: v.nullable(
    v.strictObject({
      outcome: v.picklist(['complete', 'incomplete', 'skipped']),
      /** Why they were not looked at; null where they were. */
      because: v.nullable(v.string()),
      lookedAt: v.number(),
      /** Keys that lines would have, of those of which nothing was seen. */
      unseen: v.array(v.string()),
      /** Those that have a line already; line 0: the answer of a table. */
      covered: v.array(
        v.strictObject({ name: v.string(), table: v.string(), line: v.number(), key: v.string() }),
      ),
      /** Those that get no line of theirs, and why. */
      others: v.array(v.strictObject({ name: v.string(), because: v.string() })),
      /** How many of the list are beyond what is looked at in one run. */
      beyond: v.number(),
      problems: v.array(v.string()),
    }),
  ),
});

export type WatchDocument = v.InferOutput<typeof watchSchema>;
