/**
 * The line of an entry with another match list: all else as written, and a line of its own where a
 * `.parent` or no entry applied. Pure.
 */
import type { TlsDemand } from '../policy/demand.ts';
import type { NextHop } from '../policy/next-hop.ts';
import { parsePolicy } from '../policy/parse.ts';
import type { Settings } from '../policy/settings.ts';
import { bracedTokens, tokens } from '../postfix/token.ts';
import { atLeast } from '../postfix/version.ts';

/**
 * Undefined where the line would not be read as it is meant.
 *
 * @param match the value of `match=`
 */
export function entryLine(
  match: string,
  { entry, level }: Pick<TlsDemand, 'entry' | 'level'>,
  nextHop: Pick<NextHop, 'text'>,
  version: Settings['version'],
): string | undefined {
  const key = entry === undefined || entry.key.startsWith('.') ? nextHop.text : entry.key;
  const split = atLeast(version, '3.10') ? bracedTokens : tokens;
  const [word = level, ...attributes] = entry === undefined ? [] : split(entry.value);
  const written = `match=${match}`;
  const isMatch = (attribute: string) => /^(?:\{\s*)?match\s*=/i.test(attribute);
  const place = Math.max(attributes.findIndex(isMatch), 0);
  const rest = attributes.filter((attribute) => !isMatch(attribute));
  const value = [word, ...rest.slice(0, place), written, ...rest.slice(place)].join(' ');
  return parsePolicy(value, version).kind === 'policy' ? `${key} ${value}` : undefined;
}
