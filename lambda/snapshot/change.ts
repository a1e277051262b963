/**
 * What changed between two snapshots, typed.
 *
 * The history takes what has settled: a presence counts at once, an absence after three runs. A
 * message takes `differences`: what is different now, to explain a verdict that turned today.
 * Routine renewals are changes of their own kind; addresses and preferences are none. Pure.
 */

import { firstWithin } from '../first-within.ts';
import type { EntrySnapshot, StoredHost, StoredRoute } from './entry-snapshot.ts';
import {
  ABSENT_AFTER_RUNS,
  current,
  type HostSnapshot,
  type Sighting,
  sightingKey,
} from './host-snapshot.ts';
import { type FindCertificate, type Leaf, leafOf } from './leaf.ts';
import { isRoutineRenewal, predecessor } from './renewal.ts';
import { tlsaChanges } from './stored-tlsa.ts';

export type ChangeKind =
  | 'name-added'
  | 'name-removed'
  | 'issuer-changed'
  | 'anchor-changed'
  | 'key-changed'
  | 'renewed'
  | 'mx-added'
  | 'mx-removed'
  | 'starttls-lost'
  | 'starttls-regained'
  | 'trust-lost'
  | 'trust-regained'
  /**
   * TLSA records that came and are matched; that came and are not yet, beside one that is; and that
   * went.
   */
  | 'tlsa-added'
  | 'tlsa-announced'
  | 'tlsa-removed'
  /** MX records or addresses that were signed, and are no longer; and the other way. */
  | 'dnssec-lost'
  | 'dnssec-regained'
  /** Signed before; now DNS fails over its signatures. */
  | 'dnssec-broken'
  /** The host presents several things in turn that differ in what decides over mail. */
  | 'varies'
  | 'uniform'
  /** Of the MTA-STS policy that a line rests on, or could (alert/sts). */
  | 'sts-unfit'
  | 'sts-withdrawn'
  | 'sts-changed'
  | 'sts-appeared';

export interface Change {
  readonly kind: ChangeKind;
  /** The MX host, or the entry's destination. */
  readonly subject: string;
  /** Names, issuers, anchors, key digests, dates (ISO 8601) or hosts; the first fifty. */
  readonly before?: readonly string[];
  readonly after?: readonly string[];
  readonly at: number;
}

/** What settled between two snapshots of a host, for its history. A first snapshot is no change. */
export function hostChanges(
  before: HostSnapshot | undefined,
  after: HostSnapshot,
  find: FindCertificate,
  at: number,
): Change[] {
  if (before === undefined) return [];
  return ofHost(after, at, [
    ...nameChanges(before.sightings.filter(stillCounts), after.sightings.filter(stillCounts), find),
    ...immediateChanges(before, after, find, at),
  ]);
}

/**
 * What a host presents now against what it presented when it was seen before, absences included:
 * the explanation of a verdict that turned. Certificates that are presented in turn are news only
 * once.
 */
export function differences(
  before: HostSnapshot | undefined,
  after: HostSnapshot,
  find: FindCertificate,
  at: number,
): Change[] {
  if (before === undefined) return [];
  const replaced = newSightings(before, after).length > 0;
  return ofHost(after, at, [
    ...(replaced ? nameChanges(current(before), current(after), find) : []),
    ...immediateChanges(before, after, find, at),
  ]);
}

/**
 * MX hosts that came or, after three runs, went, of which the subject is the destination; and what
 * DNSSEC says of those that stay.
 */
export function entryChanges(
  before: EntrySnapshot | undefined,
  after: EntrySnapshot,
  at: number,
): Change[] {
  return before === undefined
    ? []
    : [...mxChanges(before, after, hostCounts, at), ...dnssecChanges(before, after, at)];
}

/** The same without waiting: where mail goes now, against where it went. */
export function entryDifferences(
  before: EntrySnapshot | undefined,
  after: EntrySnapshot,
  at: number,
): Change[] {
  return before === undefined
    ? []
    : [
        ...mxChanges(before, after, ({ missed = 0 }) => missed === 0, at),
        ...dnssecChanges(before, after, at),
      ];
}

type Bare = Omit<Change, 'subject' | 'at'>;

const ofHost = ({ host }: HostSnapshot, at: number, changes: readonly Bare[]): Change[] =>
  changes.map((change) => ({ ...change, subject: host, at }));

/**
 * Changes that count at once. While certificates are presented in turn, STARTTLS and trust are
 * neither lost nor regained.
 */
function immediateChanges(
  before: HostSnapshot,
  after: HostSnapshot,
  find: FindCertificate,
  at: number,
): Bare[] {
  const [was, is] = [varieties(before, find, at), varieties(after, find, at)];
  const steady = was.length <= 1;
  return [
    ...replacements(current(before), newSightings(before, after), find),
    ...anchorChanges(current(before), current(after)),
    ...(steady
      ? [
          ...starttlsChanges(current(before), current(after)),
          ...trustChanges(current(before), current(after)),
        ]
      : []),
    ...(steady && is.length > 1 ? [{ kind: 'varies', after: shown(is) } as const] : []),
    ...(!steady && is.length <= 1 ? [{ kind: 'uniform', before: shown(was) } as const] : []),
  ];
}

