/** What a lookup table answers when it is asked one key at a time. Plain JSON. */

/**
 * What a table gave for one key. `error` is Postfix's own failure, in its words; `unreadable` says
 * why it cannot be asked from here, though Postfix can.
 */
export type Answer =
  | { readonly kind: 'found'; readonly value: string }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'error'; readonly says: string }
  | { readonly kind: 'unreadable'; readonly because: string };

/** How `because` ends where no answer came in time. */
export const SILENT = 'gives no answer in time';

/** Answers of one table by the key that was asked. */
export type Answers = Readonly<Record<string, Answer>>;
