/**
 * Suggests `servername=` where hosts present what the entry asks for to those who send a name
 * (SNI). It needs conversations with the name, which run/check/servername has. Pure.
 */

import type { Destination } from '../policy/destinations.ts';
import { hasServername, type SentName, withServername } from '../policy/other-servername.ts';
import { parsePolicy } from '../policy/parse.ts';
import type { WiderSuggestion } from './judge.ts';
import type { Judgement } from './outcome.ts';
import type { Suggestion } from './verdict.ts';

/**
 * The name alone where that delivers, else the line without it, else both together; null where
 * nothing would help, and where nobody tried.
 */
export const suggestWithServername: WiderSuggestion = (judgement, judgeChanged, suggestElse) =>
  suggestServername(judgement, judgeChanged) ??
  suggestElse(judgement) ??
  suggestServernameAnd(judgement, judgeChanged, suggestElse);

function suggestServername(
  judgement: Judgement,
  judgeChanged: (changed: Destination) => Judgement,
): Suggestion | null {
  for (const { sent, line } of withEachName(judgement, judgeChanged)) {
    if (!isBetter(sent, judgement)) continue;
    return {
      line,
      restsOn: 'policy',
      because:
        'to whoever sends the name (SNI) they present a certificate that the entry accepts as it ' +
        'is, and Postfix sends none unless servername= says so',
      verdict: sent.verdict === 'pass' ? 'pass' : 'degraded',
    };
  }
  return null;
}

/** Where the names asked for have to change as well, by `suggestFor`. */
function suggestServernameAnd(
  judgement: Judgement,
  judgeChanged: (changed: Destination) => Judgement,
  suggestFor: (sent: Judgement) => Suggestion | null,
): Suggestion | null {
  for (const { sent } of withEachName(judgement, judgeChanged)) {
    const found = suggestFor(sent);
    if (found !== null)
      return {
        ...found,
        because: `${found.because}; that certificate is presented only to whoever sends the name (SNI)`,
      };
  }
  return null;
}

function withEachName(
  { destination, verdict, bundle }: Judgement,
  judgeChanged: (changed: Destination) => Judgement,
): { readonly sent: Judgement; readonly line: string }[] {
  const { version } = bundle.settings;
  if ((verdict !== 'fail' && verdict !== 'degraded') || !hasServername(version)) return [];
  return NAMES.flatMap((name) => {
    const changed = withServername(destination, name);
    const entry = changed?.hops[0].demand.entry;
    if (changed === undefined || entry === undefined) return [];
    if (parsePolicy(entry.value, version).kind !== 'policy') return [];
    return [{ sent: judgeChanged(changed), line: `${entry.key} ${entry.value}` }];
  });
}

const isBetter = (then: Judgement, now: Judgement): boolean =>
  then.verdict === 'pass' || (then.verdict === 'degraded' && now.verdict === 'fail');

const NAMES: readonly SentName[] = ['hostname', 'nexthop'];
