/**
 * The line of an entry with another match list: all else as written, and a line of its own where a
 * `.parent` or no entry applied. Pure.
 */
import type { TlsDemand } from '../policy/demand.ts';
import type { NextHop } from '../policy/next-hop.ts';
import { parsePolicy } from '../policy/parse.ts';
import type { Settings } from '../policy/settings.ts';
import { withMatch } from '../policy/with-match.ts';

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
  const value = withMatch(entry?.value ?? level, match, version);
  return parsePolicy(value, version).kind === 'policy' ? `${key} ${value}` : undefined;
}
