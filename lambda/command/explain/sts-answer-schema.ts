/** The part of `explain --json` about an entry that a daemon made of an MTA-STS policy. */
import * as v from 'valibot';

export const stsAnswerSchema = v.strictObject({
  /** That was asked. */
  table: v.string(),
  /** What it answered. */
  answer: v.string(),
  sentence: v.string(),
  /** How to take the one domain out of it: the line, and where it must stand. */
  exemption: v.strictObject({ line: v.string(), sentence: v.string() }),
});

export type StsAnswerDocument = v.InferOutput<typeof stsAnswerSchema>;
