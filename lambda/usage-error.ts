/**
 * The user asked for something that cannot be done as asked. The message has place, fact and next
 * step, and is shown without a stack.
 */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
