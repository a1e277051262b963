/**
 * What was found today against what was told of it: each is told once. What ended and comes back
 * within 14 days is not told anew. Pure.
 */
import { DAY_MS } from '../../text/dates.ts';
import { type Mute, muteOf } from '../incident/mute.ts';
import type { StsFinding } from './findings.ts';
import type { KeptFinding, StsMemory } from './memory.ts';

/** One that is open today. */
export interface OpenFinding {
  readonly finding: StsFinding;
  readonly kept: KeptFinding;
  /** To be told in this run's message. */
  readonly isDue: boolean;
  /** Makes a message due by itself. */
  readonly isNews: boolean;
  readonly isMuted: boolean;
}

export interface StsToday {
  readonly memory: StsMemory;
  readonly open: readonly OpenFinding[];
  /** First seen in this run. */
  readonly fresh: readonly StsFinding[];
}

export interface StandingInput {
  readonly memory: StsMemory;
  readonly found: readonly StsFinding[];
  readonly titleOf: (finding: StsFinding) => string;
  readonly mutes: readonly Mute[];
  /** False: whether its hosts fit was not seen today. */
  readonly hostsSeen: boolean;
  readonly at: number;
}

export function stsToday(input: StandingInput): StsToday {
  const { memory, found, titleOf, hostsSeen, at } = input;
  const isFirstLook = memory.firstAt === at;
  const open = found.map((finding): OpenFinding => {
    const { id, kind, entries } = finding;
    const known = memory.findings.find((one) => one.id === id);
    const { endedAt: _ended, ...before } = known ?? { id, kind, since: at };
    const kept: KeptFinding = {
      ...before,
      ...(known === undefined && kind === 'appeared' && isFirstLook ? { quiet: true } : {}),
      labels: entries.slice(0, LABELS_KEPT).map(({ label }) => label),
      title: titleOf(finding),
    };
    return { finding, kept, ...dueOf(finding, kept, input) };
  });
  const ids = new Set(found.map(({ id }) => id));
  const others = memory.findings
    .filter(({ id }) => !ids.has(id))
    .map((one) =>
      one.kind === 'unfit' && !hostsSeen ? one : { ...one, endedAt: one.endedAt ?? at },
    )
    .filter(({ endedAt }) => endedAt === undefined || at - endedAt < RETOLD_MS);
  return {
    memory: withBase({ ...memory, findings: [...open.map(({ kept }) => kept), ...others] }, found),
    open,
    fresh: found.filter(({ id }) => !memory.findings.some((one) => one.id === id)),
  };
}

function dueOf(
  { kind, entries }: StsFinding,
  kept: KeptFinding,
  { mutes, at }: StandingInput,
): Pick<OpenFinding, 'isDue' | 'isNews' | 'isMuted'> {
  const part = { incident: kept.id, standing: 'failing' } as const;
  const isMuted = entries.every((entry) => muteOf(mutes, entry, part, at) !== undefined);
  // Records of one zone change one after the other: hosts are told by a second run.
  const isDue =
    !isMuted &&
    kept.toldAt === undefined &&
    (kind !== 'unfit' || at - kept.since >= SECOND_LOOK_MS);
  return { isDue, isMuted, isNews: isDue && kept.quiet !== true };
}

/** What lines were made by is kept until they fit what came after it. */
function withBase({ base, ...memory }: StsMemory, found: readonly StsFinding[]): StsMemory {
  const isApart = found.some(({ kind }) => kind === 'changed' || kind === 'withdrawn');
  return isApart && base !== undefined ? { ...memory, base } : memory;
}

/** What was told counts as told. */
export function toldFindings(memory: StsMemory, ids: ReadonlySet<string>, at: number): StsMemory {
  return {
    ...memory,
    findings: memory.findings.map((one) =>
      ids.has(one.id) && one.toldAt === undefined ? { ...one, toldAt: at } : one,
    ),
  };
}

/** Two looks confirm one another when they are at least so far apart. */
const SECOND_LOOK_MS = 10 * 60_000;
const LABELS_KEPT = 50;
const RETOLD_MS = 14 * DAY_MS;
