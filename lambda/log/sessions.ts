/**
 * What each process said of TLS since its last delivery, put together by process id, so that the
 * certificate that is shown belongs to the mail that waits.
 *
 * tlsproxy(8) shakes hands for smtp(8) where connections are reused: its lines are found by the
 * server they name. Bounded in every direction; what is forgotten is counted.
 */
import { LOG_BOUNDS } from '../limits.ts';
import type { DeliveryLine, Peer } from './delivery.ts';
import type { LogLine } from './line.ts';
import type { Fingerprints, TlsFact, Trust, Unverified } from './tls-line.ts';

/** What the log tells of one server in one session. */
export interface PeerEvidence {
  readonly peer: Peer;
  /** Absent at smtp_tls_loglevel 0, and where there was no handshake. */
  readonly trust?: Trust;
  /** dNSNames, at level 2 up to Postfix 3.5; empty elsewhere. */
  readonly names: readonly string[];
  /** How many more there were than are kept. */
  readonly moreNames: number;
  /** Counts where there are no dNSNames. */
  readonly commonName?: string;
  readonly issuer?: string;
  /** At level 2. */
  readonly fingerprints?: Fingerprints;
  /** Subjects as OpenSSL built the chain, the server's own first; at level 2. */
  readonly chain?: readonly string[];
  readonly unverified?: Unverified;
  /** What of our own policy cannot be used against it. */
  readonly warning?: string;
  /** Why the handshake broke. */
  readonly handshake?: string;
}

export interface Session {
  /** By `host[address]`, in the order of the walk. */
  readonly peers: ReadonlyMap<string, PeerEvidence>;
  /** Errors of better hosts, the best first. */
  readonly passedOver: readonly PassedOver[];
  /** The server that was told of last, since another one was passed over. */
  readonly latest?: string;
  /** What OpenSSL said last. */
  readonly library?: string;
  /** Our own policy, as Postfix warns of it. */
  readonly warning?: string;
  /** The same as warned of in an earlier session for that next hop: a policy is read once. */
  readonly policy?: string;
  /** The next hop whose policy could not be used. */
  readonly nextHop?: string;
  /** What DNS said to a question about signatures or TLSA records. */
  readonly lookup?: string;
  /** Port 465 was tried without wrapper mode. */
  readonly wrapperMode: boolean;
}

/** A host that did not take a message, before the walk went on. */
export interface PassedOver {
  readonly queueId: string;
  readonly text: string;
  /** Key of the server, where anything was told of it. */
  readonly peer: string | undefined;
}

export const NOTHING_SAID: Session = { peers: new Map(), passedOver: [], wrapperMode: false };

export interface Sessions {
  note(line: Pick<LogLine, 'instance' | 'program' | 'pid'>, fact: TlsFact): void;
  /** What belongs to a delivery by this process; the next fact begins another session. */
  of(
    line: Pick<LogLine, 'instance' | 'program' | 'pid'>,
    delivery: Pick<DeliveryLine, 'relay' | 'domain'>,
  ): Session;
  /** How many sessions were forgotten for want of room. */
  forgotten(): number;
}

export function openSessions(): Sessions {
  const open = new Map<string, { session: Session; ended: boolean }>();
  const proxied = new Map<string, PeerEvidence>();
  /** Why the certificate of a server was not verified last, for sessions that are used again. */
  const unverified = new Map<string, Unverified>();
  /** By next hop: a process warns of a policy once, and keeps it. */
  const policies = new Map<string, string>();
  let forgotten = 0;
  const keyOf = ({ instance, program, pid }: Pick<LogLine, 'instance' | 'program' | 'pid'>) =>
    `${instance}/${program}[${pid}]`;
  return {
    note(line, told) {
      if (told.kind === 'unverified')
        put(unverified, peerKey(told.peer), told.why, LOG_BOUNDS.sessions);
      if (told.kind === 'policy' && told.nextHop !== '')
        put(policies, told.nextHop.toLowerCase(), cut(told.warning), LOG_BOUNDS.sessions);
      const fact = told.kind === 'reused' ? asBefore(told.peer, unverified) : told;
      if (fact === undefined) return;
      if (line.program === 'tlsproxy') {
        if ('peer' in fact) {
          const key = peerKey(fact.peer);
          // `established` ends what a proxy tells of one handshake; the next one begins anew.
          const before = proxied.get(key);
          const fresh = before?.trust !== undefined && fact.kind !== 'established';
          put(proxied, key, withPeerFact(fresh ? undefined : before, fact), LOG_BOUNDS.sessions);
        }
        return;
      }
      const key = keyOf(line);
      const known = open.get(key);
      const session = known === undefined || known.ended ? NOTHING_SAID : known.session;
      if (put(open, key, { session: withFact(session, fact), ended: false }, LOG_BOUNDS.sessions))
        forgotten++;
    },
    of(line, { relay, domain }) {
      const known = open.get(keyOf(line));
      if (known !== undefined) known.ended = true;
      const own = known?.session ?? NOTHING_SAID;
      const policy = policies.get((own.nextHop ?? domain).toLowerCase());
      const session = policy === undefined ? own : { ...own, policy };
      const proxy = relay === undefined ? undefined : proxied.get(peerKey(relay));
      if (relay === undefined || proxy === undefined || session.peers.has(peerKey(relay)))
        return session;
      return { ...session, peers: new Map([...session.peers, [peerKey(relay), proxy]]) };
    },
    forgotten: () => forgotten,
  };
}

