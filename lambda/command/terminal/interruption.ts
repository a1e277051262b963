/** SIGINT, SIGTERM and SIGHUP: exit status 3, at once unless the command asked for the signal. */

/**
 * Gives the signal that is aborted with an Interrupted. A command that asks for it must end soon
 * after, and throws that reason; a second signal ends the process at once.
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
      // Under a launcher that passes it on, a terminal's signal comes twice: both count as one.
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
