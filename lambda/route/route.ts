/** Where a next hop leads: MX hosts with preferences and addresses, or why nowhere. Plain JSON. */

/**
 * `bogus`: SERVFAIL, and without validation there is an answer: its signatures are wrong. Only a
 * validating resolver's door says so.
 */
export type DnsFailure = 'servfail' | 'bogus' | 'refused' | 'timeout' | 'malformed';

/** What one host's address lookup gave. */
export interface MxHost {
  /**
   * As published in the MX record (before CNAME), lower case, no trailing dot: what `hostname`
   * stands for.
   */
  readonly host: string;
  /** Set where smtp_cname_overrides_servername makes the alias' target the `hostname`. */
  readonly canonical?: string;
  /** 0 for a next hop without MX. */
  readonly preference: number;
  /** As answered: A then AAAA of each host, limited to the families in use. */
  readonly addresses: readonly string[];
  readonly lookup: 'found' | 'none' | 'not-a-name' | DnsFailure;
}

export type Route =
  /** In order of preference; equal preferences as answered. At least one host has an address. */
  | {
      readonly kind: 'hosts';
      readonly nextHop: string;
      readonly mx: boolean;
      readonly hosts: readonly MxHost[];
      readonly looped?: true;
      /**
       * What Postfix holds of the hosts without an address, and says where it then passes over every
       * address there is without a word. Absent: every host has one.
       */
      readonly unaddressed?: { readonly dsn: string; readonly text: string };
    }
  /** A final answer: Postfix bounces (or defers, where `dsn` is 4.x.x by a setting). */
  | {
      readonly kind: 'nowhere';
      readonly nextHop: string;
      readonly reason: 'nxdomain' | 'null-mx' | 'no-address' | 'loops' | 'not-a-name';
      readonly dsn: string;
      /** What Postfix logs as the status text. */
      readonly text: string;
    }
  /**
   * DNS did not answer: unseen as a whole; Postfix defers, with `dsn` (4.4.3, or 4.4.4 where the
   * last of several answers was final) and `text`.
   */
  | {
      readonly kind: 'unanswered';
      readonly nextHop: string;
      readonly failure: DnsFailure;
      /** `example.com MX`. */
      readonly query: string;
      readonly dsn: string;
      /** What Postfix logs as the status text. */
      readonly text: string;
    };
