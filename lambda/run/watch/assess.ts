/**
 * The middle of a run: look, compare with what was remembered, decide what is news; and what newly
 * fails is looked at again before anybody is told. Nothing is published or stored here.
 */
import { type Decision, decide, latestVerdicts } from '../../alert/incident/decide.ts';
import type { Mute } from '../../alert/incident/mute.ts';
import type { RunFacts, VantageState } from '../../alert/incident/run-facts.ts';
import { observeHosts } from '../../snapshot/host-snapshot.ts';
import { readCertificates } from '../../store/certificates.ts';
import { ofNewer } from '../../store/latest.ts';
import { readMutes } from '../../store/mutes.ts';
import { type EntryVerdict, isUnfinished } from '../../verdict/verdict.ts';
import type { CheckRun } from '../check/check.ts';
import {
  type Comparison,
  certificatesWanted,
  compare,
  type HostUpdate,
  updateHosts,
} from './compare.ts';
import { hostConversations } from './host-conversations.ts';
import { look, secondLook } from './look.ts';
import type { WatchDoors, WatchOptions } from './options.ts';
import { mayGoOn } from './parts.ts';
import { bothOf, type Progress, type Span, wasGoingOn } from './progress.ts';
import { digestsOf } from './recall.ts';
import { afterBoth } from './second-look.ts';
import type { Underway } from './underway.ts';

export interface Assessment {
  /** The first look, which was at everything that no earlier part had judged. */
  readonly first: CheckRun;
  readonly firstLook: Span;
  /** Whether there was a second look, and time for all of it. */
  readonly lookedTwice: boolean;
  /** By destination id, of the whole run: of several looks the last that came to something. */
  readonly verdicts: ReadonlyMap<string, EntryVerdict>;
  /** Of the whole run. */
  readonly conversations: number;
  readonly updates: readonly HostUpdate[];
  readonly comparison: Comparison;
  readonly vantage: VantageState;
  readonly facts: RunFacts;
  /** As they were when this was decided. */
  readonly mutes: readonly Mute[];
  readonly decision: Decision;
  /** Sentences about workers that were lost. */
  readonly problems: readonly string[];
}

/** @throws the reason of `stopped`, once it has fired */
export async function assess(run: Underway): Promise<Assessment> {
  const first = await look(run, run.plan.only);
  const firstLook = { at: run.at, until: run.doors.now() };
  run.stopped.throwIfAborted();
  const assessment = await weigh(run, first, undefined);
  const second = await secondLook(run, assessment.decision.needsSecondLook);
  run.stopped.throwIfAborted();
  return { ...(second === undefined ? assessment : await weigh(run, first, second)), firstLook };
}

/** Compares what was seen with what was remembered, and decides what of it is to be told. */
async function weigh(
  underway: Underway,
  first: CheckRun,
  second: CheckRun | undefined,
): Promise<Omit<Assessment, 'firstLook'>> {
  const { doors, recalled, progress, at } = underway;
  const carried = [...progress.known.values()];
  const looks = [first.verdicts, second?.verdicts ?? []];
  const verdicts = latestVerdicts(carried, ...looks);
  const conversations = [first, ...(second === undefined ? [] : [second])].flatMap((run) =>
    hostConversations(run),
  );
  const times = {
    at,
    ...(recalled.lastRun === undefined ? {} : { previousAt: recalled.lastRun.startedAt }),
  };
  const updates = updateHosts(observeHosts(conversations), recalled.latest, times);
  const comparison = compare(
    afterBoth(first, second),
    withoutCarried(latestVerdicts(...looks), progress),
    updates,
    recalled.latest,
    await certificatesFor(underway, updates),
    times,
  );
  const seen = bothOf(first.vantage, progress.vantage);
  const vantage: VantageState = { name: doors.store.space.vantage, ...seen };
  const facts = factsOf(underway, completeness(underway, first, second), comparison.overdue);
  // One may have been set while this run looked.
  const { mutes } = await readMutes(doors.store, doors.now());
  const decision = decide({
    at,
    verdicts: first.verdicts,
    carried,
    ...(second === undefined ? {} : { secondLook: { at: second.at, verdicts: second.verdicts } }),
    before: recalled.state,
    changes: comparison.differences,
    mutes,
    vantage,
    run: facts,
    now: doors.now(),
  });
  return {
    first,
    lookedTwice: second?.complete === true,
    verdicts,
    conversations: progress.conversations + attemptedIn(first),
    updates,
    comparison,
    vantage,
    facts,
    mutes,
    decision,
    problems: [...first.problems, ...(second?.problems ?? [])],
  };
}

