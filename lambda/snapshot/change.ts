/**
 * What changed between two snapshots, typed.
 *
 * Two readers ask. History wants what has settled: a presence counts at once, an absence after three runs. A message wants
 * what is different now, to explain a verdict that turned today: `differences`. Routine renewals are told apart from all
 * else, and addresses and preferences are no change. Pure.
 */
import { type FindCertificate, type Leaf, leafOf } from './leaf.ts';
import { isRoutineRenewal, predecessor } from './renewal.ts';
import { ABSENT_AFTER_RUNS, current, type HostSnapshot, type Sighting, sightingKey } from './sighting.ts';
import type { EntrySnapshot, StoredHost, StoredRoute } from './snapshot.ts';

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
  /** The host presents things that differ in what matters, now this, now that. */
  | 'varies'
  | 'uniform';

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
export function hostChanges(before: HostSnapshot | undefined, after: HostSnapshot, find: FindCertificate, at: number): Change[] {
  if (before === undefined) return [];
  const [was, is] = [before.sightings.filter(counts), after.sightings.filter(counts)];
  const known = new Set(before.sightings.map(({ result }) => sightingKey(result)));
  const fresh = after.sightings.filter(({ result }) => !known.has(sightingKey(result)));
  return [
    ...names(was, is, find),
    ...succession(current(before), fresh, find),
    ...starttls(was, is, fresh),
    ...trust(was, is, fresh),
    ...variance(before, after, find, at),
  ].map((change) => ({ ...change, subject: after.host, at }));
}

/**
 * What a host presents now against what it presented when it was seen before, absences included: the explanation of a
 * verdict that turned. Empty while nothing new appeared: a set that answers now this, now that, is not news.
 */
export function differences(before: HostSnapshot | undefined, after: HostSnapshot, find: FindCertificate, at: number): Change[] {
  if (before === undefined) return [];
  const known = new Set(before.sightings.map(({ result }) => sightingKey(result)));
  const [was, is] = [current(before), current(after)];
  const fresh = is.filter(({ result }) => !known.has(sightingKey(result)));
  if (fresh.length === 0) return trust(was, is, is).map((change) => ({ ...change, subject: after.host, at }));
  return [...names(was, is, find), ...succession(was, fresh, find), ...starttls(was, is, fresh), ...trust(was, is, fresh)].map(
    (change) => ({ ...change, subject: after.host, at }),
  );
}

/** MX hosts that came or, after three runs, went. The subject is the destination. */
export function entryChanges(before: EntrySnapshot | undefined, after: EntrySnapshot, at: number): Change[] {
  return before === undefined ? [] : mx(before, after, hostCounts, at);
}

/** The same at once: where mail goes now, against where it went. */
export function entryDifferences(before: EntrySnapshot | undefined, after: EntrySnapshot, at: number): Change[] {
  return before === undefined ? [] : mx(before, after, ({ missed = 0 }) => missed === 0, at);
}

type Bare = Omit<Change, 'subject' | 'at'>;

function names(was: readonly Sighting[], is: readonly Sighting[], find: FindCertificate): Bare[] {
  const [before, after] = [leaves(was, find), leaves(is, find)].map((all) => new Set(all.flatMap((leaf) => leaf.names)));
  // Without a certificate on one side there is nothing to compare: that is another change.
  if (before === undefined || after === undefined || before.size === 0 || after.size === 0) return [];
  const [added, removed] = [without(after, before), without(before, after)];
  return [
    ...(added.length === 0 ? [] : [{ kind: 'name-added', after: shown(added) } as const]),
    ...(removed.length === 0 ? [] : [{ kind: 'name-removed', before: shown(removed) } as const]),
  ];
}

/** Each new certificate against the one it is nearest to. */
function succession(was: readonly Sighting[], fresh: readonly Sighting[], find: FindCertificate): Bare[] {
  const changes = fresh.flatMap((sighting): Bare[] => {
    const leaf = leafOf(sighting, find);
    const old = leaf === undefined ? undefined : predecessor(leaf, was, find);
    if (leaf === undefined || old === undefined) return [];
    const [issuer, anchor] = [old.leaf.issuedBy !== leaf.issuedBy, anchorOf(old.sighting) !== anchorOf(sighting)];
    const anchors = [anchorOf(old.sighting), anchorOf(sighting)];
    return [
      ...(isRoutineRenewal(old.leaf, leaf) ? [changed('renewed', date(old.leaf.notAfter), date(leaf.notAfter))] : []),
      ...(issuer ? [changed('issuer-changed', old.leaf.issuer, leaf.issuer)] : []),
      ...(anchor && anchors.every((one) => one !== '') ? [changed('anchor-changed', anchors[0] ?? '', anchors[1] ?? '')] : []),
      ...(old.leaf.spkiSha256 === leaf.spkiSha256 ? [] : [changed('key-changed', old.leaf.spkiSha256, leaf.spkiSha256)]),
    ];
  });
  return [...new Map(changes.map((change) => [JSON.stringify(change), change])).values()];
}

