/** The judge asked again on the same evidence, under another line or a whole other policy. Pure. */

import type { Bundle } from '../../policy/bundle.ts';
import { type Destination, destinationsOf } from '../../policy/destinations.ts';
import { memoryOf, withCaution } from '../../snapshot/caution.ts';
import { evidenceFrom, type Remembered } from '../../snapshot/remembered-evidence.ts';
import { type Evidence, judge, judgeOnce } from '../../verdict/judge.ts';
import type { Reason } from '../../verdict/reason.ts';
import type { EntryVerdict, Verdict } from '../../verdict/verdict.ts';

/** How one destination fares under one policy, on what was seen. */
export interface Fate {
  /** Line of its entry; null where the global level counts. */
  readonly line: number | null;
  /** The entry, key and value; null where the global level counts. */
  readonly text: string | null;
  readonly verdict: Verdict;
  readonly reason: Reason | null;
}

/** A destination whose entry or verdict is another under the other policy. */
export interface Difference {
  readonly name: string;
  /** Absent: the policy in use has no entry for it, and nothing can be said of it. */
  readonly before?: Fate;
  /** Absent: it is no longer in the policy. */
  readonly after?: Fate;
  /**
   * What the new policy would make of it; present where mail that is delivered now would not be.
   */
  readonly breaks?: EntryVerdict;
}

/**
 * The same sightings under two policies, one after the other: destinations in the order of the new
 * policy, then those that are gone. `at` is epoch ms. A destination that is new is compared with
 * the global level it had before.
 */
export function compareFates(
  before: Bundle,
  after: Bundle,
  remembered: Remembered,
  at: number,
): Difference[] {
  const known = new Set(destinationsOf(before).map(({ id }) => id));
  const destinations = destinationsOf(after);
  const fresh = destinations
    .filter(({ id, unchecked }) => !known.has(id) && unchecked === undefined)
    .map(({ name }) => name);
  const caution = withMemory(remembered, after, at);
  const was = fates(
    { ...before, destinations: [...before.destinations, ...fresh] },
    remembered,
    at,
  );
  const is = fates(after, remembered, at);
  const differences: Difference[] = [];
  for (const [id, { destination, fate }] of is.byId) {
    const old = was.byId.get(id)?.fate;
    const breaks = old !== undefined && delivers(old) && fate.verdict === 'fail';
    if (old !== undefined && !breaks && sameFate(old, fate)) continue;
    differences.push({
      name: destination.name,
      ...(old === undefined ? {} : { before: old }),
      after: fate,
      ...(breaks ? { breaks: caution(judge(destination, is.evidence, after, at)) } : {}),
    });
  }
  for (const [id, { destination, fate }] of was.byId)
    if (known.has(id) && !is.byId.has(id))
      differences.push({ name: destination.name, before: fate });
  return differences;
}

/** The rule of snapshot/caution, by what is remembered; nobody was asked here to confirm. */
function withMemory(
  { entries }: Remembered,
  { settings: { queueLifetimeMs } }: Bundle,
  now: number,
): (verdict: EntryVerdict) => EntryVerdict {
  const known = new Map([...entries].map((snapshot) => [snapshot.id, snapshot]));
  const around = { confirmations: [], queueLifetimeMs, now };
  return (verdict) => withCaution(verdict, memoryOf(known.get(verdict.id), around));
}

interface Fates {
  readonly evidence: Evidence;
  readonly byId: ReadonlyMap<string, { readonly destination: Destination; readonly fate: Fate }>;
}

function fates(bundle: Bundle, remembered: Remembered, at: number): Fates {
  const destinations = destinationsOf(bundle);
  const evidence = evidenceFrom(destinations, remembered, bundle.settings);
  const byId = destinations.map((destination) => {
    const { verdict, reason } = judgeOnce(destination, evidence, bundle, at);
    const { entry } = destination;
    const text = entry === undefined ? null : `${entry.key} ${entry.value}`;
    return [
      destination.id,
      { destination, fate: { line: entry?.line || null, text, verdict, reason } },
    ] as const;
  });
  return { evidence, byId: new Map(byId) };
}

/** Mail goes out today, whatever is asked of it. */
const delivers = ({ verdict, reason }: Fate): boolean =>
  verdict === 'pass' ||
  verdict === 'degraded' ||
  (verdict === 'unchecked' && reason === 'level-none');

/** That a line moved is no difference. */
const sameFate = (a: Fate, b: Fate): boolean =>
  a.text === b.text && a.verdict === b.verdict && a.reason === b.reason;
