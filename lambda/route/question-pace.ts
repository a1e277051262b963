/**
 * How many packets go to resolvers in a second, over all doors of a run: the resolver of AWS drops
 * what comes above 1,024 a second from one network interface, and says nothing.
 */
import { setTimeout as wait } from 'node:timers/promises';

export interface QuestionPace {
  /** Resolves when the next question may be sent. */
  readonly next: () => Promise<void>;
}

/**
 * Evenly, but for some at once where none were asked for a while: most runs have few questions.
 *
 * @param processes so many ask beside one another, each its part of `most`
 */
export function questionsPerSecond(most: number, processes = 1): QuestionPace {
  const spacingMs = (1_000 / most) * processes;
  const atOnce = Math.floor(AT_ONCE / processes);
  let free = 0;
  return {
    next: async () => {
      const now = performance.now();
      const turn = Math.max(now - atOnce * spacingMs, free);
      free = turn + spacingMs;
      if (turn > now) await wait(Math.ceil(turn - now));
    },
  };
}

/** Together with those of the second that follows, still below what that resolver takes. */
const AT_ONCE = 100;
