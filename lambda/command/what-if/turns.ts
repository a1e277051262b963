/**
 * What turns out otherwise under the other policy than under the one in force, both judged on the
 * same sightings; grouped by cause, worst first. Pure.
 */
import type { Bundle } from '../../policy/bundle.ts';
import type { Remembered } from '../../snapshot/remembered-evidence.ts';
import { REASONS, type Reason } from '../../verdict/reason.ts';
import type { EntryVerdict, Protection, Verdict } from '../../verdict/verdict.ts';
import {
  type Fate,
  type Fates,
  fatesUnder,
  type IfSame,
  type Limits,
  type Untold,
} from './fate.ts';

/**
 * Worst first. `fails`: mail that is not known to fail now would. `untold`: it cannot be told from
 * what is stored. `worse`: delivered with less protection, or no longer by every host. `other`:
 * otherwise, and neither better nor worse.
 */
export const TURNS = ['fails', 'untold', 'worse', 'other', 'better'] as const;
export type Turn = (typeof TURNS)[number];

/** How one side has it. */
export interface Side {
  readonly line: number | null;
  /** Key and value of the entry; null where the global level counts. */
  readonly text: string | null;
  readonly level: EntryVerdict['level'];
  readonly verdict: Verdict;
  readonly reason: Reason | null;
  readonly protection: Protection;
}

export interface Turned {
  readonly destination: string;
  readonly turn: Turn;
  /** Whether the policy in force, or the other one, has a line for it. */
  readonly line: 'kept' | 'added' | 'removed';
  readonly before: Side;
  readonly after: Side;
  /** What the other policy would make of it, in a sentence; null where that cannot be told. */
  readonly sentence: string | null;
  /** Of `untold` alone. */
  readonly untold?: Untold;
  /** What it would come to if the hosts present to this offer what they presented to another. */
  readonly ifSame?: IfSame;
}

export interface Group {
  readonly turn: Turn;
  /** A reason of a verdict or of not telling; null: it is delivered, with more or less protection. */
  readonly cause: string | null;
  /** Subject of the anchor at which the chains end by the policy in force; of trust alone. */
  readonly anchor: string | null;
  /**
   * What another offer met would come to what it comes to now, if it were presented to this one
   * too; of what cannot be told alone.
   */
  readonly asNow: boolean;
  readonly turned: readonly Turned[];
}

export interface Compared {
  readonly groups: readonly Group[];
  /** Destinations that were compared. */
  readonly compared: number;
  /** Those that neither policy can be judged on, for the same reason. */
  readonly neither: readonly string[];
}

/** @param at epoch ms, of both judgements */
export function compare(
  before: Bundle,
  after: Bundle,
  remembered: Remembered,
  limits: Limits,
  at: number,
): Compared {
  const none: Limits = { anchorFiles: new Set(), otherRouting: false };
  const [bare, wanted] = [
    fatesUnder(before, remembered, none, at),
    fatesUnder(after, remembered, limits, at),
  ];
  // What only one of them has a line for is judged by the global level of the other.
  const [added, removed] = [lacking(wanted, bare), lacking(bare, wanted)];
  const was = fatesUnder(asking(before, added), remembered, none, at);
  const is = fatesUnder(asking(after, removed), remembered, limits, at);
  const neither: string[] = [];
  const turned: { readonly one: Turned; readonly was: Fate; readonly is: Fate }[] = [];
  let compared = 0;
  for (const [id, after] of is) {
    const before = was.get(id) ?? byName(was, after) ?? unknown(after);
    if (before === undefined) continue;
    compared++;
    if (alike(before, after)) {
      if (after.untold !== undefined) neither.push(after.destination.name);
      continue;
    }
    const turn = turnOf(before, after);
    if (turn === undefined) continue;
    const line = bare.has(id) ? (wanted.has(id) ? 'kept' : 'removed') : 'added';
    turned.push({ one: toldOf(before, after, turn, line), was: before, is: after });
  }
  return { groups: grouped(turned), compared, neither };
}

/** Names of those with a line, or asked for, that the other side has nothing of. */
const lacking = (some: Fates, others: Fates): string[] =>
  [...some].flatMap(([id, { destination }]) => {
    const { name, unchecked, entry } = destination;
    const isJudged = unchecked === undefined || unchecked.reason === 'level-none';
    return others.has(id) || !isJudged || entry === undefined ? [] : [name];
  });

const asking = (bundle: Bundle, names: readonly string[]): Bundle => ({
  ...bundle,
  destinations: [...bundle.destinations, ...names],
});

/** A name below a parent entry has another id than its own line. */
const byName = (fates: Fates, { destination }: Fate): Fate | undefined =>
  [...fates.values()].find((one) => one.destination.name === destination.name);

