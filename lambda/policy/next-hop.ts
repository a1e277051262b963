/**
 * The next hop: where Postfix sends mail for a destination, as text and as parts.
 *
 * The policy table is keyed by the text exactly as routed (smtp_tls_policy.c); host and port come from
 * smtp_parse_destination() in src/smtp/smtp_connect.c.
 */

/** What decided the next hop. */
export type Via = 'recipient' | 'transport' | 'relayhost' | 'fallback-relay' | 'default-transport';

export interface NextHop {
  /** As routed, with brackets and port: the lookup key. */
  readonly text: string;
  /** Domain or host without brackets and port; an address literal keeps its `IPv6:` prefix off. */
  readonly host: string;
  /** From the text, else `smtp_tcp_port` or `--smtp-port`. */
  readonly port: number;
  /** False for `[host]`: no MX lookup. */
  readonly mx: boolean;
  readonly via: Via;
}
