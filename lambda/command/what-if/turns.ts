/**
 * What turns out otherwise under the other policy than under the one in force, both judged on the
 * same sightings; grouped by cause, worst first. Pure.
 */
import type { Bundle } from '../../policy/bundle.ts';
import { type Destination, destinationsOf } from '../../policy/destinations.ts';
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
  const [had, wanted] = [destinationsById(before), destinationsById(after)];
  // What only one of them has a line for is judged by the global level of the other.
  const [added, removed] = [lacking(wanted, had), lacking(had, wanted)];
  const was = fatesUnder(asking(before, added), remembered, none, at);
  const is = fatesUnder(asking(after, removed), remembered, limits, at);
  const wasByName = new Map([...was.byId.values()].map((fate) => [fate.destination.name, fate]));
  const neither: string[] = [];
  const groups = new Map<string, { readonly group: Omit<Group, 'turned'>; all: Turned[] }>();
  let compared = 0;
  for (const [id, then] of is.byId) {
    // A name below a parent entry has another id than its own line.
    const now = was.byId.get(id) ?? wasByName.get(then.destination.name) ?? unknown(then);
    if (now === undefined) continue;
    compared++;
    if (alike(now, then)) {
      if (then.untold !== undefined) neither.push(then.destination.name);
      continue;
    }
    const turn = turnOf(now, then);
    if (turn === undefined) continue;
    const line = had.has(id) ? (wanted.has(id) ? 'kept' : 'removed') : 'added';
    const group = groupOf(now, then, turn);
    const key = JSON.stringify(group);
    const known = groups.get(key) ?? { group, all: [] };
    known.all.push(toldOf(now, then, turn, line, is));
    groups.set(key, known);
  }
  return { groups: sorted([...groups.values()]), compared, neither };
}

const destinationsById = (bundle: Bundle): ReadonlyMap<string, Destination> =>
  new Map(destinationsOf(bundle).map((one) => [one.id, one]));

/** Names of those with a line, or asked for, that the other side has nothing of. */
const lacking = (
  some: ReadonlyMap<string, Destination>,
  others: ReadonlyMap<string, Destination>,
): string[] =>
  [...some].flatMap(([id, { name, unchecked, entry }]) => {
    const isJudged = unchecked === undefined || unchecked.reason === 'level-none';
    return others.has(id) || !isJudged || entry === undefined ? [] : [name];
  });

const asking = (bundle: Bundle, names: readonly string[]): Bundle => ({
  ...bundle,
  destinations: [...bundle.destinations, ...names],
});

/** Of a table that cannot be listed there is one destination, which only the other policy may have. */
function unknown({ untold, ...fate }: Fate): Fate | undefined {
  return untold === undefined ? undefined : { ...fate, reason: null };
}

function alike(now: Fate, then: Fate): boolean {
  const isTold = then.untold === undefined;
  if (!isTold && then.untold.cause !== now.untold?.cause) return false;
  return (
    sameEnd(now, then) &&
    now.would === then.would &&
    (isTold || (now.level === then.level && sameMatch(now, then)))
  );
}

const sameEnd = (a: IfSame, b: IfSame): boolean =>
  a.verdict === b.verdict && a.reason === b.reason && a.protection === b.protection;

const sameMatch = (a: Fate, b: Fate): boolean =>
  a.match.length === b.match.length && a.match.every((one, i) => one === b.match[i]);

function turnOf(was: Fate, is: Fate): Turn | undefined {
  if (is.untold !== undefined) return 'untold';
  const [now, then] = [goes(was), goes(is)];
  // What is never looked up, or stands for others, says nothing of any mail.
  if (then === 'unknown') return undefined;
  if (then === 'fails') return now === 'fails' ? 'other' : 'fails';
  // Not what it came to, but what its line asked for.
  if (now === 'unknown') return RANK[is.protection] < leastAsked(was) ? 'worse' : 'other';
  const [less, more] = [RANK[is.protection], RANK[was.protection]];
  if (less < more) return 'worse';
  if (now === then) return less > more ? 'better' : 'other';
  return ORDER.indexOf(then) > ORDER.indexOf(now) ? 'better' : 'worse';
}

/** The least protection with which mail would have gone by the line, if at all. */
const leastAsked = ({ verdict, level }: Fate): number =>
  verdict === 'undetermined' ? RANK[ASKED[level] ?? 'none'] : RANK.none;

const ASKED: Readonly<Partial<Record<Fate['level'], Protection>>> = {
  encrypt: 'encrypted',
  'dane-only': 'authenticated',
  fingerprint: 'authenticated',
  verify: 'authenticated',
  secure: 'authenticated',
};

type Going = 'fails' | 'partly' | 'goes' | 'unknown';
const ORDER: readonly Going[] = ['fails', 'partly', 'goes'];
const RANK: Readonly<Record<Protection, number>> = { none: 0, encrypted: 1, authenticated: 2 };

function goes({ verdict, reason }: IfSame): Going {
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

function toldOf(
  was: Fate,
  is: Fate,
  turn: Turn,
  line: Turned['line'],
  { sentenceOf }: Fates,
): Turned {
  return {
    destination: is.destination.name,
    turn,
    line,
    before: sideOf(was),
    after: turn === 'untold' ? { ...sideOf(is), reason: null } : sideOf(is),
    sentence: turn === 'untold' ? null : sentenceOf(is),
    ...(is.untold === undefined ? {} : { untold: is.untold }),
    ...(is.ifSame === undefined ? {} : { ifSame: is.ifSame }),
  };
}

function sideOf({ destination, level, verdict, reason, protection }: Fate): Side {
  const entry = destination.entry ?? destination.hops[0]?.demand.entry;
  const text = entry === undefined ? null : `${entry.key} ${entry.value}`.trim();
  // An answer of a table that was asked stands in no line.
  return { line: entry?.line || null, text, level, verdict, reason, protection };
}

function groupOf(was: Fate, is: Fate, turn: Turn): Omit<Group, 'turned'> {
  const cause = turn === 'untold' ? (is.untold?.cause ?? null) : reasonOf(turn, was, is);
  const isTrust = is.reason !== null && REASONS[is.reason].group === 'trust';
  return {
    turn,
    cause,
    anchor: turn === 'fails' && isTrust ? was.anchor : null,
    asNow: is.ifSame !== undefined && sameEnd(is.ifSame, was),
  };
}

/** What is wrong then; of what gets better, what was wrong before. */
function reasonOf(turn: Turn, was: Fate, is: Fate): string | null {
  const { reason } = turn === 'better' ? was : is;
  return reason === 'level-none' ? null : reason;
}

const sorted = (
  groups: readonly { readonly group: Omit<Group, 'turned'>; readonly all: readonly Turned[] }[],
): Group[] =>
  groups
    .map(({ group, all }): Group => ({ ...group, turned: all }))
    .toSorted(
      (a, b) =>
        TURNS.indexOf(a.turn) - TURNS.indexOf(b.turn) ||
        Number(a.asNow) - Number(b.asNow) ||
        b.turned.length - a.turned.length,
    );
