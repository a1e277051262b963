/** Which lines rest on a policy, and which on DNS: by the names they ask for. Pure. */
import { isStsVerdict } from '../../policy/sts-answer.ts';
import { toAscii } from '../../postfix/hostname.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';

/** A line that somebody can edit and that asks for names of a domain's mail hosts. */
export interface NamedEntry {
  readonly id: string;
  readonly label: string;
  readonly destination: string;
  readonly line: number | null;
  /** As asked: names, `.parent`, and the words hostname, nexthop, dot-nexthop. */
  readonly match: readonly string[];
}

/** The domain whose policy matters to the entry, and the entry; undefined where none does. */
export function namedEntry(
  verdict: EntryVerdict,
): { readonly domain: string; readonly entry: NamedEntry } | undefined {
  const { id, key, destination, table, line, level, match, nextHop } = verdict;
  if (table === null || nextHop?.mx !== true || verdict.verdict === 'unchecked') return undefined;
  if ((level !== 'verify' && level !== 'secure') || isStsVerdict(verdict)) return undefined;
  if (match.every((name) => name === 'nexthop' || name === 'dot-nexthop')) return undefined;
  const domain = toAscii(nextHop.host).toLowerCase();
  return { domain, entry: { id, label: key ?? destination, destination, line, match } };
}

/** Some name that the line asks for is one of the policy's. */
export const restsOn = (entry: Pick<NamedEntry, 'match'>, mx: readonly string[]): boolean =>
  namesOf(entry).some((name) => mx.some((pattern) => overlap(name, asMatch(pattern))));

/** Hosts of a policy that the line does not take. */
export const uncovered = (entry: Pick<NamedEntry, 'match'>, mx: readonly string[]): string[] =>
  mx.filter((pattern) => !namesOf(entry).some((name) => covers(name, asMatch(pattern))));

/** Names of the line that are of one list of hosts, and of no host of another. */
export const left = (
  entry: Pick<NamedEntry, 'match'>,
  before: readonly string[],
  after: readonly string[],
): string[] =>
  namesOf(entry).filter(
    (name) => restsOn({ match: [name] }, before) && !restsOn({ match: [name] }, after),
  );

/** It takes the host's name from DNS, or asks for names beyond the domain that DNS led to. */
export const isFromDns = ({ match }: Pick<NamedEntry, 'match'>, domain: string): boolean =>
  match.includes('hostname') ||
  namesOf({ match }).some((name) => !covers(`.${domain}`, name) && name !== domain);

const namesOf = ({ match }: Pick<NamedEntry, 'match'>): string[] =>
  match.filter((name) => !WORDS.has(name)).map((name) => toAscii(name).toLowerCase());

/** As postfix-mta-sts-resolver does: the star is left out. */
const asMatch = (pattern: string): string => pattern.replace(/^\*/, '');

/** Whether the first takes whatever the second takes. */
const covers = (name: string, other: string): boolean =>
  name === other || (name.startsWith('.') && other.endsWith(name));

const overlap = (a: string, b: string): boolean => covers(a, b) || covers(b, a);

const WORDS = new Set(['hostname', 'nexthop', 'dot-nexthop']);