function asBefore(
  peer: Peer,
  unverified: ReadonlyMap<string, Unverified>,
): Extract<Known, { readonly kind: 'unverified' }> | undefined {
  const why = unverified.get(peerKey(peer));
  return why === undefined ? undefined : { kind: 'unverified', peer, why };
}

type Known = Exclude<TlsFact, { readonly kind: 'reused' }>;

export const peerKey = ({ host, address }: Peer): string => `${host}[${address}]`;

/** Newest last; true where the oldest had to go. */
export function put<Value>(
  map: Map<string, Value>,
  key: string,
  value: Value,
  most: number,
): boolean {
  map.delete(key);
  map.set(key, value);
  if (map.size <= most) return false;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
  return true;
}

function withFact(session: Session, fact: Known): Session {
  switch (fact.kind) {
    case 'established':
    case 'name':
    case 'common-name':
    case 'issuer':
    case 'raw-key':
    case 'chain':
    case 'unverified':
    case 'reported':
    case 'peer-warning':
    case 'handshake': {
      const key = peerKey(fact.peer);
      const peers = new Map(session.peers);
      put(peers, key, withPeerFact(peers.get(key), fact), LOG_BOUNDS.peersPerSession);
      return { ...session, peers, latest: key };
    }
    case 'library':
      return { ...session, library: cut(fact.detail) };
    case 'policy':
    case 'outside-pattern':
      // The first tells the cause; what follows only says that nothing can be done.
      return { ...session, warning: session.warning ?? cut(fact.warning) };
    case 'policy-of':
      return { ...session, nextHop: cut(fact.nextHop) };
    case 'lookup':
      return { ...session, lookup: cut(fact.warning) };
    case 'wrapper-mode':
      return { ...session, wrapperMode: true };
    case 'passed-over': {
      const { latest, ...rest } = session;
      const { queueId, text } = fact;
      const all = [...session.passedOver, { queueId, text: cut(text), peer: latest }];
      return { ...rest, passedOver: all.slice(0, LOG_BOUNDS.peersPerSession) };
    }
  }
}

type PeerFact = Extract<Known, { readonly peer: Peer }>;

function withPeerFact(known: PeerEvidence | undefined, fact: PeerFact): PeerEvidence {
  const before: PeerEvidence = known ?? { peer: fact.peer, names: [], moreNames: 0 };
  switch (fact.kind) {
    case 'established':
      return { ...before, peer: fact.peer, trust: fact.trust };
    case 'name':
      if (before.names.includes(fact.name)) return before;
      return before.names.length >= LOG_BOUNDS.names
        ? { ...before, moreNames: before.moreNames + 1 }
        : { ...before, names: [...before.names, cut(fact.name)] };
    case 'common-name':
      return { ...before, commonName: cut(fact.name) };
    case 'issuer':
      return { ...before, issuer: cut(fact.issuer), fingerprints: fact.fingerprints };
    case 'raw-key':
      return { ...before, fingerprints: fact.fingerprints };
    case 'chain': {
      if (fact.depth >= LOG_BOUNDS.chain) return before;
      // It is told from the root on.
      const chain = [...(before.chain ?? [])];
      while (chain.length <= fact.depth) chain.push('');
      chain[fact.depth] = cut(fact.subject);
      return { ...before, chain };
    }
    case 'reported':
      // Less than what the line of the verification itself says.
      return before.unverified === undefined ? { ...before, unverified: fact.why } : before;
    case 'peer-warning':
      return { ...before, warning: before.warning ?? cut(fact.warning) };
    case 'unverified':
      return { ...before, unverified: { ...fact.why, says: cut(fact.why.says) } };
    case 'handshake':
      return { ...before, handshake: cut(fact.detail) };
  }
}

const cut = (text: string): string => text.slice(0, LOG_BOUNDS.textChars);
