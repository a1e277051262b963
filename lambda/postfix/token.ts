/**
 * Postfix's small tokenizers, shared by the policy value, main.cf lists and inline tables.
 *
 * Follows mystrtok() and mystrtokq() in src/util/mystrtok.c, split_nameval() in
 * src/util/split_nameval.c, extpar() in src/util/extpar.c and balpar() in src/util/balpar.c. Texts
 * of the errors are theirs.
 */
import { isBlank, trimBlanks } from './logical-line.ts';

/** CHARS_COMMA_SP. */
export const COMMA_SPACE = ', \t\r\n';

/** Splits at any of the separators; empty elements do not exist. */
export function tokens(text: string, separators: string = COMMA_SPACE): string[] {
  return split(text, separators, false);
}

/**
 * The same, but separators between braces are text: `{ name = value with blanks }` is one token.
 */
export function bracedTokens(text: string, separators: string = COMMA_SPACE): string[] {
  return split(text, separators, true);
}

export type NameValue =
  | { readonly name: string; readonly value: string }
  | { readonly error: string };

/** `name=value`, blanks around either dropped. */
export function splitNameValue(text: string): NameValue {
  const named = skipBlanks(text, 0);
  if (named === text.length || text[named] === '=') return { error: 'missing attribute name' };
  let end = named;
  while (end < text.length && !isBlank(text[end]) && text[end] !== '=') end++;
  const equals = skipBlanks(text, end);
  if (text[equals] !== '=') return { error: "missing '=' after attribute name" };
  return { name: text.slice(named, end), value: trimBlanks(text.slice(equals + 1)) };
}

export type Unbraced = { readonly text: string; readonly error?: string };

/** Takes the outer braces off and trims; `text` is what Postfix would show beside the error. */
export function unbrace(braced: string): Unbraced {
  const length = balancedLength(braced);
  if (length === 0)
    return { text: trimBlanks(braced.slice(1)), error: `missing '}' in "${braced}"` };
  const text = trimBlanks(braced.slice(1, length - 1));
  if (length !== braced.length) return { text, error: `syntax error after '}' in "${braced}"` };
  return { text };
}

/** Length of the balanced `{…}` that the text starts with; 0 where it does not close. */
export function balancedLength(text: string): number {
  if (text[0] !== '{') return 0;
  let level = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '{') level++;
    else if (text[i] === '}' && --level === 0) return i + 1;
  }
  return 0;
}

function split(text: string, separators: string, braces: boolean): string[] {
  const found: string[] = [];
  let start = 0;
  while (start < text.length) {
    if (separators.includes(text[start] ?? '')) {
      start++;
      continue;
    }
    let level = 0;
    let end = start;
    for (; end < text.length; end++) {
      const character = text[end] ?? '';
      if (braces && character === '{') level++;
      else if (level > 0 && character === '}') level--;
      else if (level === 0 && separators.includes(character)) break;
    }
    found.push(text.slice(start, end));
    start = end + 1;
  }
  return found;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && isBlank(text[at])) at++;
  return at;
}
