/**
 * Who of several workers does what: next hops to be resolved in shards of some hundreds, and whole
 * networks to one worker, longest first onto the least loaded. A network is never in two shards, so
 * that its pace needs nothing that workers share. Pure: the same questions give the same plan.
 */
import type { Hop } from '../../policy/destinations.ts';
import { routeKey } from '../../policy/service.ts';
import type { Conversation } from '../../probe/conversation.ts';
import { networkOf } from '../../route/address.ts';
import { asksDane } from '../check/dnssec.ts';
import type { Wanted } from '../check/meeting.ts';

/** Conversations of whole networks, one of each, and who wishes for which. Plain JSON. */
export interface Networks {
  readonly conversations: readonly Conversation[];
  /** In the order in which they were wished for; `of` is an index of `conversations`. */
  readonly wishes: readonly {
    readonly of: number;
    readonly owner: string;
    readonly late: boolean;
  }[];
}

/**
 * One hop of each route, in the order given: as much to each worker, or more shards where one would
 * hold more than `most`. At dane levels more is asked about a route: where any hop of it is at one,
 * that hop stands for it.
 */
export function shardsOfHops(
  hops: readonly Hop[],
  workers: number,
  most = HOPS_PER_SHARD,
): Hop[][] {
  const byKey = new Map<string, Hop>();
  for (const hop of hops) {
    const key = routeKey(hop);
    const known = byKey.get(key);
    if (known === undefined || (!asksDane(known) && asksDane(hop))) byKey.set(key, hop);
  }
  const all = [...byKey.values()];
  const each = Math.min(most, Math.ceil(all.length / workers));
  return Array.from({ length: Math.ceil(all.length / Math.max(1, each)) }, (_, i) =>
    all.slice(i * each, (i + 1) * each),
  );
}

/**
 * One shard for each worker, or more where a shard would hold more than `most` conversations; none
 * is empty. The largest first.
 */
export function shardsOfNetworks(
  wanted: readonly Wanted[],
  workers: number,
  most = CONVERSATIONS_PER_SHARD,
): Networks[] {
  const networks = byNetwork(wanted);
  const count = [...networks.values()].reduce((sum, { weight }) => sum + weight, 0);
  const loads = evenly(
    [...networks].map(([name, { weight }]) => ({ name, weight })),
    Math.max(workers, Math.ceil(count / most)),
  );
  return loads.map((names) => shardOf(names.flatMap((name) => networks.get(name)?.wanted ?? [])));
}

/**
 * Distributes what cannot be divided: the heaviest first, each to where there is least (Graham's
 * rule, at most a third above the best there is). Answers names by place, the heaviest place first,
 * without those that stay empty.
 */
export function evenly(
  items: readonly { readonly name: string; readonly weight: number }[],
  places: number,
): string[][] {
  const heap = new Heap(places);
  const order = items.toSorted((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1));
  for (const { name, weight } of order) heap.add(name, weight);
  return heap.places();
}

interface Network {
  readonly wanted: { readonly one: Wanted; readonly at: number }[];
  /** How many conversations. */
  weight: number;
}

function byNetwork(wanted: readonly Wanted[]): Map<string, Network> {
  const networks = new Map<string, Network>();
  const known = new Set<string>();
  for (const [at, one] of wanted.entries()) {
    const { id, address } = one.conversation;
    const name = networkOf(address);
    const network = networks.get(name) ?? { wanted: [], weight: 0 };
    networks.set(name, network);
    network.wanted.push({ one, at });
    if (!known.has(id)) network.weight++;
    known.add(id);
  }
  return networks;
}

function shardOf(wanted: Network['wanted']): Networks {
  const places = new Map<string, number>();
  const conversations: Conversation[] = [];
  const wishes = wanted
    .toSorted((a, b) => a.at - b.at)
    .map(({ one: { conversation, wish } }) => {
      const of = places.get(conversation.id) ?? conversations.length;
      if (of === conversations.length) conversations.push(conversation);
      places.set(conversation.id, of);
      return { of, owner: wish.owner, late: wish.late ?? false };
    });
  return { conversations, wishes };
}

/** Places by their load, the least first; among equals the first place. */
class Heap {
  readonly #heap: { readonly place: number; load: number; readonly names: string[] }[];

  constructor(places: number) {
    this.#heap = Array.from({ length: places }, (_, place) => ({ place, load: 0, names: [] }));
  }

  add(name: string, weight: number): void {
    const [least] = this.#heap;
    if (least === undefined) return;
    least.names.push(name);
    least.load += weight;
    this.#sink();
  }

  places(): string[][] {
    return this.#heap
      .filter(({ names }) => names.length > 0)
      .toSorted((a, b) => b.load - a.load || a.place - b.place)
      .map(({ names }) => names);
  }

  #sink(): void {
    const heap = this.#heap;
    for (let i = 0; ; ) {
      const [left, right] = [2 * i + 1, 2 * i + 2];
      let least = i;
      if (this.#isBelow(left, least)) least = left;
      if (this.#isBelow(right, least)) least = right;
      const [one, other] = [heap[i], heap[least]];
      if (least === i || one === undefined || other === undefined) return;
      heap[i] = other;
      heap[least] = one;
      i = least;
    }
  }

  #isBelow(a: number, b: number): boolean {
    const [one, other] = [this.#heap[a], this.#heap[b]];
    if (one === undefined || other === undefined) return false;
    return one.load < other.load || (one.load === other.load && one.place < other.place);
  }
}

const HOPS_PER_SHARD = 500;
/** With their chains some 100 MB. */
const CONVERSATIONS_PER_SHARD = 20_000;
