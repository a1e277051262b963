/**
 * What was seen, as a picture needs it: the verdict of an entry at every look, and from when to when
 * a host presented each certificate. The history has only what changed, so what lies between is
 * filled in by the records of the runs: a look that is not on record is a gap. Pure.
 */

import { type EntrySnapshot, published } from '../../snapshot/entry-snapshot.ts';
import {
  type CertificateDigest,
  current,
  type HostSnapshot,
} from '../../snapshot/host-snapshot.ts';
import { type FindCertificate, leafOf } from '../../snapshot/leaf.ts';
import type { HistoryEvent, RunRecord } from '../../store/stored-values.ts';
import type { Verdict } from '../../verdict/verdict.ts';
import type { Now, Timeline } from '../history/timeline.ts';

/** One time that everything was looked at. */
export interface Look {
  /** Epoch ms. */
  readonly at: number;
  /** Ids of entries that were not judged then. */
  readonly unseen: ReadonlySet<string>;
}

export interface SeenEntry {
  readonly name: string;
  /** Oldest first. */
  readonly verdicts: readonly { readonly at: number; readonly verdict: Verdict }[];
}

export interface SeenCertificate {
  readonly host: string;
  readonly digest: CertificateDigest;
  /** All epoch ms. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** When it was presented: from the first look that met it to the last. */
  readonly from: number;
  readonly to: number;
  /** Whether it is what the host presents by what is known last. */
  readonly isCurrent: boolean;
}

/**
 * All of a timeline; of one that is about everything, only the entries that ever were other than
 * `pass` or `unchecked`, and no hosts.
 */
export function seenIn(timeline: Timeline, looks: readonly Look[], isAll: boolean): Seen {
  const { happened, now, find } = timeline;
  const events = happened.map(({ event }) => event);
  const entries = Map.groupBy(events.filter(isOfEntry), ({ name }) => name);
  const ids = [...new Set([...now.entries.keys(), ...entries.keys()])];
  const left = whenLeft(timeline);
  const hosts = isAll ? new Map() : Map.groupBy(events.filter(isOfHost), ({ name }) => name);
  return {
    entries: ids.flatMap((id) => {
      const own = entries.get(id) ?? [];
      if (isAll && own.every(isWell)) return [];
      return seenEntry(id, own, now.entries.get(id), looks) ?? [];
    }),
    certificates: ofHosts(
      [...new Set([...now.hosts.keys(), ...hosts.keys()])].flatMap((key) =>
        seenCertificates(hosts.get(key) ?? [], now.hosts.get(key), looks, find, left),
      ),
    ),
    // A run that could judge none of them saw none of their hosts.
    looks: [
      ...looks.filter(({ unseen }) => ids.length === 0 || ids.some((id) => !unseen.has(id))),
      ...events,
    ].map(({ at }) => at),
  };
}

/** The same as of an earlier moment, epoch ms. */
export const asOf = ({ entries, certificates, looks }: Seen, at: number): Seen => ({
  entries: entries.map(({ name, verdicts }) => ({
    name,
    verdicts: verdicts.filter((one) => one.at <= at),
  })),
  certificates: certificates
    .filter(({ from }) => from <= at)
    .map((one) => ({ ...one, to: Math.min(one.to, at), isCurrent: one.isCurrent || one.to > at })),
  looks: looks.filter((one) => one <= at),
});

/** Where a picture of it begins, epoch ms: when it was first seen, and not before what was asked. */
export const begins = ({ from, happened, now }: Timeline): number => {
  const firsts = [
    ...happened.map(({ event }) => event.before?.firstAt ?? event.at),
    ...[...now.entries.values(), ...now.hosts.values()].map(({ snapshot }) => snapshot.firstAt),
  ];
  return Math.max(from, Math.min(...firsts));
};

export interface Seen {
  readonly entries: readonly SeenEntry[];
  readonly certificates: readonly SeenCertificate[];
  /** Epoch ms. */
  readonly looks: readonly number[];
}

const isOfEntry = (event: HistoryEvent): event is EntryEvent => event.grain === 'entry';
const isOfHost = (event: HistoryEvent): event is HostEvent => event.grain === 'host';
const isWell = ({ before, after }: EntryEvent): boolean =>
  [before, after].every((one) => one === null || ['pass', 'unchecked'].includes(one.verdict));

/**
 * When mail for these entries went to a host no longer, by what is known of them: from then on it is
 * not looked at for them. Undefined while it goes there, and where there is no entry to tell.
 */
