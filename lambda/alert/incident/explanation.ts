/**
 * Whose change it was, as far as a run can tell: digests of our own side before and after, and
 * typed changes of the other. Pure.
 */
import { REASONS, type Reason, type ReasonGroup, type ReasonRow } from '../../verdict/reason.ts';
import { type EntryVerdict, publishedName } from '../../verdict/verdict.ts';
import type { Change, OwnChange } from './entry-state.ts';
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
 * What of ours differs from the run before; the table's digest is left to each entry, since most
 * edits are of other lines.
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
 * The changes that can explain a reason at hosts of this entry, the latest first, at most three.
 */
export function explaining(
  verdict: EntryVerdict,
  changes: readonly Change[],
  at: number,
): readonly Change[] {
  const subjects = new Set([verdict.id, verdict.destination, ...verdict.hosts.map(publishedName)]);
  const kinds = verdict.reason === null ? undefined : kindsExplaining(REASONS[verdict.reason]);
  return changes
    .filter((change) => subjects.has(change.subject) && at - change.at <= CHANGE_MS)
    .filter((change) => (kinds === undefined ? !ROUTINE.has(change.kind) : kinds.has(change.kind)))
    .sort((a, b) => b.at - a.at)
    .slice(0, 3);
}

/** Kinds of change that can bring a reason about; undefined where that is not known. */
function kindsExplaining({ anchors, group }: ReasonRow): ReadonlySet<string> | undefined {
  return anchors ? EXPLAINS_TRUST : EXPLAINS[group];
}

/** Changes on our side that can explain a reason: a new CA bundle loses no names. */
export function plausible(own: readonly OwnChange[], reason: Reason | null): readonly OwnChange[] {
  return own.filter(
    (change) => change !== 'anchors' || (reason !== null && REASONS[reason].anchors),
  );
}

const MOVES = ['mx-added', 'mx-removed', 'varies'];

const TLSA = ['tlsa-added', 'tlsa-announced', 'tlsa-removed', 'dnssec-lost', 'dnssec-broken'];

/** By what the reason belongs to; a group that is not here may have any but a routine one. */
const EXPLAINS: Partial<Record<ReasonGroup, ReadonlySet<string>>> = {
  name: new Set(['name-removed', 'name-added', 'issuer-changed', 'key-changed', ...MOVES]),
  digest: new Set(['key-changed', 'renewed', 'issuer-changed', ...TLSA, ...MOVES]),
  dane: new Set([...TLSA, ...MOVES]),
  tls: new Set(['starttls-lost', ...MOVES]),
};

/** Of whatever new anchors can bring about. */
const EXPLAINS_TRUST: ReadonlySet<string> = new Set([
  'issuer-changed',
  'anchor-changed',
  'trust-lost',
  'key-changed',
  ...MOVES,
]);

/** Never an explanation, unless a reason names them. */
const ROUTINE: ReadonlySet<string> = new Set([
  'renewed',
  'uniform',
  'starttls-regained',
  'trust-regained',
  'dnssec-regained',
  'tlsa-added',
  'tlsa-announced',
]);
