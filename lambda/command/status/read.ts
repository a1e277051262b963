/**
 * Where things stand by what is remembered: open incidents, mutes, what is not judged or not
 * watched, the last runs. Probes nothing.
 */
import { isOfRun } from '../../alert/incident/cause.ts';
import type { Item } from '../../alert/incident/due.ts';
import {
  blindnessToday,
  channelsToday,
  type DueInput,
  type IncidentToday,
  incidentsToday,
  type Member,
  worstOf,
} from '../../alert/incident/incident-today.ts';
import { type Mute, muteOf } from '../../alert/incident/mute.ts';
import { needsSecondLook } from '../../alert/incident/settling.ts';
import { isWatched, rank, type Standing } from '../../alert/incident/standing.ts';
import { headline } from '../../alert/message/headline.ts';
import type { MailShare } from '../../alert/message/mail-share.ts';
import { reasonWords } from '../../alert/message/wording.ts';
import type { KeptFinding, StsMemory } from '../../alert/sts/memory.ts';
import { mailShareOf, type NotWatched, notWatchedOf } from '../../run/watch/not-watched.ts';
import { type Recalled, recall } from '../../run/watch/recall.ts';
import { lookForSilence, type Sight } from '../../run/watch/sentinel.ts';
import type { Confirmation } from '../../snapshot/caution.ts';
import type { EntrySnapshot } from '../../snapshot/entry-snapshot.ts';
import { describeProblems, type Held } from '../../store/item.ts';
import type { Reader } from '../../store/keys.ts';
import { notRetired } from '../../store/latest.ts';
import { type SpaceWithRuns, spacesWithRuns } from '../../store/spaces.ts';
import type { RunRecord } from '../../store/stored-values.ts';
import { readStsMemories } from '../../store/sts-policies.ts';
import type { Table } from '../../store/table.ts';
import { DAY_MS, HOUR_MS } from '../../text/dates.ts';
import type { LineHeld } from '../../verdict/held.ts';
import type { EntryVerdict, Verdict } from '../../verdict/verdict.ts';

/** Without a complete run for so long, the status says that runs are missing. */
const SILENCE_MS = 26 * HOUR_MS;

export interface OpenEntry {
  /** Of the destination. */
  readonly id: string;
  readonly name: string;
  readonly standing: Standing;
  readonly since: number;
  /** Of a forecast: the date. */
  readonly from?: number;
  /** As last judged. */
  readonly sentence: string;
  readonly suggestion: string | null;
  /** What stands before that line, or in its place. */
  readonly caution: string | null;
  /** On what days that line would have held. */
  readonly held: LineHeld | null;
  readonly mutedUntil?: number;
}

export interface OpenIncident {
  readonly id: string;
  /** The worst of its entries that are not muted; of the muted ones where all are. */
  readonly standing: Standing;
  /** `blind` and `channel` have no entries. */
  readonly kind: 'entries' | 'blind' | 'channel';
  readonly headline: string;
  readonly reason: string;
  readonly provider: string;
  readonly since: number;
  /** Absent: not told yet. */
  readonly toldAt?: number;
  readonly muted: boolean;
  /** Worst first, muted ones last. */
  readonly entries: readonly OpenEntry[];
}

/** Seen worse once, to be confirmed by the next look. */
interface Pending {
  readonly name: string;
  readonly at: number;
  readonly sentence: string;
}

export interface OpenPolicyFinding extends KeptFinding {
  readonly domain: string;
  readonly muted: boolean;
}

interface Undetermined {
  readonly name: string;
  readonly since: number;
  readonly because: string;
}

export interface Status {
  readonly at: number;
  readonly sight: Sight;
  readonly incidents: readonly OpenIncident[];
  readonly pending: readonly Pending[];
  /** What could not be judged when last looked at. */
  readonly undetermined: readonly Undetermined[];
  /** Undefined where no record names them; `notWatchedCount` may still count them. */
  readonly notWatched: readonly NotWatched[] | undefined;
  readonly notWatchedCount: number;
  /** What is open about MTA-STS policies. */
  readonly policies: readonly OpenPolicyFinding[];
  readonly mutes: readonly Mute[];
  readonly confirmations: readonly Confirmation[];
  /** How many entries are watched at all. */
  readonly watched: number;
  /** Undefined where no log was read. */
  readonly mail: MailShare | undefined;
  /** Entries by the verdict last reached. */
  readonly counts: Readonly<Record<Verdict, number>>;
  /**
   * Where no run of this policy and vantage is on record: those that have some, the latest first.
   * Empty for a table of AWS, which is not read as a whole.
   */
  readonly others: readonly SpaceWithRuns[];
  /** Sentences about items that could not be read. */
  readonly problems: readonly string[];
}

/** What the store alone does not say. */
export interface Besides {
  /** What the policy says is not watched, for records that do not. */
  readonly notWatched: readonly NotWatched[] | undefined;
  /** The table where it is on this disk: one of AWS is not read as a whole. */
  readonly onDisk?: Table | undefined;
  /** Without a complete run for so long, runs are missing; by default 26 hours. */
  readonly silenceMs?: number;
}

