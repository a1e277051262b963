/**
 * The line that tells how one delivery ended, as log_adhoc() of src/global writes it.
 *
 * Status and dsn are read outside of the parentheses alone: inside stands what another server
 * said, and it may say anything, ` status=sent (250 ok)` too. A recipient in quotes may hold
 * anything likewise. Pure.
 */

export interface DeliveryLine {
  readonly queueId: string;
  /** As logged, without the angle brackets. */
  readonly recipient: string;
  /** In lower case; empty for a recipient without one. */
  readonly domain: string;
  /** Undefined for `relay=none`, and for what is no host: `relay=local`. */
  readonly relay: Peer | undefined;
  /** Since the message arrived, in ms. */
  readonly delayMs: number;
  /** What ≥3.11 tells of the level: `secure`, `!secure`, `may:none`. */
  readonly tls: string | undefined;
  readonly dsn: string;
  readonly status: 'sent' | 'deferred' | 'bounced' | 'other';
  /** Inside the parentheses; the end may be missing where the line was cut. */
  readonly text: string;
}

/** A server as Postfix names it: `mx.example.test[192.0.2.1]:25`. */
export interface Peer {
  readonly host: string;
  readonly address: string;
  /** Undefined where it is not logged. */
  readonly port: number | undefined;
}

/** Undefined for any other message. */
export function readDelivery(message: string): DeliveryLine | undefined {
  const begin = message.indexOf(': to=<');
  if (begin < 1 || begin > LONGEST_QUEUE_ID) return undefined;
  const found = QUOTED.exec(message) ?? PLAIN.exec(message);
  if (found?.groups === undefined) return undefined;
  const {
    id = '',
    to = '',
    relay = '',
    delay = '',
    tls,
    dsn = '',
    status = '',
    text = '',
  } = found.groups;
  const at = to.lastIndexOf('@');
  return {
    queueId: id,
    recipient: to,
    domain: at < 0 ? '' : to.slice(at + 1).toLowerCase(),
    relay: readPeer(relay),
    delayMs: Math.round(Number(delay) * 1000) || 0,
    tls,
    dsn,
    status: STATUS[status] ?? 'other',
    text: text.endsWith(')') ? text.slice(0, -1) : text,
  };
}

/** Undefined for what is no `host[address]:port`. */
export function readPeer(text: string): Peer | undefined {
  const found = PEER.exec(text);
  if (found === null) return undefined;
  const [, host = '', address = '', port] = found;
  return { host: host.toLowerCase(), address, port: port === undefined ? undefined : Number(port) };
}

const LONGEST_QUEUE_ID = 40;

const line = (address: string) =>
  new RegExp(
    `^(?<id>[0-9A-Za-z]+): to=<(?<to>${address})>, (?:orig_to=<${address}>, )?` +
      String.raw`relay=(?<relay>[^,\s]+), (?:conn_use=\d+, )?delay=(?<delay>[\d.]+), ` +
      String.raw`delays=[\d./]+, (?:tls=(?<tls>[^,\s]+), )?dsn=(?<dsn>\d\.\d+\.\d+), ` +
      String.raw`status=(?<status>[\w-]+) \((?<text>.*)$`,
  );

/** RFC 5321: between quotes, any character. */
const QUOTED = line(String.raw`(?:"(?:[^"\\]|\\.)*"|[^">])*`);
/** With info_log_address_format = internal quotes mean nothing. */
const PLAIN = line('[^>]*');
const PEER = /^([^\s[\]]+)\[([^\s\]]+)\](?::(\d{1,5}))?$/;

/** SOFTBOUNCE: a bounce that soft_bounce = yes keeps in the queue. */
const STATUS: Readonly<Record<string, DeliveryLine['status']>> = {
  __proto__: null as never,
  sent: 'sent',
  deferred: 'deferred',
  bounced: 'bounced',
  SOFTBOUNCE: 'deferred',
};
