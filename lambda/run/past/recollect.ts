/**
 * What the store remembers of the last days, so that a line can be judged on each of them: which
 * days were looked at, what each entry was then, and what each host may have presented. Reads, and
 * creates nothing.
 *
 * The history of a host has its settled changes alone: between two things that it presents by turns,
 * which one it was on a day is not kept, and either may have been.
 */
import { greatest } from '../../extremes.ts';
import type { EntrySnapshot } from '../../snapshot/entry-snapshot.ts';
import {
  type HostSnapshot,
  hostKey,
  type Sighting,
  sightingKey,
} from '../../snapshot/host-snapshot.ts';
import { readCertificates } from '../../store/certificates.ts';
import { type History, historyBetween, historyOf } from '../../store/history.ts';
import { inParallel } from '../../store/in-parallel.ts';
import { describeProblems, type ItemProblem } from '../../store/item.ts';
import type { Store } from '../../store/keys.ts';
import { readEntry, readHost, readLatest } from '../../store/latest.ts';
import { recentRuns } from '../../store/runs.ts';
import type { HistoryEvent } from '../../store/stored-values.ts';
import { DAY_MS } from '../../text/dates.ts';

/** A day on which everything was looked at; of several complete runs, the last one. */
export interface DaySeen {
  /** When the run began, epoch ms. */
  readonly at: number;
  /** When all that it saw had been stored. */
  readonly storedAt: number;
  /** Ids of entries that it did not judge. */
  readonly unseen: ReadonlySet<string>;
}

/** What an entry was, from when on (epoch ms); null: it was not known, or had left the policy. */
export interface Was {
  readonly from: number;
  readonly value: EntrySnapshot | null;
}

/** A host under one offer, with everything that it presented, and when it may have done so. */
export interface HostPast extends Omit<HostSnapshot, 'sightings'> {
  readonly seen: readonly SeenThen[];
}

/** From `from` to `lastAt`, both inclusive, or until `end`, exclusive; epoch ms. */
export interface SeenThen {
  readonly sighting: Sighting;
  readonly from: number;
  readonly lastAt: number;
  readonly end: number;
}

export interface Recollection {
  /** Oldest first. */
  readonly days: readonly DaySeen[];
  /** By destination id, oldest first. */
  readonly entries: ReadonlyMap<string, readonly Was[]>;
  /** By host name: each port and offer by itself. */
  readonly hosts: ReadonlyMap<string, readonly HostPast[]>;
  /** Base64 DER by digest. */
  readonly certificates: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
}

/** As many days as a line is judged over. */
export const DAYS_BACK = 90;
/** Of a store where more than this happened, fewer days are judged. */
const EVENTS_READ = 50_000;
/** One an hour for as many days as are judged, and some by hand. */
const RUNS_READ = 2_400;
/** Of one entry or host; of one where more happened, fewer days are judged. */
const EVENTS_OF_ONE = 500;
/** Of a few entries; a list of a hundred hosts is as long as any. */
const HOSTS_READ = 500;

/** @param now epoch ms */
export async function recollect(store: Store, now: number): Promise<Recollection> {
  const latest = await readLatest(store, now);
  const since = now - DAYS_BACK * DAY_MS;
  const happened = await historyBetween(store, now, { from: since, limit: EVENTS_READ });
  return recollection(store, now, {
    events: happened.events.toReversed(),
    whole: wholeFrom(happened, EVENTS_READ, since, now),
    entries: [...latest.entries.values()].map(({ value }) => value.snapshot),
    hosts: [...latest.hosts.values()].map(({ value }) => value),
    problems: [...latest.problems, ...happened.problems],
  });
}

/** A host as it is met today. */
export type HostMet = Pick<HostSnapshot, 'host' | 'port' | 'offer' | 'servername'>;

/**
 * The same of a few entries (ids) and their hosts alone, by as many requests as they need.
 *
 * @param met their hosts of today; those of earlier days are known by the offers of these
 * @param now epoch ms
 */