/** Those for which there was time. */
const attemptedIn = ({ conversations, evidence: { results } }: CheckRun): number =>
  conversations.filter(({ id }) => {
    const result = results[id];
    return result?.kind !== 'unseen' || result.reason !== 'not-attempted';
  }).length;

/** Without those that this part looked at again and could not tell: they stay as they were. */
function withoutCarried(
  verdicts: ReadonlyMap<string, EntryVerdict>,
  { judged }: Progress,
): ReadonlyMap<string, EntryVerdict> {
  return new Map(
    [...verdicts].filter(([id, { verdict }]) => verdict !== 'undetermined' || !judged.has(id)),
  );
}

/** Whether all of the run was tried, and if not, whether another part will. */
function completeness(
  { doors, options, progress }: Underway,
  first: CheckRun,
  second: CheckRun | undefined,
): Pick<RunFacts, 'complete' | 'continues'> {
  const looked = new Set(first.verdicts.map(({ id }) => id));
  const left = [...progress.known.keys()].some((id) => !looked.has(id) && !progress.judged.has(id));
  const complete = first.complete && (second?.complete ?? true) && !left;
  const further = first.verdicts.some((verdict) => !isUnfinished(verdict));
  const continues = !complete && further && mayGoOn(doors, options, progress);
  return { complete, ...(continues ? { continues } : {}) };
}

/** The certificates that comparing asks for: those seen in this run, and stored ones. */
export async function certificatesFor(
  { doors }: { readonly doors: Pick<WatchDoors, 'store'> },
  updates: readonly HostUpdate[],
): Promise<(digest: string) => string | undefined> {
  const stored = await readCertificates(doors.store, certificatesWanted(updates));
  const seen: Readonly<Record<string, string>> = Object.assign(
    {},
    ...updates.map((update) => update.observed.certificates),
  );
  return (digest) => seen[digest] ?? stored.der[digest];
}

function factsOf(
  { doors, options, recalled, progress, tried }: Underway,
  completeness: Pick<RunFacts, 'complete' | 'continues'>,
  overdue: Comparison['overdue'],
): RunFacts {
  const { lastRun, lastComplete, recovered, latest } = recalled;
  const before = digestsOf(lastRun);
  return {
    // A baseline that was told by a run that died then is not told again; a part leaves it to the
    // last one.
    firstRun:
      lastComplete === undefined &&
      recovered.every(
        ({ value }) =>
          value.scope === 'some' || (progress.records.includes(value.runId) && wasGoingOn(value)),
      ),
    ...completeness,
    ...(progress.known.size === 0
      ? {}
      : { earlierPart: progress.saidWhole ? ('whole' as const) : ('some' as const) }),
    scope: scopeOf(options),
    intervalMs: options.intervalMs,
    confirmAfterMs:
      options.confirm.kind === 'same-run' ? options.confirm.afterMs : CONFIRMING_GAP_MS,
    digests: { after: options.digests, ...(before === undefined ? {} : { before }) },
    overdue,
    ...memoryNotes(doors),
    ...(tried.length === 0
      ? {}
      : { channels: { tried, all: doors.channels.map(({ name }) => name) } }),
    ...(options.mail === undefined ? {} : { mail: options.mail }),
    ...(options.log === undefined ? {} : { log: options.log }),
    ...(options.confirm.kind === 'next-run' ? { forgets: ofNewer(latest) } : {}),
    ...(lastRun === undefined ? {} : { previousRunAt: lastRun.startedAt }),
    ...(lastComplete === undefined ? {} : { previousCompleteAt: lastComplete.startedAt }),
  };
}

function memoryNotes({ memory }: WatchDoors): Pick<RunFacts, 'memory'> {
  const notes = memory?.().notes ?? [];
  return notes.length === 0 ? {} : { memory: notes };
}

const scopeOf = ({ only }: WatchOptions) => (only === undefined ? 'all' : 'some');

/** Two looks of different runs confirm one another when they are at least so far apart. */
const CONFIRMING_GAP_MS = 10 * 60_000;