/** Of a table that cannot be listed there is one destination, which only the other policy may have. */
function unknown({ destination, verdict, untold }: Fate): Fate | undefined {
  if (untold === undefined) return undefined;
  return { destination, verdict: { ...verdict, line: null, reason: null } };
}

function alike({ verdict: was, untold: wasUntold }: Fate, { verdict: is, untold }: Fate): boolean {
  const same = untold?.cause === 'table-not-read' && wasUntold?.cause === untold.cause;
  if (untold !== undefined && is.verdict !== 'undetermined' && !same) return false;
  return (
    sameEnd(was, is) &&
    was.postfixWould === is.postfixWould &&
    (is.verdict !== 'undetermined' || (was.level === is.level && sameMatch(was, is)))
  );
}

const sameEnd = (a: IfSame, b: IfSame): boolean =>
  a.verdict === b.verdict && a.reason === b.reason && a.protection === b.protection;

const sameMatch = (a: EntryVerdict, b: EntryVerdict): boolean =>
  a.match.length === b.match.length && a.match.every((one, i) => one === b.match[i]);

function turnOf({ verdict: was }: Fate, { verdict: is, untold }: Fate): Turn | undefined {
  if (untold !== undefined) return 'untold';
  const [now, then] = [goes(was), goes(is)];
  // What is never looked up, or stands for others, says nothing of any mail.
  if (then === 'unknown') return undefined;
  if (then === 'fails') return now === 'fails' ? 'other' : 'fails';
  if (now === 'unknown') return 'other';
  const [less, more] = [RANK[is.protection], RANK[was.protection]];
  if (less < more) return 'worse';
  if (now === then) return less > more ? 'better' : 'other';
  return ORDER.indexOf(then) > ORDER.indexOf(now) ? 'better' : 'worse';
}

type Going = 'fails' | 'partly' | 'goes' | 'unknown';
const ORDER: readonly Going[] = ['fails', 'partly', 'goes'];
const RANK: Readonly<Record<Protection, number>> = { none: 0, encrypted: 1, authenticated: 2 };

function goes({ verdict, reason }: EntryVerdict): Going {
  switch (verdict) {
    case 'fail':
      return 'fails';
    case 'degraded':
      return 'partly';
    case 'pass':
      return 'goes';
    case 'undetermined':
      return 'unknown';
    case 'unchecked':
      return reason === 'level-none' ? 'goes' : 'unknown';
  }
}

function toldOf(was: Fate, is: Fate, turn: Turn, line: Turned['line']): Turned {
  return {
    destination: is.destination.name,
    turn,
    line,
    before: sideOf(was),
    after: turn === 'untold' ? { ...sideOf(is), reason: null } : sideOf(is),
    sentence: turn === 'untold' ? null : is.verdict.sentence,
    ...(is.untold === undefined ? {} : { untold: is.untold }),
    ...(is.ifSame === undefined ? {} : { ifSame: is.ifSame }),
  };
}

function sideOf({ destination: { entry }, verdict: found }: Fate): Side {
  const { line, level, verdict, reason, protection } = found;
  const text = entry === undefined ? null : `${entry.key} ${entry.value}`.trim();
  return { line, text, level, verdict, reason, protection };
}

function grouped(
  turned: readonly { readonly one: Turned; readonly was: Fate; readonly is: Fate }[],
): Group[] {
  const groups = new Map<string, { readonly group: Omit<Group, 'turned'>; all: Turned[] }>();
  for (const { one, was, is } of turned) {
    const { turn } = one;
    const cause = turn === 'untold' ? (is.untold?.cause ?? null) : reasonOf(one);
    const anchor = turn === 'fails' && isTrust(is.verdict.reason) ? anchorOf(was) : null;
    const asNow = one.ifSame !== undefined && sameEnd(one.ifSame, was.verdict);
    const key = JSON.stringify([turn, cause, anchor, asNow]);
    const known = groups.get(key) ?? { group: { turn, cause, anchor, asNow }, all: [] };
    known.all.push(one);
    groups.set(key, known);
  }
  return [...groups.values()]
    .map(({ group, all }): Group => ({ ...group, turned: all }))
    .toSorted(
      (a, b) =>
        TURNS.indexOf(a.turn) - TURNS.indexOf(b.turn) ||
        Number(a.asNow) - Number(b.asNow) ||
        b.turned.length - a.turned.length,
    );
}

/** What is wrong then; of what gets better, what was wrong before. */
function reasonOf({ turn, before, after }: Turned): string | null {
  if (turn === 'better') return before.reason;
  return after.reason === 'level-none' ? null : after.reason;
}

const isTrust = (reason: Reason | null): boolean =>
  reason !== null && REASONS[reason].group === 'trust';

function anchorOf({ verdict }: Fate): string | null {
  const anchors = verdict.hosts.flatMap(({ addresses }) =>
    addresses.flatMap(({ anchor }) => anchor ?? []),
  );
  return anchors[0] ?? null;
}