/** Sightings that were not there, or absent for so long that they do not count. */
function newSightings(before: HostSnapshot, after: HostSnapshot): readonly Sighting[] {
  const known = new Set(
    before.sightings.filter(stillCounts).map(({ result }) => sightingKey(result)),
  );
  return current(after).filter(({ result }) => !known.has(sightingKey(result)));
}

function nameChanges(
  was: readonly Sighting[],
  is: readonly Sighting[],
  find: FindCertificate,
): Bare[] {
  const [before, after] = [leaves(was, find), leaves(is, find)].map(
    (all) => new Set(all.flatMap((leaf) => leaf.names)),
  );
  // Without a certificate on one side there is nothing to compare; that is reported as a change of
  // its own.
  if (before === undefined || after === undefined || before.size === 0 || after.size === 0)
    return [];
  const [added, removed] = [without(after, before), without(before, after)];
  return [
    ...(added.length === 0 ? [] : [{ kind: 'name-added', after: shown(added) } as const]),
    ...(removed.length === 0 ? [] : [{ kind: 'name-removed', before: shown(removed) } as const]),
  ];
}

/** Each new certificate against the one it is nearest to. */
function replacements(
  was: readonly Sighting[],
  fresh: readonly Sighting[],
  find: FindCertificate,
): Bare[] {
  const changes = fresh.flatMap((sighting): Bare[] => {
    const leaf = leafOf(sighting, find);
    const old = leaf === undefined ? undefined : predecessor(leaf, was, find);
    if (leaf === undefined || old === undefined) return [];
    const [issuer, anchor] = [
      old.leaf.issuedBy !== leaf.issuedBy,
      anchorOf(old.sighting) !== anchorOf(sighting),
    ];
    const anchors = [anchorOf(old.sighting), anchorOf(sighting)];
    return [
      ...(isRoutineRenewal(old.leaf, leaf)
        ? [changed('renewed', date(old.leaf.notAfter), date(leaf.notAfter))]
        : []),
      ...(issuer ? [changed('issuer-changed', old.leaf.issuer, leaf.issuer)] : []),
      ...(anchor && anchors.every((one) => one !== '')
        ? [changed('anchor-changed', anchors[0] ?? '', anchors[1] ?? '')]
        : []),
      ...(old.leaf.spkiSha256 === leaf.spkiSha256
        ? []
        : [changed('key-changed', old.leaf.spkiSha256, leaf.spkiSha256)]),
    ];
  });
  return [...new Map(changes.map((change) => [JSON.stringify(change), change])).values()];
}

/**
 * The same certificates that end at another anchor: another intermediate was sent, or our own
 * bundle changed.
 */
function anchorChanges(was: readonly Sighting[], is: readonly Sighting[]): Bare[] {
  const before = new Map(was.map((sighting) => [sightingKey(sighting.result), anchorOf(sighting)]));
  return is.flatMap((sighting) => {
    const [old, now] = [before.get(sightingKey(sighting.result)) ?? '', anchorOf(sighting)];
    return old === '' || now === '' || old === now ? [] : [changed('anchor-changed', old, now)];
  });
}

function starttlsChanges(was: readonly Sighting[], is: readonly Sighting[]): Bare[] {
  if (was.length === 0 || is.length === 0) return [];
  const [before, after] = [was.some(speaksTls), is.some(speaksTls)];
  if (before === after) return [];
  return [{ kind: after ? 'starttls-regained' : 'starttls-lost' }];
}

function trustChanges(was: readonly Sighting[], is: readonly Sighting[]): Bare[] {
  const [before, after] = [was.some(anchored), is.some(anchored)];
  const [doubted, doubts] = [was, is].map((all) =>
    all.flatMap((one) => (one.trust?.kind === 'untrusted' ? [one.trust.reason] : [])),
  );
  if (before && !after && doubts !== undefined && doubts.length > 0)
    return [{ kind: 'trust-lost', after: shown([...new Set(doubts)]) }];
  if (!before && after && doubted !== undefined && doubted.length > 0)
    return [{ kind: 'trust-regained' }];
  return [];
}

/**
 * What a host presents in turn within the same time, as far as it decides over mail; what only
 * follows something else is left out.
 */
function varieties({ sightings }: HostSnapshot, find: FindCertificate, at: number): string[] {
  const counted = sightings.filter(stillCounts).map((sighting) => ({
    from: sighting.firstAt,
    to: sighting.missed === 0 ? at : sighting.lastAt,
    decides: whatDecides(sighting, find),
  }));
  const overlapping = counted.filter((one) =>
    counted.some(
      (other) => one.from <= other.to && other.from <= one.to && one.decides !== other.decides,
    ),
  );
  return [...new Set(overlapping.map((one) => one.decides))].toSorted();
}

