/**
 * The person asked for something that cannot be done as asked: place, fact, next step, and no
 * stack.
 */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
