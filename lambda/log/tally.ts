/**
 * A log read line by line into what kept mail from being delivered for TLS: by domain and cause,
 * how many messages, since when, and what of them waits still. What comes of each message is
 * followed by queue id. Bounded; what had to be forgotten is counted.
 */
import { LOG_BOUNDS } from '../limits.ts';
import type { Reason } from '../verdict/reason.ts';
import { causeOf, type OtherCause, type TlsCause } from './cause.ts';
import { type DeliveryLine, readDelivery } from './delivery.ts';
import type { LogLine } from './line.ts';
import { openSessions, type PeerEvidence, put, type Session } from './sessions.ts';
import { readTlsLine } from './tls-line.ts';

/** What came of the mail for one domain that one cause held up. Times are epoch ms. */
export interface Held {
  /** Of the recipients, lower case. */
  readonly domain: string;
  readonly reasons: readonly Reason[];
  /** As logged last. */
  readonly cause: TlsCause;
  readonly dsn: string;
  /** What ≥3.11 tells of the level: `!secure`. */
  readonly tls: string | undefined;
  readonly attempts: number;
  readonly messages: number;
  readonly recipients: number;
  /** Recipients whose mail came back, for this or because its time was over. */
  readonly bounced: number;
  /** Recipients whose mail was delivered later. */
  readonly delivered: number;
  /** Recipients whose mail was removed, or waits for something else now. */
  readonly otherwise: number;
  readonly waiting: readonly Waiting[];
  readonly firstAt: number | undefined;
  readonly lastAt: number | undefined;
  /** Whether mail for the domain was delivered after the last failure. */
  readonly deliversAgain: boolean;
  /** Of each server, what was logged last. */
  readonly peers: readonly PeerEvidence[];
}

/** A message that was not seen to end. */
export interface Waiting {
  readonly queueId: string;
  readonly recipients: number;
  /** Undefined where the log has no times. */
  readonly arrivedAt: number | undefined;
}

export interface LogReport {
  readonly held: readonly Held[];
  readonly other: Readonly<Record<OtherCause, number>>;
  /** Deliveries that came about. */
  readonly sent: number;
  readonly lines: number;
  /** Lines that Postfix wrote. */
  readonly postfixLines: number;
  readonly firstAt: number | undefined;
  readonly lastAt: number | undefined;
  /** As master(8) says at start; undefined where the log has no start. */
  readonly version: string | undefined;
  /** Hosts that mail of a domain was delivered to by a name that was verified. */
  readonly verifiedHosts: ReadonlyMap<string, readonly string[]>;
  /** For want of room: sessions, messages and causes that are not counted to their end. */
  readonly forgotten: number;
}

export interface Tally {
  take(line: LogLine): void;
  report(lines: number): LogReport;
}

interface Counted {
  domain: string;
  reasons: readonly Reason[];
  cause: TlsCause;
  dsn: string;
  tls: string | undefined;
  attempts: number;
  messages: number;
  recipients: number;
  bounced: number;
  delivered: number;
  otherwise: number;
  firstAt: number | undefined;
  lastAt: number | undefined;
  readonly order: { last: number };
  readonly peers: Map<string, PeerEvidence>;
}

interface OpenMessage {
  readonly arrivedAt: number | undefined;
  readonly recipients: Map<string, Counted>;
}