function whenLeft({ happened, now }: Timeline): (host: string) => number | undefined {
  const events = Map.groupBy(
    happened.map(({ event }) => event).filter(isOfEntry),
    ({ name }) => name,
  );
  const all = [...new Set([...now.entries.keys(), ...events.keys()])].map((id) =>
    statesOf(events.get(id) ?? [], now.entries.get(id)),
  );
  return (host) => {
    const leaves = all.flatMap((states) => {
      const last = states.findLastIndex(
        ({ value }) => value?.routes.flatMap(published).some((one) => one.host === host) === true,
      );
      return last < 0 ? [] : [states[last + 1]?.at ?? Number.POSITIVE_INFINITY];
    });
    const latest = Math.max(...leaves);
    return leaves.length === 0 || latest === Number.POSITIVE_INFINITY ? undefined : latest;
  };
}

/** What a host presents to several offers is one certificate. */
function ofHosts(all: readonly SeenCertificate[]): SeenCertificate[] {
  const alike = Map.groupBy(all, ({ host, digest }) => `${host} ${digest}`);
  return [...alike.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const from = Math.min(...same.map((one) => one.from));
    const to = Math.max(...same.map((one) => one.to));
    return [{ ...first, from, to, isCurrent: same.some((one) => one.isCurrent) }];
  });
}

/** The looks of the runs that judged everything. */
export const looksOf = (
  runs: readonly Pick<RunRecord, 'scope' | 'stage' | 'stageAt' | 'unseen'>[],
): Look[] =>
  runs
    .filter(({ scope, stage }) => scope === 'all' && stage !== 'started')
    .map(({ stageAt, unseen }) => ({ at: stageAt, unseen: new Set(unseen) }));

type EntryEvent = Extract<HistoryEvent, { readonly grain: 'entry' }>;
type HostEvent = Extract<HistoryEvent, { readonly grain: 'host' }>;

/** @param events of one entry, oldest first */
function seenEntry(
  id: string,
  events: readonly EntryEvent[],
  now: Now<EntrySnapshot> | undefined,
  looks: readonly Look[],
): SeenEntry | undefined {
  const states = statesOf(events, now);
  const last = states.findLast(({ value }) => value !== null)?.value;
  if (last === undefined || last === null) return undefined;
  const all = [...looks, ...events.map(({ at }) => ({ at, unseen: new Set<string>() }))].toSorted(
    (a, b) => a.at - b.at,
  );
  return {
    name: last.destination,
    verdicts: all.flatMap(({ at, unseen }) => {
      const state = states.findLast((one) => one.at <= at)?.value;
      if (state === undefined || state === null) return [];
      return [{ at, verdict: unseen.has(id) ? 'undetermined' : state.verdict }];
    }),
  };
}

/** @param events of one host under one offer, oldest first */
function seenCertificates(
  events: readonly HostEvent[],
  now: Now<HostSnapshot> | undefined,
  looks: readonly Look[],
  find: FindCertificate,
  left: (host: string) => number | undefined = () => undefined,
): SeenCertificate[] {
  const known = statesOf(events, now);
  const until = left(known.find(({ value }) => value !== null)?.value?.host ?? '');
  const states =
    until === undefined
      ? known
      : [...known.filter(({ at }) => at < until), { at: until, value: null }];
  const lastLook = Math.max(states.at(-1)?.at ?? 0, ...looks.map(({ at }) => at));
  const seen = new Map<string, SeenCertificate>();
  for (const [i, { at, value }] of states.entries()) {
    if (value === null) continue;
    const next = states[i + 1];
    const to = next === undefined ? lastLook : next.at;
    for (const sighting of current(value)) {
      const leaf = leafOf(sighting, find);
      const [digest] = sighting.result.kind === 'presented' ? sighting.result.chain : [];
      if (leaf === undefined || digest === undefined || !hasDates(leaf)) continue;
      const from = Math.min(seen.get(digest)?.from ?? at, at);
      const { notBefore, notAfter } = leaf;
      const { host } = value;
      seen.set(digest, {
        host,
        digest,
        notBefore,
        notAfter,
        from,
        to,
        isCurrent: next === undefined,
      });
    }
  }
  return [...seen.values()];
}

interface State<T> {
  readonly at: number;
  /** Null: it was not in the policy. */
  readonly value: T | null;
}

/**
 * What was in force from when on. Of what is older than the first event, that event says how it was;
 * where there is none, what is known now was so since it was first met.
 */
function statesOf<T extends { readonly firstAt: number }>(
  events: readonly { readonly at: number; readonly before: T | null; readonly after: T | null }[],
  now: Now<T> | undefined,
): State<T>[] {
  const before = events[0]?.before ?? (events.length === 0 ? now?.snapshot : undefined);
  return [
    ...(before === undefined || before === null ? [] : [{ at: before.firstAt, value: before }]),
    ...events.map(({ at, after }) => ({ at, value: after })),
    ...(now?.until === undefined ? [] : [{ at: now.until, value: null }]),
  ];
}

const hasDates = ({ notBefore, notAfter }: { notBefore: number; notAfter: number }): boolean =>
  Number.isFinite(notBefore) && Number.isFinite(notAfter);
