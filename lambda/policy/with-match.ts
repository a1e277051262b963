/** The right-hand side of a line as words, and with another match list. Pure. */
import { bracedTokens, splitNameValue, tokens, unbrace } from '../postfix/token.ts';
import { atLeast, type PostfixVersion } from '../postfix/version.ts';

/** Level and attributes, as Postfix splits them. */
export const wordsOf = (value: string, version: PostfixVersion): string[] =>
  atLeast(version, '3.10') ? bracedTokens(value) : tokens(value);

/**
 * The value with that match list in place of its own, or behind the level where it has none.
 *
 * @param match the value of `match=`; undefined: without a list
 */
export function withMatch(
  value: string,
  match: string | undefined,
  version: PostfixVersion,
): string {
  const words = wordsOf(value, version);
  const own = words.findIndex(isMatch);
  const at = own < 0 ? 1 : own;
  const behind = words.slice(at).filter((word) => !isMatch(word));
  const written = match === undefined ? [] : [`match=${match}`];
  return [...words.slice(0, at), ...written, ...behind].join(' ');
}

function isMatch(word: string): boolean {
  const pair = splitNameValue(word.startsWith('{') ? unbrace(word).text : word);
  return 'name' in pair && pair.name.toLowerCase() === 'match';
}
