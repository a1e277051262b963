/**
 * Every bound of the product in one place: what strangers may send, how long we wait, how much we
 * keep.
 */

/** Defaults of the flags; printed by --help. */
export const DEFAULTS = {
  concurrency: 64,
  perAddress: 2,
  perNetwork: 4,
  /** Greeting; later steps get `stepTimeoutMs`. */
  greetingTimeoutMs: 60_000,
  stepTimeoutMs: 30_000,
  deadlineMs: 45 * 60_000,
  /** Of the first tries; the last has `dnsTimeoutMs`. */
  dnsFirstTimeoutsMs: [1_000, 2_000],
  dnsTimeoutMs: 5_000,
  dnsTries: 3,
  dnsConcurrency: 100,
  /** The resolver of AWS drops above 1,024 a second. */
  dnsPerSecond: 800,
  /**
   * Known to be signed, and known to have broken signatures on purpose: what a resolver says to
   * them proves it.
   */
  dnssecSignedName: 'ietf.org',
  dnssecBrokenName: 'dnssec-failed.org',
  restAfter421Ms: 5 * 60_000,
  /** For one MTA-STS policy. */
  stsPolicyMs: 15_000,
} as const;

/** Bounds on what is read from one server or resolver, and kept of it. */
export const BOUNDS = {
  /** One line of an SMTP reply (RFC 5321 §4.5.3.1.5 says 512; servers say more). */
  replyLineBytes: 4_096,
  replyLines: 200,
  /** Of a whole reply, as Postfix keeps it (line_length_limit). */
  replyBytes: 2_048,
  replyTextChars: 300,
  dnsRecords: 1_000,
  hostsPerNextHop: 100,
  addressesPerHost: 100,
  /** Of one next hop in one run; of more, these take their turn from day to day (probe/turn). */
  addressesPerRun: 25,
  /** Questions to DNS under way for one next hop, so that a silent zone does not hold up others. */
  questionsPerNextHop: 25,
  /** Questions of one next hop that ran into silence; from then on each is asked once. */
  silentQuestions: 5,
  /**
   * An address family is given up for a run after so many time-outs over so many networks, of so
   * many next hops, without one answer.
   */
  silentConversations: 50,
  silentNetworks: 10,
  silentNextHops: 5,
  chainCertificates: 100,
  shownNames: 50,
  /** Destinations without a line that are looked at beside a run, and that lines are looked for. */
  candidates: 2_000,
  /** What is read of a domain's MTA-STS record and policy (RFC 8461 §3.3 proposes 64 KB). */
  stsRecordChars: 4_096,
  stsPolicyBytes: 65_536,
  stsHosts: 100,
  /** Domains whose record is asked for in one run, and policies that are fetched; and for how long. */
  stsDomains: 2_000,
  stsFetches: 100,
  stsFetchesAtOnce: 4,
  stsMs: 60_000,
  /** Of one name, subject or record of a stranger, where it is shown or kept. */
  shownTextChars: 255,
} as const;

/** Bounds on what is kept of a log, which strangers and any local user can write to. */
export const LOG_BOUNDS = {
  lineChars: 8_192,
  textChars: 1_000,
  /** Processes whose lines are put together at a time. */
  sessions: 4_096,
  peersPerSession: 30,
  /** Certificates of one chain. */
  chain: 10,
  /** dNSNames kept of one certificate. */
  names: 100,
  /** Messages whose end is still to come, and recipients of each. */
  messages: 200_000,
  recipientsPerMessage: 1_000,
  /** Next hop and cause. */
  causes: 5_000,
  peersPerCause: 5,
  /** Domains that mail was delivered to. */
  domains: 50_000,
  hostsPerDomain: 10,
  /** Next hops that are judged because mail went there, and domains that are kept for it. */
  mailDestinations: 2_000,
  mailChars: 300_000,
  /** Of what was written to a log that is followed, since the last run. */
  followBytes: 256 * 1024 * 1024,
} as const;
