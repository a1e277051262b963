/** What was remembered of one name at two moments, read back from the history. */
import type { EntrySnapshot } from '../../snapshot/entry-snapshot.ts';
import type { HostSnapshot } from '../../snapshot/host-snapshot.ts';
import type { Store } from '../../store/keys.ts';
import type { HistoryEvent } from '../../store/stored-values.ts';
import { readTimeline, type Timeline } from '../history/timeline.ts';

export interface Moment {
  /** Epoch ms. */
  readonly at: number;
  /** By id. */
  readonly entries: ReadonlyMap<string, EntrySnapshot>;
  /** By key. */
  readonly hosts: ReadonlyMap<string, HostSnapshot>;
}

export interface Moments {
  readonly before: Moment;
  readonly after: Moment;
  /** Whether nothing happened since it was first seen, so that there is no change to show. */
  readonly unchanged: boolean;
  readonly timeline: Timeline;
  readonly problems: readonly string[];
}

export interface AskedMoments {
  /** Epoch ms; absent: right before the last thing that happened until `to`. */
  readonly from?: number;
  /** Epoch ms; absent: now. */
  readonly to?: number;
}

/** Undefined where nothing was ever remembered under the name. */
export async function readMoments(
  store: Store,
  name: string,
  { from, to = Number.POSITIVE_INFINITY }: AskedMoments,
  now: number,
): Promise<Moments | undefined> {
  const timeline = await readTimeline(store, { name }, now);
  if (timeline === undefined) return undefined;
  const events = timeline.happened.map(({ event }) => event);
  const changes = events.filter((event) => event.before !== null && event.at <= to);
  const last = changes.at(-1)?.at;
  const end = Math.min(to, now);
  const begin = from ?? (last === undefined ? end : last - 1);
  return {
    before: momentOf(events, begin),
    after: momentOf(events, end),
    unchanged: from === undefined && last === undefined,
    timeline,
    problems: timeline.problems,
  };
}

/** @param events oldest first */
function momentOf(events: readonly HistoryEvent[], at: number): Moment {
  const entries = new Map<string, EntrySnapshot | null>();
  const hosts = new Map<string, HostSnapshot | null>();
  for (const event of events) {
    // Of what is older than the history the first event says how it was.
    const early = event.at > at;
    if (event.grain === 'entry' && !(early && entries.has(event.name)))
      entries.set(event.name, early ? event.before : event.after);
    if (event.grain === 'host' && !(early && hosts.has(event.name)))
      hosts.set(event.name, early ? event.before : event.after);
  }
  return { at, entries: withoutNull(entries), hosts: withoutNull(hosts) };
}

const withoutNull = <T>(all: ReadonlyMap<string, T | null>): ReadonlyMap<string, T> =>
  new Map([...all].flatMap(([key, value]) => (value === null ? [] : [[key, value] as const])));
