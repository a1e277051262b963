/** What is open about an MTA-STS policy that lines rest on, or could, as `watch` and `status` have it. */
import * as v from 'valibot';

export const stsFindingSchema = v.strictObject({
  id: v.string(),
  kind: v.picklist(['unfit', 'withdrawn', 'changed', 'appeared']),
  domain: v.string(),
  entries: v.array(v.string()),
  title: v.string(),
  /** Null: not told before this run. */
  toldAt: v.nullable(v.pipe(v.string(), v.isoTimestamp())),
  muted: v.boolean(),
});
