/**
 * What is remembered, as samples for Prometheus. Pure.
 *
 * Entries and mail servers have series of their own, which stay the same over edits elsewhere in the
 * table: an entry goes by its key, without a line, and a mail server by its name, without the
 * certificate. Of each at most a thousand, those first that matter.
 */
import type { Standing } from '../../alert/incident/standing.ts';
import { least } from '../../extremes.ts';
import type { EntrySnapshot } from '../../snapshot/entry-snapshot.ts';
import type { HostSnapshot } from '../../snapshot/host-snapshot.ts';
import { type FindCertificate, leafOf } from '../../snapshot/leaf.ts';
import { plain } from '../../text/strangers.ts';
import type { Verdict } from '../../verdict/verdict.ts';
import { VERSION } from '../../version.ts';
import type { OpenIncident, Status } from '../status/read.ts';
import { VERDICT_ORDER } from '../summary.ts';
import type { Sample, Samples } from './exposition.ts';

export interface Remembered {
  readonly status: Status;
  /** Those in the policy. */
  readonly entries: readonly EntrySnapshot[];
  /** Those that some entry leads to. */
  readonly hosts: readonly HostSnapshot[];
  readonly find: FindCertificate;
  /** The version of Node. */
  readonly node: string;
}

export function samplesOf(remembered: Remembered): Samples {
  const { status, entries, node } = remembered;
  const ends = certificateEnds(remembered);
  const open = openEntries(status.incidents);
  const ranked = entries.toSorted(worstFirst);
  const shown = ranked.slice(0, MOST);
  return {
    build_info: [{ labels: { version: VERSION, node }, value: 1 }],
    ...runSamples(status),
    ...countSamples(status),
    entry_open_since_timestamp_seconds: open.slice(0, MOST),
    entry_verdict: shown.flatMap(({ id, verdict }) =>
      VERDICT_ORDER.map((one) => ({
        labels: { entry: name(id), verdict: one },
        value: one === verdict ? 1 : 0,
      })),
    ),
    entry_fails_from_timestamp_seconds: shown.flatMap(({ id, failsFrom }) =>
      failsFrom === null
        ? []
        : [{ labels: { entry: name(id) }, value: seconds(Date.parse(failsFrom)) }],
    ),
    entry_not_judged_since_timestamp_seconds: shown.flatMap(({ id, undetermined }) =>
      undetermined === undefined
        ? []
        : [{ labels: { entry: name(id) }, value: seconds(undetermined.since) }],
    ),
    certificate_not_after_timestamp_seconds: ends.slice(0, MOST),
    series_left_out: [
      { labels: { of: 'entries' }, value: beyond(ranked) },
      { labels: { of: 'open-entries' }, value: beyond(open) },
      { labels: { of: 'mail-servers' }, value: beyond(ends) },
    ],
  };
}

function runSamples({ sight }: Status): Samples {
  const { latest, complete, failed, blind } = sight;
  return {
    ...(latest === undefined
      ? {}
      : {
          last_run_timestamp_seconds: one(seconds(latest.startedAt)),
          last_run_failed: one(Number(failed)),
          blind: one(Number(blind)),
          address_family_state: (['ipv4', 'ipv6'] as const).flatMap((family) =>
            FAMILY_STATES.map((state) => ({
              labels: { family, state },
              value: Number((latest.vantage[family] ?? 'untried') === state),
            })),
          ),
          ...counted('conversations', latest.counts.conversations),
          ...counted('entries_unfinished', latest.counts.unfinished),
        }),
    ...(complete === undefined
      ? {}
      : {
          last_complete_run_timestamp_seconds: one(seconds(complete.stageAt)),
          last_complete_run_duration_seconds: one(seconds(complete.stageAt - complete.startedAt)),
        }),
  };
}

