/**
 * What every text passes on its way to a terminal. Strangers' text is neutralised where it is
 * quoted; this escapes what was missed there. Pure.
 */
import { UNSHOWABLE } from './strangers.ts';

/**
 * Lines and tabs stay; of escape sequences only our own (bold, colours, clearing the line) and only
 * with `escapes`; every other character that moves, turns or hides text becomes `\u{202e}`.
 */
export function terminalText(text: string, escapes: boolean): string {
  return text.replace(ESCAPES_AND_UNSHOWABLE, (found, own: string | undefined) => {
    if (found === '\n' || found === '\t' || (own !== undefined && escapes)) return found;
    return found.replace(UNSHOWABLE, escaped);
  });
}

/**
 * One JSON document with a line break at its end. Characters that a terminal would act on are JSON
 * escapes, so that a parser reads what was given.
 */
export function jsonText(document: unknown): string {
  const json = JSON.stringify(document, null, 2).replace(UNSHOWABLE, (found) =>
    found === '\n'
      ? found
      : Array.from(
          { length: found.length },
          (_, i) => `\\u${hex(found.charCodeAt(i)).padStart(4, '0')}`,
        ).join(''),
  );
  return `${json}\n`;
}

const escaped = (character: string): string => `\\u{${hex(character.codePointAt(0) ?? 0)}}`;
const hex = (code: number): string => code.toString(16);

/**
 * First what `paint` writes (styleText: bold, the plain colours, their ends) and how the progress
 * line begins.
 */
const ESCAPES_AND_UNSHOWABLE = new RegExp(
  `(\\u001b\\[(?:1|22|3[1-6]|39|90)m|\\r\\u001b\\[K)|${UNSHOWABLE.source}`,
  'gu',
);
