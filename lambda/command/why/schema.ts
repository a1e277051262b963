/** The shape of `why --json`. */
import * as v from 'valibot';
import { ALL_REASONS } from '../../verdict/reason.ts';

const moment = v.nullable(v.pipe(v.string(), v.isoTimestamp()));
const counted = v.strictObject({
  connection: v.number(),
  dns: v.number(),
  reply: v.number(),
  other: v.number(),
});

const vantage = v.picklist(['clear', 'blind', 'untried']);

export const whySchema = v.strictObject({
  version: v.literal(1),
  run: v.strictObject({
    tool: v.string(),
    /** Null without a policy. */
    postfixVersion: v.nullable(v.string()),
    assumed: v.array(v.string()),
    notes: v.array(v.string()),
  }),
  /** Null where the queue alone was read. */
  log: v.nullable(
    v.strictObject({
      sources: v.array(v.string()),
      lines: v.number(),
      postfixLines: v.number(),
      from: moment,
      to: moment,
      sent: v.number(),
      /** Deferrals and bounces that were not for TLS. */
      notTls: counted,
      /** Sessions, messages and causes that were more than are followed at a time. */
      forgotten: v.number(),
    }),
  ),
  /** Null where it was not asked. */
  queue: v.nullable(
    v.strictObject({
      messages: v.number(),
      /** Recipients that wait, and not for TLS. */
      notTls: v.strictObject({ ...counted.entries, untried: v.number() }),
      unreadable: v.number(),
      forgotten: v.number(),
    }),
  ),
  /** Null without --live. */
  live: v.nullable(
    v.strictObject({
      at: v.pipe(v.string(), v.isoTimestamp()),
      /** False: not everything could be looked at in the time given. */
      complete: v.boolean(),
      vantage: v.strictObject({ ipv4: vantage, ipv6: vantage }),
      noDnssec: v.nullable(v.string()),
      /** What could take the place of a match list; the first 25 next hops at secure. */
      names: v.array(
        v.strictObject({
          nextHop: v.string(),
          dane: v.picklist(['everywhere', 'partly', 'none', 'mx-unsigned', 'unknown']),
          /** Whether this Postfix asks for it: smtp_dns_support_level = dnssec. */
          daneAsked: v.boolean(),
          daneUnknown: v.nullable(v.string()),
          /** By the TXT record alone; null for a host in brackets. */
          mtaSts: v.nullable(v.picklist(['announced', 'none', 'failed'])),
        }),
      ),
    }),
  ),
  answers: v.array(
    v.strictObject({
      /** The first of `domains`. */
      domain: v.string(),
      /** Of the recipients: a next hop may take the mail of many. The first hundred. */
      domains: v.array(v.string()),
      moreDomains: v.number(),
      nextHop: v.nullable(v.string()),
      state: v.picklist(['waits', 'bounced', 'over']),
      /** What the log and the level leave, the likeliest first. */
      reasons: v.array(v.picklist(ALL_REASONS)),
      postfixSays: v.string(),
      postfixDsn: v.nullable(v.string()),
      means: v.string(),
      /** What Postfix from 3.11 on tells of the level: `!secure`. */
      tls: v.nullable(v.string()),
      attempts: v.number(),
      messages: v.number(),
      recipients: v.number(),
      bounced: v.number(),
      delivered: v.number(),
      otherwise: v.number(),
      first: moment,
      last: moment,
      deliversAgain: v.boolean(),
      waiting: v.strictObject({
        messages: v.number(),
        recipients: v.number(),
        /** The first hundred. */
        queueIds: v.array(v.string()),
        oldest: moment,
        givenUpFrom: moment,
      }),
      policy: v.nullable(v.string()),
      level: v.nullable(v.string()),
      servers: v.array(
        v.strictObject({
          host: v.string(),
          address: v.string(),
          port: v.nullable(v.number()),
          trust: v.nullable(v.picklist(['Verified', 'Trusted', 'Untrusted', 'Anonymous'])),
          names: v.array(v.string()),
          moreNames: v.number(),
          commonName: v.nullable(v.string()),
          issuer: v.nullable(v.string()),
          /** Subjects, the server's own first; at smtp_tls_loglevel 2. */
          chain: v.array(v.string()),
          /** By smtp_tls_fingerprint_digest, at smtp_tls_loglevel 2. */
          fingerprint: v.nullable(v.string()),
          keyFingerprint: v.nullable(v.string()),
          says: v.nullable(v.string()),
        }),
      ),
      namesAsked: v.array(v.string()),
      why: v.nullable(v.string()),
      /** Null without --live. */
      today: v.nullable(
        v.strictObject({
          is: v.picklist(['over', 'still', 'cannot-tell']),
          sentence: v.string(),
          /** As of `check`; null where nothing was looked at. */
          verdict: v.nullable(
            v.picklist(['pass', 'degraded', 'fail', 'undetermined', 'unchecked']),
          ),
          reason: v.nullable(v.picklist(ALL_REASONS)),
          postfixSays: v.nullable(v.string()),
          failsFrom: moment,
        }),
      ),
      suggestion: v.nullable(
        v.strictObject({
          line: v.string(),
          restsOn: v.picklist(['dns', 'policy', 'dnssec']),
          because: v.string(),
        }),
      ),
      /** Why no line is given though one would deliver. */
      caution: v.nullable(
        v.strictObject({
          sentence: v.string(),
          hosts: v.array(v.string()),
          formerHosts: v.array(v.string()),
          confirm: v.string(),
          command: v.nullable(v.string()),
        }),
      ),
      cure: v.nullable(v.string()),
      hostnameAdvice: v.nullable(v.string()),
      withoutMatchList: v.nullable(v.string()),
      steps: v.array(v.strictObject({ command: v.string(), does: v.string() })),
      /** Shows what the destination presents today. */
      look: v.nullable(v.string()),
    }),
  ),
});

export type WhyDocument = v.InferOutput<typeof whySchema>;