function countSamples(status: Status): Samples {
  const { counts, watched, notWatchedCount, undetermined, pending, incidents, mail } = status;
  const muted = new Set(
    incidents.flatMap(({ entries }) =>
      entries.filter(({ mutedUntil }) => mutedUntil !== undefined).map(({ id }) => id),
    ),
  );
  const channels = failingChannels(status);
  return {
    entries: VERDICT_ORDER.map((verdict) => ({ labels: { verdict }, value: counts[verdict] })),
    entries_watched: one(watched),
    entries_not_watched: one(notWatchedCount),
    entries_not_judged: one(undetermined.length),
    entries_not_confirmed: one(pending.length),
    entries_muted: one(muted.size),
    incidents_open: STANDINGS.flatMap((standing) =>
      [false, true].map((isMuted) => ({
        labels: { standing, muted: String(isMuted) },
        value: incidents.filter(
          (incident) => standingOf(incident) === standing && incident.muted === isMuted,
        ).length,
      })),
    ),
    channels_failing: one(channels.length),
    channel_failing_since_timestamp_seconds: channels,
    ...(mail === undefined
      ? {}
      : {
          mail_recipients: [
            { labels: { coverage: 'watched' }, value: mail.watched },
            { labels: { coverage: 'nothing-asked' }, value: mail.unasked },
            {
              labels: { coverage: 'not-watched' },
              value: Math.max(0, mail.recipients - mail.watched - mail.unasked),
            },
          ],
        }),
    store_unreadable_items: one(status.problems.length),
  };
}

/** One that is owed a message may be an incident of the run as well. */
function failingChannels({
  sight,
  incidents,
}: Status): Sample<'channel_failing_since_timestamp_seconds'>[] {
  const since = new Map(
    incidents.flatMap((incident) =>
      incident.kind === 'channel' ? [[incident.provider, incident.since] as const] : [],
    ),
  );
  for (const owed of sight.owed)
    since.set(owed.channel, Math.min(owed.since, since.get(owed.channel) ?? owed.since));
  return [...since].map(([channel, at]) => ({
    labels: { channel: name(channel) },
    value: seconds(at),
  }));
}

function openEntries(
  incidents: readonly OpenIncident[],
): Sample<'entry_open_since_timestamp_seconds'>[] {
  return incidents.flatMap(({ id: incident, reason, entries }) =>
    entries.map(({ id, standing, since, mutedUntil }) => ({
      labels: {
        entry: name(id),
        standing: judged(standing),
        reason,
        incident: name(incident),
        muted: String(mutedUntil !== undefined),
      },
      value: seconds(since),
    })),
  );
}

/** The first end of what each presents now, soonest first. */
function certificateEnds({
  hosts,
  find,
}: Remembered): Sample<'certificate_not_after_timestamp_seconds'>[] {
  const ends = new Map<string, Sample<'certificate_not_after_timestamp_seconds'>>();
  for (const { host, port, sightings } of hosts) {
    const value = seconds(
      least(
        sightings
          .filter(({ missed }) => missed === 0)
          .map((sighting) => leafOf(sighting, find)?.notAfter ?? Number.POSITIVE_INFINITY),
      ),
    );
    const key = `${host}:${port}`;
    if (Number.isFinite(value) && value < (ends.get(key)?.value ?? Number.POSITIVE_INFINITY))
      ends.set(key, { labels: { host: name(host), port: String(port) }, value });
  }
  return [...ends.values()].toSorted(
    (a, b) => a.value - b.value || (a.labels.host < b.labels.host ? -1 : 1),
  );
}

/** By verdict, then those whose end comes first, then by name: the same ones from run to run. */
function worstFirst(a: EntrySnapshot, b: EntrySnapshot): number {
  const rank = ({ verdict }: { readonly verdict: Verdict }) => VERDICT_ORDER.indexOf(verdict);
  const end = ({ failsFrom }: EntrySnapshot) =>
    failsFrom === null ? Number.MAX_SAFE_INTEGER : Date.parse(failsFrom);
  return rank(a) - rank(b) || end(a) - end(b) || (a.id < b.id ? -1 : 1);
}

const standingOf = ({ kind, standing }: OpenIncident) =>
  kind === 'entries' ? judged(standing) : kind;

/** What was told and is well now was not seen well twice. */
const judged = (standing: Standing) => (standing === 'well' ? 'unjudged' : standing);

const one = (value: number): { labels: Record<never, string>; value: number }[] => [
  { labels: {}, value },
];

/** Records of older releases lack some. */
const counted = <Name extends 'conversations' | 'entries_unfinished'>(
  family: Name,
  value: number | undefined,
): Samples => (value === undefined ? {} : { [family]: one(value) });

const beyond = (all: readonly unknown[]): number => Math.max(0, all.length - MOST);
const seconds = (ms: number): number => ms / 1000;
const name = (text: string): string => plain(text, NAME_CHARS);

const STANDINGS = ['failing', 'failing-soon', 'degraded', 'unjudged', 'blind', 'channel'] as const;
const FAMILY_STATES = ['clear', 'blind', 'untried'] as const;
const MOST = 1_000;
const NAME_CHARS = 300;