/** @param read what was recalled already, by whoever shows more of it than this */
export async function readStatus(
  store: Reader,
  now: number,
  { notWatched: policyNotWatched, onDisk, silenceMs = SILENCE_MS }: Besides,
  read?: Recalled,
): Promise<Status> {
  const recalled = read ?? (await recall(store, [], now));
  const sight = await lookForSilence(store, silenceMs, now);
  const sts = await readStsMemories(store, now);
  const snapshots = notRetired(recalled.latest.entries).map(({ snapshot }) => snapshot);
  const verdicts = new Map(snapshots.map((snapshot) => [snapshot.id, verdictNow(snapshot)]));
  const cautions = new Map(snapshots.map(({ id, caution }) => [id, caution ?? null]));
  const entries = Object.fromEntries(
    Object.entries(recalled.state.entries).filter(([id]) => verdicts.has(id)),
  );
  const input: DueInput = {
    entries,
    incidents: recalled.state.incidents,
    departed: [],
    verdicts,
    mutes: recalled.mutes,
    vantage: vantageOf(sight.latest, store.space.vantage),
    run: { firstRun: false, complete: true, scope: 'all', intervalMs: DAY_MS, confirmAfterMs: 0 },
    now,
    causes: new Map(),
  };
  const byDesign = snapshots.filter((snapshot) => !isWatched(verdictNow(snapshot)));
  const known =
    policyNotWatched === undefined
      ? undefined
      : [...policyNotWatched, ...byDesign.map(notWatchedNow)];
  const notWatched = notWatchedOf(sight.latest) ?? known;
  return {
    at: now,
    sight,
    incidents: [...incidentsToday(input), ...blindnessToday(input), ...channelsToday(input)]
      .flatMap((today) => incidentOf(today, verdicts, cautions, now))
      .sort(worstFirst),
    pending: [...pendingOf(entries, verdicts), ...uncountedOf(entries, snapshots)],
    undetermined: snapshots.flatMap((snapshot) => undeterminedOf(snapshot)),
    notWatched,
    notWatchedCount: notWatched?.length ?? sight.latest?.counts.notWatched ?? byDesign.length,
    policies: openFindings(sts.memories.values(), recalled.mutes, now),
    mutes: recalled.mutes,
    confirmations: recalled.confirmations,
    watched: snapshots.length - byDesign.length,
    mail: mailShareOf(sight.latest),
    counts: countsOf(snapshots),
    others:
      onDisk !== undefined && sight.latest === undefined ? await spacesWithRuns(onDisk, now) : [],
    problems: [...recalled.problems, ...describeProblems(sts.problems)],
  };
}

/**
 * 2 an open failing incident, else 1 attention, else 3 no complete run, untold, blind, not judged
 * for long or nothing watched, else 0. Muted ones do not count.
 */
export function statusCode(status: Status): 0 | 1 | 2 | 3 {
  const { incidents, pending, sight } = status;
  const audible = incidents.filter(({ muted }) => !muted);
  const any = (...standings: readonly Standing[]) =>
    audible.some(({ kind, standing }) => kind === 'entries' && standings.includes(standing));
  if (any('failing')) return 2;
  if (any('failing-soon', 'degraded') || pending.length > 0) return 1;
  const unknown = sight.silent || sight.failed || sight.blind || audible.length > 0;
  return unknown || watchesNothing(status) ? 3 : 0;
}

/** None of the entries of the latest complete run could be judged. */
export function watchesNothing({ sight, watched }: Status): boolean {
  const counts = sight.complete?.counts ?? {};
  // Of an older release, or of a run that died, nothing is counted.
  return counts.notWatched !== undefined && watched === 0;
}

function incidentOf(
  today: IncidentToday,
  verdicts: ReadonlyMap<string, EntryVerdict>,
  cautions: Cautions,
  now: number,
): OpenIncident[] {
  const { incident, audible, muted } = today;
  if (incident.state !== 'open') return [];
  const isMuted = audible.length === 0 && muted.length > 0;
  const members = isMuted ? muted : audible;
  const { cause } = incident;
  const standing = isOfRun(cause) ? 'unjudged' : worstOf(members);
  const kind = isOfRun(cause) ? cause.reason : standing === 'well' ? 'unjudged' : standing;
  const item: Item = { kind, news: 'opened', incident, members, muted: [], ended: [] };
  return [
    {
      id: incident.id,
      standing,
      kind: kind === 'blind' || kind === 'channel' ? kind : 'entries',
      headline: headline(item, verdicts, now),
      reason: incident.cause.reason,
      provider: cause.reason === 'channel' ? (cause.detail ?? '') : cause.provider,
      since: incident.openedAt,
      ...(incident.told === undefined ? {} : { toldAt: incident.told.at }),
      muted: isMuted,
      entries: [...audible, ...muted].map((member) => entryOf(member, verdicts, cautions)),
    },
  ];
}

/** By the id of the entry. */
type Cautions = ReadonlyMap<string, string | null>;

