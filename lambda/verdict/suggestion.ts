/**
 * The line to use instead, where another match list would deliver: the fewest names that cover
 * every host and address seen and are likely to last, and never more than the certificates claim.
 *
 * A wildcard `*.base` becomes `.base`, several names of one provider their common suffix; never a
 * public suffix, never above the base of a presented wildcard, never `hostname` at secure. Of the
 * patterns asked for today those stay that some host needs, one that was not seen today included.
 * A line is suggested only if it is judged pass or degraded.
 */

import type { TlsDemand } from '../policy/demand.ts';
import type { Destination, Hop } from '../policy/destinations.ts';
import type { MatchPattern } from '../policy/entry.ts';
import { printMatch } from '../policy/match-pattern.ts';
import type { NextHop } from '../policy/next-hop.ts';
import { documentedBy, documenting } from '../policy/providers.ts';
import { familyOf, toAscii } from '../postfix/hostname.ts';
import { listed } from '../text/listed.ts';
import { suggestDaneOnly } from './dane-suggestion.ts';
import { entryLine } from './entry-line.ts';
import { type Finding, hostName } from './finding.ts';
import { suggestPins } from './fingerprint-suggestion.ts';
import { matchServername, referenceIdentifiers } from './name-match.ts';
import {
  covers,
  type Presenting,
  patternsFound,
  registrable,
  type TrustedFinding,
  trustedFindings,
} from './names-found.ts';
import type { Judgement } from './outcome.ts';
import type { Suggestion } from './verdict.ts';

/**
 * Null where no line would help. `judgeChanged` judges the same evidence under a changed policy.
 *
 * @param isSigned whether DNSSEC proves every MX host that mail goes to
 * @param earlier what these hosts presented in the last days: the line holds for that as well
 */
export function suggest(
  judgement: Judgement,
  judgeChanged: (changed: Destination) => Judgement,
  isSigned = false,
  earlier: readonly Finding[] = [],
): Suggestion | null {
  if (judgement.level === 'fingerprint') return suggestPins(judgement, judgeChanged, earlier);
  const byMatchList = suggestMatchList(judgement, judgeChanged, isSigned, earlier);
  return byMatchList?.restsOn === 'policy'
    ? byMatchList
    : (suggestDaneOnly(judgement, judgeChanged) ?? byMatchList);
}

function suggestMatchList(
  judgement: Judgement,
  judgeChanged: (changed: Destination) => Judgement,
  isSigned: boolean,
  earlier: readonly Finding[],
): Suggestion | null {
  const { destination, bundle } = judgement;
  const asked = matchListAsked(judgement);
  if (asked === undefined) return null;
  const { hop, demand, unseen } = asked;
  const staying = patternsStaying(demand);
  const isCovered = (one: TrustedFinding) => covers(staying, one, bundle.settings);
  const before = trustedFindings(earlier).filter((one) => isCovered(one) || isOfItsHost(one));
  const findings = [...asked.findings, ...before];
  const found = patternsFound([
    ...findings.map((one) => (isCovered(one) ? one : lackingName(one))),
    ...unseen
      .filter((host) => !isNamedBy(staying, host, hop))
      .flatMap((host) => namedByMx(host, demand, hop.nextHop)),
  ]);
  if (found === undefined) return null;
  const serves = (patterns: readonly MatchPattern[]) => [
    ...findings.filter((one) => covers(patterns, one, bundle.settings)),
    ...unseen.filter((host) => isNamedBy(patterns, host, hop)),
  ];
  const useful = staying.filter((pattern) => serves([pattern]).length > 0);
  const match = fewest([...useful, ...found], found, serves);
  const line = lineWith(match, judgement);
  if (line === undefined) return null;

  const changedHop: Hop = { ...hop, demand: { ...demand, match, matchFrom: 'entry' } };
  const hops = destination.hops.map((one) => (one === hop ? changedHop : one));
  const then = judgeChanged({ ...destination, hops });
  if (then.verdict !== 'pass' && then.verdict !== 'degraded') return null;
  if (then.reached.some((finding) => finding.verdict.reason === 'name-mismatch')) return null;
  const chosen = match.filter((pattern) => found.includes(pattern));
  const { restsOn, because } = grounds(chosen, hop.nextHop, isSigned);
  const today = fewest(match, found, (patterns) =>
    serves(patterns).filter((one) => typeof one === 'string' || asked.findings.includes(one)),
  );
  const also = today.length < match.length ? `; ${ALSO_EARLIER}` : '';
  return { line, restsOn, because: `${because}${also}`, verdict: then.verdict };
}

/** Undefined where another match list could not help. */
function matchListAsked({ verdict, views }: Judgement) {
  const [view] = views;
  const hop = view?.hop;
  if (view?.kind !== 'hosts' || hop?.demand.kind !== 'demand') return undefined;
  const { demand } = hop;
  if (demand.mxHostPatterns !== undefined || demand.forcedFailure !== undefined) return undefined;
  if (demand.level !== 'secure' && demand.level !== 'verify') return undefined;
  const findings = trustedFindings(view.findings);
  const lacksName = findings.some(({ finding }) => finding.verdict.reason === 'name-mismatch');
  return lacksName && (verdict === 'fail' || verdict === 'degraded')
    ? { hop, demand, findings, unseen: namesOfUnseen(view.findings) }
    : undefined;
}

