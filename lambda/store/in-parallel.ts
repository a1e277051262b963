/** Many requests, some at a time. */

/**
 * Runs `work` over all of `items`, so many at a time; an iterable is drawn as it goes, so that
 * nothing piles up. The first error ends it, once what is under way has come back.
 */
export async function inParallel<T>(
  items: Iterable<T>,
  work: (item: T) => Promise<void>,
  atOnce = AT_ONCE,
): Promise<void> {
  const left = items[Symbol.iterator]();
  let failed: { readonly error: unknown } | undefined;
  async function lane(): Promise<void> {
    for (let next = left.next(); next.done !== true && failed === undefined; next = left.next()) {
      try {
        await work(next.value);
      } catch (error) {
        failed ??= { error };
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane));
  if (failed !== undefined) throw failed.error;
}

const AT_ONCE = 32;
