/**
 * Value ⇄ item. Every item carries `v`, the version of its kind's shape, and `rev`, raised by one
 * at each write.
 *
 * Each item is checked when it is read: one that does not have its kind's shape is `corrupt`, one
 * of a higher `v` is `newer`; both are told and skipped, and the newer one is never overwritten.
 * Expired items that DynamoDB has not removed yet count as absent.
 */
import { isDeepStrictEqual } from 'node:util';
import * as valibot from 'valibot';
import { plain } from '../text/strangers.ts';
import type { Condition } from './expression.ts';
import type { Item, Key, Table, Written } from './table.ts';

/**
 * The shape of one kind of item. `v` goes up when a reader of the old shape would misread the new
 * one.
 */
export interface ItemKind<T> {
  readonly name: string;
  readonly v: number;
  readonly schema: valibot.GenericSchema<unknown, T>;
}

/** A value with the revision that a later write must find. */
export interface Held<T> {
  readonly value: T;
  readonly rev: number;
  /** Epoch ms; absent where it is kept for good. */
  readonly expiresAt?: number;
}

/** An item that could not be used, for the report of the run. */
export type ItemProblem =
  | { readonly kind: 'corrupt'; readonly key: Key; readonly because: string }
  | { readonly kind: 'newer'; readonly key: Key; readonly v: number };

export type Read<T> =
  | ({ readonly kind: 'held' } & Held<T>)
  | ItemProblem
  | { readonly kind: 'absent' };

export interface Writing {
  /** Of the item being replaced: undefined for a new one, `anything` in place of a corrupt one. */
  readonly rev?: number | 'anything' | undefined;
  /** Epoch ms; kept for good where undefined. */
  readonly expiresAt?: number | undefined;
  /** Epoch ms: an item that expired before it is not in the way. */
  readonly now?: number | undefined;
}

export function toItem<T>(
  kind: ItemKind<T>,
  key: Key,
  value: T,
  { rev = 0, expiresAt }: Writing = {},
): Item {
  const ttl = expiresAt === undefined ? {} : { expiresAt: Math.ceil(expiresAt / 1000) };
  return { pk: key.pk, sk: key.sk, v: kind.v, rev: nextRev(rev), value, ...ttl };
}

/**
 * The revision that a write gives. In place of a corrupt item it is one that no reader of that item
 * can hold.
 */
export const nextRev = (rev: Writing['rev']): number =>
  rev === 'anything' ? 1_000_000 : (rev ?? 0) + 1;

/** `now` is epoch ms: what expired before it is absent. */
export function fromItem<T>(kind: ItemKind<T>, item: Item | undefined, now: number): Read<T> {
  if (item === undefined) return { kind: 'absent' };
  const { pk, sk, v, rev, expiresAt, value } = item;
  const key = { pk, sk };
  if (typeof v === 'number' && v > kind.v) return { kind: 'newer', key, v };
  if (typeof expiresAt === 'number' && expiresAt * 1000 <= now) return { kind: 'absent' };
  if (typeof v !== 'number' || typeof rev !== 'number')
    return { kind: 'corrupt', key, because: 'v or rev is missing' };
  const parsed = valibot.safeParse(kind.schema, value, { abortEarly: true });
  if (!parsed.success) return { kind: 'corrupt', key, because: whyCorrupt(kind, parsed.issues) };
  return {
    kind: 'held',
    value: parsed.output,
    rev,
    ...(typeof expiresAt === 'number' ? { expiresAt: expiresAt * 1000 } : {}),
  };
}

/** Reads one item of a kind. */
export async function readItem<T>(
  table: Table,
  kind: ItemKind<T>,
  key: Key,
  now: number,
): Promise<Read<T>> {
  return fromItem(kind, await table.get(key), now);
}

/**
 * Writes one item, if it is still the one of revision `rev` (or still absent). `lost` means a newer
 * writer: keep theirs. An item of a newer layout is never overwritten.
 *
 * Where the answer to a write is lost on the way, it is repeated and finds its own work in the way:
 * so what stands there is read before it is believed to be somebody else's.
 */
export async function writeItem<T>(
  table: Table,
  kind: ItemKind<T>,
  key: Key,
  value: T,
  writing: Writing = {},
): Promise<Written> {
  const { rev, now } = writing;
  const condition: Condition =
    rev === undefined
      ? { kind: 'absent', ...(now === undefined ? {} : { now }) }
      : rev === 'anything'
        ? { kind: 'not-newer', v: kind.v }
        : { kind: 'rev', rev };
  const item = toItem(kind, key, value, writing);
  const written = await table.put(item, condition);
  if (written === 'written') return written;
  return isSameItem(item, await table.get(key)) ? 'written' : 'lost';
}

/**
 * Sets some attributes of the item of revision `rev`, and raises it. A lost answer is met as by
 * `writeItem`.
 */
export async function updateItem(
  table: Table,
  key: Key,
  attributes: Readonly<Record<string, number>>,
  rev: number,
): Promise<Written> {
  const set = { ...attributes, rev: nextRev(rev) };
  if ((await table.update(key, set, { kind: 'rev', rev })) === 'written') return 'written';
  const stored = await table.get(key);
  return Object.entries(set).every(([name, value]) => stored?.[name] === value)
    ? 'written'
    : 'lost';
}

/** Equal as it is stored: an undefined field is none, and the order of fields does not matter. */
function isSameItem(item: Item, stored: Item | undefined): boolean {
  return stored !== undefined && isDeepStrictEqual(asStored(item), asStored(stored));
}

const asStored = (item: Item): unknown => JSON.parse(JSON.stringify(item));

/** Sentence for the report: place, fact, what happens now. */
export function describeProblem(problem: ItemProblem): string {
  const place = `item ${plain(problem.key.pk)} / ${plain(problem.key.sk)}`;
  switch (problem.kind) {
    case 'corrupt':
      return (
        `${place}: cannot be read (${plain(problem.because)}); it is skipped, and replaced when ` +
        'next seen'
      );
    case 'newer':
      return (
        `${place}: written by a newer version (layout ${problem.v}); it is skipped and left as ` +
        'it is, update this installation'
      );
  }
}

/**
 * Sentences for many items: the first of each kind by name, and how many there are besides. A store
 * that a newer release wrote holds thousands of them.
 */
export function describeProblems(problems: readonly ItemProblem[]): string[] {
  return (['corrupt', 'newer'] as const).flatMap((kind) => {
    const all = problems.filter((problem) => problem.kind === kind);
    // One alone is never left out: to count it is no shorter than to name it.
    const named = all.length > NAMED + 1 ? all.slice(0, NAMED) : all;
    const more = all.length - named.length;
    return [
      ...named.map(describeProblem),
      ...(more === 0 ? [] : [`${more} more items ${OF_MANY[kind]}`]),
    ];
  });
}

const NAMED = 5;
const OF_MANY = {
  corrupt: 'cannot be read; they are skipped, and each is replaced when next seen',
  newer:
    'were written by a newer version; they are skipped and left as they are, update this ' +
    'installation',
} as const;

function whyCorrupt(
  kind: ItemKind<unknown>,
  [issue]: readonly valibot.BaseIssue<unknown>[],
): string {
  if (issue === undefined) return `no proper ${kind.name}`;
  const path = valibot.getDotPath(issue as valibot.BaseIssue<unknown>);
  return `no proper ${kind.name}: ${path === null ? '' : `${path}: `}${issue.message}`;
}
