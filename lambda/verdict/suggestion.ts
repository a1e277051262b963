/**
 * The line to use instead, where another match list would deliver: the fewest names that cover
 * every host and address seen and are likely to last, and never more than what the certificates
 * themselves claim.
 *
 * A wildcard `*.base` becomes `.base`, several names of one provider their common suffix; never a
 * public suffix, never above the base of a presented wildcard. The line is judged before it is
 * told.
 */
import { getDomain } from 'tldts';
import type { Destination, Hop } from '../policy/destinations.ts';
import type { MatchPattern } from '../policy/entry.ts';
import { parseMatch, printMatch } from '../policy/match-pattern.ts';
import type { NextHop } from '../policy/next-hop.ts';
import { parsePolicy } from '../policy/parse.ts';
import { familyOf, isHostnameOrWildcard, toAscii } from '../postfix/hostname.ts';
import { bracedTokens, tokens } from '../postfix/token.ts';
import { atLeast } from '../postfix/version.ts';
import { listed } from '../text/listed.ts';
import { suggestDaneOnly } from './dane-suggestion.ts';
import { type Attempt, type Finding, hostName } from './finding.ts';
import {
  matchNames,
  type PresentedNames,
  presentedNames,
  referenceIdentifiers,
} from './name-match.ts';
import type { Judgement } from './outcome.ts';
import type { Suggestion } from './verdict.ts';

/**
 * Null where no line would help. `judgeChanged` judges the same evidence under a changed policy.
 */
export function suggest(
  judgement: Judgement,
  judgeChanged: (changed: Destination) => Judgement,
): Suggestion | null {
  const byMatchList = suggestMatchList(judgement, judgeChanged);
  return byMatchList?.restsOn === 'policy'
    ? byMatchList
    : (suggestDaneOnly(judgement, judgeChanged) ?? byMatchList);
}

function suggestMatchList(
  judgement: Judgement,
  judgeChanged: (changed: Destination) => Judgement,
): Suggestion | null {
  const { destination, bundle, verdict, views } = judgement;
  const [view] = views;
  const hop = view?.hop;
  if (view?.kind !== 'hosts' || hop?.demand.kind !== 'demand') return null;
  if (hop.demand.mxHostPatterns !== undefined || hop.demand.forcedFailure !== undefined)
    return null;
  const { demand, nextHop } = hop;
  if (
    (demand.level !== 'secure' && demand.level !== 'verify') ||
    (verdict !== 'fail' && verdict !== 'degraded')
  )
    return null;

  // Hosts beyond the address limit as well: they may move up.
  const presenting = view.findings.flatMap((finding) => {
    const { leaf, trust } = finding;
    return leaf === undefined || trust?.kind !== 'trusted' ? [] : [{ finding, leaf }];
  });
  const wanted = presenting.flatMap(({ finding, leaf }) =>
    finding.verdict.reason === 'name-mismatch' ? [nameFor(finding.attempt, leaf)] : [],
  );
  const names = wanted.filter((name) => name !== undefined);
  if (names.length < wanted.length || names.length === 0) return null;
  const wildcards = presenting.flatMap(({ leaf }) =>
    presentedNames(leaf).filter((name) => name.startsWith('*.')),
  );
  const found = collapse(distinct(names), wildcards).map(parseMatch);
  const kept = demand.match.filter((pattern) =>
    presenting.some(
      ({ finding, leaf }) => covers([pattern], finding, leaf) && !covers(found, finding, leaf),
    ),
  );
  const match = [...kept, ...found];

  const line = lineWith(match, judgement);
  if (line === undefined) return null;
  const changedHop: Hop = { ...hop, demand: { ...demand, match, matchFrom: 'entry' } };
  const changed = {
    ...destination,
    hops: destination.hops.map((one) => (one === hop ? changedHop : one)),
  };
  const then = judgeChanged(changed);
  if (then.verdict !== 'pass' && then.verdict !== 'degraded') return null;
  if (then.reached.some((finding) => finding.verdict.reason === 'name-mismatch')) return null;
  return { line, ...grounds(found, nextHop), verdict: then.verdict };

  function covers(
    patterns: readonly MatchPattern[],
    { attempt }: Finding,
    leaf: PresentedNames,
  ): boolean {
    const references = referenceIdentifiers(patterns, {
      nextHop: attempt.nextHop.host,
      mxHost: hostName(attempt.host),
    });
    return matchNames(leaf, references, bundle.settings).kind === 'matched';
  }
}

/**
 * The presented name that stands for a host: one of the next hop itself, the wildcard that covers
 * the host, its own name, else one of the same provider. Undefined where the certificate is for
 * others altogether: whoever sits in between may have a valid certificate too. Where policy names
 * the server by address, whatever name it has will do.
 */
