/**
 * Today against what was remembered: what each host and entry has become, and what changed.
 *
 * Compared are what a host presented, and what an entry became. Unchanged ones are left out, so
 * that an unchanged run writes next to nothing. Pure but for `find`, which the caller fills from
 * the store for hosts that changed.
 */
import { named } from '../../named-record.ts';
import type { Destination } from '../../policy/destinations.ts';
import { routeKey } from '../../policy/service.ts';
import type { DaneRoute } from '../../route/dane-route.ts';
import { type Around, memoryOf, withCaution } from '../../snapshot/caution.ts';
import {
  type Change,
  differences,
  entryChanges,
  entryDifferences,
  hostChanges,
} from '../../snapshot/change.ts';
import { type EntrySnapshot, updateEntry } from '../../snapshot/entry-snapshot.ts';
import {
  certificatesOf,
  type HostObservation,
  type HostSnapshot,
  hostKey,
  type RunTimes,
  updateHost,
} from '../../snapshot/host-snapshot.ts';
import type { FindCertificate } from '../../snapshot/leaf.ts';
import { inHindsight } from '../../snapshot/protection.ts';
import { notePredecessors, type OverdueRenewal, overdueRenewals } from '../../snapshot/renewal.ts';
import type { Latest } from '../../store/latest.ts';
import type { Evidence } from '../../verdict/judge.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import type { CheckRun } from '../check/check.ts';

/**
 * The verdicts of a run in the light of what is remembered of their entries: protection that was
 * there and is gone, and hosts that have nothing in common with those of before.
 */
export function withHindsight(run: CheckRun, latest: Latest, around: Around): CheckRun {
  return {
    ...run,
    verdicts: run.verdicts.map((verdict) => {
      const before = latest.entries.get(verdict.id)?.value.snapshot;
      return withCaution(inHindsight(verdict, before), memoryOf(before, around));
    }),
  };
}

export interface HostUpdate {
  readonly observed: HostObservation;
  readonly before?: HostSnapshot;
  /** Absent: nothing new. */
  readonly after?: HostSnapshot;
}

/** What each host looked at presents now, given what it presented before. */
export function updateHosts(
  hosts: readonly HostObservation[],
  latest: Latest,
  times: RunTimes,
): HostUpdate[] {
  return hosts.map((observed) => {
    const before = latest.hosts.get(hostKey(observed))?.value;
    const after = updateHost(before, observed, times);
    return {
      observed,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    };
  });
}

/**
 * Digests of certificates that comparing will ask for and this run did not see: those of hosts that
 * changed.
 */
export function certificatesWanted(updates: readonly HostUpdate[]): string[] {
  return [
    ...new Set(
      updates.flatMap(({ observed, before, after }) =>
        before === undefined || after === undefined
          ? []
          : [...certificatesOf(before), ...certificatesOf(after)].filter(
              (digest) => observed.certificates[digest] === undefined,
            ),
      ),
    ),
  ];
}

export interface ChangedHost {
  readonly observed: HostObservation;
  readonly before?: HostSnapshot;
  readonly after: HostSnapshot;
  /** Settled changes, for the history. */
  readonly changes: readonly Change[];
}

export interface ChangedEntry {
  readonly before?: EntrySnapshot;
  readonly after: EntrySnapshot;
  readonly changes: readonly Change[];
}

export interface Comparison {
  readonly hosts: readonly ChangedHost[];
  readonly entries: ReadonlyMap<string, ChangedEntry>;
  /** What is different now, to explain a verdict that turned. */
  readonly differences: readonly Change[];
  readonly overdue: readonly OverdueRenewal[];
}

/** @param verdicts by destination id, the second look's where it had one */
export function compare(
  run: CheckRun,
  verdicts: ReadonlyMap<string, EntryVerdict>,
  updates: readonly HostUpdate[],
  latest: Latest,
  find: FindCertificate,
  times: RunTimes,
): Comparison {
  const { at } = times;
  const hosts: ChangedHost[] = [];
  const different: Change[] = [];
  const overdue: OverdueRenewal[] = [];
  for (const { observed, before, after } of updates) {
    const noted = after === undefined ? before : notePredecessors(before, after, find, at);
    if (noted !== undefined) overdue.push(...overdueRenewals(noted, find, at));
    if (noted === undefined || after === undefined) continue;
    different.push(...differences(before, noted, find, at));
    hosts.push({
      observed,
      ...(before === undefined ? {} : { before }),
      after: noted,
      changes: hostChanges(before, noted, find, at),
    });
  }

  const entries = new Map<string, ChangedEntry>();
  for (const destination of run.destinations) {
    const verdict = verdicts.get(destination.id);
    if (verdict === undefined || verdict.verdict === 'unchecked') continue;
    const before = latest.entries.get(destination.id)?.value.snapshot;
    const routes = destination.hops.flatMap(
      (hop) => named(run.evidence.routes, routeKey(hop)) ?? [],
    );
    const tlsa = tlsaOf(destination, run.evidence);
    const after = updateEntry(
      before,
      { verdict, routes, ...(tlsa === undefined ? {} : { tlsa }) },
      times,
    );
    if (after === undefined) continue;
    different.push(...entryDifferences(before, after, at));
    entries.set(destination.id, {
      ...(before === undefined ? {} : { before }),
      after,
      changes: entryChanges(before, after, at),
    });
  }
  return { hosts, entries, differences: different, overdue };
}

/** Whether a changed entry is worth a line in its history. */
export function isHistoric({ before, after, changes }: ChangedEntry): boolean {
  return (
    before === undefined ||
    before.verdict !== after.verdict ||
    before.reason !== after.reason ||
    changes.length > 0
  );
}

/**
 * What DNSSEC says of a destination's next hops, by their text; undefined where it was not asked.
 */
function tlsaOf(
  { hops }: Destination,
  { tlsa }: Evidence,
): Readonly<Record<string, DaneRoute>> | undefined {
  if (tlsa === undefined) return undefined;
  return Object.fromEntries(
    hops.flatMap((hop) => {
      const dane = named(tlsa, routeKey(hop));
      return dane === undefined ? [] : [[hop.nextHop.text, dane]];
    }),
  );
}
