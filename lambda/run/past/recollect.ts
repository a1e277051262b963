/**
 * What the store remembers of the last days, so that a line can be judged on each of them: which
 * days were looked at, what each entry was then, and what each host may have presented. Reads, and
 * creates nothing.
 *
 * The history of a host has its settled changes alone: between two things that it presents by turns,
 * which one it was on a day is not kept, and either may have been.
 */
import type { EntrySnapshot } from '../../snapshot/entry-snapshot.ts';
import { type HostSnapshot, type Sighting, sightingKey } from '../../snapshot/host-snapshot.ts';
import { readCertificates } from '../../store/certificates.ts';
import { historyBetween } from '../../store/history.ts';
import { describeProblems } from '../../store/item.ts';
import type { Store } from '../../store/keys.ts';
import { readLatest } from '../../store/latest.ts';
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
const DAYS_BACK = 90;
/** Of a store where more than this happened, fewer days are judged. */
const EVENTS_READ = 50_000;
/** Several runs a day may have been made by hand. */
const RUNS_READ = 400;

/** @param now epoch ms */
export async function recollect(store: Store, now: number): Promise<Recollection> {
  const latest = await readLatest(store, now);
  const since = now - DAYS_BACK * DAY_MS;
  const happened = await historyBetween(store, now, { from: since, limit: EVENTS_READ });
  const events = happened.events.toReversed();
  const whole = events.length < EVENTS_READ ? since : (events[0]?.at ?? now);
  const { runs, problems } = await recentRuns(store, now, RUNS_READ);
  const entriesNow = new Map([...latest.entries].map(([id, { value }]) => [id, value.snapshot]));
  const hosts = hostPasts(
    events.filter((event) => event.grain === 'host'),
    [...latest.hosts].map(([name, { value }]) => [name, value]),
  );
  const digests = hosts.flatMap(({ seen }) => seen.flatMap(({ sighting }) => chainIn(sighting)));
  const { der, problems: lost } = await readCertificates(store, [...new Set(digests)]);
  return {
    days: daysOf(runs.map(({ value }) => value).filter(({ startedAt }) => startedAt >= whole)),
    entries: entryTimelines(
      events.filter((event) => event.grain === 'entry'),
      entriesNow,
    ),
    hosts: Map.groupBy(hosts, ({ host }) => host),
    certificates: der,
    problems: describeProblems([...latest.problems, ...happened.problems, ...problems, ...lost]),
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
      ...own.map(({ at, after }) => ({ from: at, value: after })),
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
