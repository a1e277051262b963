/**
 * When each conversation may be had: few at a time with one address and one network, next hops and
 * networks in turn, a rest for whoever says 421, no more of an address family in which nobody
 * answers, and an end when the time is up (docs/architecture.md, "Pace and manners").
 */
import type { AddressFamily } from '../postfix/hostname.ts';
import type { Conversation } from './conversation.ts';
import { asksForRest, NOT_WAITED_FOR, Rests, TOO_BUSY } from './rests.ts';
import type { ProbeResult } from './result.ts';
import { type Gate, type Ticket, WaitingLine, type Wish } from './waiting-line.ts';
import { NO_WAY_OUT, WayOut } from './way-out.ts';

/**
 * One conversation, from connecting to QUIT. Never rejects: what goes wrong is a result. An aborted
 * one ends at once as `not-attempted`. May be called concurrently; the caller keeps the pace.
 */
export type Probe = (conversation: Conversation, signal?: AbortSignal) => Promise<ProbeResult>;

export interface PaceOptions {
  /** Conversations at a time in all, with one address, with one /24 or /48. */
  readonly concurrency: number;
  readonly perAddress: number;
  readonly perNetwork: number;
  /**
   * How long whoever says 421 is left alone; the conversation is then tried once more, if there is
   * time.
   */
  readonly restAfter421Ms: number;
  /**
   * How long is waited where nothing but such rests is left to wait for; absent: as long as they
   * last. Whoever rests longer is not asked again.
   */
  readonly patienceMs?: number;
  /** Address families in which somebody is known to answer: they are never given up. */
  readonly answered?: readonly AddressFamily[];
  /**
   * Epoch ms at which probing ends: what is under way is broken off, what is left is
   * `not-attempted`.
   */
  readonly stopAt: number;
  /** Ends probing at once. */
  readonly signal?: AbortSignal;
  /** Epoch ms; the real clock where absent. */
  readonly now?: () => number;
  /** Told after each result. */
  readonly onProgress?: (done: number) => void;
}

/**
 * Has all conversations, each once, and a second time after a 421. The results are by conversation
 * id. Each counts as wished for by somebody else.
 */
export function probeBatch(
  conversations: readonly Conversation[],
  probe: Probe,
  options: PaceOptions,
): Promise<Record<string, ProbeResult>> {
  const batch = new Batch(probe, options);
  for (const conversation of conversations) batch.add(conversation, { owner: conversation.id });
  return batch.results();
}

/** What a batch waits for, by the ids of conversations; at least one. */
export type Waits =
  /** For the end of their rest, epoch ms. */
  | { readonly kind: 'rest'; readonly ids: readonly string[]; readonly until: number }
  /** For an answer, since the first of them began, epoch ms. */
  | { readonly kind: 'answer'; readonly ids: readonly string[]; readonly since: number };

/** Conversations are had as they are added, without waiting for the last. */
export class Batch {
  readonly #probe: Probe;
  readonly #options: PaceOptions;
  readonly #now: () => number;
  readonly #line = new WaitingLine();
  /** How many are under way: in all, with an address, with a network, with an owner's part of it. */
  readonly #underWay = new Map<string, number>();
  readonly #rests = new Rests();
  readonly #results: Record<string, ProbeResult> = {};
  readonly #known = new Set<string>();
  /** What whoever was to be asked again after a 421 said first. */
  readonly #rested = new Map<string, ProbeResult>();
  /** When those that are under way began, epoch ms. */
  readonly #begun = new Map<string, number>();
  /** Epoch ms; set where nothing but rests is left. */
  #patienceEnds: number | undefined;
  /** Owners' parts of networks. */
  readonly #givenUp = new Set<string>();
  readonly #wayOut: WayOut;
  readonly #stop = new AbortController();
  readonly #end = (): void => this.#endNow();
  #done = 0;
  #timer: NodeJS.Timeout | undefined;
  #endTimer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Immediate | undefined;
  #finish: (() => void) | undefined;

