/**
 * What a run learns and says of the MTA-STS policies that its lines rest on, or could.
 *
 * What is known of a policy is kept before anything is told, what was told after it: whatever dies
 * in between, nothing is lost, and the run record says what is told twice.
 */

import type { StsNews } from '../../alert/message/input.ts';
import { stsTitle } from '../../alert/message/sts-item.ts';
import { type StsFinding, stsFindings } from '../../alert/sts/findings.ts';
import { stsItems } from '../../alert/sts/grouped.ts';
import { afterLook, type StsMemory, withoutLines } from '../../alert/sts/memory.ts';
import { type NamedEntry, namedEntry } from '../../alert/sts/names.ts';
import { type OpenFinding, stsToday } from '../../alert/sts/standing.ts';
import { BOUNDS } from '../../limits.ts';
import { published } from '../../snapshot/entry-snapshot.ts';
import { appendHistory } from '../../store/history.ts';
import { inParallel } from '../../store/in-parallel.ts';
import { describeProblems, type Held } from '../../store/item.ts';
import type { HistoryEvent } from '../../store/stored-values.ts';
import { isOfNewer, readStsMemories, saveStsMemory } from '../../store/sts-policies.ts';
import type { JsonObject } from '../../store/value-schemas.ts';
import { type EntryVerdict, publishedName } from '../../verdict/verdict.ts';
import type { Assessment } from './assess.ts';
import { lookAtPolicies, type StsSubject } from './sts-look.ts';
import type { Underway } from './underway.ts';

/** What the look came to; `open` are all findings that stand today, told or not. */
export interface StsWatched {
  /** Domains whose record was asked for. */
  readonly asked: number;
  readonly fetched: number;
  readonly unreached: number;
  readonly open: readonly OpenFinding[];
  readonly news: StsNews;
  /** Sentences about items that could not be read. */
  readonly problems: readonly string[];
}

/** Undefined where policies are not asked for, or the run is of some destinations or goes on. */
export async function watchPolicies(
  underway: Underway,
  assessment: Assessment,
): Promise<StsWatched | undefined> {
  const { doors, options, stopped } = underway;
  const { fetchPolicy, store } = doors;
  const { facts, mutes, vantage } = assessment;
  if (fetchPolicy === undefined || facts.scope !== 'all' || facts.continues === true)
    return undefined;
  const at = doors.now();
  const stopAt = Math.min(options.pace.stopAt, at + BOUNDS.stsMs);
  const held = await readStsMemories(store, at);
  const subjects = subjectsOf(underway, assessment, held.memories).filter(
    ({ domain }) => !isOfNewer(held, domain),
  );
  const { looks, fetched, unreached } = await lookAtPolicies(subjects, {
    dns: doors.openWorld().dns,
    fetchPolicy,
    now: doors.now,
    stopAt,
    signal: stopped,
    spareMs: 2 * options.intervalMs,
  });
  stopped.throwIfAborted();
  // Where no server at all was reached, the way out from here is as likely.
  const isBlind = unreached > 1 && unreached === fetched;
  const open: OpenFinding[] = [];
  const events: HistoryEvent[] = [];
  const memories: StsMemory[] = [];
  for (const { domain, entries, hosts, memory: before } of subjects) {
    const look = looks.get(domain);
    const memory = look === undefined ? before : afterLook(domain, before, look, at);
    if (memory === undefined) continue;
    const scene = { vantage: vantage.name, domain, memory, entries, hosts, at };
    const found = stsFindings(scene).filter(({ how }) => how !== 'expired' || !isBlind);
    const hostsSeen = hosts !== undefined;
    const today = stsToday({ memory, found, titleOf: stsTitle, mutes, hostsSeen, at });
    open.push(...today.open);
    events.push(...eventsOf(today.fresh, underway, assessment, at));
    memories.push(today.memory);
  }
  const asked = new Set(subjects.map(({ domain }) => domain));
  for (const { value } of held.memories.values())
    if (!asked.has(value.domain) && value.findings.some(({ endedAt }) => endedAt === undefined))
      memories.push(withoutLines(value, at));
  await inParallel(memories, async (memory) => {
    await saveStsMemory(store, memory, held, at);
  });
  const { problems } = await appendHistory(store, events, options.historyMs);
  const isTold = ({ kept, isMuted }: OpenFinding) => kept.toldAt !== undefined && !isMuted;
  return {
    asked: looks.size,
    fetched,
    unreached,
    open,
    news: {
      items: stsItems(open.filter(({ isDue }) => isDue)),
      open: open.filter(isTold).map(({ finding }) => stsTitle(finding)),
      ...(isBlind ? { unreached } : {}),
    },
    problems: [...describeProblems(held.problems), ...problems],
  };
}

/** Domains in the order of the table. */
function subjectsOf(
  { recalled }: Underway,
  { verdicts, comparison }: Assessment,
  memories: ReadonlyMap<string, Held<StsMemory>>,
): StsSubject[] {
  const found = new Map<string, { entries: NamedEntry[]; hosts: readonly string[] | undefined }>();
  for (const verdict of verdicts.values()) {
    const named = namedEntry(verdict);
    if (named === undefined) continue;
    const subject = found.get(named.domain) ?? { entries: [], hosts: undefined };
    subject.entries.push(named.entry);
    subject.hosts ??= hostsOf(verdict);
    found.set(named.domain, subject);
  }
  return [...found].map(([domain, subject]) => ({
    domain,
    ...subject,
    memory: memories.get(domain)?.value,
  }));

  /** Of what an earlier part judged only the snapshot has hosts. */
  function hostsOf({ id, verdict, hosts }: EntryVerdict): readonly string[] | undefined {
    if (hosts.length > 0) return hosts.map(publishedName);
    if (verdict === 'undetermined') return undefined;
    const snapshot =
      comparison.entries.get(id)?.after ?? recalled.latest.entries.get(id)?.value.snapshot;
    const names =
      snapshot?.routes
        .slice(0, 1)
        .flatMap(published)
        .map(({ host }) => host) ?? [];
    return names.length === 0 ? undefined : names;
  }
}

/** A line in the history of each entry, beside what this run found of its hosts. */
function eventsOf(
  fresh: readonly StsFinding[],
  { recalled, options }: Underway,
  { comparison }: Assessment,
  at: number,
): HistoryEvent[] {
  const about = fresh.flatMap((finding) => finding.entries.map(({ id }) => ({ id, finding })));
  return [...Map.groupBy(about, ({ id }) => id)].flatMap(([id, all]): HistoryEvent[] => {
    const held = recalled.latest.entries.get(id)?.value.snapshot;
    const snapshot = comparison.entries.get(id)?.after ?? held;
    if (snapshot === undefined) return [];
    const changes = all.map(({ finding }) => changeOf(finding, at));
    const { runId } = options;
    const around = { before: snapshot, after: snapshot };
    // A moment later: an event of the same run may stand at its beginning.
    return [{ grain: 'entry', name: id, at: at + 1, runId, changes, ...around }];
  });
}

const changeOf = (
  { kind, domain, policy, outside, removed }: StsFinding,
  at: number,
): JsonObject => ({
  kind: `sts-${kind}`,
  subject: domain,
  before: [...(kind === 'unfit' ? outside : removed)].slice(0, BOUNDS.shownNames),
  after: policy.mx.slice(0, BOUNDS.shownNames),
  at,
});
