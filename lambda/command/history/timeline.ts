/**
 * What was seen and what changed, read back from the history: of everything, of one destination
 * with its hosts, or of one host.
 */
import type { Change } from '../../alert/incident/entry-state.ts';
import type { EntrySnapshot } from '../../snapshot/entry-snapshot.ts';
import { current, currentLeaves, type HostSnapshot } from '../../snapshot/host-snapshot.ts';
import { type FindCertificate, type Leaf, leafOf } from '../../snapshot/leaf.ts';
import { readCertificates } from '../../store/certificates.ts';
import { HISTORY_DAYS, historyBetween, historyOf } from '../../store/history.ts';
import { describeProblems, type Held, type ItemProblem } from '../../store/item.ts';
import type { Grain, Store } from '../../store/keys.ts';
import { readLatest, retiredAt } from '../../store/latest.ts';
import type { HistoryEvent } from '../../store/stored-values.ts';
import type { JsonObject } from '../../store/value-schemas.ts';
import { DAY_MS } from '../../text/dates.ts';
import { hostKeys, hostsOf, publishedNames } from './hosts.ts';

export interface Happened {
  readonly event: HistoryEvent;
  readonly changes: readonly Change[];
  /** What a host presented from then on; empty for entries. */
  readonly presents: readonly Presented[];
}

export interface Presented {
  readonly addresses: readonly string[];
  readonly what: 'certificate' | 'no-certificate' | 'no-tls' | 'handshake-failed';
  /** Absent where there is no certificate, or it is no longer kept. */
  readonly leaf?: Leaf;
  readonly sha256?: string;
}

export interface Timeline {
  /** Epoch ms. */
  readonly from: number;
  /** Whether this is all that is kept. */
  readonly whole: boolean;
  /** Oldest first. */
  readonly happened: readonly Happened[];
  /** As last seen, of what was asked for by name; empty for everything. */
  readonly now: {
    /** By id. */
    readonly entries: ReadonlyMap<string, Now<EntrySnapshot>>;
    /** By key. */
    readonly hosts: ReadonlyMap<string, Now<HostSnapshot>>;
  };
  /** Certificates of hosts in `happened` and `now`. */
  readonly find: FindCertificate;
  readonly problems: readonly string[];
}

/** What was last seen, and when it left the policy, epoch ms, where it did. */
export interface Now<T> {
  readonly snapshot: T;
  readonly until?: number;
}

export interface Asked {
  /** A destination, a key of the table, or an MX host; absent: everything. */
  readonly name?: string;
  /** Epoch ms; absent: 30 days back for everything, all that is kept for one name. */
  readonly from?: number;
}

/** Undefined where nothing was ever remembered under the name. */
export async function readTimeline(
  store: Store,
  { name, from }: Asked,
  now: number,
): Promise<Timeline | undefined> {
  const found =
    name === undefined
      ? await ofAll(store, from, now)
      : await ofName(store, name.toLowerCase(), from, now);
  if (found === undefined) return undefined;
  const events = found.events.toSorted(
    (a, b) => a.at - b.at || ORDER[a.grain] - ORDER[b.grain] || a.name.localeCompare(b.name, 'en'),
  );
  const hosts = [
    ...events.flatMap((event) => (event.grain === 'host' ? [event.before, event.after] : [])),
    ...[...found.now.hosts.values()].map(({ snapshot }) => snapshot),
  ];
  const digests = hosts.flatMap((host) => (host === null ? [] : currentLeaves(host)));
  const { der } = await readCertificates(store, [...new Set(digests)]);
  return {
    from: found.from,
    whole: name !== undefined && from === undefined,
    happened: events.map((event) => ({
      event,
      changes: event.changes.flatMap((change) => changeOf(change) ?? []),
      presents: event.grain === 'host' && event.after !== null ? presentsOf(event.after, der) : [],
    })),
    now: found.now,
    find: (digest) => der[digest],
    problems: found.problems,
  };
}

interface Found {
  readonly from: number;
  readonly events: readonly HistoryEvent[];
  readonly now: Timeline['now'];
  readonly problems: readonly string[];
}