/** What of a sighting decides over mail: names, issuer, trust, and whether there is TLS at all. */
function whatDecides(sighting: Sighting, find: FindCertificate): string {
  const { result } = sighting;
  if (result.kind !== 'presented')
    return result.kind === 'no-tls' ? 'no STARTTLS' : 'a handshake that fails';
  const leaf = leafOf(sighting, find);
  if (leaf === undefined) return 'no certificate';
  const untrusted = sighting.trust?.kind === 'untrusted' ? ', not trusted' : '';
  return `${leaf.names.join(' ')} by ${leaf.issuedBy}${untrusted}`;
}

function mxChanges(
  before: EntrySnapshot,
  after: EntrySnapshot,
  which: (host: StoredHost) => boolean,
  at: number,
): Change[] {
  const hosts = (routes: readonly StoredRoute[], keep: (host: StoredHost) => boolean) =>
    new Set(
      routes.flatMap((route) =>
        route.kind === 'hosts' ? route.hosts.filter(keep).map(({ host }) => host) : [],
      ),
    );
  const was = hosts(before.routes, which);
  const is = hosts(after.routes, which);
  // A destination that was not resolved before or now says nothing about its hosts.
  if (was.size === 0 || is.size === 0) return [];
  const [added, removed] = [without(is, was), without(was, is)];
  const subject = after.destination;
  return [
    ...(added.length === 0
      ? []
      : [{ kind: 'mx-added', subject, after: shown(added), at } as const]),
    ...(removed.length === 0
      ? []
      : [{ kind: 'mx-removed', subject, before: shown(removed), at } as const]),
  ];
}

/** What DNSSEC says of next hop and hosts, where it was asked both times. */
function dnssecChanges(before: EntrySnapshot, after: EntrySnapshot, at: number): Change[] {
  return after.routes.flatMap((route): Change[] => {
    const old = before.routes.find(({ nextHop }) => nextHop === route.nextHop);
    if (old?.kind !== 'hosts') return [];
    const wasSigned = old.dane?.mx?.secure;
    const subject = after.destination;
    if (route.kind === 'unanswered') {
      return wasSigned === true && route.failure === 'bogus'
        ? [{ kind: 'dnssec-broken', subject, at }]
        : [];
    }
    if (route.kind !== 'hosts') return [];
    const isSigned = route.dane?.mx?.secure;
    const turned = wasSigned !== undefined && isSigned !== undefined && wasSigned !== isSigned;
    const hosts = route.hosts.flatMap((host) => {
      const known = old.hosts.find((one) => one.host === host.host)?.tlsa;
      if (known === undefined || host.tlsa === undefined) return [];
      return tlsaChanges(known, host.tlsa).map((change) =>
        bounded({ ...change, subject: host.host, at }),
      );
    });
    return [
      ...(turned
        ? [
            {
              kind: isSigned ? ('dnssec-regained' as const) : ('dnssec-lost' as const),
              subject,
              at,
            },
          ]
        : []),
      ...hosts,
    ];
  });
}

const bounded = ({ before, after, ...change }: Change): Change => ({
  ...change,
  ...(before === undefined ? {} : { before: shown(before) }),
  ...(after === undefined ? {} : { after: shown(after) }),
});

/** Present, or absent for less than three runs. */
const stillCounts = ({ missed }: Sighting): boolean => missed < ABSENT_AFTER_RUNS;
const hostCounts = ({ missed = 0 }: StoredHost): boolean => missed < ABSENT_AFTER_RUNS;
const leaves = (sightings: readonly Sighting[], find: FindCertificate): Leaf[] =>
  sightings.flatMap((sighting) => leafOf(sighting, find) ?? []);
const speaksTls = ({ result }: Sighting): boolean => result.kind !== 'no-tls';
const anchored = ({ trust: how }: Sighting): boolean => how?.kind === 'anchored';
const anchorOf = ({ trust: how }: Sighting): string => (how?.kind === 'anchored' ? how.anchor : '');
const changed = (kind: ChangeKind, before: string, after: string): Bare => ({
  kind,
  before: [cut(before)],
  after: [cut(after)],
});
const date = (at: number): string => (Number.isFinite(at) ? new Date(at).toISOString() : 'no date');
const cut = (text: string): string =>
  text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text;
const shown = (all: readonly string[]): readonly string[] =>
  firstWithin(all.toSorted().slice(0, VALUES_KEPT.most).map(cut), VALUES_KEPT);

const without = (all: ReadonlySet<string>, these: ReadonlySet<string>): string[] =>
  [...all].filter((one) => !these.has(one));

/** At most so many values are stored with a change, because strangers wrote them. */
const VALUES_KEPT = { chars: 4_000, most: 50 };
const SHOWN_CHARS = 255;
