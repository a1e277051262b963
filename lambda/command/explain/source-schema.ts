/** The part of `explain --json` that tells who may be believed about the hosts. */
import * as v from 'valibot';

const count = v.nullable(v.pipe(v.number(), v.integer()));

export const nameSourcesSchema = v.strictObject({
  /** The domain of the next hop, in ASCII. */
  domain: v.string(),
  dane: v.strictObject({
    state: v.picklist(['records', 'no-records', 'mx-unsigned', 'unknown']),
    /** Hosts with signed TLSA records, of so many. */
    hosts: count,
    of: count,
    sentence: v.string(),
  }),
  /** `enforce` alone authenticates. */
  mtaSts: v.strictObject({
    state: v.picklist([
      'enforce',
      'testing',
      'mode-none',
      'not-announced',
      'unanswered',
      'invalid-record',
      'unfetched',
      'invalid-policy',
    ]),
    id: v.nullable(v.string()),
    /** Until when who fetches it now may go by it. */
    until: v.nullable(v.pipe(v.string(), v.isoTimestamp())),
    /** Seconds. */
    maxAge: count,
    /** As the policy names them, lower case. */
    mx: v.array(v.string()),
    /** MX hosts of today that it does not name. */
    outside: v.array(v.string()),
    /** Where today's look came to no policy: the one that runs keep, until it runs out. */
    held: v.nullable(
      v.strictObject({
        id: v.string(),
        mode: v.picklist(['enforce', 'testing', 'none']),
        mx: v.array(v.string()),
        fetchedAt: v.pipe(v.string(), v.isoTimestamp()),
        until: v.pipe(v.string(), v.isoTimestamp()),
      }),
    ),
    /** As TLS reports have it (RFC 8460). */
    failure: v.nullable(v.picklist(['sts-policy-fetch-error', 'sts-webpki-invalid'])),
    sentence: v.string(),
  }),
  /** Who documents the names of all MX hosts of today (docs/providers.md); null where nobody does. */
  provider: v.nullable(
    v.strictObject({
      name: v.string(),
      /** As match lists write them. */
      names: v.array(v.string()),
      url: v.string(),
      /** The day on which the page was read. */
      read: v.pipe(v.string(), v.isoDate()),
      sentence: v.string(),
    }),
  ),
  dns: v.strictObject({ signed: v.nullable(v.boolean()), sentence: v.string() }),
  /** The line that an enforced policy comes to; null where it is not in question. */
  proposal: v.nullable(
    v.strictObject({
      /** Null where it would not deliver today, or that could not be seen. */
      line: v.nullable(v.string()),
      verdict: v.nullable(v.picklist(['pass', 'degraded', 'fail', 'undetermined', 'unchecked'])),
      sentence: v.string(),
    }),
  ),
});

export type NameSourcesDocument = v.InferOutput<typeof nameSourcesSchema>;
