/** The shape of `what-if --json`. */
import * as v from 'valibot';
import { entrySchema } from '../check/verdict-schema.ts';
import { UNTOLD } from './fate.ts';
import { TURNS } from './turns.ts';

const isoDate = v.pipe(v.string(), v.isoTimestamp());
const { line, level, verdict, reason, protection } = entrySchema.entries;
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const sideSchema = v.strictObject({
  line,
  /** Key and value of the entry; null where the global level counts. */
  text: v.nullable(v.string()),
  level,
  verdict,
  reason,
  protection,
});

export const whatIfSchema = v.strictObject({
  version: v.literal(1),
  store: v.string(),
  policy: v.string(),
  vantage: v.string(),
  /** The date that both were judged at. */
  at: isoDate,
  /** When the last complete run over everything began; null where there was none. */
  lastRunAt: v.nullable(isoDate),
  inForce: v.variant('kind', [
    v.strictObject({
      kind: v.literal('pushed'),
      version: v.string(),
      at: isoDate,
      by: v.string(),
    }),
    v.strictObject({ kind: v.literal('host'), configDirectory: v.string() }),
  ]),
  exitStatus: v.picklist([0, 1, 2]),
  counts: v.strictObject({
    /** Destinations that were judged under both. */
    compared: count,
    fails: count,
    untold: count,
    worse: count,
    other: count,
    better: count,
    /** Those that neither policy can be judged on, for the same reason. */
    neither: count,
  }),
  /** Worst first. */
  groups: v.array(
    v.strictObject({
      turn: v.picklist(TURNS),
      /** A reason as in check --json, or why it cannot be told; null: delivered, with more or less protection. */
      cause: v.nullable(v.string()),
      /** The anchor at which chains end by the policy in force, where they would not any more. */
      anchor: v.nullable(v.string()),
      /** What another offer met would come to what it comes to now, if it were presented to this one. */
      asNow: v.boolean(),
      destinations: v.array(
        v.strictObject({
          destination: v.string(),
          /** Of the line for it: the policy in force has none (`added`), or the other one. */
          line: v.picklist(['kept', 'added', 'removed']),
          before: sideSchema,
          after: sideSchema,
          /** Null where it cannot be told. */
          sentence: v.nullable(v.string()),
          untold: v.exactOptional(
            v.strictObject({ cause: v.picklist(UNTOLD), about: v.array(v.string()) }),
          ),
          /** If the hosts present to this offer what they presented to another one. */
          ifSame: v.exactOptional(v.strictObject({ verdict, reason, protection })),
        }),
      ),
    }),
  ),
  neither: v.array(v.string()),
  assumed: v.array(v.string()),
  /** Stored items that could not be read. */
  problems: v.array(v.string()),
});

export type WhatIfDocument = v.InferOutput<typeof whatIfSchema>;
