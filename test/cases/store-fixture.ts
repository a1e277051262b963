/**
 * The items of a store as a release wrote them, kept in `store-VERSION.json`: what every later release must read.
 *
 * Beside the items stand the world they were learned from, so that a later release can look at it again, and what the
 * writing release knew by them (`facts`), without wordings, which may change.
 */
import { readFileSync } from 'node:fs';
import { readTimeline } from '../../lambda/command/history/timeline.ts';
import { readStatus } from '../../lambda/command/status/read.ts';
import type { ProbeResult } from '../../lambda/probe/result.ts';
import type { Store } from '../../lambda/store/keys.ts';
import type { Item, Table } from '../../lambda/store/table.ts';
import { SmallWorld } from '../run/small-world.ts';

export interface StoreFixture {
  /** The release that wrote it. */
  readonly release: string;
  /** Epoch ms of its last run, which told something and died before it stored it. */
  readonly at: number;
  readonly policy: string;
  /** The first is the one that most was seen from. */
  readonly vantages: readonly string[];
  /** As it was at the last run. */
  readonly world: WorldPlan;
  readonly facts: Facts;
  readonly items: readonly Item[];
}

export interface WorldPlan {
  readonly hosts: readonly {
    readonly host: string;
    /** Digests of certificates among the items; null: nobody answers. */
    readonly chain: readonly string[] | null;
    readonly result?: ProbeResult;
  }[];
  /** Hosts of each domain in order of preference; null: DNS does not answer. */
  readonly domains: Readonly<Record<string, readonly string[] | null>>;
}

/** `der` is base64 by digest. */
export function raise(plan: WorldPlan, der: Readonly<Record<string, string>>): SmallWorld {
  const world = new SmallWorld();
  const hosts = new Map(
    plan.hosts.map(({ host, chain, result }) => {
      const made = world.host(host, chain?.map((digest) => derOf(digest, der)) ?? []);
      if (chain === null) made.chain = null;
      if (result !== undefined) made.result = result;
      return [host, made];
    }),
  );
  for (const [name, listed] of Object.entries(plan.domains)) {
    if (listed === null) world.unanswered(name);
    else world.domain(name, ...listed.flatMap((host) => hosts.get(host) ?? []));
  }
  return world;
}

/** What is known by a store, in words that no release changes. */
export interface Facts {
  readonly status: Readonly<Record<string, unknown>>;
  readonly history: readonly string[];
  readonly ofOneDestination: readonly string[];
}

export async function factsOf(store: Store, now: number): Promise<Facts> {
  const status = await readStatus(store, now, { notWatched: undefined });
  const everything = await readTimeline(store, {}, now);
  const one = await readTimeline(store, { name: ONE_DESTINATION }, now);
  return {
    status: {
      incidents: status.incidents.map(({ id, standing, kind, since, toldAt, muted, entries }) => ({
        id,
        standing,
        kind,
        since,
        toldAt: toldAt ?? null,
        muted,
        entries: entries.map((entry) => `${entry.name} ${entry.standing} since ${date(entry.since)}`),
      })),
      pending: status.pending.map(({ name, at }) => `${name} at ${date(at)}`),
      unjudged: status.undetermined.map(({ name, since }) => `${name} since ${date(since)}`),
      mutes: status.mutes.map(({ key, until, by, reason }) => `${key} until ${date(until)} by ${by}: ${reason}`),
      counts: status.counts,
      latestRun: status.sight.latest?.runId ?? null,
      problems: status.problems,
    },
    history: lines(everything),
    ofOneDestination: lines(one),
  };
}

const lines = (timeline: Awaited<ReturnType<typeof readTimeline>>): string[] => [
  ...(timeline?.happened ?? []).map(({ event, changes, presents }) =>
    [
      date(event.at),
      event.grain,
      event.name,
      ...changes.map(({ kind, subject }) => `${kind} of ${subject}`),
      ...(event.grain === 'entry' && event.after !== null ? [event.after.verdict, event.after.reason ?? 'well'] : []),
      ...presents.map(({ what, leaf }) => `${what} ${leaf?.names.join(',') ?? ''}`.trim()),
    ].join(' | '),
  ),
  ...(timeline?.problems ?? []),
];

export const ONE_DESTINATION = 'turning.example';

const date = (at: number) => new Date(at).toISOString();

/** Every item of a table, in order of its keys. */
export async function itemsOf(table: Table): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of table.scan()) items.push(...page);
  const name = ({ pk, sk }: Item) => JSON.stringify([pk, sk]);
  return items.sort((a, b) => (name(a) < name(b) ? -1 : 1));
}

/** One item a line, its attributes in order of their names: a fixture that is written again differs where items do. */
export function fixtureText({ items, ...head }: StoreFixture): string {
  const line = (item: Item) => JSON.stringify(item, (_, value: unknown) => encoded(value));
  return `${JSON.stringify(head, null, 1).slice(0, -2)},\n "items": [\n${items.map(line).join(',\n')}\n]}\n`;
}

export function readFixture(path: string): StoreFixture {
  return JSON.parse(readFileSync(path, 'utf8'), (_, value: unknown) => decoded(value)) as StoreFixture;
}

function encoded(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $base64: Buffer.from(value).toString('base64') };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function decoded(value: unknown): unknown {
  const text = typeof value === 'object' && value !== null ? (value as { $base64?: unknown }).$base64 : undefined;
  return typeof text === 'string' ? new Uint8Array(Buffer.from(text, 'base64')) : value;
}

function derOf(digest: string, der: Readonly<Record<string, string>>): string {
  const found = der[digest];
  if (found === undefined) throw new Error(`the fixture has no certificate ${digest}`);
  return found;
}
