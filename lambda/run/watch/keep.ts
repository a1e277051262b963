/**
 * Stores what a run learned: certificates, history, hosts, entries, incidents; on condition of the
 * revisions it read.
 */

import type { Decision } from '../../alert/incident/decide.ts';
import type { WatchState } from '../../alert/incident/incident.ts';
import { REOPEN_MS } from '../../alert/incident/settling.ts';
import { firstSentences } from '../../first-within.ts';
import { named } from '../../named-record.ts';
import { certificatesOf, hostKey } from '../../snapshot/host-snapshot.ts';
import {
  certificatesDue,
  certificatesKeptUntil,
  keepCertificates,
  prolongCertificates,
} from '../../store/certificates.ts';
import { appendHistory } from '../../store/history.ts';
import { saveIncident } from '../../store/incidents.ts';
import type { Store } from '../../store/keys.ts';
import {
  type NotSaved,
  retire,
  revisionOf,
  saveAll,
  saveEntry,
  saveHost,
} from '../../store/latest.ts';
import type { HistoryEvent } from '../../store/stored-values.ts';
import type { JsonObject } from '../../store/value-schemas.ts';
import { DAY_MS } from '../../text/dates.ts';
import { type Comparison, type HostUpdate, isHistoric } from './compare.ts';
import type { Refused } from './parts.ts';
import type { Recalled } from './recall.ts';

export interface Keeping {
  readonly runId: string;
  /** Epoch ms. */
  readonly at: number;
  readonly historyMs: number;
  readonly recalled: Pick<Recalled, 'latest' | 'incidents'>;
  readonly comparison: Pick<Comparison, 'hosts' | 'entries'>;
  readonly updates: readonly HostUpdate[];
  readonly decision: Pick<Decision, 'keepSnapshots' | 'retired'>;
  /** Keys of hosts whose snapshots stay as they are. */
  readonly spareHosts: ReadonlySet<string>;
  /** What to remember, with what was told marked as told. */
  readonly state: WatchState;
  /** False for a run of some destinations: nothing is retired. */
  readonly whole: boolean;
}

export interface Kept {
  /** Sentences about what could not be stored; the rest is. */
  readonly problems: readonly string[];
  /** False: the table had no capacity for all of it, so that the run is not complete. */
  readonly whole: boolean;
  /** What the table had no capacity for. */
  readonly refused: Refused;
}

export async function keep(store: Store, given: Keeping): Promise<Kept> {
  const hosts = given.comparison.hosts.filter(({ after }) => !given.spareHosts.has(hostKey(after)));
  const until = certificatesKeptUntil(given.at, given.historyMs);
  const certificates = await keepCertificates(store, certificatesIn(hosts), until);
  const unkept = new Set(certificates.refused);
  const events = await appendHistory(
    store,
    eventsOf({ ...given, comparison: { ...given.comparison, hosts } }),
    given.historyMs,
  );
  const untold = new Set(events.refused.map(({ grain, name }) => `${grain} ${name}`));
  // What is not in the history, or has no certificate, stays as it was: the next run sees it again.
  const isRefused = ({ after }: (typeof hosts)[number]) =>
    untold.has(`host ${hostKey(after)}`) ||
    certificatesOf(after).some((digest) => unkept.has(digest));
  const entries = [...given.comparison.entries.keys()].filter((id) => untold.has(`entry ${id}`));
  const keeping = {
    ...given,
    comparison: { ...given.comparison, hosts: hosts.filter((host) => !isRefused(host)) },
    decision: {
      ...given.decision,
      keepSnapshots: [...given.decision.keepSnapshots, ...entries],
    },
  };
  const saved = [
    await saveAll(hostWrites(store, keeping, until)),
    await saveAll(entryWrites(store, keeping)),
    await saveAll(incidentWrites(store, keeping)),
    ...(keeping.whole ? [await retireGone(store, keeping)] : []),
  ];
  const tooLarge = saved.flatMap((each) => each.tooLarge);
  return {
    whole: unkept.size === 0 && untold.size === 0,
    refused: {
      entries: new Set(entries),
      hosts: new Set(hosts.filter(isRefused).map(({ after }) => after.host)),
    },
    problems: [
      ...firstSentences(
        saved.flatMap(({ lost }) =>
          lost.map((name) => `${name}: another run wrote it meanwhile, and its picture was kept`),
        ),
        SHOWN,
      ),
      ...firstSentences([...certificates.problems, ...events.problems, ...tooLarge], SHOWN),
    ],
  };
}

function certificatesIn(hosts: Comparison['hosts']): ReadonlyMap<string, string> {
  return new Map(hosts.flatMap(({ observed }) => Object.entries(observed.certificates)));
}

const SHOWN = 10;

