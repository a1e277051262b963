/** A clock that nobody can set while something runs by it. */
import { performance } from 'node:perf_hooks';

/**
 * Wall time in epoch ms as it is now, and from then on by the monotonic clock: a wait or a deadline
 * does not grow by a day where the machine's clock is set back by one. For one command or one
 * invocation: the monotonic clock stands still while a function is frozen between two.
 */
export function steadyClock(
  wall: () => number = Date.now,
  monotonic: () => number = () => performance.now(),
): () => number {
  const [epoch, began] = [wall(), monotonic()];
  return () => Math.round(epoch + monotonic() - began);
}
