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
import { type LogReport, NOTHING_COUNTED, type Waiting } from './report.ts';
import { openSessions, type PeerEvidence, put, type Session, type Sessions } from './sessions.ts';
import { readTlsLine } from './tls-line.ts';

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
  const state: State = {
    sessions: openSessions(),
    causes: new Map(),
    lastWith: new Map(),
    open: new Map(),
    deliveredTo: new Map(),
    verifiedHosts: new Map(),
    other: { connection: 0, dns: 0, reply: 0, other: 0 },
    sent: 0,
    postfixLines: 0,
    forgotten: 0,
    firstAt: undefined,
    lastAt: undefined,
    version: undefined,
  };
  return {
    take: (line) => take(state, line),
    report: (lines) => reportOf(state, lines),
  };
}

interface State {
  readonly sessions: Sessions;
  /** By domain and reasons. */
  readonly causes: Map<string, Counted>;
  /** By domain and words. */
  readonly lastWith: Map<string, Counted>;
  /** By queue id: messages whose end is still to come. */
  readonly open: Map<string, OpenMessage>;
  /** By domain: how many lines were read when mail for it was delivered last. */
  readonly deliveredTo: Map<string, number>;
  readonly verifiedHosts: Map<string, readonly string[]>;
  readonly other: Record<OtherCause, number>;
  sent: number;
  postfixLines: number;
  forgotten: number;
  firstAt: number | undefined;
  lastAt: number | undefined;
  version: string | undefined;
}

function take(state: State, line: LogLine): void {
  state.postfixLines++;
  const { at, program, message } = line;
  state.firstAt = earlier(state.firstAt, at);
  state.lastAt = later(state.lastAt, at);
  if (program === 'master') state.version = STARTED.exec(message)?.[1] ?? state.version;
  if (program === 'qmgr' || program === 'postsuper') {
    const ended = ENDED.exec(message);
    if (ended !== null)
      endAll(state, ended[1] ?? '', ended[2] === 'removed' ? 'otherwise' : 'bounced');
  }
  if (!DELIVERS.has(program)) return;
  const delivery = readDelivery(message);
  if (delivery === undefined) {
    const fact = readTlsLine(message);
    if (fact !== undefined) state.sessions.note(line, fact);
    return;
  }
  const session = state.sessions.of(line, delivery);
  if (delivery.status === 'sent') delivered(state, delivery, session);
  else if (delivery.status !== 'other') refused(state, delivery, session, at);
}

function refused(
  state: State,
  delivery: DeliveryLine,
  session: Session,
  at: number | undefined,
): void {
  const told = causeOf(delivery, session);
  const known = state.open.get(delivery.queueId)?.recipients.get(delivery.recipient);
  if (typeof told === 'string') {
    state.other[told]++;
    if (delivery.status === 'bounced' && known !== undefined) end(state, delivery, 'otherwise');
    return;
  }
  const counted = countedAs(state, delivery, told, { known, at });
  if (counted === undefined) {
    state.forgotten++;
    return;
  }
  if (known !== counted) {
    const message = openMessage(state, delivery, at);
    if (known !== undefined) known.otherwise++;
    if (![...message.recipients.values()].includes(counted)) counted.messages++;
    counted.recipients++;
    if (put(message.recipients, delivery.recipient, counted, LOG_BOUNDS.recipientsPerMessage))
      state.forgotten++;
  }
  if (delivery.status === 'bounced') end(state, delivery, 'bounced');
}

/** Undefined where there are more causes than are kept. */
function countedAs(
  { causes, lastWith, postfixLines }: State,
  { domain, dsn, tls }: DeliveryLine,
  told: TlsCause,
  { known, at }: { readonly known: Counted | undefined; readonly at: number | undefined },
): Counted | undefined {
  const words = `${domain} ${told.says}`;
  const key = `${domain} ${told.reasons.join(' ')}${told.reasons.length === 0 ? told.says : ''}`;
  // qmgr(8) repeats the words of a session without what else was seen in it.
  const repeated = known?.cause.says === told.says ? known : lastWith.get(words);
  const counted =
    (told.evidence === undefined ? repeated : undefined) ??
    causes.get(key) ??
    (causes.size < LOG_BOUNDS.causes ? newCause(domain, told, dsn) : undefined);
  if (counted === undefined) return undefined;
  if (counted.attempts === 0) causes.set(key, counted);
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

const newCause = (domain: string, cause: TlsCause, dsn: string): Counted => ({
  domain,
  reasons: cause.reasons,
  cause,
  dsn,
  ...NOTHING_COUNTED,
  order: { last: 0 },
  peers: new Map(),
});

function openMessage(
  state: State,
  { queueId, delayMs }: DeliveryLine,
  at: number | undefined,
): OpenMessage {
  const message = state.open.get(queueId) ?? {
    arrivedAt: at === undefined ? undefined : at - delayMs,
    recipients: new Map<string, Counted>(),
  };
  if (put(state.open, queueId, message, LOG_BOUNDS.messages)) state.forgotten++;
  return message;
}

function end(
  { open }: State,
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

function endAll(state: State, queueId: string, how: 'bounced' | 'otherwise'): void {
  for (const recipient of [...(state.open.get(queueId)?.recipients.keys() ?? [])])
    end(state, { queueId, recipient }, how);
}

function delivered(state: State, delivery: DeliveryLine, session: Session): void {
  state.sent++;
  const { domain, relay } = delivery;
  end(state, delivery, 'delivered');
  put(state.deliveredTo, domain, state.postfixLines, LOG_BOUNDS.domains);
  if (relay === undefined) return;
  const isVerified = [...session.peers.values()].some(
    ({ peer, trust }) => trust === 'Verified' && peer.host === relay.host,
  );
  if (!isVerified) return;
  const known = state.verifiedHosts.get(domain) ?? [];
  if (known.includes(relay.host)) return;
  const hosts = [...known, relay.host].slice(-LOG_BOUNDS.hostsPerDomain);
  put(state.verifiedHosts, domain, hosts, LOG_BOUNDS.domains);
}

function reportOf(state: State, lines: number): LogReport {
  const { causes, open, deliveredTo, sessions, forgotten } = state;
  const waiting = new Map<Counted, Waiting[]>();
  for (const [queueId, { arrivedAt, recipients }] of open)
    for (const [counted, own] of Map.groupBy(recipients.values(), (one) => one)) {
      const all = waiting.get(counted) ?? [];
      all.push({ queueId, recipients: own.length, arrivedAt });
      waiting.set(counted, all);
    }
  const { other, sent, postfixLines, firstAt, lastAt, version, verifiedHosts } = state;
  return {
    held: [...causes.values()].map((counted) => {
      const { order, peers, ...rest } = counted;
      const deliversAgain = (deliveredTo.get(counted.domain) ?? 0) > order.last;
      const own = waiting.get(counted) ?? [];
      return { ...rest, peers: [...peers.values()], deliversAgain, waiting: own };
    }),
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
