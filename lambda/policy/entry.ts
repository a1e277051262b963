/**
 * One line of the TLS policy table, parsed: lookup key, security level, attributes.
 *
 * The grammar is Postfix's, from tls_policy_lookup_one() in src/smtp/smtp_tls_policy.c. Past
 * `parse`, an entry cannot hold an unknown level, an attribute the version lacks, or an empty
 * pattern: such a line is `broken`, as in Postfix, and keeps the warning that Postfix would log.
 */

import type { Attributes } from './attribute.ts';
import type { SecurityLevel } from './level.ts';

/**
 * One element of a match list at `verify` and `secure`. A star is only a star: `*.example.com` is a
 * `name`.
 */
export type MatchPattern =
  | { readonly kind: 'nexthop' }
  | { readonly kind: 'dot-nexthop' }
  | { readonly kind: 'hostname' }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'subdomains'; readonly parent: string };

/** What the right-hand side came to. */
export type EntryPolicy =
  | { readonly kind: 'policy'; readonly level: SecurityLevel; readonly attributes: Attributes }
  /**
   * Every address of the next hop is skipped and mail defers 4.7.5. `warning` is Postfix's wording
   * behind `warning: smtp_tls_policy_maps, next-hop destination "D": `, where D is the key that was
   * looked up.
   */
  | { readonly kind: 'broken'; readonly warning: string };

/** One entry of one table. */
export interface PolicyEntry {
  /** The table as Postfix names it, `hash:/etc/postfix/tls_policy`. */
  readonly table: string;
  /** First physical line of the logical line, from 1; 0 for an answer of a table that was asked. */
  readonly line: number;
  /** Folded to lower case, as postmap stores it. */
  readonly key: string;
  /** The right-hand side as written, trimmed. */
  readonly value: string;
  readonly policy: EntryPolicy;
}

/** Where an entry stands; absent where no entry applied and the global level counts. */
export interface EntryPlace {
  readonly table: string;
  readonly line: number;
  readonly key: string;
  readonly value: string;
}
