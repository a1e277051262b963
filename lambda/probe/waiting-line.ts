/**
 * Conversations that wait for their turn: each next hop's first before anybody's second, and within
 * such a round each network in turn, so that none is met in a burst. Pure but for its own state.
 */
import { networkOf } from '../route/address.ts';
import type { Conversation } from './conversation.ts';

/** For whom a conversation is had, and whether others come first. */
export interface Wish {
  /** The next hop that leads there: each has its turn. */
  readonly owner: string;
  /** Nothing was seen there the last time: whoever was seen comes first. */
  readonly late?: boolean;
}

export interface Ticket {
  readonly conversation: Conversation;
  /** The first few that wish for it. */
  readonly owners: readonly string[];
  /** The /24 or /48. */
  readonly network: string;
  readonly round: number;
}

/** What may go now: asked of a network first, then of each that waits for it. */
export interface Gate {
  admits(network: string): boolean;
  lets(ticket: Ticket): boolean;
}

export class WaitingLine {
  /** By round, by network; the network that had its turn goes to the end. */
  readonly #rounds = new Map<number, Map<string, Ticket[]>>();
  /** The rounds there are, ascending. */
  #order: readonly number[] = [];
  readonly #waiting = new Map<string, Ticket>();
  /** How many each owner has wished for. */
  readonly #wishes = new Map<string, number>();

  get size(): number {
    return this.#waiting.size;
  }

  /** A new one. */
  enter(conversation: Conversation, wish: Wish): void {
    const network = networkOf(conversation.address);
    this.return({ conversation, owners: [wish.owner], network, round: this.#roundOf(wish) });
  }

  /** The same wished for by another: where it still waits, it goes at the earlier of both turns. */
  share({ id }: Conversation, wish: Wish): void {
    const round = this.#roundOf(wish);
    const ticket = this.#waiting.get(id);
    if (ticket === undefined) return;
    const isNew = !ticket.owners.includes(wish.owner) && ticket.owners.length < OWNERS_KEPT;
    if (ticket.round <= round && !isNew) return;
    this.#drop(ticket);
    const owners = isNew ? [...ticket.owners, wish.owner] : ticket.owners;
    this.return({ ...ticket, owners, round: Math.min(ticket.round, round) });
  }

  /** One that was taken and has to wait again, behind those of its network. */
  return(ticket: Ticket): void {
    const { round, network } = ticket;
    this.#waiting.set(ticket.conversation.id, ticket);
    let ring = this.#rounds.get(round);
    if (ring === undefined) {
      ring = new Map();
      this.#rounds.set(round, ring);
      this.#order = [...this.#order, round].toSorted((a, b) => a - b);
    }
    const tickets = ring.get(network);
    if (tickets === undefined) ring.set(network, [ticket]);
    else tickets.push(ticket);
  }

  /** The next one that may go; undefined where none may now. */
  take(gate: Gate): Ticket | undefined {
    for (const round of this.#order)
      for (const [network, tickets] of this.#rounds.get(round) ?? []) {
        const ticket = gate.admits(network) ? tickets.find((one) => gate.lets(one)) : undefined;
        if (ticket === undefined) continue;
        const ring = this.#rounds.get(round);
        this.#drop(ticket);
        if (ring?.delete(network) === true) ring.set(network, tickets);
        return ticket;
      }
    return undefined;
  }

  /** Those that are to wait no longer; they are gone afterwards. */
  remove(isMeant: (ticket: Ticket) => boolean): Conversation[] {
    const meant = [...this.#waiting.values()].filter(isMeant);
    for (const ticket of meant) this.#drop(ticket);
    return meant.map(({ conversation }) => conversation);
  }

  #roundOf({ owner, late = false }: Wish): number {
    const count = this.#wishes.get(owner) ?? 0;
    this.#wishes.set(owner, count + 1);
    return late ? LATE + count : count;
  }

  #drop(ticket: Ticket): void {
    const { round, network, conversation } = ticket;
    this.#waiting.delete(conversation.id);
    const ring = this.#rounds.get(round);
    const tickets = ring?.get(network);
    if (ring === undefined || tickets === undefined) return;
    tickets.splice(tickets.indexOf(ticket), 1);
    if (tickets.length === 0) ring.delete(network);
    if (ring.size > 0) return;
    this.#rounds.delete(round);
    this.#order = this.#order.filter((one) => one !== round);
  }
}

/** A conversation may be shared by thousands; one of them that has not met a 421 is enough. */
const OWNERS_KEPT = 4;

/** Behind every round of those who are not late. */
const LATE = 1_000_000;