function entryOf(
  member: Member,
  verdicts: ReadonlyMap<string, EntryVerdict>,
  cautions: Cautions,
): OpenEntry {
  const { id, label, standing, since, from, mutedUntil } = member;
  const verdict = verdicts.get(id);
  return {
    id,
    name: label,
    standing,
    since,
    ...(from === undefined ? {} : { from }),
    sentence: verdict?.sentence ?? '',
    suggestion: verdict?.suggestion?.line ?? null,
    held: verdict?.suggestion?.held ?? null,
    caution: cautions.get(id) ?? null,
    ...(mutedUntil === undefined ? {} : { mutedUntil }),
  };
}

function openFindings(
  memories: Iterable<Held<StsMemory>>,
  mutes: readonly Mute[],
  now: number,
): OpenPolicyFinding[] {
  const isMuted = (id: string, labels: readonly string[]) =>
    labels.every((label) => muteOf(mutes, { label }, { incident: id, standing: 'failing' }, now));
  return [...memories].flatMap(({ value: { domain, findings } }) =>
    findings
      .filter(({ endedAt }) => endedAt === undefined)
      .map((one) => ({ ...one, domain, muted: isMuted(one.id, one.labels) })),
  );
}

function pendingOf(
  entries: DueInput['entries'],
  verdicts: ReadonlyMap<string, EntryVerdict>,
): Pending[] {
  return Object.values(entries)
    .filter(needsSecondLook)
    .map(({ id, label, now, soon }) => ({
      name: label,
      at: (now?.turn?.worse === true ? now.turn.at : soon?.turn?.at) ?? 0,
      sentence: verdicts.get(id)?.sentence ?? '',
    }));
}

/**
 * That fail by the last look, while what messages go by knows nothing of it: a run died in between,
 * or that item cannot be read. The next run counts its own look alone.
 */
function uncountedOf(entries: DueInput['entries'], snapshots: readonly EntrySnapshot[]): Pending[] {
  return snapshots.flatMap((snapshot) => {
    const { now, soon } = entries[snapshot.id] ?? {};
    const isKnown = [now, soon].some(
      (track) => track?.settled?.standing === 'failing' || track?.turn?.worse === true,
    );
    return snapshot.verdict !== 'fail' || isKnown
      ? []
      : [{ name: nameOf(snapshot), at: snapshot.since, sentence: snapshot.sentence }];
  });
}

function undeterminedOf(snapshot: EntrySnapshot): Undetermined[] {
  const verdict = verdictNow(snapshot);
  if (verdict.verdict !== 'undetermined' || !isWatched(verdict)) return [];
  const since = snapshot.undetermined?.since ?? snapshot.since;
  const cause = snapshot.undetermined?.cause ?? snapshot.reason;
  return [
    {
      name: nameOf(snapshot),
      since,
      because: cause === null ? 'no reason given' : reasonWords(cause),
    },
  ];
}

function notWatchedNow(snapshot: EntrySnapshot): NotWatched {
  const { reason } = verdictNow(snapshot);
  return {
    name: nameOf(snapshot),
    line: null,
    because: reason === null ? 'no reason given' : reasonWords(reason),
  };
}

const nameOf = ({ key, destination }: EntrySnapshot): string => key ?? destination;

/** What is remembered of an entry, as far as sentences about it need a verdict. */
function verdictNow(snapshot: EntrySnapshot): EntryVerdict {
  const {
    id,
    key,
    destination,
    level,
    sentence,
    protection,
    postfixWould,
    failsFrom,
    degradedFrom,
    failsBecause,
  } = snapshot;
  const { suggestion, held, undetermined } = snapshot;
  const [verdict, reason] =
    undetermined === undefined
      ? [snapshot.verdict, snapshot.reason]
      : ['undetermined' as const, undetermined.cause];
  return {
    ...{ id, table: null, line: null, key, destination, nextHop: null, level, match: [] },
    ...{
      verdict,
      reason,
      sentence,
      protection,
      postfixWould,
      postfixSays: null,
      postfixDsn: null,
      endings: [],
    },
    ...{ failsFrom, degradedFrom, failsBecause, hosts: [] },
    suggestion:
      suggestion === null
        ? null
        : {
            ...{ line: suggestion, restsOn: 'policy', because: '', verdict: 'pass' },
            ...(held === undefined ? {} : { held }),
          },
  };
}

function countsOf(snapshots: readonly EntrySnapshot[]): Record<Verdict, number> {
  const counts = { pass: 0, degraded: 0, fail: 0, undetermined: 0, unchecked: 0 };
  for (const { verdict } of snapshots) counts[verdict]++;
  return counts;
}

function vantageOf(run: RunRecord | undefined, name: string): DueInput['vantage'] {
  const family = (word: string | undefined) =>
    word === 'clear' || word === 'blind' ? word : 'untried';
  return { name, ipv4: family(run?.vantage.ipv4), ipv6: family(run?.vantage.ipv6) };
}

const worstFirst = (a: OpenIncident, b: OpenIncident) =>
  Number(a.muted) - Number(b.muted) ||
  rank(b.standing) - rank(a.standing) ||
  a.since - b.since ||
  a.id.localeCompare(b.id, 'en');
