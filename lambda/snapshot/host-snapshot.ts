/**
 * One host as it presents itself: a set of sightings, kept over seven days.
 *
 * A host may present several things: anycast, RSA beside ECDSA, a rotation half done. So a new
 * sighting counts at once, one that was not met again counts as absent after three runs, and is
 * forgotten once seven days have passed as well: what comes back sooner is known. What could not be
 * looked at changes nothing. A run that meets what is known changes nothing either, so that nothing
 * need be written. Pure.
 */
import { createHash } from 'node:crypto';
import { byName } from '../named-record.ts';
import type { Conversation } from '../probe/conversation.ts';
import { replyDsn } from '../probe/reply.ts';
import type { ProbeResult, Unseen } from '../probe/result.ts';

/** SHA-256 of a certificate's DER, lower-case hex. */
export type CertificateDigest = string;

/** A probe result worth remembering: chains by digest, and nothing that was not seen. */
export type SeenResult =
  | (Omit<Extract<ProbeResult, { readonly kind: 'presented' }>, 'chain'> & {
      readonly chain: readonly CertificateDigest[];
    })
  | Extract<ProbeResult, { readonly kind: 'no-tls' }>
  | Extract<ProbeResult, { readonly kind: 'handshake-failed' }>;

/** Whether a chain led to one of the run's anchors, where some entry asked. */
export type Trust =
  | { readonly kind: 'anchored'; readonly anchor: string }
  | { readonly kind: 'untrusted'; readonly reason: string };

/** One thing a host presents, and where. */
export interface Sighting {
  readonly result: SeenResult;
  /** Sorted; where it was met when this was last written. Addresses alone are no change. */
  readonly addresses: readonly string[];
  readonly trust?: Trust;
  /** Since when it is met, epoch ms; anew after an absence that counted. */
  readonly firstAt: number;
  /**
   * Epoch ms. While `missed` is 0 it was met in every run since, and this date is when that was
   * last written down.
   */
  readonly lastAt: number;
  /** Runs in a row that saw the host, but not this. */
  readonly missed: number;
  /**
   * Validity left, in ms, on the certificate that this one replaced as a routine renewal, when it
   * did.
   */
  readonly predecessorLeftMs?: number;
}

/** What a host presents under one TLS offer. */
export interface HostSnapshot {
  readonly host: string;
  readonly port: number;
  /**
   * Digest of what we offer: protocols, ciphers, groups, SNI, wrapper mode. Another offer may meet
   * another certificate.
   */
  readonly offer: string;
  /** Absent: no SNI. */
  readonly servername?: string;
  readonly firstAt: number;
  /** Freshest first. */
  readonly sightings: readonly Sighting[];
  /**
   * The certificates it refers to are kept until then at least (epoch ms); 0 before they were
   * stored.
   */
  readonly certificatesUntil: number;
}

/** One conversation of a run, under the name of the host that it was had for. */
export interface HostConversation {
  readonly host: string;
  readonly conversation: Conversation;
  readonly result: ProbeResult;
  readonly trust?: Trust;
}

/** All that one run saw of one host under one offer. */
export interface HostObservation {
  readonly host: string;
  readonly port: number;
  readonly offer: string;
  readonly servername?: string;
  readonly seen: readonly {
    readonly address: string;
    readonly result: SeenResult;
    readonly trust?: Trust;
  }[];
  /** The certificates seen, base64 DER by digest. */
  readonly certificates: Readonly<Record<CertificateDigest, string>>;
}

/** When a run looked, and when the run before it did (undefined on the first). */
export interface RunTimes {
  readonly at: number;
  readonly previousAt?: number | undefined;
}

/**
 * Groups a run's conversations by host and offer, in first-met order. A host of which nothing was
 * seen is left out.
 */
