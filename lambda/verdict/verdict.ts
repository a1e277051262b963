/**
 * What Postfix would make of a whole entry, as published by `check --json` (check.schema.json).
 * Plain JSON.
 *
 * The enums are closed: a new reason is a change of contract, and the schema in command/check
 * follows these types and the table of reasons.
 */

import type { SecurityLevel } from '../policy/level.ts';
import type { Via } from '../policy/next-hop.ts';
import type { Phase, Reply, UnseenReason } from '../probe/result.ts';
import type { LineHeld } from './held.ts';
import type { AddressFailure, Reason } from './reason.ts';

export type Verdict = 'pass' | 'degraded' | 'fail' | 'undetermined' | 'unchecked';

/** One certificate as shown. */
export interface ShownCertificate {
  readonly subject: string;
  readonly issuer: string;
  readonly commonName: string | null;
  readonly dnsNames: readonly string[];
  /** ISO 8601, UTC. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly spkiSha256: string;
}

/** What DNS said about one host with DNSSEC, and what Postfix makes of it. */
export interface ShownTlsa {
  /** Whether the MX answer was signed; null without MX. */
  readonly mxSigned: boolean | null;
  /** Names asked for TLSA records, in order; none where the host's address is not signed. */
  readonly asked: readonly string[];
  readonly answer: 'records' | 'none' | 'unsigned' | 'failed';
  /** The name that has the records: SNI. */
  readonly base: string | null;
  readonly records: readonly {
    /** `3 1 1 ab12…`. */
    readonly record: string;
    readonly use: 'counts' | 'outweighed' | 'unusable';
    /** Why it is unusable. */
    readonly because: string | null;
    /** Whether a certificate presented matches it. */
    readonly matches: boolean;
  }[];
  /**
   * When the first of the DNSSEC signatures that this rests on ends (ISO 8601); absent where the
   * answers held none.
   */
  readonly signedUntil?: string;
  /**
   * What the level comes to here: `half-dane` after an unsigned MX; `defers` where no connection is
   * made.
   */
  readonly acts: 'dane' | 'half-dane' | 'encrypt' | 'may' | 'defers';
}

export interface AddressVerdict {
  readonly address: string;
  readonly port: number;
  readonly outcome: 'pass' | 'fail' | 'unseen';
  readonly reason: AddressFailure | UnseenReason | null;
  /** One clause for people, already neutral: what exactly was wrong here. */
  readonly detail: string | null;
  readonly phase: Phase | null;
  readonly reply: Reply | null;
  /** Its turn comes in another run: the next hop has more addresses than are met in one. */
  readonly anotherRun?: true;
  readonly tls: { readonly protocol: string; readonly cipher: string } | null;
  /** Reference identifiers wanted here (or digests at fingerprint). */
  readonly asked: readonly string[];
  /** The presented name, digest or TLSA record that satisfied one. */
  readonly matched: string | null;
  /** Subject of the trust anchor the chain ends at; null where none was reached or asked. */
  readonly anchor: string | null;
  /** What DNSSEC says of the host, at dane levels; null elsewhere, and where it was not asked. */
  readonly tlsa: ShownTlsa | null;
  readonly chain: readonly ShownCertificate[];
  /** What Postfix would log for a delivery that ends here: status text and dsn. */
  readonly says: { readonly dsn: string; readonly text: string } | null;
}

export interface HostVerdict {
  /** The name that Postfix goes by: of an alias, its target where a setting makes it so. */
  readonly host: string;
  /**
   * The name in the MX record, under which the host is remembered; absent where `host` is that
   * name.
   */
  readonly published?: string;
  readonly preference: number;
  readonly addresses: readonly AddressVerdict[];
}

/** The one name that stays the same whatever the alias or the setting: what hosts are joined by. */
export const publishedName = ({
  host,
  published = host,
}: Pick<HostVerdict, 'host' | 'published'>): string => published;

export interface Suggestion {
  /** The whole line to use instead. */
  readonly line: string;
  /**
   * `dns`: the names were chosen by today's unsigned DNS, or by whoever answers at an address that
   * the policy names, and the administrator must vouch for them; `policy`: by the entry alone.
   */
  readonly restsOn: 'dns' | 'policy' | 'dnssec';
  /** A sentence on what the line rests on. */
  readonly because: string;
  /** The verdict of this line on the same evidence; only lines that pass are suggested. */
  readonly verdict: 'pass' | 'degraded';
  /** On the days that are remembered; absent where nobody asked, or nothing is. */
  readonly held?: LineHeld;
}

/**
 * Why no line is given though one would deliver. `moved`: DNS, unsigned, leads to hosts that have
 * nothing in common with those that were authenticated before (snapshot/caution). `new-key`: at
 * level fingerprint, a key that nothing vouches for (snapshot/new-key).
 */
export interface Caution {
  readonly kind: 'moved' | 'new-key';
  /** Several clauses for people, already neutral, without a full stop. */
  readonly sentence: string;
  /** MX hosts of today that are strange, lower case. */
  readonly hosts: readonly string[];
  /** MX hosts that were authenticated last; of `new-key` none. */
  readonly formerHosts: readonly string[];
  /** ISO 8601: when the oldest mail that waits bounces. */
  readonly bouncesFrom: string;
  /** How to find out, as an imperative clause. */
  readonly confirm: string;
  /** Gives the line; null where the destination cannot be written for a shell. */
  readonly command: string | null;
}

export type Protection = 'none' | 'encrypted' | 'authenticated';
export type PostfixWould = 'deliver' | 'defer' | 'bounce' | 'depends';

export interface EntryVerdict {
  readonly id: string;
  /** Null for a `--destination` that no entry covers. */
  readonly table: string | null;
  readonly line: number | null;
  readonly key: string | null;
  readonly destination: string;
  readonly nextHop: {
    readonly text: string;
    readonly host: string;
    readonly port: number;
    readonly mx: boolean;
    readonly via: Via;
  } | null;
  /**
   * The service of master.cf that delivers there, where it has settings of its own; absent: as the
   * service does that delivers by default.
   */
  readonly service?: string;
  readonly level: SecurityLevel | 'invalid';
  /** The match list as asked: elements of `match=` or of main.cf. */
  readonly match: readonly string[];
  readonly verdict: Verdict;
  readonly reason: Reason | null;
  /** One plain sentence: what Postfix would do, why, names wanted and offered. */
  readonly sentence: string;
  readonly protection: Protection;
  readonly postfixWould: PostfixWould | null;
  /**
   * Status text in Postfix's words, and its dsn; null where it would deliver. Several where the
   * order decides.
   */
  readonly postfixSays: string | null;
  readonly postfixDsn: string | null;
  /**
   * Every ending some order could give, for the reference tests: `sent 2.0.0 `, `deferred 4.7.5
   * Server certificate not verified`.
   */
  readonly endings: readonly {
    readonly status: 'sent' | 'deferred' | 'bounced';
    readonly dsn: string;
    readonly text: string;
  }[];
  /**
   * ISO 8601: first date at which the verdict would turn, over the chains seen; null where none is
   * in sight.
   */
  readonly failsFrom: string | null;
  readonly degradedFrom: string | null;
  readonly failsBecause: string | null;
  readonly suggestion: Suggestion | null;
  /** Present where a line is withheld: then there is no suggestion. */
  readonly caution?: Caution;
  readonly hosts: readonly HostVerdict[];
}

/** Time was up before one of its addresses was looked at whose turn it was. */
export function isUnfinished({ reason, hosts }: Pick<EntryVerdict, 'reason' | 'hosts'>): boolean {
  const missed = (address: AddressVerdict) =>
    address.reason === 'not-attempted' && address.anotherRun !== true;
  return reason === 'unfinished' || hosts.some(({ addresses }) => addresses.some(missed));
}