export async function recollectSome(
  store: Store,
  now: number,
  ids: readonly string[],
  met: readonly HostMet[],
): Promise<Recollection> {
  const since = now - DAYS_BACK * DAY_MS;
  const period = { from: since, limit: EVENTS_OF_ONE };
  const histories: History[] = [];
  const entries: EntrySnapshot[] = [];
  await inParallel(ids, async (id) => {
    histories.push(await historyOf(store, 'entry', id, now, period));
    const read = await readEntry(store, id, now);
    if (read !== undefined) entries.push(read.snapshot);
  });
  const hosts: HostSnapshot[] = [];
  await inParallel(keysThen(entries, histories, met), async (key) => {
    histories.push(await historyOf(store, 'host', key, now, period));
    const read = await readHost(store, key, now);
    if (read !== undefined) hosts.push(read);
  });
  return recollection(store, now, {
    events: histories.flatMap(({ events }) => events).toSorted((a, b) => a.at - b.at),
    whole: greatest(histories.map((one) => wholeFrom(one, EVENTS_OF_ONE, since, now))),
    entries,
    hosts,
    problems: histories.flatMap(({ problems }) => problems),
  });
}

/** Keys of the hosts of today, and of those that these entries led to before. */
function keysThen(
  entries: readonly EntrySnapshot[],
  histories: readonly History[],
  met: readonly HostMet[],
): Set<string> {
  const before = histories.flatMap(({ events }) =>
    events.flatMap((event) => (event.grain === 'entry' ? [event.before, event.after] : [])),
  );
  const names = [...entries, ...before].flatMap((entry) => (entry === null ? [] : hostsIn(entry)));
  const known = new Set(met.map(({ host }) => host));
  const offers = met.filter(({ servername }) => servername === undefined);
  const earlier = [...new Set(names)]
    .filter((host) => !known.has(host))
    .flatMap((host) => offers.map(({ port, offer }) => hostKey({ host, port, offer })));
  return new Set([...met.map(hostKey), ...new Set(earlier)].slice(0, HOSTS_READ));
}

/** From when on all of it was read, epoch ms. */
const wholeFrom = ({ events }: History, limit: number, since: number, now: number): number =>
  events.length < limit ? since : (events.at(-1)?.at ?? now);

interface Read {
  /** Oldest first. */
  readonly events: readonly HistoryEvent[];
  /** From when on they are all there, epoch ms. */
  readonly whole: number;
  readonly entries: readonly EntrySnapshot[];
  readonly hosts: readonly HostSnapshot[];
  readonly problems: readonly ItemProblem[];
}

async function recollection(store: Store, now: number, read: Read): Promise<Recollection> {
  const { events, whole } = read;
  const { runs, problems } = await recentRuns(store, now, RUNS_READ);
  const hosts = hostPasts(
    events.filter((event) => event.grain === 'host'),
    read.hosts.map((host) => [hostKey(host), host]),
  );
  const digests = hosts.flatMap(({ seen }) => seen.flatMap(({ sighting }) => chainIn(sighting)));
  const { der, problems: lost } = await readCertificates(store, [...new Set(digests)]);
  return {
    // The clock may have run ahead on some day: what it says then was on no day yet.
    days: daysOf(
      runs
        .map(({ value }) => value)
        .filter(({ startedAt }) => startedAt >= whole && startedAt <= now),
    ),
    entries: entryTimelines(
      events.filter((event) => event.grain === 'entry'),
      new Map(read.entries.map((entry) => [entry.id, entry])),
    ),
    hosts: Map.groupBy(hosts, ({ host }) => host),
    certificates: der,
    problems: describeProblems([...read.problems, ...problems, ...lost]),
  };
}

function daysOf(
  runs: readonly {
    readonly startedAt: number;
    readonly stageAt: number;
    readonly stage: string;
    readonly scope: string;
    readonly unseen: readonly string[];
  }[],
): DaySeen[] {
  const byDay = new Map<number, DaySeen>();
  const complete = runs.filter(({ stage, scope }) => stage === 'complete' && scope === 'all');
  for (const { startedAt, stageAt, unseen } of complete.toSorted(
    (a, b) => a.startedAt - b.startedAt,
  ))
    byDay.set(Math.floor(startedAt / DAY_MS), {
      at: startedAt,
      storedAt: Math.max(startedAt, stageAt),
      unseen: new Set(unseen),
    });
  return [...byDay.values()].slice(-DAYS_BACK);
}

