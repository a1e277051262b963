/**
 * The next hop: where Postfix sends mail for a destination, as text and as parts.
 *
 * The policy table is keyed by the text exactly as routed (smtp_tls_policy.c); host and port come
 * from smtp_parse_destination() in src/smtp/smtp_connect.c and host_port() in src/util/host_port.c.
 */
import { named } from '../named-record.ts';
import { isHostAddress, isIpv6, isUtf8Hostname } from '../postfix/hostname.ts';
import { tokens } from '../postfix/token.ts';
import { atLeast, type PostfixVersion } from '../postfix/version.ts';

/** What decided the next hop. */
export type Via =
  | 'recipient'
  | 'transport'
  | 'relayhost'
  | 'sender'
  | 'fallback-relay'
  | 'default-transport';

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

/** smtp(8) ends with this fatal error whenever it is given the text: mail stays queued. */
export interface MalformedNextHop {
  readonly kind: 'malformed';
  /** Postfix's wording behind `fatal: `. */
  readonly because: string;
}

/** The parameters that taking a next hop apart depends on; Settings has them. */
interface NextHopSettings {
  readonly tcpPort: number;
  readonly dnsSupportLevel: 'disabled' | 'enabled' | 'dnssec';
  readonly version: PostfixVersion;
}

/**
 * Takes one element of a next hop apart: `domain`, `domain:port`, `[host]`, `[host]:service`,
 * `[IPv6:…]`.
 */
export function parseNextHop(
  text: string,
  via: Via,
  settings: NextHopSettings,
): NextHop | MalformedNextHop {
  const malformed = (because: string): MalformedNextHop => ({
    kind: 'malformed',
    because: `${because} in server description: ${text}`,
  });
  const bracketed = text.startsWith('[');
  const parts = bracketed ? bracketedParts(text) : plainParts(text);
  if ('error' in parts) return malformed(parts.error);
  const { host, service } = parts;
  if (!isUtf8Hostname(host, settings.version) && !isHostAddress(host)) {
    return malformed('valid hostname or network address required');
  }
  if (/^\d/.test(service) && !/^\d+$/.test(service))
    return malformed('garbage after numerical service');
  const port = service === '' ? settings.tcpPort : portOf(service);
  if (port === undefined) return { kind: 'malformed', because: `unknown service: ${service}/tcp` };
  if (port === 0 || port > 65_535) {
    return { kind: 'malformed', because: `bad network port: ${service} for destination: ${text}` };
  }
  return { text, host, port, mx: !bracketed && settings.dnsSupportLevel !== 'disabled', via };
}

/** Elements of a next hop, tried in order: from 3.5 a transport or relayhost may name several. */
export function nextHopElements(text: string, version: PostfixVersion): string[] {
  return atLeast(version, '3.5') ? tokens(text) : [text];
}

/**
 * Port of a service name or number; undefined for a name this list lacks. Names as in
 * /etc/services.
 */
export function portOf(service: string): number | undefined {
  if (/^\d+$/.test(service)) return Number(service);
  return named(SERVICES, service.toLowerCase());
}

type Parts = { readonly host: string; readonly service: string } | { readonly error: string };

/** `[host]`, `[host]:`, `[host]:service`, with `IPv6:` before an address. */
function bracketedParts(text: string): Parts {
  const prefixed = /^\[ipv6:/i.test(text);
  const close = text.indexOf(']');
  if (close < 0) return { error: 'missing "]"' };
  const host = text.slice(prefixed ? '[IPv6:'.length : 1, close);
  const rest = text.slice(close + 1);
  if (rest !== '' && !rest.startsWith(':')) return { error: 'garbage after "]"' };
  if (prefixed && !isIpv6(host)) return { error: 'malformed IPv6 address' };
  return { host, service: rest.slice(1) };
}

/** `host`, `host:`, `host:service`: split at the last colon, so a bare IPv6 address comes apart. */
function plainParts(text: string): Parts {
  const colon = text.lastIndexOf(':');
  const host = colon < 0 ? text : text.slice(0, colon);
  return host === ''
    ? { error: 'missing host information' }
    : { host, service: colon < 0 ? '' : text.slice(colon + 1) };
}

const SERVICES: Readonly<Record<string, number>> = {
  smtp: 25,
  mail: 25,
  smtps: 465,
  submissions: 465,
  ssmtp: 465,
  urd: 465,
  submission: 587,
  lmtp: 24,
};
