/** SIGINT, SIGTERM and SIGHUP: exit status 3, at once where nothing has to be put away first. */

/**
 * Whoever asks for the signal ends soon after it fires, and throws its reason; a second one, a
 * moment later, ends the process.
 */
export type Interruption = () => AbortSignal;

export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** @param say what a person sees where the process ends at once */
export function onInterruption(say: (reason: Interrupted) => void): Interruption {
  const asked = new AbortController();
  let awaited = false;
  let since = Number.POSITIVE_INFINITY;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      const reason = new Interrupted(`interrupted (${name})`);
      // A terminal's signal comes twice where a launcher passes it on.
      if (asked.signal.aborted && performance.now() - since < TWICE_MS) return;
      if (awaited && !asked.signal.aborted) {
        since = performance.now();
        asked.abort(reason);
        return;
      }
      say(reason);
      process.exit(3);
    });
  }
  return () => {
    awaited = true;
    return asked.signal;
  };
}

const TWICE_MS = 1_000;
