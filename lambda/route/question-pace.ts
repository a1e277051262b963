/**
 * How many packets go to resolvers in a second, over all doors of a run: the resolver of AWS drops
 * what comes above 1,024 a second from one network interface, and says nothing.
 */
import { setTimeout as wait } from 'node:timers/promises';

export interface QuestionPace {
  /** Resolves when the next question may be sent. */
  readonly next: () => Promise<void>;
}

/** Evenly, but for some at once where none were asked for a while: most runs have few questions. */
export function questionsPerSecond(most: number): QuestionPace {
  const spacingMs = 1_000 / most;
  let free = 0;
  return {
    next: async () => {
      const now = performance.now();
      const turn = Math.max(now - AT_ONCE * spacingMs, free);
      free = turn + spacingMs;
      if (turn > now) await wait(Math.ceil(turn - now));
    },
  };
}

/** Together with those of the second that follows, still below what that resolver takes. */
const AT_ONCE = 100;