async function ofAll(store: Store, from: number | undefined, now: number): Promise<Found> {
  const start = from ?? now - 30 * DAY_MS;
  const { events, problems } = await historyBetween(store, now, { from: start });
  const nobody = { entries: new Map(), hosts: new Map() };
  return { from: start, events, now: nobody, problems: describeProblems(problems) };
}

async function ofName(
  store: Store,
  name: string,
  from: number | undefined,
  now: number,
): Promise<Found | undefined> {
  const latest = await readLatest(store, now);
  const start = from ?? now - HISTORY_DAYS * DAY_MS;
  const ids = [...latest.entries.values()].flatMap(({ value: { snapshot } }) =>
    [snapshot.id, snapshot.destination, snapshot.key].includes(name) ? [snapshot.id] : [],
  );
  // Of an entry that left the policy long ago only the history is left.
  const entries = await readAll(store, 'entry', ids.length === 0 ? [name] : ids, start, now);
  const hosts =
    ids.length === 0 && entries.events.length === 0
      ? publishedNames(name, latest)
      : hostsOf(entries.events, latest, ids);
  const keys = hostKeys(hosts, latest);
  const seen = await readAll(store, 'host', keys, start, now);
  const known =
    ids.length > 0 || [...latest.hosts.values()].some(({ value }) => hosts.includes(value.host));
  const events = [...entries.events, ...seen.events];
  if (events.length === 0 && !known) return undefined;
  return {
    from: start,
    events,
    now: {
      entries: heldOf(ids, latest.entries, ({ snapshot }) => snapshot),
      hosts: heldOf(keys, latest.hosts, (host) => host),
    },
    problems: [...entries.problems, ...seen.problems],
  };
}

function heldOf<T, S>(
  names: readonly string[],
  all: ReadonlyMap<string, Held<T>>,
  snapshotOf: (value: T) => S,
): ReadonlyMap<string, Now<S>> {
  return new Map(
    names.flatMap((name) => {
      const held = all.get(name);
      if (held === undefined) return [];
      const until = retiredAt(held);
      const snapshot = snapshotOf(held.value);
      return [[name, until === undefined ? { snapshot } : { snapshot, until }]];
    }),
  );
}

async function readAll(
  store: Store,
  grain: Grain,
  names: readonly string[],
  from: number,
  now: number,
) {
  const events: HistoryEvent[] = [];
  const problems: ItemProblem[] = [];
  for (const name of names) {
    const read = await historyOf(store, grain, name, now, { from });
    events.push(...read.events);
    problems.push(...read.problems);
  }
  return { events, problems: describeProblems(problems) };
}

function presentsOf(snapshot: HostSnapshot, der: Readonly<Record<string, string>>): Presented[] {
  return current(snapshot).map((sighting): Presented => {
    const { addresses, result } = sighting;
    switch (result.kind) {
      case 'presented': {
        const [sha256] = result.chain;
        const leaf = leafOf(sighting, (digest) => der[digest]);
        return {
          addresses,
          what: sha256 === undefined ? 'no-certificate' : 'certificate',
          ...(leaf === undefined ? {} : { leaf }),
          ...(sha256 === undefined ? {} : { sha256 }),
        };
      }
      case 'no-tls':
      case 'handshake-failed':
        return { addresses, what: result.kind };
    }
  });
}

/** As snapshot/change wrote it; whatever else stands there is left out. */
function changeOf({ kind, subject, before, after, at }: JsonObject): Change | undefined {
  if (typeof kind !== 'string' || typeof subject !== 'string' || typeof at !== 'number')
    return undefined;
  const texts = (value: unknown) =>
    Array.isArray(value)
      ? value.filter((one) => typeof one === 'string')
      : typeof value === 'string'
        ? [value]
        : undefined;
  const [was, is] = [texts(before), texts(after)];
  return {
    kind,
    subject,
    at,
    ...(was === undefined ? {} : { before: was }),
    ...(is === undefined ? {} : { after: is }),
  };
}

/** Hosts before entries: what changed at a host explains what became of an entry. */
const ORDER: Readonly<Record<Grain, number>> = { host: 0, entry: 1 };
