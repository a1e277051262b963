/** The parts a message is made of, before it takes the form of mail or chat. */

/** Strangers' text in blocks is neutralised already (text/strangers.ts). */
export type Block =
  | {
      readonly kind: 'text';
      readonly text: string;
      /** To be read before a line to use, wherever such a line is shown. */
      readonly caution?: true;
    }
  /** To be copied: never wrapped. */
  | { readonly kind: 'code'; readonly lines: readonly string[] }
  | { readonly kind: 'list'; readonly heading: string; readonly lines: readonly string[] };

/** One paragraph; no block for an empty text. */
export const text = (words: string): readonly Block[] =>
  words === '' ? [] : [{ kind: 'text', text: words }];

/** Entries spelt out per item; more are counted. */
export const ENTRIES_SHOWN = 100;
