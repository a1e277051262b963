/**
 * Match patterns for what trusted certificates present: the names to ask for where those asked for
 * are missing. Pure.
 */
import { getDomain } from 'tldts';
import type { MatchPattern } from '../policy/entry.ts';
import { parseMatch } from '../policy/match-pattern.ts';
import type { Settings } from '../policy/settings.ts';
import { familyOf, isHostnameOrWildcard, toAscii } from '../postfix/hostname.ts';
import { type Attempt, type Finding, hostName } from './finding.ts';
import {
  matchNames,
  type PresentedNames,
  presentedNames,
  referenceIdentifiers,
} from './name-match.ts';

export interface TrustedFinding {
  readonly finding: Finding;
  readonly leaf: PresentedNames;
}

/** As much of a host that presents a trusted certificate as names are found by; a log tells no more. */
export interface Presenting {
  readonly finding: {
    readonly attempt: {
      readonly nextHop: Pick<Attempt['nextHop'], 'host' | 'mx'>;
      readonly host: Pick<Attempt['host'], 'host' | 'canonical'>;
    };
    readonly verdict: Pick<Finding['verdict'], 'reason'>;
  };
  readonly leaf: Names;
}

type Names = Pick<PresentedNames, 'dnsNames' | 'commonNames'>;

/** Also of hosts beyond the address limit, which may come within it. */
export function trustedFindings(findings: readonly Finding[]): readonly TrustedFinding[] {
  return findings.flatMap((finding) => {
    const { leaf, trust } = finding;
    return leaf === undefined || trust?.kind !== 'trusted' ? [] : [{ finding, leaf }];
  });
}

/** Whether a host's certificate has a name that the patterns ask for. */
export function covers(
  patterns: readonly MatchPattern[],
  { finding: { attempt }, leaf }: TrustedFinding,
  settings: Settings,
): boolean {
  const references = referenceIdentifiers(patterns, {
    nextHop: attempt.nextHop.host,
    mxHost: hostName(attempt.host),
  });
  return matchNames(leaf, references, settings).kind === 'matched';
}

/**
 * The patterns for every host whose names do not match; undefined where there is none for some
 * host, or nothing to match.
 */
export function patternsFound(presenting: readonly Presenting[]): MatchPattern[] | undefined {
  const wanted = presenting.flatMap(({ finding, leaf }) =>
    finding.verdict.reason === 'name-mismatch' ? [nameFor(finding.attempt, leaf)] : [],
  );
  const names = wanted.filter((name) => name !== undefined);
  if (names.length < wanted.length || names.length === 0) return undefined;
  const wildcards = presenting.flatMap(({ leaf }) =>
    presentedNames(leaf).filter((name) => name.startsWith('*.')),
  );
  return collapse(distinct(names), wildcards).map(parseMatch);
}

/**
 * The presented name that stands for a host: one of the next hop itself, the wildcard that covers
 * the host, its own name, else one of the same provider. Undefined where the certificate is for
 * other domains altogether: a valid certificate alone does not show whose server it is. Where
 * policy names the server by address, any name will do.
 */
function nameFor(
  { nextHop, host: mxHost }: Presenting['finding']['attempt'],
  leaf: Names,
): string | undefined {
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
function candidatesIn(leaf: Names): readonly Candidate[] {
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

const candidates = new WeakMap<Names, readonly Candidate[]>();

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
 * The registrable domain of a host name, wildcard or `.parent`, under the public suffix list with
 * its private section; undefined where there is none.
 */
export const registrable = (name: string) =>
  getDomain(name.replace(/^\*?\./, ''), { allowPrivateDomains: true }) ?? undefined;

const UNRELATED = 9;

const distinct = <T>(items: readonly T[]): T[] => [...new Set(items)];