  constructor(probe: Probe, options: PaceOptions) {
    this.#probe = probe;
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#wayOut = new WayOut(options.answered);
    this.#wakeAtEnd();
    options.signal?.addEventListener('abort', this.#end);
    if (options.signal?.aborted) this.#endNow();
  }

  /** How many there are by now. */
  get size(): number {
    return this.#known.size;
  }

  /** How many have a result. */
  get done(): number {
    return this.#done;
  }

  /** Undefined where nothing is under way and nobody rests. */
  get waits(): Waits | undefined {
    const [first] = this.#begun.values();
    if (first !== undefined) return { kind: 'answer', ids: [...this.#begun.keys()], since: first };
    const ids = [...this.#rested.keys()].filter((id) => this.#results[id] === undefined);
    const until = this.#rests.firstEnd(this.#now());
    return ids.length === 0 || until === undefined ? undefined : { kind: 'rest', ids, until };
  }

  /** One that is there already is had once, at the earlier of both turns. */
  add(conversation: Conversation, wish: Wish): void {
    if (this.#known.has(conversation.id)) {
      this.#line.share(conversation, wish);
      return;
    }
    this.#known.add(conversation.id);
    if (this.#stop.signal.aborted) this.#results[conversation.id] = NOT_ATTEMPTED;
    else if (this.#wayOut.isGivenUp({ conversation })) this.#results[conversation.id] = NO_WAY_OUT;
    else this.#line.enter(conversation, wish);
    // Those that are added with it have their turns before its second.
    this.#soon ??= setImmediate(() => this.#pump());
  }

  /** Nothing is added any more: resolves when all were had, or the time is up. */
  async results(): Promise<Record<string, ProbeResult>> {
    await new Promise<void>((resolve) => {
      this.#finish = resolve;
      this.#pump();
    });
    this.#close();
    return this.#results;
  }

  /** Nobody waits for the results any more: what is under way is broken off. */
  abandon(): void {
    this.#endNow();
    this.#close();
  }

  #close(): void {
    this.#options.signal?.removeEventListener('abort', this.#end);
    clearTimeout(this.#endTimer);
    clearTimeout(this.#timer);
    clearImmediate(this.#soon);
  }

  /** Starts whatever may start now. */
  #pump(): void {
    clearImmediate(this.#soon);
    this.#soon = undefined;
    if (this.#now() >= this.#options.stopAt && !this.#stop.signal.aborted) {
      this.#endNow();
      return;
    }
    while (this.#count(IN_ALL) < this.#options.concurrency) {
      const ticket = this.#line.take(this.#gate);
      if (ticket === undefined) break;
      this.#start(ticket);
    }
    const idle = this.#count(IN_ALL) === 0;
    if (idle && this.#finish !== undefined) this.#giveUpResting();
    if (idle && this.#line.size === 0) this.#finish?.();
    else this.#wakeAfterRest(idle);
  }

  /**
   * Where nobody's rest ends while it is waited for: whoever said 421 is left with that, and whoever
   * rests with them was not asked.
   */
  #giveUpResting(): void {
    const { patienceMs } = this.#options;
    const first = this.#rests.firstEnd(this.#now());
    if (patienceMs === undefined || first === undefined) return;
    this.#patienceEnds ??= this.#now() + patienceMs;
    if (first <= this.#patienceEnds) return;
    for (const { id } of this.#line.remove(() => true))
      this.#results[id] = this.#rested.get(id) ?? NOT_WAITED_FOR;
  }

  /** In steps: a timer of more than 24 days ends at once. */
  #wakeAtEnd(): void {
    const left = this.#options.stopAt - this.#now();
    if (left > LONGEST_TIMER_MS)
      this.#endTimer = setTimeout(() => this.#wakeAtEnd(), LONGEST_TIMER_MS);
    else this.#endTimer = setTimeout(this.#end, Math.max(0, left));
  }

  #wakeAfterRest(idle: boolean): void {
    const now = this.#now();
    // The last rest may have ended since somebody was looked for who may go.
    const first = this.#rests.firstEnd(now) ?? (idle ? now : undefined);
    clearTimeout(this.#timer);
    if (first !== undefined) this.#timer = setTimeout(() => this.#pump(), first - now);
  }

  readonly #gate: Gate = {
    // Whoever has not said 421 goes on beside one that did, one at a time.
    admits: (network) =>
      this.#now() < this.#options.stopAt &&
      this.#count(network) < (this.#isResting(network) ? 1 : this.#options.perNetwork),
    lets: (ticket) => {
      const { address } = ticket.conversation;
      if (
        this.#count(address) >= this.#options.perAddress ||
        this.#isResting(address) ||
        this.#wayOut.isDoubtful(ticket)
      )
        return false;
      // The last place in a network is for those who have none there.
      const isLast = this.#count(ticket.network) >= this.#options.perNetwork - 1;
      return partsOf(ticket).some(
        (part) => !this.#isResting(part) && !(isLast && this.#count(part) > 0),
      );
    },
  };

  #start(ticket: Ticket): void {
    this.#mark(ticket, 1);
    this.#wayOut.begin(ticket);
    this.#begun.set(ticket.conversation.id, this.#now());
    void this.#probe(ticket.conversation, this.#stop.signal).then((result) => {
      this.#mark(ticket, -1);
      this.#begun.delete(ticket.conversation.id);
      this.#wayOut.end(ticket, result);
      if (this.#wayOut.isGivenUp(ticket)) this.#giveUpSilent();
      this.#settle(ticket, result);
      this.#pump();
    });
  }

  #settle(ticket: Ticket, result: ProbeResult): void {
    const { id } = ticket.conversation;
    if (asksForRest(result)) {
      const until = this.#now() + this.#options.restAfter421Ms;
      this.#rests.begin(keysOf(ticket), until);
      if (!this.#rested.has(id) && until < this.#options.stopAt && !this.#stop.signal.aborted) {
        this.#rested.set(id, result);
        this.#line.return(ticket);
        return;
      }
    }
    this.#results[id] = result;
    this.#done++;
    this.#options.onProgress?.(this.#done);
    if (asksForRest(result)) this.#giveUp(ticket, this.#rested.has(id) ? result : undefined);
  }

  /**
   * Whoever says 421 again (`again`), or has no time left to rest, is asked no more of in this run.
   * What the same server said before TLS it says to whatever else would have been offered to it.
   */
  #giveUp(said: Ticket, again: ProbeResult | undefined): void {
    for (const part of partsOf(said)) this.#givenUp.add(part);
    const { address, port, wrapperMode } = said.conversation;
    const isSame = (other: Conversation) =>
      other.address === address && other.port === port && other.wrapperMode === wrapperMode;
    const left = this.#line.remove(
      (ticket) =>
        (ticket.conversation.address === address && again?.kind !== 'presented') ||
        partsOf(ticket).every((part) => this.#givenUp.has(part)),
    );
    for (const conversation of left) {
      const known = again?.kind === 'unseen' && isSame(conversation) ? again : TOO_BUSY;
      this.#results[conversation.id] = again === undefined ? NOT_ATTEMPTED : known;
    }
  }

  #giveUpSilent(): void {
    for (const { id } of this.#line.remove((ticket) => this.#wayOut.isGivenUp(ticket)))
      this.#results[id] = NO_WAY_OUT;
  }

  #isResting(key: string): boolean {
    return this.#rests.isResting(key, this.#now());
  }

  #count(key: string): number {
    return this.#underWay.get(key) ?? 0;
  }

  #mark(ticket: Ticket, by: 1 | -1): void {
    for (const key of [IN_ALL, ...keysOf(ticket)]) {
      const left = this.#count(key) + by;
      if (left === 0) this.#underWay.delete(key);
      else this.#underWay.set(key, left);
    }
  }

  #endNow(): void {
    for (const { id } of this.#line.remove(() => true)) this.#results[id] = NOT_ATTEMPTED;
    this.#stop.abort();
    this.#pump();
  }
}

/** What a conversation is counted under, and what rests after its 421. */
const keysOf = (ticket: Ticket): readonly string[] => [
  ticket.conversation.address,
  ticket.network,
  ...partsOf(ticket),
];

/** What each owner has in the network. */
const partsOf = ({ network, owners }: Ticket): readonly string[] =>
  owners.map((owner) => `${network} ${owner}`);

const IN_ALL = '';
const LONGEST_TIMER_MS = 2_147_483_647;

const NOT_ATTEMPTED: ProbeResult = { kind: 'unseen', phase: 'connect', reason: 'not-attempted' };
