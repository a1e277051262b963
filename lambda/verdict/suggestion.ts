/**
 * The line to use instead, where another match list would deliver: the fewest names that cover
 * every host and address seen and are likely to last, and never more than the certificates claim.
 *
 * A wildcard `*.base` becomes `.base`, several names of one provider their common suffix; never a
 * public suffix, never above the base of a presented wildcard. A line is suggested only if it is
 * judged pass or degraded.
 */

import type { TlsDemand } from '../policy/demand.ts';
import type { Destination, Hop } from '../policy/destinations.ts';
import type { MatchPattern } from '../policy/entry.ts';
import { printMatch } from '../policy/match-pattern.ts';
import type { NextHop } from '../policy/next-hop.ts';
import { parsePolicy } from '../policy/parse.ts';
import type { Settings } from '../policy/settings.ts';
import { toAscii } from '../postfix/hostname.ts';
import { bracedTokens, tokens } from '../postfix/token.ts';
import { atLeast } from '../postfix/version.ts';
import { listed } from '../text/listed.ts';
import { suggestDaneOnly } from './dane-suggestion.ts';
import { hostName } from './finding.ts';
import { matchNames, referenceIdentifiers } from './name-match.ts';
import { patternsFound, registrable, type TrustedFinding, trustedFindings } from './names-found.ts';
import type { Judgement } from './outcome.ts';
import type { Suggestion } from './verdict.ts';

/**
 * Null where no line would help. `judgeChanged` judges the same evidence under a changed policy.
 *
 * @param isSigned whether DNSSEC proves every MX host that mail goes to
 */
export function suggest(
  judgement: Judgement,
  judgeChanged: (changed: Destination) => Judgement,
  isSigned = false,
): Suggestion | null {
  const byMatchList = suggestMatchList(judgement, judgeChanged, isSigned);
  return byMatchList?.restsOn === 'policy'
    ? byMatchList
    : (suggestDaneOnly(judgement, judgeChanged) ?? byMatchList);
}

function suggestMatchList(
  judgement: Judgement,
  judgeChanged: (changed: Destination) => Judgement,
  isSigned: boolean,
): Suggestion | null {
  const { destination, bundle } = judgement;
  const asked = matchListAsked(judgement);
  if (asked === undefined) return null;
  const { hop, demand, findings } = asked;
  const found = patternsFound(findings);
  if (found === undefined) return null;
  const match = [...patternsKept(demand, found, findings, bundle.settings), ...found];
  const line = lineWith(match, judgement);
  if (line === undefined) return null;

  const changedHop: Hop = { ...hop, demand: { ...demand, match, matchFrom: 'entry' } };
  const hops = destination.hops.map((one) => (one === hop ? changedHop : one));
  const then = judgeChanged({ ...destination, hops });
  if (then.verdict !== 'pass' && then.verdict !== 'degraded') return null;
  if (then.reached.some((finding) => finding.verdict.reason === 'name-mismatch')) return null;
  return { line, ...grounds(found, hop.nextHop, isSigned), verdict: then.verdict };
}

/** Undefined where another match list could not help. */
function matchListAsked({ verdict, views }: Judgement) {
  const [view] = views;
  const hop = view?.hop;
  if (view?.kind !== 'hosts' || hop?.demand.kind !== 'demand') return undefined;
  const { demand } = hop;
  if (demand.mxHostPatterns !== undefined || demand.forcedFailure !== undefined) return undefined;
  if (demand.level !== 'secure' && demand.level !== 'verify') return undefined;
  return verdict === 'fail' || verdict === 'degraded'
    ? { hop, demand, findings: trustedFindings(view.findings) }
    : undefined;
}

/**
 * Of the patterns asked for today, those that some host needs because the found ones do not cover
 * it.
 */
function patternsKept(
  demand: TlsDemand,
  found: readonly MatchPattern[],
  presenting: readonly TrustedFinding[],
  settings: Settings,
): MatchPattern[] {
  const covers = (
    patterns: readonly MatchPattern[],
    { finding: { attempt }, leaf }: TrustedFinding,
  ): boolean => {
    const references = referenceIdentifiers(patterns, {
      nextHop: attempt.nextHop.host,
      mxHost: hostName(attempt.host),
    });
    return matchNames(leaf, references, settings).kind === 'matched';
  };
  return demand.match.filter((pattern) =>
    presenting.some((one) => covers([pattern], one) && !covers(found, one)),
  );
}

/**
 * The entry with its match list replaced, all else as written; a line of its own where a `.parent`
 * or no entry applied.
 */
function lineWith(
  match: readonly MatchPattern[],
  { views, bundle }: Judgement,
): string | undefined {
  const hop = views[0]?.hop;
  return hop?.demand.kind === 'demand'
    ? entryLine(match, hop.demand, hop.nextHop, bundle.settings.version)
    : undefined;
}

/** Undefined where the line would not be read as it is meant. */
export function entryLine(
  match: readonly MatchPattern[],
  { entry, level }: Pick<TlsDemand, 'entry' | 'level'>,
  nextHop: Pick<NextHop, 'text'>,
  version: Settings['version'],
): string | undefined {
  const key = entry === undefined || entry.key.startsWith('.') ? nextHop.text : entry.key;
  const split = atLeast(version, '3.10') ? bracedTokens : tokens;
  const [word = level, ...attributes] = entry === undefined ? [] : split(entry.value);
  const written = `match=${match.map(printMatch).join(':')}`;
  const isMatch = (attribute: string) => /^(?:\{\s*)?match\s*=/i.test(attribute);
  const place = Math.max(attributes.findIndex(isMatch), 0);
  const rest = attributes.filter((attribute) => !isMatch(attribute));
  const value = [word, ...rest.slice(0, place), written, ...rest.slice(place)].join(' ');
  return parsePolicy(value, version).kind === 'policy' ? `${key} ${value}` : undefined;
}

/** What names that were found rest on. */
export function grounds(
  found: readonly MatchPattern[],
  { host, mx }: NextHop,
  isSigned: boolean,
): Pick<Suggestion, 'restsOn' | 'because'> {
  const names = found.map((pattern) => printMatch(pattern).replace(/^\./, ''));
  const domain = toAscii(host).toLowerCase();
  if (names.every((name) => name === domain || name.endsWith(`.${domain}`))) {
    return {
      restsOn: 'policy',
      because: `it asks for names of ${domain} alone, whatever DNS says`,
    };
  }
  const providers = listed([...new Set(names.map((name) => registrable(name) ?? name))]);
  if (!mx)
    return {
      restsOn: 'policy',
      because: `it asks for what ${domain} presents today: check that ${providers} is who you mean`,
    };
  if (isSigned)
    return {
      restsOn: 'dnssec',
      because:
        `the MX answer of ${domain} is signed: whoever signs its zone says that mail for it goes ` +
        `to ${providers}`,
    };
  return {
    restsOn: 'dns',
    because:
      'its names were found through DNS, which is not signed here: ' +
      `check that mail for ${domain} is meant to go to ${providers}, ` +
      `in their documentation or with ${domain}`,
  };
}
