/**
 * How many packets go to resolvers in a second, over all doors of a run: the resolver of AWS drops
 * what comes above 1,024 a second from one network interface, and says nothing.
 */
import { setTimeout as wait } from 'node:timers/promises';

export interface QuestionPace {
  /** Resolves when the next question may be sent. */
  readonly next: () => Promise<void>;
}

/** Evenly, so that no second has more than so many. */
export function questionsPerSecond(most: number): QuestionPace {
  const spacingMs = 1_000 / most;
  let free = 0;
  return {
    next: async () => {
      const now = performance.now();
      const turn = Math.max(now, free);
      free = turn + spacingMs;
      if (turn > now) await wait(Math.ceil(turn - now));
    },
  };
}
