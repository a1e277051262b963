/** The shape of `history --json`. */
import * as v from 'valibot';
import { entrySchema } from '../check/verdict-schema.ts';

const isoDate = v.pipe(v.string(), v.isoTimestamp());
const judged = v.strictObject({
  verdict: entrySchema.entries.verdict,
  reason: entrySchema.entries.reason,
  sentence: v.string(),
});

export const historySchema = v.strictObject({
  version: v.literal(1),
  store: v.string(),
  policy: v.string(),
  vantage: v.string(),
  /** Null: of everything. */
  name: v.nullable(v.string()),
  since: isoDate,
  /** Oldest first. */
  events: v.array(
    v.strictObject({
      at: isoDate,
      run: v.string(),
      grain: v.picklist(['entry', 'host']),
      /** The destination's id, or the host with its port. */
      name: v.string(),
      /** `first-seen`: nothing was known before; `left`: it is no longer in the policy. */
      kind: v.picklist(['first-seen', 'turned', 'changed', 'left']),
      /** Of an entry. */
      before: v.nullable(judged),
      after: v.nullable(judged),
      /** What a host presented from then on, by address; null for entries. */
      presents: v.nullable(
        v.array(
          v.strictObject({
            addresses: v.array(v.string()),
            what: v.picklist(['certificate', 'no-certificate', 'no-tls', 'handshake-failed']),
            names: v.array(v.string()),
            issuer: v.nullable(v.string()),
            notAfter: v.nullable(isoDate),
            sha256: v.nullable(v.string()),
          }),
        ),
      ),
      changes: v.array(
        v.strictObject({
          kind: v.picklist([
            'name-added',
            'name-removed',
            'issuer-changed',
            'anchor-changed',
            'key-changed',
            'renewed',
            'mx-added',
            'mx-removed',
            'starttls-lost',
            'starttls-regained',
            'trust-lost',
            'trust-regained',
            'tlsa-added',
            'tlsa-announced',
            'tlsa-removed',
            'dnssec-lost',
            'dnssec-regained',
            'dnssec-broken',
            'varies',
            'uniform',
            'sts-unfit',
            'sts-withdrawn',
            'sts-changed',
            'sts-appeared',
          ]),
          subject: v.string(),
          before: v.array(v.string()),
          after: v.array(v.string()),
          /** In words. */
          text: v.string(),
        }),
      ),
    }),
  ),
  problems: v.array(v.string()),
});

export type HistoryDocument = v.InferOutput<typeof historySchema>;
