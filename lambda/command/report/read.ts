/**
 * Everything a page shows, read from the store: where things stand, a year of history, the
 * certificates in use, where mail went. Probes nothing and writes nothing.
 */
import type { MailSent } from '../../log/mail-sent.ts';
import { NO_MAIL, withMail } from '../../log/mail-sent.ts';
import type { Bundle } from '../../policy/bundle.ts';
import { notWatchedBy } from '../../run/watch/not-watched.ts';
import { recall } from '../../run/watch/recall.ts';
import { currentLeaves, type HostSnapshot, hostKey } from '../../snapshot/host-snapshot.ts';
import type { FindCertificate } from '../../snapshot/leaf.ts';
import { readCertificates } from '../../store/certificates.ts';
import type { Store } from '../../store/keys.ts';
import { notRetired } from '../../store/latest.ts';
import { readMailSent } from '../../store/mail-sent.ts';
import { recentRuns } from '../../store/runs.ts';
import type { HistoryEvent, RunRecord } from '../../store/stored-values.ts';
import { StoreError } from '../../store/table-error.ts';
import { DAY_MS } from '../../text/dates.ts';
import type { OwnCommand } from '../../text/own-command.ts';
import { plainName } from '../../text/strangers.ts';
import { type Happened, readTimeline } from '../history/timeline.ts';
import { readStatus } from '../status/read.ts';
import type { StatusOf } from '../status/text.ts';
import { hostLabel, providersOf } from './certificates.ts';
import { reportEntries } from './entries.ts';
import { firstScreen } from './first-screen.ts';
import { mailPart } from './mail.ts';
import type { Report, ReportHost } from './model.ts';
import { gapsBetween, hostLine, type Span } from './spans.ts';

/** What the store alone does not say. */
export interface Besides {
  /** Of the table that was named, or was pushed. */
  readonly bundle: Bundle | undefined;
  readonly onDisk: boolean;
  readonly of: StatusOf;
  /** What a log says that was read now. */
  readonly log:
    | { readonly sent: MailSent; readonly messages: ReadonlyMap<string, number> }
    | undefined;
  readonly own: OwnCommand;
}

export async function readReport(store: Store, besides: Besides, now: number): Promise<Report> {
  const { bundle, onDisk, of, own } = besides;
  const recalled = await recall(store, [], now);
  const notWatched = bundle === undefined ? undefined : notWatchedBy(bundle);
  const status = await readStatus(
    store,
    now,
    { notWatched, onDisk: onDisk ? store.table : undefined },
    recalled,
  );
  const snapshots = notRetired(recalled.latest.entries).map(({ snapshot }) => snapshot);
  const hosts = notRetired(recalled.latest.hosts);
  const timeline = await readTimeline(store, { from: now - YEAR_MS }, now);
  const happened = timeline?.happened ?? [];
  const { runs } = await recentRuns(store, now, RUNS_READ);
  const find = await readLeaves(store, happened, hosts);
  const records = runs.map(({ value }) => value);
  const lastLook = lastLookAt(records, happened, now);
  const axis = axisOf(
    snapshots.map(({ firstAt }) => firstAt),
    happened,
    now,
  );
  const window = { from: axis.from, until: lastLook };
  const hostLines = linesOfHosts(happened, hosts, find, window);
  const renewals = new Map(hostLines.map(({ label, line }) => [label, line.renewedWithLeft]));
  const mutedUntil = new Map(
    status.incidents.flatMap(({ entries }) =>
      entries.flatMap((one) =>
        one.mutedUntil === undefined ? [] : [[one.name, one.mutedUntil] as const],
      ),
    ),
  );
  return {
    at: now,
    of,
    first: firstScreen(
      { ...status, problems: [...status.problems, ...(timeline?.problems ?? [])] },
      snapshots,
    ),
    counts: status.counts,
    axis,
    lookNow: own('explain', [], 'NAME'),
    gaps: gapsBetween(records, of.vantage, window),
    entries: reportEntries(snapshots, { bundle, own, hosts, find, happened, window, mutedUntil }),
    hosts: hostLines.map(({ label, line }): ReportHost => ({ name: plainName(label), line })),
    providers: providersOf(snapshots, hosts, find, renewals, now),
    mail: await readMail(store, besides, snapshots, now),
  };
}