function starttls(was: readonly Sighting[], is: readonly Sighting[], fresh: readonly Sighting[]): Bare[] {
  const [before, after] = [was.some(speaksTls), is.filter(({ missed }) => missed === 0).some(speaksTls)];
  if (before && !after && fresh.some((sighting) => !speaksTls(sighting))) return [{ kind: 'starttls-lost' }];
  if (after && fresh.some(speaksTls) && was.length > 0 && was.every((sighting) => !speaksTls(sighting)))
    return [{ kind: 'starttls-regained' }];
  return [];
}

function trust(was: readonly Sighting[], is: readonly Sighting[], fresh: readonly Sighting[]): Bare[] {
  const now = is.filter(({ missed }) => missed === 0);
  const [before, after] = [was.some(anchored), now.some(anchored)];
  const [lost] = [...fresh, ...now].flatMap((sighting) => (sighting.trust?.kind === 'untrusted' ? [sighting.trust] : []));
  if (before && !after && lost !== undefined) return [{ kind: 'trust-lost', after: [lost.reason] }];
  if (!before && after && was.some((sighting) => sighting.trust?.kind === 'untrusted')) return [{ kind: 'trust-regained' }];
  return [];
}

function variance(before: HostSnapshot, after: HostSnapshot, find: FindCertificate, at: number): Bare[] {
  const [was, is] = [varies(before, find, at), varies(after, find, at)];
  if (is.length > 1 && was.length <= 1) return [{ kind: 'varies', after: shown(is) }];
  if (was.length > 1 && is.length <= 1) return [{ kind: 'uniform', before: shown(was) }];
  return [];
}

/** What a host presents in turn, as far as it matters; one thing after another is a succession and no variance. */
function varies({ sightings }: HostSnapshot, find: FindCertificate, at: number): string[] {
  const counted = sightings.filter(counts);
  const end = (sighting: Sighting) => (sighting.missed === 0 ? at : sighting.lastAt);
  const overlapping = counted.filter((one) =>
    counted.some(
      (other) =>
        other !== one && one.firstAt <= end(other) && other.firstAt <= end(one) && matter(one, find) !== matter(other, find),
    ),
  );
  return [...new Set(overlapping.map((sighting) => matter(sighting, find)))].toSorted();
}

/** What of a sighting decides over mail: names, issuer, whether it is trusted, whether there is TLS at all. */
function matter(sighting: Sighting, find: FindCertificate): string {
  const { result } = sighting;
  if (result.kind !== 'presented') return result.kind === 'no-tls' ? 'no STARTTLS' : 'a handshake that fails';
  const leaf = leafOf(sighting, find);
  if (leaf === undefined) return 'no certificate';
  const untrusted = sighting.trust?.kind === 'untrusted' ? ', not trusted' : '';
  return `${leaf.names.join(' ')} by ${leaf.issuedBy}${untrusted}`;
}

function mx(before: EntrySnapshot, after: EntrySnapshot, which: (host: StoredHost) => boolean, at: number): Change[] {
  const hosts = (routes: readonly StoredRoute[], keep: (host: StoredHost) => boolean) =>
    new Set(routes.flatMap((route) => (route.kind === 'hosts' ? route.hosts.filter(keep).map(({ host }) => host) : [])));
  const was = hosts(before.routes, which);
  const is = hosts(after.routes, which);
  // A destination that was not resolved before or now says nothing about its hosts.
  if (was.size === 0 || is.size === 0) return [];
  const [added, removed] = [without(is, was), without(was, is)];
  const subject = after.destination;
  return [
    ...(added.length === 0 ? [] : [{ kind: 'mx-added', subject, after: shown(added), at } as const]),
    ...(removed.length === 0 ? [] : [{ kind: 'mx-removed', subject, before: shown(removed), at } as const]),
  ];
}

/** Present, or absent for less than three runs. */
const counts = ({ missed }: Sighting): boolean => missed < ABSENT_AFTER_RUNS;
const hostCounts = ({ missed = 0 }: StoredHost): boolean => missed < ABSENT_AFTER_RUNS;
const leaves = (sightings: readonly Sighting[], find: FindCertificate): Leaf[] =>
  sightings.flatMap((sighting) => leafOf(sighting, find) ?? []);
const speaksTls = ({ result }: Sighting): boolean => result.kind !== 'no-tls';
const anchored = ({ trust: how }: Sighting): boolean => how?.kind === 'anchored';
const anchorOf = ({ trust: how }: Sighting): string => (how?.kind === 'anchored' ? how.anchor : '');
const changed = (kind: ChangeKind, before: string, after: string): Bare => ({ kind, before: [before], after: [after] });
const date = (at: number): string => (Number.isFinite(at) ? new Date(at).toISOString() : 'no date');
const shown = (all: readonly string[]): readonly string[] => all.toSorted().slice(0, SHOWN);

const without = (all: ReadonlySet<string>, these: ReadonlySet<string>): string[] => [...all].filter((one) => !these.has(one));

const SHOWN = 50;
