/**
 * A destination judged on each day that is remembered, with the line that is proposed in place of
 * its own: what mail would have come to. Pure.
 */
import type { Bundle } from '../../policy/bundle.ts';
import type { TlsDemand } from '../../policy/demand.ts';
import type { Destination, Hop } from '../../policy/destinations.ts';
import { clientOf } from '../../policy/service.ts';
import type { EntrySnapshot } from '../../snapshot/entry-snapshot.ts';
import type { HostSnapshot } from '../../snapshot/host-snapshot.ts';
import { evidenceFrom } from '../../snapshot/remembered-evidence.ts';
import type { LineHeld } from '../../verdict/held.ts';
import { type Evidence, judgeOnce } from '../../verdict/judge.ts';
import type { Judgement } from '../../verdict/outcome.ts';
import {
  type DaySeen,
  type HostPast,
  hostsIn,
  type Recollection,
  wasAt,
  wasSeenOn,
} from './recollect.ts';

/** @param destination with its hops as they would be */
export function heldOver(destination: Destination, bundle: Bundle, past: Recollection): LineHeld {
  let [days, of, untold] = [0, 0, 0];
  let [from, to, lastFailedAt]: [string | null, string | null, string | null] = [null, null, null];
  for (const { day, judgements } of eachDay(destination, bundle, past)) {
    const verdicts = judgements.map(({ verdict }) => verdict);
    if (verdicts.some((verdict) => verdict === 'undetermined' || verdict === 'unchecked')) {
      untold++;
      continue;
    }
    of++;
    const at = new Date(day.at).toISOString();
    from ??= at;
    to = at;
    if (verdicts.includes('fail')) lastFailedAt = at;
    else days++;
  }
  return { days, of, from, to, lastFailedAt, untold };
}

/**
 * The days on which this entry was looked at, oldest first, with what it came to by each of the
 * things that its hosts may have presented; at least one. It is worked out anew where something had
 * changed: between two days that come to the same, the days come to that.
 */
export function* eachDay(
  destination: Destination,
  bundle: Bundle,
  past: Recollection,
): Iterable<{ readonly day: DaySeen; readonly judgements: readonly Judgement[] }> {
  for (const { days, entry, hosts } of stretches(destination, past)) {
    const [first, last] = [days[0], days.at(-1)];
    if (first === undefined || last === undefined) continue;
    const evidences = evidencesOf(destination, bundle, past, entry, hosts);
    const on = (day: DaySeen) =>
      evidences.map((evidence) => judgeOnce(destination, evidence, bundle, day.at));
    const [begins, ends] = [on(first), on(last)];
    // A certificate ends or begins on some day in between.
    const isSame = begins.every(({ verdict }, i) => verdict === ends[i]?.verdict);
    for (const day of days) yield { day, judgements: isSame ? begins : on(day) };
  }
}

interface Stretch {
  readonly days: DaySeen[];
  readonly entry: EntrySnapshot;
  readonly hosts: readonly HostSnapshot[];
  /** What tells it from the next one. */
  readonly known: string;
}

/** Days in a row on which the same was known of the entry and of all hosts. */
function stretches(destination: Destination, { days, entries, hosts }: Recollection): Stretch[] {
  const { id } = destination;
  const own = entries.get(id);
  const isMet = metWithSameName(destination);
  const groups: Stretch[] = [];
  for (const day of days) {
    const entry = wasAt(own, day.storedAt);
    if (entry === undefined || day.unseen.has(id)) continue;
    const met = hostsIn(entry).flatMap((host) => (hosts.get(host) ?? []).filter(isMet));
    const seen = met.map((host) => host.seen.map((one) => wasSeenOn(one, day)));
    const known = JSON.stringify(seen);
    const last = groups.at(-1);
    if (last !== undefined && last.entry === entry && last.known === known) last.days.push(day);
    else groups.push({ entry, known, days: [day], hosts: met.map((host) => asOf(host, day)) });
  }
  return groups;
}

/** As if all of it had been met in the last run. */
function asOf({ seen, ...host }: HostPast, day: DaySeen): HostSnapshot {
  const sightings = seen.flatMap((one) =>
    wasSeenOn(one, day) ? [{ ...one.sighting, missed: 0 }] : [],
  );
  return { ...host, sightings };
}

/** One for each of the things that an address may have presented: each comes first once. */
function evidencesOf(
  destination: Destination,
  bundle: Bundle,
  { certificates }: Recollection,
  entry: EntrySnapshot,
  hosts: readonly HostSnapshot[],
): Evidence[] {
  const settingsOf = (hop: Hop) => clientOf(bundle, hop.service).settings;
  const ways = Math.min(MOST_WAYS, Math.max(1, ...hosts.map(({ sightings }) => sightings.length)));
  return Array.from({ length: ways }, (_, way) =>
    evidenceFrom(
      [destination],
      { entries: [entry], hosts: hosts.map((host) => turned(host, way)), certificates },
      settingsOf,
    ),
  );
}

function turned({ sightings, ...host }: HostSnapshot, way: number): HostSnapshot {
  const at = sightings.length === 0 ? 0 : way % sightings.length;
  return { ...host, sightings: [...sightings.slice(at), ...sightings.slice(0, at)] };
}

/** A host that mints a certificate for each conversation has as many as a snapshot keeps. */
const MOST_WAYS = 32;

/** A host may present another certificate to whoever sends its name. */
function metWithSameName({
  hops: [hop],
}: Destination): (host: Pick<HostSnapshot, 'host' | 'servername'>) => boolean {
  if (hop?.demand.kind !== 'demand') return () => true;
  const { servername, level } = hop.demand;
  // There DNS decides which name is sent.
  if (level === 'dane' || level === 'dane-only') return () => true;
  return ({ host, servername: sent }) => sent === nameSent(servername, host, hop);
}

function nameSent(
  servername: TlsDemand['servername'],
  host: string,
  { nextHop }: Hop,
): string | undefined {
  switch (servername?.kind) {
    case undefined:
      return undefined;
    case 'hostname':
      return host;
    case 'nexthop':
      return nextHop.host;
    case 'name':
      return servername.name;
  }
}