function nameFor({ nextHop, host: mxHost }: Attempt, leaf: PresentedNames): string | undefined {
  const host = hostName(mxHost).toLowerCase();
  const domain = toAscii(nextHop.host).toLowerCase();
  const provider = registrable(host);
  const byAddress = familyOf(host) !== undefined && !nextHop.mx;
  const rank = ({ name, owner }: Candidate): number => {
    const wildcard = name.startsWith('*.');
    if (name === domain || name.endsWith(`.${domain}`)) return 0;
    if (name === host || (wildcard && name.slice(1) === host.slice(host.indexOf('.'))))
      return wildcard ? 1 : 2;
    if (owner === provider) return wildcard ? 3 : 4;
    return byAddress ? 5 : UNRELATED;
  };
  let best: { readonly name?: string; readonly rank: number } = { rank: UNRELATED };
  for (const candidate of candidatesIn(leaf)) {
    const ranked = { name: candidate.name, rank: rank(candidate) };
    if (ranked.rank < best.rank) best = ranked;
  }
  return best.name;
}

/** A presented name that could stand in a match list, and whose it is. */
interface Candidate {
  readonly name: string;
  readonly owner: string;
}

/**
 * Found once for each certificate, which may have thousands of names and stand behind a hundred
 * addresses.
 */
function candidatesIn(leaf: PresentedNames): readonly Candidate[] {
  const known = candidates.get(leaf);
  if (known !== undefined) return known;
  const found = presentedNames(leaf).flatMap((presented) => {
    const name = presented.toLowerCase();
    const owner = isHostnameOrWildcard(name) ? registrable(name) : undefined;
    return owner === undefined ? [] : [{ name, owner }];
  });
  candidates.set(leaf, found);
  return found;
}

const candidates = new WeakMap<PresentedNames, readonly Candidate[]>();

/**
 * Match elements for presented names: `.base` for wildcards, the common suffix of two or more names
 * of one provider.
 */
function collapse(names: readonly string[], wildcards: readonly string[]): string[] {
  const suffixes = distinct(
    names.filter((name) => name.startsWith('*.')).map((name) => name.slice(1)),
  );
  const leaves = names.filter(
    (name) => !name.startsWith('*.') && !suffixes.some((suffix) => name.endsWith(suffix)),
  );
  const byProvider = Map.groupBy(leaves, (name) => registrable(name) ?? name);
  const others = [...byProvider].flatMap(([provider, members]) => {
    const suffix = members.length < 2 ? undefined : commonSuffix(members);
    const tooBroad =
      suffix === undefined || !(suffix === `.${provider}` || suffix.endsWith(`.${provider}`));
    const aboveWildcard =
      suffix !== undefined &&
      wildcards.some((name) => name.slice(1).endsWith(suffix) && name.slice(1) !== suffix);
    return tooBroad || aboveWildcard ? members : [suffix];
  });
  const all = distinct([...suffixes, ...others]);
  return all.filter(
    (one) => !all.some((other) => other !== one && other.startsWith('.') && one.endsWith(other)),
  );
}

/**
 * `.example.net` for `mx1.example.net` and `mx2.example.net`: the longest suffix that all of them
 * lie below.
 */
function commonSuffix(names: readonly string[]): string | undefined {
  const [first = '', ...rest] = names;
  const parents = first.split('.').map((_, i, labels) => `.${labels.slice(i + 1).join('.')}`);
  return parents.find((parent) => parent !== '.' && rest.every((name) => name.endsWith(parent)));
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
  if (hop?.demand.kind !== 'demand') return undefined;
  const { entry, level } = hop.demand;
  const key = entry === undefined || entry.key.startsWith('.') ? hop.nextHop.text : entry.key;
  const split = atLeast(bundle.settings.version, '3.10') ? bracedTokens : tokens;
  const [word = level, ...attributes] = entry === undefined ? [] : split(entry.value);
  const written = `match=${match.map(printMatch).join(':')}`;
  const isMatch = (attribute: string) => /^(?:\{\s*)?match\s*=/i.test(attribute);
  const place = Math.max(attributes.findIndex(isMatch), 0);
  const rest = attributes.filter((attribute) => !isMatch(attribute));
  const value = [word, ...rest.slice(0, place), written, ...rest.slice(place)].join(' ');
  return parsePolicy(value, bundle.settings.version).kind === 'policy'
    ? `${key} ${value}`
    : undefined;
}

function grounds(
  found: readonly MatchPattern[],
  { host, mx }: NextHop,
): Pick<Suggestion, 'restsOn' | 'because'> {
  const names = found.map((pattern) => printMatch(pattern).replace(/^\./, ''));
  const domain = toAscii(host).toLowerCase();
  if (names.every((name) => name === domain || name.endsWith(`.${domain}`))) {
    return {
      restsOn: 'policy',
      because: `it asks for names of ${domain} alone, whatever DNS says`,
    };
  }
  const providers = listed(distinct(names.map((name) => registrable(name) ?? name)));
  if (!mx)
    return {
      restsOn: 'policy',
      because: `it asks for what ${domain} presents today: check that ${providers} is who you mean`,
    };
  return {
    restsOn: 'dns',
    because:
      `its names were found through DNS, which is not signed here: check that mail for ${domain} is meant to go to ` +
      `${providers}, in their documentation or with ${domain}`,
  };
}

const registrable = (name: string) =>
  getDomain(name.replace(/^\*?\./, ''), { allowPrivateDomains: true }) ?? undefined;
const UNRELATED = 9;
const distinct = <T>(items: readonly T[]): T[] => [...new Set(items)];