export function observeHosts(conversations: Iterable<HostConversation>): HostObservation[] {
  const hosts = new Map<
    string,
    {
      observed: HostObservation;
      seen: HostObservation['seen'][number][];
      certificates: Record<string, string>;
    }
  >();
  for (const { host, conversation, result, trust } of conversations) {
    if (result.kind === 'unseen') continue;
    const { port, servername } = conversation;
    const offer = offerDigest(conversation);
    const key = hostKey({ host, port, offer });
    let grouped = hosts.get(key);
    if (grouped === undefined) {
      // No `{}`: thousands of them, each growing by another name, and V8 makes every later `{}` of
      // the process a slow one.
      const [seen, certificates] = [[] as HostObservation['seen'][number][], byName<string>()];
      const observed = {
        host,
        port,
        offer,
        ...(servername === undefined ? {} : { servername }),
        seen,
        certificates,
      };
      grouped = { observed, seen, certificates };
      hosts.set(key, grouped);
    }
    const stored = storedResult(result, grouped.certificates);
    grouped.seen.push({
      address: conversation.address,
      result: stored,
      ...(trust === undefined ? {} : { trust }),
    });
  }
  return [...hosts.values()].map(({ observed }) => observed);
}

/**
 * Names one host under one offer, as the store's keys do:
 * `in1-smtp.messagingengine.com:25#3f9a01c2`.
 */
export const hostKey = ({
  host,
  port,
  offer,
}: Pick<HostSnapshot, 'host' | 'port' | 'offer'>): string => `${host}:${port}#${offer}`;

/** Eight hex digits over all that we offer; the address is not part of it. */
export function offerDigest({
  servername,
  wrapperMode,
  offer,
  discardEhloKeywords,
  discardMaps,
  replyFilter,
  hello,
}: Conversation): string {
  const parts = [
    servername ?? null,
    wrapperMode,
    offer,
    discardEhloKeywords.includes('starttls'),
    ...(hello === undefined ? [] : [hello]),
    ...(discardMaps === undefined ? [] : [{ discardMaps }]),
    ...(replyFilter === undefined ? [] : [{ replyFilter }]),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 8);
}

/**
 * What is known of a host after one more look: undefined where the look brought nothing new, so
 * that nothing is written. A clock that was set back makes no sighting older than it was.
 */
export function updateHost(
  before: HostSnapshot | undefined,
  observed: HostObservation,
  times: RunTimes,
): HostSnapshot | undefined {
  const met = sightingsIn(observed, times.at);
  if (before !== undefined) return seenAgain(before, met, times);
  const { host, port, offer, servername } = observed;
  return {
    host,
    port,
    offer,
    ...(servername === undefined ? {} : { servername }),
    firstAt: times.at,
    sightings: bounded([...met.values()]),
    certificatesUntil: 0,
  };
}

/** What one look saw, by what it was, with all addresses that gave the same. */
function sightingsIn({ seen }: HostObservation, at: number): Map<string, Sighting> {
  const met = new Map<string, Sighting>();
  for (const { address, result, trust } of seen) {
    const key = sightingKey(result);
    const known = met.get(key) ?? {
      result,
      addresses: [],
      ...(trust === undefined ? {} : { trust }),
      firstAt: at,
      lastAt: at,
      missed: 0,
    };
    met.set(key, { ...known, addresses: [...known.addresses, address] });
  }
  for (const [key, sighting] of met)
    met.set(key, { ...sighting, addresses: [...new Set(sighting.addresses)].toSorted() });
  return met;
}

/** The snapshot with what was met now; undefined where that is what was known. */
function seenAgain(
  before: HostSnapshot,
  met: Map<string, Sighting>,
  times: RunTimes,
): HostSnapshot | undefined {
  let changed = false;
  const sightings: Sighting[] = [];
  for (const known of before.sightings) {
    const key = sightingKey(known.result);
    const again = met.get(key);
    met.delete(key);
    if (again === undefined) {
      changed = true;
      const missed = missOnce(known, times);
      if (!isGone(missed, times.at)) sightings.push(missed);
    } else {
      changed ||= known.missed > 0 || trustDiffers(known, again);
      sightings.push(metAgain(known, again, times.at));
    }
  }
  changed ||= met.size > 0;
  sightings.push(...met.values());
  return changed ? { ...before, sightings: bounded(sightings) } : undefined;
}