/** Hosts of which nothing was seen today: what they present is judged another day. */
function namesOfUnseen(findings: readonly Finding[]): string[] {
  const nameOf = ({ attempt }: Finding) => hostName(attempt.host);
  const seen = new Set(findings.filter((one) => one.unseen === undefined).map(nameOf));
  return [...new Set(findings.map(nameOf))].filter((name) => !seen.has(name));
}

/** `hostname` never stands at secure: whoever forges the MX answer would choose the name. */
const patternsStaying = ({ level, match }: TlsDemand): readonly MatchPattern[] =>
  level === 'secure' ? match.filter(({ kind }) => kind !== 'hostname') : match;

/** A certificate for others altogether was never the host's own, and no line is to take it. */
const isOfItsHost = (one: TrustedFinding) => patternsFound([lackingName(one)]) !== undefined;

/** It needs a name that does not come from its MX record. */
function lackingName({ finding, leaf }: TrustedFinding): Presenting {
  return { finding: { attempt: finding.attempt, verdict: { reason: 'name-mismatch' } }, leaf };
}

/** The name that `hostname` stands for today, where it has to go and the host was not seen. */
function namedByMx(host: string, demand: TlsDemand, nextHop: NextHop): Presenting[] {
  const byMx = demand.level === 'secure' && demand.match.some(({ kind }) => kind === 'hostname');
  const attempt = { nextHop, host: { host } };
  const leaf = { dnsNames: [host], commonNames: [] };
  return byMx ? [{ finding: { attempt, verdict: { reason: 'name-mismatch' } }, leaf }] : [];
}

/**
 * Without every pattern that the others make up for: first of those that stand there today, then
 * single names, and last what covers a whole domain.
 */
function fewest(
  all: readonly MatchPattern[],
  found: readonly MatchPattern[],
  serves: (patterns: readonly MatchPattern[]) => readonly unknown[],
): readonly MatchPattern[] {
  if (all.length > MOST_COMPARED) return all;
  const served = serves(all).length;
  const rank = (pattern: MatchPattern) =>
    !found.includes(pattern) ? 0 : pattern.kind === 'name' ? 1 : 2;
  let left = all;
  for (const one of all.toSorted((a, b) => rank(a) - rank(b))) {
    const others = left.filter((pattern) => pattern !== one);
    if (others.length > 0 && serves(others).length === served) left = others;
  }
  return left;
}

/** Whether a host that presents its own name would pass. */
function isNamedBy(
  patterns: readonly MatchPattern[],
  host: string,
  { nextHop }: Pick<Hop, 'nextHop'>,
): boolean {
  const references = referenceIdentifiers(patterns, { nextHop: nextHop.host, mxHost: host });
  const leaf = { dnsNames: [host], commonNames: [] };
  return references.some((reference) => matchServername(leaf, reference, false) !== undefined);
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
    ? entryLine(match.map(printMatch).join(':'), hop.demand, hop.nextHop, bundle.settings.version)
    : undefined;
}

/** What names that were found rest on. */
export function grounds(
  found: readonly MatchPattern[],
  { host, mx }: NextHop,
  isSigned: boolean,
): Pick<Suggestion, 'restsOn' | 'because'> {
  const names = found.map((pattern) => printMatch(pattern).replace(/^\./, ''));
  const domain = toAscii(host).toLowerCase();
  if (names.every((name) => isOwn(name, domain))) {
    return {
      restsOn: 'policy',
      because: `it asks for names of ${domain} alone, whatever DNS says`,
    };
  }
  const documented = documenting(found.filter((_, i) => !isOwn(names[i] ?? '', domain)));
  const providers = listed([...new Set(names.map((name) => registrable(name) ?? name))]);
  if (!mx)
    return {
      // Nobody proves who answers at an address: whoever is on the way has a certificate, too.
      restsOn: familyOf(domain) === undefined ? 'policy' : 'dns',
      because: `it asks for what ${domain} presents today: check that ${providers} is who you mean`,
    };
  if (isSigned)
    return {
      restsOn: 'dnssec',
      because:
        `the MX answer of ${domain} is signed: whoever signs its zone says that mail for it goes ` +
        `to ${providers}`,
    };
  if (documented !== undefined)
    return {
      restsOn: 'dns',
      because:
        'its names were found through DNS, which is not signed here, and are as ' +
        `${documentedBy(documented)}: check with ${domain} that its mail is meant to go to ` +
        documented.name,
    };
  return {
    restsOn: 'dns',
    because:
      'its names were found through DNS, which is not signed here: ' +
      `check that mail for ${domain} is meant to go to ${providers}, ` +
      `in their documentation or with ${domain}`,
  };
}

const ALSO_EARLIER = 'it holds as well for what the hosts presented in the last days';

/** Nobody shortens a longer list by hand, and it would be compared with every address. */
const MOST_COMPARED = 30;

const isOwn = (name: string, domain: string): boolean =>
  name === domain || name.endsWith(`.${domain}`);
