/** The shape of `policy status --json`. */
import * as v from 'valibot';

const isoDate = v.pipe(v.string(), v.isoTimestamp());

export const policyStatusSchema = v.strictObject({
  version: v.literal(1),
  store: v.string(),
  policy: v.string(),
  /** Null: nothing was pushed yet. */
  pushed: v.nullable(
    v.strictObject({
      /** Digest of the content, lower-case hex. */
      version: v.string(),
      at: isoDate,
      by: v.string(),
      parts: v.array(v.strictObject({ name: v.string(), bytes: v.number() })),
    }),
  ),
  /** Null where no files were named to compare with. */
  compared: v.nullable(
    v.strictObject({
      /** Whether a push now would change nothing. */
      same: v.boolean(),
      files: v.array(
        v.strictObject({
          path: v.string(),
          standing: v.picklist(['same', 'differs', 'not-pushed', 'not-read-here']),
        }),
      ),
      /** Parts of the bundle that differ, with the same files or not. */
      bundle: v.array(v.picklist(['tables', 'settings', 'trust', 'destinations', 'notes'])),
      /** Entries that differ: as pushed and as they are here; null where there is none. */
      entries: v.array(
        v.strictObject({
          destination: v.string(),
          pushed: v.nullable(v.string()),
          here: v.nullable(v.string()),
        }),
      ),
      /** Tables whose text is newer than what postmap made of it. */
      postmapNotRun: v.array(v.strictObject({ path: v.string(), database: v.string() })),
    }),
  ),
  /**
   * Stored versions that hold what may be secret; null where the whole table may not be read, and
   * so it is not known.
   */
  secrets: v.nullable(
    v.array(
      v.strictObject({
        version: v.string(),
        current: v.boolean(),
        /** Null: the version cannot be read. */
        files: v.nullable(v.array(v.string())),
      }),
    ),
  ),
});

export type PolicyStatusDocument = v.InferOutput<typeof policyStatusSchema>;
