/** The entries as a page shows them: how each stands, the story behind it, and its line in time. Pure. */
import { reasonWords } from '../../alert/message/wording.ts';
import type { Bundle } from '../../policy/bundle.ts';
import { type Destination, destinationsOf } from '../../policy/destinations.ts';
import { clientOf } from '../../policy/service.ts';
import { type EntrySnapshot, published } from '../../snapshot/entry-snapshot.ts';
import { current, type HostSnapshot } from '../../snapshot/host-snapshot.ts';
import { type FindCertificate, leafOf } from '../../snapshot/leaf.ts';
import type { OwnCommand } from '../../text/own-command.ts';
import { plain, plainName } from '../../text/strangers.ts';
import { heldWords } from '../../verdict/held.ts';
import type { Verdict } from '../../verdict/verdict.ts';
import { demandSentence, routeSentence } from '../explain/route-words.ts';
import type { Happened } from '../history/timeline.ts';
import { VERDICT_ORDER } from '../summary.ts';
import { hostsOf, providerOf } from './certificates.ts';
import { OWN_DATE } from './first-screen.ts';
import type { EntryHost, ReportEntry } from './model.ts';
import { entryLine, type Span } from './spans.ts';

export interface EntriesInput {
  readonly bundle: Bundle | undefined;
  readonly own: OwnCommand;
  readonly hosts: readonly HostSnapshot[];
  readonly find: FindCertificate;
  readonly happened: readonly Happened[];
  readonly window: Span;
  /** By the name of the entry. */
  readonly mutedUntil: ReadonlyMap<string, number>;
}

/** Worst first; of those that stand alike the one that ends first. */
export function reportEntries(
  snapshots: readonly EntrySnapshot[],
  input: EntriesInput,
): ReportEntry[] {
  const { bundle, happened, hosts, find } = input;
  const destinations = new Map(
    (bundle === undefined ? [] : destinationsOf(bundle)).map((one) => [one.id, one]),
  );
  const events = Map.groupBy(
    happened.filter(({ event }) => event.grain === 'entry'),
    ({ event }) => event.name,
  );
  const ends = endsOfHosts(hosts, find);
  return snapshots
    .map((snapshot) =>
      reportEntry(
        snapshot,
        destinations.get(snapshot.id),
        events.get(snapshot.id) ?? [],
        ends,
        input,
      ),
    )
    .toSorted(
      (a, b) =>
        VERDICT_ORDER.indexOf(a.verdict) - VERDICT_ORDER.indexOf(b.verdict) ||
        (a.end ?? Number.MAX_SAFE_INTEGER) - (b.end ?? Number.MAX_SAFE_INTEGER) ||
        (a.name < b.name ? -1 : 1),
    );
}

function reportEntry(
  snapshot: EntrySnapshot,
  destination: Destination | undefined,
  events: readonly Happened[],
  ends: ReadonlyMap<string, number>,
  { bundle, own, window, mutedUntil }: EntriesInput,
): ReportEntry {
  const { key, failsFrom, undetermined, suggestion, caution, routes } = snapshot;
  const name = key ?? snapshot.destination;
  const hop = destination?.hops[0];
  const entry = destination?.entry;
  const [verdict, reason]: [Verdict, EntrySnapshot['reason']] =
    undetermined === undefined
      ? [snapshot.verdict, snapshot.reason]
      : ['undetermined', undetermined.cause];
  const service = hop?.service;
  return {
    name: plainName(name),
    verdict,
    reason: reason === null ? undefined : reasonWords(reason),
    since: snapshot.since,
    unjudgedSince: undetermined?.since,
    sentence: snapshot.sentence,
    level: snapshot.level,
    nextHop: plainName(hop?.nextHop.text ?? routes[0]?.nextHop ?? snapshot.destination),
    service: service === undefined ? undefined : plain(service, 60),
    providers: [...new Set(hostsOf(snapshot).map((host) => plainName(providerOf(host))))],
    protection: snapshot.protection,
    end: failsFrom === null ? undefined : Date.parse(failsFrom),
    endBecause: failsFrom === null ? undefined : snapshot.failsBecause?.replace(OWN_DATE, ''),
    suggestion: suggestion === null ? undefined : plain(suggestion, LINE_CHARS),
    proof: heldWords(snapshot.held),
    caution,
    mutedUntil: mutedUntil.get(name),
    place:
      entry === undefined
        ? undefined
        : plain(
            entry.line === 0 ? `${entry.table}, asked` : `${entry.table}, line ${entry.line}`,
            200,
          ),
    demand:
      hop === undefined || bundle === undefined
        ? undefined
        : plain(demandSentence(hop, clientOf(bundle, service)), 400),
    route:
      hop === undefined
        ? undefined
        : plain(
            routeSentence({
              nextHop: hop.nextHop,
              ...(service === undefined ? {} : { service }),
            }),
            400,
          ),
    hosts: routes.flatMap(published).map(
      ({ host, preference }): EntryHost => ({
        name: plainName(host),
        preference,
        notAfter: ends.get(host),
      }),
    ),
    command: own('explain', [name]),
    line: entryLine(events, snapshot, window),
  };
}

/** By host, when the first of its certificates ends. */
function endsOfHosts(
  hosts: readonly HostSnapshot[],
  find: FindCertificate,
): ReadonlyMap<string, number> {
  const ends = new Map<string, number>();
  for (const snapshot of hosts)
    for (const sighting of current(snapshot)) {
      const { notAfter } = leafOf(sighting, find) ?? {};
      if (notAfter !== undefined && Number.isFinite(notAfter))
        ends.set(snapshot.host, Math.min(ends.get(snapshot.host) ?? notAfter, notAfter));
    }
  return ends;
}

const LINE_CHARS = 1_000;
