/**
 * The tables with all changes made, read and judged again: a change that does not come to what was
 * found for it is not proposed, and neither is one by which anything else comes to something else.
 * Pure.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Bundle } from '../../policy/bundle.ts';
import { type Destination, destinationsOf } from '../../policy/destinations.ts';
import { edited } from '../../policy/rewrite/edit.ts';
import type { Evidence } from '../../verdict/judge.ts';
import { judgeOnce } from '../../verdict/judge.ts';
import type { CheckRun } from '../check/check.ts';
import { type Change, editsOf } from './change.ts';

export interface Proving {
  /** As it stands. */
  readonly bundle: Bundle;
  /** As it was judged. */
  readonly tidied: Bundle;
  readonly run: Pick<CheckRun, 'destinations' | 'at'>;
  readonly evidence: Evidence;
}

export function provedChanges(changes: readonly Change[], proving: Proving): Change[] {
  const once = holding(changes, proving);
  // What fell out may have been what another one rested on.
  return once.length === changes.length ? once : holding(once, proving);
}

/** The bundle with the tables as they would be. */
export function withEdits(bundle: Bundle, changes: readonly Change[]): Bundle {
  const { version } = bundle.settings;
  return {
    ...bundle,
    policyTables: bundle.policyTables.map((table) => {
      const edits = changes.flatMap((change) =>
        change.table === table.name ? editsOf(change) : [],
      );
      return edits.length === 0 ? table : { ...table, text: edited(table.text, edits, version) };
    }),
  };
}

function holding(changes: readonly Change[], { bundle, tidied, run, evidence }: Proving): Change[] {
  const after = withEdits(bundle, changes);
  const then = judgedBy(destinationsOf(after), evidence, after, run.at);
  const now = judgedBy(run.destinations, evidence, tidied, run.at);
  const changed = new Set(
    changes.flatMap(({ destination, kind }) => (kind === 'shorter' ? [] : (destination ?? []))),
  );
  const others = [...now].filter(([name]) => !changed.has(name));
  const isSame = others.every(([name, was]) => isDeepStrictEqual(was, then.get(name)));
  return changes.filter((change) => {
    const { destination, edit, today } = change;
    if (edit === null) return true;
    if (destination === undefined) return isSame;
    const found = then.get(destination)?.verdict;
    return found === 'pass' || (found === 'degraded' && today?.verdict === 'degraded');
  });
}

interface Fate {
  readonly verdict: string;
  readonly reason: string | null;
  readonly level: string;
  readonly protection: string;
}

/** By name; what nobody looks up says nothing of any mail. */
function judgedBy(
  destinations: readonly Destination[],
  evidence: Evidence,
  bundle: Bundle,
  at: number,
): Map<string, Fate> {
  return new Map(
    destinations.flatMap((destination) => {
      if (destination.unchecked !== undefined) return [];
      return [[destination.name, fateOf(destination, evidence, bundle, at)] as const];
    }),
  );
}

/** An exception of ours is no reason to propose anything. */
function fateOf(...judged: Parameters<typeof judgeOnce>): Fate {
  try {
    const { verdict, reason, level, protection } = judgeOnce(...judged);
    return { verdict, reason, level, protection };
  } catch {
    return { verdict: 'undetermined', reason: 'our-bug', level: 'invalid', protection: 'none' };
  }
}
