/**
 * Match lists without what they can do without: an element that another one covers, and a list that
 * says what the level asks for anyway. What is left accepts the very same certificates. Nothing goes
 * for the sake of a public suffix (`.com`, `.co.uk`): there it is that element that is too much. Pure.
 */
import { getDomain } from 'tldts';
import { isHostAddress, toAscii } from '../../postfix/hostname.ts';
import type { PostfixVersion } from '../../postfix/version.ts';
import { type Attributes, matchSeparator } from '../attribute.ts';
import type { MatchPattern, PolicyEntry } from '../entry.ts';
import type { SecurityLevel } from '../level.ts';
import { parseDigest, parseMatch } from '../match-pattern.ts';
import type { NextHop } from '../next-hop.ts';
import type { Settings } from '../settings.ts';
import { withMatch } from '../with-match.ts';

export interface Shortened {
  /** The right-hand side, its words separated by single blanks. */
  readonly value: string;
  /** Elements that go, as written. */
  readonly without: readonly string[];
  /** The whole list goes. */
  readonly isDefault: boolean;
}

/**
 * Undefined where nothing can be left out.
 *
 * @param nextHop the only one that the entry stands for; undefined where there may be others
 * @param isKnown the settings are those of the Postfix that reads the line, not assumed ones
 */
export function shortened(
  { value, policy }: Pick<PolicyEntry, 'value' | 'policy'>,
  nextHop: Pick<NextHop, 'host'> | undefined,
  settings: Pick<Settings, 'version' | 'secureCertMatch' | 'verifyCertMatch'>,
  isKnown: boolean,
): Shortened | undefined {
  if (policy.kind !== 'policy' || !isPlainList(policy.attributes)) return undefined;
  const { level, attributes } = policy;
  const elements = attributes.match ?? [];
  const kept = withoutCovered(elements, level, nextHop, settings.version);
  const usual = defaultOf(level, settings);
  const isDefault =
    isKnown && usual !== undefined && sameList(kept, usual, nextHop) && kept.length > 0;
  if (kept.length === elements.length && !isDefault) return undefined;
  return {
    value: valueWithMatch(value, isDefault ? [] : kept, level, settings.version),
    without: elements.filter((_, i) => !kept.includes(elements[i] ?? '') || isAgain(elements, i)),
    isDefault,
  };
}

/** The value with that match list in place of its own; without one where it is empty. */
export const valueWithMatch = (
  value: string,
  elements: readonly string[],
  level: SecurityLevel,
  version: PostfixVersion,
): string =>
  withMatch(
    value,
    elements.length === 0 ? undefined : elements.join(matchSeparator(level)),
    version,
  );

/** Whether the list counts as it stands: patterns of an MTA-STS policy take its place. */
const isPlainList = ({ match, mxHostPattern }: Attributes): boolean =>
  match !== undefined && mxHostPattern === undefined;

function withoutCovered(
  elements: readonly string[],
  level: SecurityLevel,
  nextHop: Pick<NextHop, 'host'> | undefined,
  version: PostfixVersion,
): string[] {
  if (level === 'fingerprint') {
    const known = new Set<string>();
    return elements.filter((element) => {
      const digest = parseDigest(element, version) ?? element;
      const isNew = !known.has(digest);
      known.add(digest);
      return isNew;
    });
  }
  const patterns = elements.map((element) => standing(element, nextHop));
  return elements.filter((element, i) => {
    const own = patterns[i];
    // An address is asked for in addition to the names.
    if (own === undefined || isHostAddress(element)) return true;
    return !patterns.some(
      (other, j) =>
        j !== i && other !== undefined && covers(other, own) && (!covers(own, other) || j < i),
    );
  });
}

/** With what the keywords stand for where that is one name; undefined for what is not compared. */
function standing(
  element: string,
  nextHop: Pick<NextHop, 'host'> | undefined,
): MatchPattern | undefined {
  const pattern = parseMatch(element);
  switch (pattern.kind) {
    case 'hostname':
      return pattern;
    case 'nexthop':
      return nextHop === undefined ? pattern : { kind: 'name', name: nextHop.host };
    case 'dot-nexthop':
      return nextHop === undefined ? pattern : { kind: 'subdomains', parent: nextHop.host };
    case 'name':
    case 'subdomains':
      return element === '.' ? undefined : pattern;
  }
}

/** Whether every certificate that the second one accepts is accepted by the first. */
function covers(a: MatchPattern, b: MatchPattern): boolean {
  switch (a.kind) {
    case 'nexthop':
    case 'dot-nexthop':
    case 'hostname':
      return a.kind === b.kind;
    case 'name':
      return b.kind === 'name' && folded(a.name) === folded(b.name);
    case 'subdomains': {
      const parent = folded(a.parent);
      if (b.kind === 'subdomains')
        return folded(b.parent) === parent || isBelowOne(folded(b.parent), parent);
      return b.kind === 'name' && isComparable(b.name) && isBelowOne(folded(b.name), parent);
    }
  }
}

/** A star is asked for as it stands, and a dot at the end matches nothing: neither is a name below. */
const isComparable = (name: string): boolean => !name.includes('*') && !name.endsWith('.');

/** Below one that is nobody's public suffix. */
const isBelowOne = (name: string, parent: string): boolean =>
  isBelow(name, parent) && getDomain(parent, { allowPrivateDomains: true }) !== null;

const isBelow = (name: string, parent: string): boolean =>
  parent !== '' && name.length > parent.length + 1 && name.endsWith(`.${parent}`);

const folded = (name: string): string => toAscii(name).toLowerCase();

function defaultOf(
  level: SecurityLevel,
  { secureCertMatch, verifyCertMatch }: Pick<Settings, 'secureCertMatch' | 'verifyCertMatch'>,
): readonly string[] | undefined {
  switch (level) {
    case 'secure':
      return secureCertMatch;
    case 'verify':
      return verifyCertMatch;
    case 'none':
    case 'may':
    case 'encrypt':
    case 'fingerprint':
    case 'dane':
    case 'dane-only':
      return undefined;
  }
}

/** Whether each element of one list is in the other, in whatever words. */
function sameList(
  a: readonly string[],
  b: readonly string[],
  nextHop: Pick<NextHop, 'host'> | undefined,
): boolean {
  const isIn = (one: string, others: readonly string[]) =>
    others.some((other) => {
      const [x, y] = [standing(one, nextHop), standing(other, nextHop)];
      return x !== undefined && y !== undefined && covers(x, y) && covers(y, x);
    });
  return a.every((one) => isIn(one, b)) && b.every((one) => isIn(one, a));
}

const isAgain = (elements: readonly string[], i: number): boolean =>
  elements.indexOf(elements[i] ?? '') < i;
