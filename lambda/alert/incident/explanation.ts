/**
 * What changed on which side, to explain a verdict that turned: on ours by the digests before and
 * after, on theirs by typed changes. Pure.
 */
import { REASONS, type Reason, type ReasonGroup, type ReasonRow } from '../../verdict/reason.ts';
import { type EntryVerdict, publishedName } from '../../verdict/verdict.ts';
import type { Change, OwnChange } from './entry-state.ts';
import { foremost } from './foremost.ts';
import { CHANGE_MS } from './incident.ts';

/** Digests of one run, as kept in its record. */
export interface Digests {
  readonly table: string;
  readonly settings: string;
  readonly anchors: string;
  /** Version of this product. */
  readonly product: string;
  readonly node: string;
}

/**
 * What of ours differs from the run before, without the table: most edits of it are of other lines,
 * so `askedOf` is compared for each entry. Empty where either run is unknown.
 */
export function ownChanges(
  before: Digests | undefined,
  after: Digests | undefined,
): readonly OwnChange[] {
  if (before === undefined || after === undefined) return [];
  return [
    ...(before.settings === after.settings ? [] : ['settings' as const]),
    ...(before.anchors === after.anchors ? [] : ['anchors' as const]),
    ...(before.product === after.product && before.node === after.node ? [] : ['version' as const]),
  ];
}

/**
 * Level, match list and next hop of an entry: what an edit of its line, or of its routing, would
 * change.
 */
export function askedOf(verdict: EntryVerdict): string {
  return [
    verdict.level,
    ...verdict.match,
    ...(verdict.nextHop === null ? [] : ['to', verdict.nextHop.text]),
  ].join(' ');
}

/**
 * The changes that can explain a reason at hosts of this entry: three at most, each with the hosts
 * that changed so.
 */
export function explaining(
  verdict: EntryVerdict,
  changes: readonly Change[],
  at: number,
): readonly Change[] {
  const subjects = new Set([verdict.id, verdict.destination, ...verdict.hosts.map(publishedName)]);
  const kinds = verdict.reason === null ? undefined : kindsExplaining(REASONS[verdict.reason]);
  const own = changes
    .filter((change) => subjects.has(change.subject) && at - change.at <= CHANGE_MS)
    .filter((change) => (kinds === undefined ? !ROUTINE.has(change.kind) : kinds.has(change.kind)));
  return foremost(own, CHANGES_KEPT);
}

/** Kinds of change that can cause a reason; undefined where that is not known. */
function kindsExplaining({ anchors, group }: ReasonRow): ReadonlySet<string> | undefined {
  return anchors ? EXPLAINS_TRUST : EXPLAINS[group];
}

/**
 * Changes on our side that can explain a reason. A new CA bundle explains only reasons that depend
 * on anchors.
 */
export function plausible(own: readonly OwnChange[], reason: Reason | null): readonly OwnChange[] {
  return own.filter(
    (change) => change !== 'anchors' || (reason !== null && REASONS[reason].anchors),
  );
}

const CHANGES_KEPT = 3;

const MOVES = ['mx-added', 'mx-removed', 'varies'];

const TLSA = ['tlsa-added', 'tlsa-announced', 'tlsa-removed', 'dnssec-lost', 'dnssec-broken'];

/**
 * Kinds of change that can cause a reason of each group; all but the routine ones for other groups.
 */
const EXPLAINS: Partial<Record<ReasonGroup, ReadonlySet<string>>> = {
  name: new Set(['name-removed', 'name-added', 'issuer-changed', 'key-changed', ...MOVES]),
  digest: new Set(['key-changed', 'renewed', 'issuer-changed', ...TLSA, ...MOVES]),
  dane: new Set([...TLSA, ...MOVES]),
  tls: new Set(['starttls-lost', ...MOVES]),
};

/** The same for reasons that new anchors can cause. */
const EXPLAINS_TRUST: ReadonlySet<string> = new Set([
  'issuer-changed',
  'anchor-changed',
  'trust-lost',
  'key-changed',
  ...MOVES,
]);

/** These explain nothing unless they are listed for the group of the reason. */
const ROUTINE: ReadonlySet<string> = new Set([
  'renewed',
  'uniform',
  'starttls-regained',
  'trust-regained',
  'dnssec-regained',
  'tlsa-added',
  'tlsa-announced',
]);