export function openTally(): Tally {
  const sessions = openSessions();
  const causes = new Map<string, Counted>();
  /** By domain and words. */
  const lastWith = new Map<string, Counted>();
  const open = new Map<string, OpenMessage>();
  /** By domain: how many lines were read when mail for it was delivered last. */
  const deliveredTo = new Map<string, number>();
  const verifiedHosts = new Map<string, readonly string[]>();
  const other = { connection: 0, dns: 0, reply: 0, other: 0 };
  let [sent, postfixLines, forgotten] = [0, 0, 0];
  let [firstAt, lastAt]: (number | undefined)[] = [];
  let version: string | undefined;

  function deferred(delivery: DeliveryLine, session: Session, at: number | undefined): void {
    const told = causeOf(delivery, session);
    const known = open.get(delivery.queueId)?.recipients.get(delivery.recipient);
    if (typeof told === 'string') {
      other[told]++;
      if (delivery.status === 'bounced' && known !== undefined) end(delivery, 'otherwise');
      return;
    }
    const counted = countedAs(delivery, told, known, at);
    if (counted === undefined) return;
    if (known !== counted) {
      const message = openMessage(delivery, at);
      if (known !== undefined) known.otherwise++;
      if (![...message.recipients.values()].includes(counted)) counted.messages++;
      counted.recipients++;
      if (put(message.recipients, delivery.recipient, counted, LOG_BOUNDS.recipientsPerMessage))
        forgotten++;
    }
    if (delivery.status === 'bounced') end(delivery, 'bounced');
  }

  function countedAs(
    { domain, dsn, tls }: DeliveryLine,
    told: TlsCause,
    known: Counted | undefined,
    at: number | undefined,
  ): Counted | undefined {
    const words = `${domain} ${told.says}`;
    const key = `${domain} ${told.reasons.join(' ')}${told.reasons.length === 0 ? told.says : ''}`;
    // qmgr(8) repeats the words of a session without what else was seen in it.
    const repeated = known?.cause.says === told.says ? known : lastWith.get(words);
    let counted = told.evidence === undefined && repeated ? repeated : causes.get(key);
    if (counted === undefined) {
      if (causes.size >= LOG_BOUNDS.causes) {
        forgotten++;
        return undefined;
      }
      const none = { attempts: 0, messages: 0, recipients: 0, bounced: 0, delivered: 0 };
      const peers = new Map<string, PeerEvidence>();
      const { reasons } = told;
      const times = { firstAt: at, lastAt: at, order: { last: 0 } };
      counted = { domain, reasons, cause: told, dsn, tls, ...none, otherwise: 0, ...times, peers };
      causes.set(key, counted);
    }
    counted.attempts++;
    counted.dsn = dsn;
    counted.tls = tls ?? counted.tls;
    counted.firstAt = earlier(counted.firstAt, at);
    counted.lastAt = later(counted.lastAt, at);
    counted.order.last = postfixLines;
    if (told.evidence !== undefined || counted.cause.evidence === undefined) counted.cause = told;
    put(lastWith, words, counted, LOG_BOUNDS.causes);
    const { evidence } = told;
    if (evidence !== undefined)
      put(counted.peers, evidence.peer.host, evidence, LOG_BOUNDS.peersPerCause);
    return counted;
  }

  function openMessage({ queueId, delayMs }: DeliveryLine, at: number | undefined): OpenMessage {
    const known = open.get(queueId);
    const message = known ?? {
      arrivedAt: at === undefined ? undefined : at - delayMs,
      recipients: new Map<string, Counted>(),
    };
    if (put(open, queueId, message, LOG_BOUNDS.messages)) forgotten++;
    return message;
  }

  function end(
    { queueId, recipient }: Pick<DeliveryLine, 'queueId' | 'recipient'>,
    how: 'delivered' | 'bounced' | 'otherwise',
  ): void {
    const message = open.get(queueId);
    const counted = message?.recipients.get(recipient);
    if (message === undefined || counted === undefined) return;
    counted[how]++;
    message.recipients.delete(recipient);
    if (message.recipients.size === 0) open.delete(queueId);
  }

  function endAll(queueId: string, how: 'bounced' | 'otherwise'): void {
    for (const recipient of [...(open.get(queueId)?.recipients.keys() ?? [])])
      end({ queueId, recipient }, how);
  }

  function delivered(delivery: DeliveryLine, session: Session): void {
    sent++;
    const { domain, relay } = delivery;
    end(delivery, 'delivered');
    put(deliveredTo, domain, postfixLines, LOG_BOUNDS.domains);
    if (relay === undefined) return;
    const isVerified = [...session.peers.values()].some(
      ({ peer, trust }) => trust === 'Verified' && peer.host === relay.host,
    );
    if (!isVerified) return;
    const known = verifiedHosts.get(domain) ?? [];
    if (known.includes(relay.host)) return;
    const hosts = [...known, relay.host].slice(-LOG_BOUNDS.hostsPerDomain);
    put(verifiedHosts, domain, hosts, LOG_BOUNDS.domains);
  }

  function take(line: LogLine): void {
    postfixLines++;
    const { at, program, message } = line;
    firstAt = earlier(firstAt, at);
    lastAt = later(lastAt, at);
    if (program === 'master') version = STARTED.exec(message)?.[1] ?? version;
    if (program === 'qmgr' || program === 'postsuper') {
      const ended = ENDED.exec(message);
      if (ended !== null) endAll(ended[1] ?? '', ended[2] === 'removed' ? 'otherwise' : 'bounced');
    }
    if (!DELIVERS.has(program)) return;
    const delivery = readDelivery(message);
    if (delivery === undefined) {
      const fact = readTlsLine(message);
      if (fact !== undefined) sessions.note(line, fact);
      return;
    }
    const session = sessions.of(line, delivery.relay);
    if (delivery.status === 'sent') delivered(delivery, session);
    else if (delivery.status !== 'other') deferred(delivery, session, at);
  }

  function report(lines: number): LogReport {
    const waiting = new Map<Counted, Waiting[]>();
    for (const [queueId, { arrivedAt, recipients }] of open)
      for (const [counted, own] of Map.groupBy(recipients.values(), (one) => one)) {
        const all = waiting.get(counted) ?? [];
        all.push({ queueId, recipients: own.length, arrivedAt });
        waiting.set(counted, all);
      }
    const held = [...causes.values()].map(({ order, peers, ...counted }) => ({
      ...counted,
      peers: [...peers.values()],
      deliversAgain: (deliveredTo.get(counted.domain) ?? 0) > order.last,
      waiting: [],
    }));
    const keys = [...causes.values()];
    return {
      held: held.map((one, i) => ({ ...one, waiting: waiting.get(keys[i] as Counted) ?? [] })),
      other,
      sent,
      lines,
      postfixLines,
      firstAt,
      lastAt,
      version,
      verifiedHosts,
      forgotten: forgotten + sessions.forgotten(),
    };
  }

  return { take, report };
}

const earlier = (a: number | undefined, b: number | undefined) =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
const later = (a: number | undefined, b: number | undefined) =>
  a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);

/** Programs whose deliveries, and whose words on TLS, are read. */
const DELIVERS: ReadonlySet<string> = new Set([
  'smtp',
  'lmtp',
  'error',
  'retry',
  'qmgr',
  'nqmgr',
  'tlsproxy',
]);

/** qmgr(8) gives a message back or is done with it; postsuper(1) deletes it. */
const ENDED =
  /^([0-9A-Za-z]+): (?:(removed)$|from=<[^>]*>, status=(?:expired|force-expired), returned to sender)/;
const STARTED = /^(?:daemon started|reload) -- version ([23]\.\d{1,2}(?:\.\d{1,2})?)[, ]/;
