/**
 * What Postfix's own tables say in the middle of a conversation: of each line of a reply
 * (smtp_reply_filter), and of the server's address (smtp_discard_ehlo_keyword_address_maps).
 *
 * A table of which nothing can be known here is taken to say nothing; whoever gathered the policy
 * said so. No I/O: the tables are asked through a door.
 */
import { tokens } from '../postfix/token.ts';
import type { Conversation } from './conversation.ts';
import type { Discards } from './dialogue.ts';
import type { LineFilter, Loss } from './wire.ts';

/** What one table says of one key. */
export type OwnAnswer =
  | { readonly kind: 'found'; readonly value: string }
  | { readonly kind: 'not-found' }
  /** Postfix's lookup fails: its own reason. */
  | { readonly kind: 'error'; readonly says: string }
  /** Postfix's programs gave no answer in time. */
  | { readonly kind: 'unanswered'; readonly because: string };

/** Asks a table by its name. Never rejects. */
export type AskOwnTable = (table: string, key: string) => Promise<OwnAnswer>;

/** The filter of a conversation; undefined where lines count as they are written. */
export function lineFilter(
  { replyFilter }: Conversation,
  ask: AskOwnTable | undefined,
): LineFilter | undefined {
  if (replyFilter === undefined || ask === undefined) return undefined;
  return async (line) => {
    // To postmap it is no key, but says that keys come on standard input.
    if (line === '-') return { line };
    const answer = await ask(replyFilter, line);
    switch (answer.kind) {
      case 'found':
        return { line: answer.value };
      case 'not-found':
        return { line };
      case 'error':
        return { reason: 'local-data-error', detail: answer.says };
      case 'unanswered':
        return { reason: 'not-attempted', detail: answer.because };
    }
  };
}

/**
 * The keywords that are not heard from this address: of the first table that has it, or the
 * setting's.
 */
export async function discardsFor(
  { address, discardEhloKeywords, discardMaps = [] }: Conversation,
  ask: AskOwnTable | undefined,
): Promise<Discards | Loss> {
  for (const table of ask === undefined ? [] : discardMaps) {
    const answer = await ask?.(table, address);
    switch (answer?.kind) {
      case 'found': {
        // maps_find() takes an empty answer for a mistake of the table.
        if (answer.value === '') return { kind: 'error', detail: `${table} has an empty value` };
        const words = tokens(answer.value).map((word) => word.toLowerCase());
        return { kind: 'words', words, by: 'smtp_discard_ehlo_keyword_address_maps' };
      }
      case 'error':
        return { kind: 'error', detail: answer.says };
      case 'unanswered':
        return { reason: 'not-attempted', detail: answer.because };
      case 'not-found':
      case undefined:
    }
  }
  return { kind: 'words', words: discardEhloKeywords, by: 'smtp_discard_ehlo_keywords' };
}
