/** The shape of `diff --json`. */
import * as v from 'valibot';
import { FACT_NAMES } from './facts.ts';

const isoDate = v.pipe(v.string(), v.isoTimestamp());

export const diffSchema = v.strictObject({
  version: v.literal(1),
  store: v.string(),
  policy: v.string(),
  vantage: v.string(),
  name: v.string(),
  from: isoDate,
  to: isoDate,
  /** Whether anything differs. */
  differs: v.boolean(),
  /** Entries, then hosts. */
  subjects: v.array(
    v.strictObject({
      grain: v.picklist(['entry', 'host']),
      /** A destination, or a host with its port. */
      name: v.string(),
      /** Those that differ and those that do not; empty values: it was not so, or not known. */
      facts: v.array(
        v.strictObject({
          name: v.picklist(FACT_NAMES),
          before: v.array(v.string()),
          after: v.array(v.string()),
        }),
      ),
    }),
  ),
  problems: v.array(v.string()),
});

export type DiffDocument = v.InferOutput<typeof diffSchema>;
