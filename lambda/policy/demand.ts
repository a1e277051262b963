/**
 * What Postfix demands of a connection to one next hop: the policy entry found for it, completed by main.cf.
 *
 * Follows smtp_tls_policy_cache_query() / set_cipher_grade() / dane_init() in src/smtp/smtp_tls_policy.c. Pure.
 */
import type { EntryPlace, MatchPattern, SecurityLevel } from './entry.ts';

export interface TlsDemand {
  readonly kind: 'demand';
  /** Absent: no entry applied, the global level counts. */
  readonly entry?: EntryPlace;
  readonly level: SecurityLevel;
  /** At verify and secure: the patterns in order, from the entry's `match=` or main.cf. Empty at other levels. */
  readonly match: readonly MatchPattern[];
  /** Whether `match` came from the entry, and so would a suggestion replace it. */
  readonly matchFrom: 'entry' | 'main.cf';
  /** At fingerprint: well-formed digests, lower-case hex without colons. */
  readonly digests: readonly string[];
  readonly digestAlgorithm: string;
  /** At verify and secure: `store` is CAfile + CApath; `files` replaces it (tafile=, smtp_tls_trust_anchor_file). */
  readonly anchors: { readonly kind: 'store' } | { readonly kind: 'files'; readonly paths: readonly string[] };
  /** OpenSSL protocol words and cipher words as Postfix would apply them; judged by probe/offer. */
  readonly protocols: string;
  readonly cipherGrade: string;
  readonly excludeCiphers: string;
  /** `undefined`: no SNI. `hostname` and `nexthop` are expanded per host. */
  readonly servername?:
    | { readonly kind: 'hostname' }
    | { readonly kind: 'nexthop' }
    | { readonly kind: 'name'; readonly name: string };
  readonly wrapperMode: boolean;
  readonly enableRpk: boolean;
  readonly connectionReuse: boolean;
  /** MX hosts outside these patterns are skipped unconnected (≥3.10.5, policy_type=sts); absent: no such rule. */
  readonly mxHostPatterns?: readonly string[];
  /** A `policy_failure=` that forces verification to fail (≥3.10). */
  readonly forcedFailure?: string;
}

export type Demand =
  | TlsDemand
  /** Broken entry, broken table, unreadable tafile: every address is skipped, 4.7.5 `client TLS configuration problem`. */
  | {
      readonly kind: 'broken';
      readonly entry?: EntryPlace;
      /** Postfix's wording behind `warning: `, or behind `fatal: ` where smtp(8) dies. */
      readonly warning: string;
      /** smtp(8) dies over this next hop (malformed text, unknown service): mail defers without any other reason. */
      readonly fatal?: true;
    };
