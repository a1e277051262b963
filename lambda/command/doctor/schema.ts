/** The shape of `doctor --json`. */
import * as v from 'valibot';
import { GROUPS, STATES } from './finding.ts';
import { SOURCES } from './in-force.ts';

export const doctorSchema = v.strictObject({
  version: v.literal(1),
  run: v.strictObject({
    tool: v.string(),
    at: v.pipe(v.string(), v.isoTimestamp()),
    host: v.string(),
    /** As whom it was checked. */
    user: v.strictObject({
      name: v.string(),
      uid: v.number(),
      groups: v.array(v.number()),
      /** The unit whose user that is; null where none was taken. */
      unit: v.nullable(v.string()),
    }),
    assumed: v.array(v.string()),
  }),
  /** What a run would go by, without secrets. */
  inForce: v.array(
    v.strictObject({
      /** Of a flag, without its dashes; or `postfix` and `openssl`, which are versions. */
      name: v.string(),
      value: v.string(),
      source: v.picklist(SOURCES),
      /** The file with its line, the variable, the program that said so; null: nothing to add. */
      where: v.nullable(v.string()),
    }),
  ),
  summary: v.strictObject({ ok: v.number(), warning: v.number(), failure: v.number() }),
  checks: v.array(
    v.strictObject({
      group: v.picklist(GROUPS),
      state: v.picklist(STATES),
      says: v.string(),
      /** Null where all is well. */
      cure: v.nullable(v.string()),
    }),
  ),
});

export type DoctorDocument = v.InferOutput<typeof doctorSchema>;
