/**
 * Rests after a 421: who rests until when, and what is said of those who were not asked for it. Pure
 * but for its own state; times in epoch ms.
 */
import type { ProbeResult } from './result.ts';

export class Rests {
  /** In the order in which they end: all last equally long, whoever begins goes to the end. */
  readonly #until = new Map<string, number>();

  /** An address, a network, or an owner's part of it: each by a key of its own. */
  begin(keys: readonly string[], until: number): void {
    for (const key of keys) {
      this.#until.delete(key);
      this.#until.set(key, until);
    }
  }

  isResting(key: string, now: number): boolean {
    return (this.#until.get(key) ?? 0) > now;
  }

  /** When the first of those that rest is done; undefined where nobody rests any more. */
  firstEnd(now: number): number | undefined {
    for (const [key, until] of this.#until) {
      if (until > now) return until;
      this.#until.delete(key);
    }
    return undefined;
  }
}

/** 421 at any step, behind a good handshake too. */
export function asksForRest(result: ProbeResult): boolean {
  const last = result.kind === 'presented' ? result.after : result;
  return last?.kind === 'unseen' && last.reason === 'reply-421';
}

/** Whether somebody was not asked because of a 421 beside them, by what is shown of their result. */
export const isLeftAlone = (reason: string | null, detail: string | null): boolean =>
  reason === 'not-attempted' && detail?.includes(CLOSED) === true;

const CLOSED = 'its network had closed with 421';

const unasked = (detail: string): ProbeResult => ({
  kind: 'unseen',
  phase: 'connect',
  reason: 'not-attempted',
  detail,
  anotherRun: true,
});

/** Behind a second 421. */
export const TOO_BUSY = unasked(`${CLOSED} twice`);
/** Behind a 421 whose rest nobody waits for. */
export const NOT_WAITED_FOR = unasked(`${CLOSED}, and was not waited for`);