function* eventsOf({ comparison, decision, runId, at }: Keeping): Iterable<HistoryEvent> {
  const spared = new Set(decision.keepSnapshots);
  for (const { before, after, changes } of comparison.hosts) {
    if (before !== undefined && changes.length === 0) continue;
    yield {
      grain: 'host',
      name: hostKey(after),
      at,
      runId,
      changes: json(changes),
      before: before ?? null,
      after,
    };
  }
  for (const [id, changed] of comparison.entries) {
    if (spared.has(id) || !isHistoric(changed)) continue;
    const { before, after, changes } = changed;
    yield {
      grain: 'entry',
      name: id,
      at,
      runId,
      changes: json(changes),
      before: before ?? null,
      after,
    };
  }
}

type Writes = Iterable<readonly [string, () => Promise<'written' | 'lost'>]>;

function* hostWrites(
  store: Store,
  { comparison, updates, recalled, at, historyMs }: Keeping,
  until: number,
): Writes {
  const rev = (name: string) => revisionOf(recalled.latest, 'host', name);
  for (const { after } of comparison.hosts) {
    const name = hostKey(after);
    yield [name, () => saveHost(store, { ...after, certificatesUntil: until }, rev(name), at)];
  }
  // A host that has not changed for a year still needs its certificates.
  for (const { observed, before, after } of updates) {
    if (
      before === undefined ||
      after !== undefined ||
      !certificatesDue(before.certificatesUntil, at, historyMs)
    )
      continue;
    const name = hostKey(before);
    yield [
      name,
      async () => {
        const gone = await prolongCertificates(store, certificatesOf(before), until);
        const { refused } = await keepCertificates(
          store,
          new Map(gone.flatMap((digest) => entryOf(observed.certificates, digest))),
          until,
        );
        // The host says until when they are kept: they are due again in the next run.
        if (refused.length > 0) return 'written';
        return saveHost(store, { ...before, certificatesUntil: until }, rev(name), at);
      },
    ];
  }
}

function* entryWrites(
  store: Store,
  { comparison, decision, recalled, state, at }: Keeping,
): Writes {
  const spared = new Set(decision.keepSnapshots);
  const ids = new Set([...comparison.entries.keys(), ...Object.keys(state.entries)]);
  for (const id of ids) {
    const held = recalled.latest.entries.get(id)?.value;
    const snapshot =
      (spared.has(id) ? held?.snapshot : undefined) ??
      comparison.entries.get(id)?.after ??
      held?.snapshot;
    const told = named(state.entries, id);
    if (snapshot === undefined || (snapshot === held?.snapshot && told === held.state)) continue;
    const value = { snapshot, ...(told === undefined ? {} : { state: told }) };
    yield [id, () => saveEntry(store, value, revisionOf(recalled.latest, 'entry', id), at)];
  }
}

function* incidentWrites(store: Store, { recalled, state, at }: Keeping): Writes {
  for (const incident of Object.values(state.incidents)) {
    const held = recalled.incidents.incidents.get(incident.id);
    if (held !== undefined && JSON.stringify(held.value) === JSON.stringify(incident)) continue;
    const ends =
      incident.resolvedAt === undefined
        ? {}
        : { expiresAt: Math.max(at, incident.resolvedAt) + REOPEN_MS + DAY_MS };
    yield [incident.id, () => saveIncident(store, incident, { rev: held?.rev, now: at, ...ends })];
  }
}

/** Entries that left the policy, and hosts that no entry leads to any more, expire. */
async function retireGone(
  store: Store,
  { recalled, decision, updates, at }: Keeping,
): Promise<NotSaved> {
  const gone = new Set(decision.retired);
  const looked = new Set(updates.map(({ observed }) => hostKey(observed)));
  const published = new Set(
    [...recalled.latest.entries].flatMap(([id, { value }]) =>
      gone.has(id)
        ? []
        : value.snapshot.routes.flatMap((route) =>
            route.kind === 'hosts' ? route.hosts.map(({ host }) => host) : [],
          ),
    ),
  );
  const writes: [string, () => Promise<'written' | 'lost'>][] = [];
  for (const id of gone) {
    const held = recalled.latest.entries.get(id);
    if (held !== undefined && held.expiresAt === undefined)
      writes.push([id, () => retire(store, 'entry', id, held.rev, at)]);
  }
  for (const [name, held] of recalled.latest.hosts) {
    const gone =
      held.expiresAt === undefined && !looked.has(name) && !published.has(held.value.host);
    if (gone) writes.push([name, () => retire(store, 'host', name, held.rev, at)]);
  }
  return saveAll(writes);
}

const json = (changes: readonly object[]): readonly JsonObject[] =>
  changes as unknown as readonly JsonObject[];

function entryOf(
  certificates: Readonly<Record<string, string>>,
  digest: string,
): [string, string][] {
  const der = certificates[digest];
  return der === undefined ? [] : [[digest, der]];
}
