/**
 * SIGINT, SIGTERM and SIGHUP: exit status 3 where a command waits for the network or holds a store.
 *
 * Anywhere else they are left to the system, which ends the process at once: a handler of ours would
 * have to wait until what is being computed is done.
 */

export interface Interruption {
  /**
   * Gives the signal that is aborted with an Interrupted. A command that asks for it must end soon
   * after, and throws that reason; a second signal ends the process at once.
   */
  asked(): AbortSignal;
  /** Until the work is done, a signal ends the process with status 3, and says so. */
  during<T>(work: () => Promise<T>): Promise<T>;
}

export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** @param say what a person sees where the process ends at once */
export function onInterruption(say: (reason: Interrupted) => void): Interruption {
  const asked = new AbortController();
  let since = Number.POSITIVE_INFINITY;
  const end = (reason: Interrupted) => {
    say(reason);
    process.exit(3);
  };
  return {
    asked() {
      listen((reason) => {
        // Under a launcher that passes it on, a terminal's signal comes twice: both count as one.
        if (asked.signal.aborted && performance.now() - since < TWICE_MS) return;
        if (asked.signal.aborted) end(reason);
        since = performance.now();
        asked.abort(reason);
      });
      return asked.signal;
    },
    async during(work) {
      const leave = listen(end);
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}

/** Answers what takes the handlers away again. */
function listen(heard: (reason: Interrupted) => void): () => void {
  const handlers = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((name) => ({
    name,
    handle: () => heard(new Interrupted(`interrupted (${name})`)),
  }));
  for (const { name, handle } of handlers) process.on(name, handle);
  return () => {
    for (const { name, handle } of handlers) process.off(name, handle);
  };
}

const TWICE_MS = 1_000;