async function readMail(
  store: Store,
  { log, bundle }: Besides,
  snapshots: Parameters<typeof mailPart>[2],
  now: number,
) {
  let kept: MailSent | undefined;
  try {
    kept = await readMailSent(store);
  } catch (error) {
    // What earlier runs read of logs is a help, and no more.
    if (!(error instanceof StoreError && error.kind === 'damaged')) throw error;
  }
  const sent = withMail(kept ?? NO_MAIL, log?.sent ?? NO_MAIL, now);
  return mailPart(sent, log?.messages, snapshots, bundle);
}

/** Of every host that is or was presented in the history. */
async function readLeaves(
  store: Store,
  happened: readonly Happened[],
  hosts: readonly HostSnapshot[],
): Promise<FindCertificate> {
  const told = happened.flatMap(({ event }) =>
    event.grain === 'host' ? [event.before ?? [], event.after ?? []].flat() : [],
  );
  const digests = [...told, ...hosts].flatMap(currentLeaves);
  const { der } = await readCertificates(store, digests);
  return (digest) => der[digest];
}

/** By the host with its port, whatever was offered to it; the one that ends first comes first. */
function linesOfHosts(
  happened: readonly Happened[],
  latest: readonly HostSnapshot[],
  find: FindCertificate,
  window: Span,
): { readonly label: string; readonly line: ReportHost['line'] }[] {
  const told = Map.groupBy(
    happened.filter(({ event }) => event.grain === 'host'),
    ({ event }) => labelOf(event),
  );
  const known = Map.groupBy(latest, hostLabel);
  return [...new Set([...known.keys(), ...told.keys()])]
    .map((label) => {
      const events = told.get(label) ?? [];
      const keys = new Set(events.map(({ event }) => event.name));
      const quiet = (known.get(label) ?? []).filter((one) => !keys.has(hostKey(one)));
      return { label, line: hostLine(events, quiet, find, window) };
    })
    .toSorted((a, b) => endOf(a.line) - endOf(b.line) || (a.label < b.label ? -1 : 1));
}

function labelOf(event: HistoryEvent): string {
  const snapshot = event.grain === 'host' ? (event.after ?? event.before) : null;
  return snapshot === null ? event.name : hostLabel(snapshot);
}

const endOf = ({ certificates }: ReportHost['line']): number =>
  certificates.at(-1)?.valid.until ?? Number.MAX_SAFE_INTEGER;

function lastLookAt(
  runs: readonly RunRecord[],
  happened: readonly Happened[],
  now: number,
): number {
  const looks = [
    ...runs.flatMap(({ scope, stage, startedAt, stageAt }) =>
      scope === 'all' && stage !== 'started' ? [Math.max(startedAt, stageAt)] : [],
    ),
    ...happened.map(({ event }) => event.at),
  ];
  const last = looks.reduce((a, b) => Math.max(a, b), 0);
  return last === 0 ? now : Math.min(now, last);
}

/** A year, or since the first look; some of what is ahead, in whole days. */
function axisOf(first: readonly number[], happened: readonly Happened[], now: number): Span {
  const earliest = [...first, ...happened.map(({ event }) => event.at), now].reduce((a, b) =>
    Math.min(a, b),
  );
  const from = Math.max(now - YEAR_MS, Math.min(earliest, now - SHORTEST_MS));
  const ahead = Math.max(2 * DAY_MS, (now - from) * AHEAD);
  return {
    from: Math.floor(from / DAY_MS) * DAY_MS,
    until: Math.ceil((now + ahead) / DAY_MS) * DAY_MS,
  };
}

const YEAR_MS = 365 * DAY_MS;
const SHORTEST_MS = 7 * DAY_MS;
/** Of the time that is shown, how much lies ahead. */
const AHEAD = 0.15;
/** A run each day is far fewer; of one each hour, six weeks. */
const RUNS_READ = 1_000;
