/**
 * The match list that is likely to last: of all that the hosts present today and presented on the
 * days that are remembered, the fewest names, and nothing that only somebody on the way could have
 * put there. Pure.
 *
 * Nothing that the entry names goes unless what comes covers it. Names that are presented, today or
 * on past days, count only below domains that the line names already, or the next hop itself.
 */
import type { MatchPattern } from '../../policy/entry.ts';
import { parseMatch, printMatch } from '../../policy/match-pattern.ts';
import { toAscii } from '../../postfix/hostname.ts';
import { hostName } from '../../verdict/finding.ts';
import { judgeOnce } from '../../verdict/judge.ts';
import {
  covers,
  patternsFound,
  registrable,
  type TrustedFinding,
  trustedFindings,
} from '../../verdict/names-found.ts';
import type { Judgement } from '../../verdict/outcome.ts';
import { eachDay } from '../past/replay.ts';
import type { Case } from './case.ts';

/**
 * The list in place of `elements`, which some line for this destination asks for; the same where no
 * other is likely to last longer. Elements as written. `one.verdict` is that of the entry as it is.
 */
export function steadyList(elements: readonly string[], one: Case): readonly string[] {
  const { destination, verdict, seen, bundle, at, past } = one;
  const hop = destination.hops[0];
  if (hop === undefined) return elements;
  const asked = elements.map((element) => parseMatch(element));
  const written = verdict.match.map((element) => parseMatch(element));
  const isMeant = meantBy([...asked, ...written], toAscii(hop.nextHop.host).toLowerCase());
  const today = trustedIn(judgeOnce(destination, seen.evidence, bundle, at));
  const before =
    past === undefined
      ? []
      : [...eachDay(destination, bundle, past)].flatMap(({ judgements }) =>
          judgements.flatMap(trustedIn),
        );
  const known = distinct([...today, ...before].filter(isMeant));
  const found = patternsFound(known.map(lacking));
  if (found === undefined) return elements;
  const { settings } = bundle;
  const uncovered = known.filter((presenting) => !covers(asked, presenting, settings));
  const needed = uncovered.length === 0 ? compacting(found, asked) : found;
  const kept = elements.filter(
    (element) => !needed.some((pattern) => isWithin(parseMatch(element), pattern)),
  );
  const list = [...kept, ...needed.map(printMatch)];
  return uncovered.length > 0 || list.length < elements.length ? list : elements;
}

const trustedIn = ({ views: [view] }: Judgement): readonly TrustedFinding[] =>
  view?.kind === 'hosts' ? trustedFindings(view.findings) : [];

/** As if no name that is asked for were there: which names would stand for this host? */
const lacking = ({ finding, leaf }: TrustedFinding) => ({
  leaf,
  finding: { attempt: finding.attempt, verdict: { reason: 'name-mismatch' as const } },
});

/** Those that take the place of two elements at least. */
const compacting = (found: readonly MatchPattern[], asked: readonly MatchPattern[]) =>
  found.filter((pattern) => asked.filter((own) => isWithin(own, pattern)).length > 1);

/**
 * Whether the names that stand for a host are below domains that the line names, or those of the
 * next hop itself: whoever chose the hosts for us has no certificate for those.
 */
function meantBy(
  patterns: readonly MatchPattern[],
  nextHop: string,
): (presenting: TrustedFinding) => boolean {
  const domains = domainsOf(patterns);
  const own: MatchPattern = { kind: 'subdomains', parent: nextHop };
  const isMeant = (pattern: MatchPattern): boolean =>
    [...domainsOf([pattern])].every((domain) => domains.has(domain)) ||
    printMatch(pattern).toLowerCase() === nextHop ||
    isWithin(pattern, own);
  return (presenting) => patternsFound([lacking(presenting)])?.every(isMeant) === true;
}

function domainsOf(patterns: readonly MatchPattern[]): Set<string> {
  return new Set(
    patterns.flatMap((pattern) => {
      if (pattern.kind !== 'name' && pattern.kind !== 'subdomains') return [];
      const name = toAscii(printMatch(pattern).replace(/^\./, '')).toLowerCase();
      return [registrable(name) ?? name];
    }),
  );
}

/** One for each host and certificate: thousands of days show the same. */
function distinct(all: readonly TrustedFinding[]): TrustedFinding[] {
  const found = new Map<string, TrustedFinding>();
  for (const one of all) {
    const sha256 = one.finding.verdict.chain[0]?.sha256 ?? '';
    found.set(`${hostName(one.finding.attempt.host)} ${sha256}`, one);
  }
  return [...found.values()];
}

/** Whether the second accepts all that the first one does. */
function isWithin(a: MatchPattern, b: MatchPattern): boolean {
  const [one, other] = [a, b].map((pattern) => toAscii(printMatch(pattern)).toLowerCase());
  if (one === undefined || other === undefined) return false;
  if (a.kind !== 'name' && a.kind !== 'subdomains') return false;
  return one === other || (b.kind === 'subdomains' && one.endsWith(other));
}
