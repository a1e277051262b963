/**
 * When each conversation may be had: few at a time with one address and one network, a rest for
 * whoever says 421, and an end when the time is up (docs/architecture.md, "Pace and manners").
 */
import { networkOf } from '../route/address.ts';
import type { Conversation } from './conversation.ts';
import type { ProbeResult } from './result.ts';

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
   * How long a network is left alone after a 421; the conversation is then tried once more, if
   * there is time.
   */
  readonly restAfter421Ms: number;
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
 * id.
 */
export function probeBatch(
  conversations: readonly Conversation[],
  probe: Probe,
  options: PaceOptions,
): Promise<Record<string, ProbeResult>> {
  return new Batch(conversations, probe, options).run();
}

interface Network {
  readonly waiting: Conversation[];
  underWay: number;
  /** Epoch ms until which it is left alone. */
  restUntil: number;
}

class Batch {
  readonly #probe: Probe;
  readonly #options: PaceOptions;
  readonly #now: () => number;
  readonly #networks = new Map<string, Network>();
  readonly #addresses = new Map<string, number>();
  readonly #results: Record<string, ProbeResult> = {};
  readonly #rested = new Set<string>();
  readonly #stop = new AbortController();
  #underWay = 0;
  #done = 0;
  #timer: NodeJS.Timeout | undefined;
  #endTimer: NodeJS.Timeout | undefined;
  #finish: () => void = () => {};

  constructor(conversations: readonly Conversation[], probe: Probe, options: PaceOptions) {
    this.#probe = probe;
    this.#options = options;
    this.#now = options.now ?? Date.now;
    for (const conversation of conversations) {
      const key = networkOf(conversation.address);
      const network = this.#networks.get(key);
      if (network === undefined)
        this.#networks.set(key, { waiting: [conversation], underWay: 0, restUntil: 0 });
      else network.waiting.push(conversation);
    }
  }

  async run(): Promise<Record<string, ProbeResult>> {
    const { signal } = this.#options;
    const stop = (): void => this.#end();
    await new Promise<void>((resolve) => {
      this.#finish = resolve;
      this.#wakeAtEnd();
      signal?.addEventListener('abort', stop);
      if (signal?.aborted) stop();
      else this.#pump();
    });
    signal?.removeEventListener('abort', stop);
    clearTimeout(this.#endTimer);
    clearTimeout(this.#timer);
    return this.#results;
  }

  /**
   * Starts whatever may start now. A network that got its turn goes to the end of the line, so that
   * none is met in a burst.
   */
  #pump(): void {
    for (const [key, network] of this.#networks) {
      if (this.#underWay >= this.#options.concurrency) return;
      if (network.waiting.length === 0 && network.underWay === 0) this.#networks.delete(key);
      const next = this.#nextOf(network);
      if (next === undefined) continue;
      this.#networks.delete(key);
      this.#networks.set(key, network);
      this.#start(next, network);
    }
    if (this.#networks.size === 0) this.#finish();
    else this.#wakeAfterRest();
  }

  /** In steps: a timer of more than 24 days ends at once. */
  #wakeAtEnd(): void {
    const left = this.#options.stopAt - this.#now();
    if (left > LONGEST_TIMER_MS)
      this.#endTimer = setTimeout(() => this.#wakeAtEnd(), LONGEST_TIMER_MS);
    else this.#endTimer = setTimeout(() => this.#end(), Math.max(0, left));
  }

  #wakeAfterRest(): void {
    const now = this.#now();
    const rests = [...this.#networks.values()]
      .map((network) => network.restUntil)
      .filter((until) => until > now);
    clearTimeout(this.#timer);
    if (rests.length > 0) this.#timer = setTimeout(() => this.#pump(), Math.min(...rests) - now);
  }

  #nextOf(network: Network): Conversation | undefined {
    const now = this.#now();
    if (
      network.underWay >= this.#options.perNetwork ||
      network.restUntil > now ||
      now >= this.#options.stopAt
    )
      return undefined;
    const index = network.waiting.findIndex(
      ({ address }) => (this.#addresses.get(address) ?? 0) < this.#options.perAddress,
    );
    return index < 0 ? undefined : network.waiting.splice(index, 1)[0];
  }

  #start(conversation: Conversation, network: Network): void {
    this.#count(conversation, network, 1);
    void this.#probe(conversation, this.#stop.signal).then((result) => {
      this.#count(conversation, network, -1);
      this.#settle(conversation, network, result);
      this.#pump();
    });
  }

  #settle(conversation: Conversation, network: Network, result: ProbeResult): void {
    if (asksForRest(result)) {
      network.restUntil = this.#now() + this.#options.restAfter421Ms;
      if (
        !this.#rested.has(conversation.id) &&
        network.restUntil < this.#options.stopAt &&
        !this.#stop.signal.aborted
      ) {
        this.#rested.add(conversation.id);
        network.waiting.push(conversation);
        return;
      }
    }
    this.#results[conversation.id] = result;
    this.#done++;
    this.#options.onProgress?.(this.#done);
  }

  #count(conversation: Conversation, network: Network, by: 1 | -1): void {
    this.#underWay += by;
    network.underWay += by;
    const { address } = conversation;
    const left = (this.#addresses.get(address) ?? 0) + by;
    if (left === 0) this.#addresses.delete(address);
    else this.#addresses.set(address, left);
  }

  #end(): void {
    for (const network of this.#networks.values())
      for (const { id } of network.waiting.splice(0)) this.#results[id] = NOT_ATTEMPTED;
    this.#stop.abort();
    this.#pump();
  }
}

/** 421 at any step, behind a good handshake too. */
function asksForRest(result: ProbeResult): boolean {
  const last = result.kind === 'presented' ? result.after : result;
  return last?.kind === 'unseen' && last.reason === 'reply-421';
}

const LONGEST_TIMER_MS = 2_147_483_647;

const NOT_ATTEMPTED: ProbeResult = { kind: 'unseen', phase: 'connect', reason: 'not-attempted' };