/** By id: what each was before its first event, and from each event on. */
function entryTimelines(
  events: readonly Extract<HistoryEvent, { readonly grain: 'entry' }>[],
  now: ReadonlyMap<string, EntrySnapshot>,
): Map<string, Was[]> {
  const made = new Map<string, Was[]>();
  for (const [name, value] of now) made.set(name, [{ from: value.firstAt, value }]);
  for (const [name, own] of Map.groupBy(events, (event) => event.name)) {
    const before = own[0]?.before ?? null;
    made.set(name, [
      ...(before === null ? [] : [{ from: before.firstAt, value: before }]),
      ...own.flatMap(({ at, before: then, after }, i): Was[] => {
        // It had been forgotten meanwhile, and nobody knows since when it was not looked at.
        const gone =
          i > 0 && then === null ? [{ from: (own[i - 1]?.at ?? at) + 1, value: null }] : [];
        return [...gone, { from: at, value: after }];
      }),
    ]);
  }
  return made;
}

/** Each host with all that its snapshots of these days have. */
function hostPasts(
  events: readonly Extract<HistoryEvent, { readonly grain: 'host' }>[],
  now: readonly (readonly [string, HostSnapshot])[],
): HostPast[] {
  const byName = Map.groupBy(events, ({ name }) => name);
  const latest = new Map(now);
  return [...new Set([...byName.keys(), ...latest.keys()])].flatMap((name) => {
    const own = byName.get(name) ?? [];
    const states = [
      { snapshot: own[0]?.before ?? null, end: own[0]?.at ?? Number.POSITIVE_INFINITY },
      ...own.map(({ after }, i) => ({
        snapshot: after,
        end: own[i + 1]?.at ?? Number.POSITIVE_INFINITY,
      })),
      { snapshot: latest.get(name) ?? null, end: Number.POSITIVE_INFINITY },
    ].flatMap(({ snapshot, end }) => (snapshot === null ? [] : [{ snapshot, end }]));
    const last = states.at(-1)?.snapshot;
    if (last === undefined) return [];
    const { sightings: _, ...rest } = last;
    return [{ ...rest, seen: seenIn(states) }];
  });
}

function seenIn(
  states: readonly { readonly snapshot: HostSnapshot; readonly end: number }[],
): SeenThen[] {
  const found = new Map<string, SeenThen>();
  for (const { snapshot, end } of states)
    for (const sighting of snapshot.sightings) {
      const key = sightingKey(sighting.result);
      const known = found.get(key);
      const until = sighting.missed === 0 ? end : 0;
      found.set(key, {
        sighting: { ...sighting, addresses: union(known?.sighting.addresses, sighting.addresses) },
        from: Math.min(sighting.firstAt, known?.from ?? sighting.firstAt),
        lastAt: Math.max(sighting.lastAt, known?.lastAt ?? 0),
        end: Math.max(until, known?.end ?? 0),
      });
    }
  return [...found.values()];
}

const union = (a: readonly string[] = [], b: readonly string[]): string[] => [
  ...new Set([...a, ...b]),
];

/** Names of the hosts that it led to. */
export const hostsIn = ({ routes }: EntrySnapshot): string[] =>
  routes.flatMap((route) => (route.kind === 'hosts' ? route.hosts.map(({ host }) => host) : []));

const chainIn = ({ result }: Sighting): readonly string[] =>
  result.kind === 'presented' ? result.chain : [];

/** What the entry was at that time; undefined where it was not known then. */
export const wasAt = (
  timeline: readonly Was[] | undefined,
  at: number,
): EntrySnapshot | undefined => timeline?.findLast(({ from }) => from <= at)?.value ?? undefined;

/** Whether it may have been presented to the run of that day. */
export const wasSeenOn = ({ from, lastAt, end }: SeenThen, { at, storedAt }: DaySeen): boolean =>
  from <= storedAt && (at <= lastAt || storedAt < end);
