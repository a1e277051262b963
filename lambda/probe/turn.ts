/**
 * Whose turn it is where a next hop has more addresses than are met in one run: nobody's DNS may
 * take a run's time for itself, nor aim it at others. Pure.
 */
import { BOUNDS } from '../limits.ts';
import { inReach, type LimitSettings } from '../route/address-limit.ts';
import { DAY_MS } from '../text/dates.ts';
import type { Contact } from './contact.ts';
import type { Conversation } from './conversation.ts';

/** That not all are met: how many of how many. Absent where all are. */
export interface Turn {
  readonly asked: number;
  readonly of: number;
}

export interface InTurn {
  /** In the order in which they are to be had: the best hosts first, each once before any twice. */
  readonly conversations: readonly Conversation[];
  readonly turn?: Turn;
}

/** Which turn it is at that moment (epoch ms): another one every day, in UTC. */
export const turnAt = (now: number): number => Math.floor(now / DAY_MS);

/**
 * The conversations to be had with one next hop in one run. At most 25, or as many as
 * smtp_mx_address_limit allows if that is more; without a limit it is 25, too.
 *
 * First come those that Postfix may come to. Where they are more than that they take turns, the
 * next ones with each `turn`, and so do the others for the room that is left.
 */
export function conversationsInTurn(
  contacts: readonly Contact[],
  settings: LimitSettings,
  turn: number,
): InTurn {
  const all = distinct(contacts);
  const most = Math.max(BOUNDS.addressesPerRun, settings.mxAddressLimit);
  if (all.length <= most) return { conversations: all };
  const reached = new Set(
    inReach(contacts, settings).map(({ conversation }) => conversation?.id ?? ''),
  );
  const near = all.filter(({ id }) => reached.has(id));
  const far = all.filter(({ id }) => !reached.has(id));
  const first = taken(near, most, turn);
  const conversations = [...first, ...taken(far, most - first.length, turn)];
  return { conversations, turn: { asked: conversations.length, of: all.length } };
}

/** `count` of them, the next ones with each turn. */
function taken<T>(all: readonly T[], count: number, turn: number): T[] {
  if (all.length <= count) return [...all];
  const start = (turn * count) % all.length;
  return Array.from({ length: count }, (_, i) => all[(start + i) % all.length]).flatMap(
    (one) => one ?? [],
  );
}

/**
 * One of each, hosts in turn, in an order that does not depend on how DNS shuffles its answers:
 * else the same addresses might be met every day, and others never.
 */
function distinct(contacts: readonly Contact[]): Conversation[] {
  const byHost = [...Map.groupBy(contacts, ({ host }) => host)]
    .toSorted(([a], [b]) => a.preference - b.preference || byText(a.host, b.host))
    .map(([, own]) => own.toSorted((a, b) => byText(a.address, b.address)));
  const longest = Math.max(0, ...byHost.map(({ length }) => length));
  const seen = new Map<string, Conversation>();
  for (let i = 0; i < longest; i++)
    for (const own of byHost) {
      const conversation = own[i]?.conversation;
      if (conversation !== undefined && !seen.has(conversation.id))
        seen.set(conversation.id, conversation);
    }
  return [...seen.values()];
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