function metAgain(known: Sighting, again: Sighting, at: number): Sighting {
  const trust = again.trust ?? known.trust;
  return {
    ...known,
    ...again,
    ...(trust === undefined ? {} : { trust }),
    firstAt: known.missed < ABSENT_AFTER_RUNS ? known.firstAt : at,
    lastAt: Math.max(known.lastAt, at),
  };
}

/** Sightings of the last run that saw the host. */
export const current = ({ sightings }: HostSnapshot): readonly Sighting[] =>
  sightings.filter(({ missed }) => missed === 0);

/** The host's own certificates, without those above them, that the last run saw. */
export const currentLeaves = (snapshot: HostSnapshot): readonly CertificateDigest[] =>
  current(snapshot).flatMap(({ result }) =>
    result.kind === 'presented' ? result.chain.slice(0, 1) : [],
  );

/** Every certificate a snapshot refers to, once. */
export const certificatesOf = (snapshot: HostSnapshot): readonly CertificateDigest[] => [
  ...new Set(
    snapshot.sightings.flatMap(({ result }) => (result.kind === 'presented' ? result.chain : [])),
  ),
];

/**
 * What makes two results the same thing presented. Protocol, cipher and wording may vary from one
 * connection to the next.
 */
export function sightingKey(result: SeenResult): string {
  switch (result.kind) {
    case 'presented':
      return `presented ${result.chain.join(' ')}${result.after === undefined ? '' : ' refused'}`;
    case 'no-tls':
      return `no-tls ${result.why}`;
    case 'handshake-failed':
      return 'handshake-failed';
  }
}

function storedResult(
  result: Exclude<ProbeResult, { kind: 'unseen' }>,
  certificates: Record<string, string>,
): SeenResult {
  const after = finalRefusal(result);
  if (result.kind === 'no-tls') {
    const { after: _unseen, ...rest } = result;
    return rest;
  }
  if (result.kind !== 'presented') return result;
  const chain = result.chain.map((der) => {
    const digest = createHash('sha256').update(der, 'base64').digest('hex');
    certificates[digest] = der;
    return digest;
  });
  const { after: _unseen, ...rest } = result;
  return { ...rest, chain, ...(after === undefined ? {} : { after }) };
}

/**
 * A refusal for good behind the handshake is what the host presents; what was merely not seen there
 * is the entry's to keep, with everything else that was not.
 */
function finalRefusal(result: ProbeResult): Unseen | undefined {
  if (result.kind !== 'presented' || result.after?.reply === undefined) return undefined;
  return replyDsn(result.after.reply).startsWith('5') ? result.after : undefined;
}

/** Up to the previous run it was met each time; from then on the date stands. */
function missOnce(known: Sighting, { at, previousAt }: RunTimes): Sighting {
  const lastAt =
    known.missed > 0
      ? known.lastAt
      : Math.max(known.lastAt, Math.min(previousAt ?? known.lastAt, at));
  return { ...known, lastAt, missed: known.missed + 1 };
}

const isGone = ({ missed, lastAt }: Sighting, at: number): boolean =>
  missed >= ABSENT_AFTER_RUNS && at - lastAt >= UNION_MS;

/**
 * A host that mints a certificate or a long chain per connection must not fill the table: the
 * freshest are kept.
 */
function bounded(sightings: readonly Sighting[]): readonly Sighting[] {
  let certificates = 0;
  let addresses = 0;
  return sightings
    .toSorted((a, b) => a.missed - b.missed || b.lastAt - a.lastAt)
    .filter((sighting, i) => {
      certificates += sighting.result.kind === 'presented' ? sighting.result.chain.length : 0;
      addresses += sighting.addresses.length;
      return (
        i === 0 ||
        (i < SIGHTINGS_KEPT && certificates <= REFERENCES_KEPT && addresses <= REFERENCES_KEPT)
      );
    });
}

const trustDiffers = (known: Sighting, again: Sighting): boolean =>
  again.trust !== undefined && JSON.stringify(again.trust) !== JSON.stringify(known.trust);

/** An absence counts after so many runs. */
export const ABSENT_AFTER_RUNS = 3;
/** And is remembered for so long, so that what comes back is recognised. */
export const UNION_MS = 7 * 86_400_000;
const SIGHTINGS_KEPT = 32;
const REFERENCES_KEPT = 1_000;
