/**
 * Lists of domains in main.cf: mydestination, relay_domains, virtual_alias_domains and
 * virtual_mailbox_domains.
 *
 * Follows match_list_match() in src/util/match_list.c and match_string(), match_hostname() in
 * src/util/match_ops.c: the first pattern that matches decides, `!` turns it round, a table is
 * asked for the domain, and an error in a table ends the search. Pure.
 */
import { parentDomains } from '../postfix/hostname.ts';
import { type Lookup, openTable, type TableSources } from './table-set.ts';

/** One list, its files already read in (`/path` patterns are replaced by what they hold). */
export interface DomainList {
  readonly parameter: string;
  readonly patterns: readonly string[];
  /**
   * How parents match: `none` for lists of plain strings; `bare`: `example.com` covers its
   * sub-domains; `dotted`: `.example.com` does.
   */
  readonly parents: 'none' | 'bare' | 'dotted';
}

export type Membership =
  | { readonly kind: 'member' }
  | { readonly kind: 'no-member' }
  /** `error`: Postfix cannot tell, and mail waits with `address resolver failure`. */
  | Extract<Lookup, { readonly kind: 'error' | 'unknown' }>;

/** Whether a domain is in the list. */
export function membership(domain: string, list: DomainList, tables: TableSources): Membership {
  const folded = domain.toLowerCase();
  for (const written of list.patterns) {
    const negated = /^!+/.exec(written)?.[0].length ?? 0;
    const pattern = written.slice(negated);
    const found = matches(folded, pattern, list, tables);
    if (found.kind === 'error' || found.kind === 'unknown') return found;
    if (found.kind === 'member') return negated % 2 === 1 ? NO_MEMBER : found;
  }
  return NO_MEMBER;
}

/** Keys that a list asks of its tables for a domain, in order. */
export function listKeys(domain: string, parents: DomainList['parents'], fixed: boolean): string[] {
  const folded = domain.toLowerCase();
  return parents === 'none' || !fixed ? [folded] : [folded, ...parentDomains(folded, parents)];
}

/** Tables named in a list. */
export function tablesIn(list: DomainList): string[] {
  return list.patterns.map((pattern) => pattern.replace(/^!+/, '')).filter(isTable);
}

function matches(
  domain: string,
  pattern: string,
  { parents }: DomainList,
  tables: TableSources,
): Membership {
  if (isTable(pattern)) {
    const table = openTable(pattern, tables);
    for (const key of listKeys(domain, parents, table.fixedKeys)) {
      const found = table.lookup(key);
      if (found.kind === 'found') return MEMBER;
      if (found.kind !== 'not-found') return found;
    }
    return NO_MEMBER;
  }
  const wanted = pattern.toLowerCase();
  if (domain === wanted) return MEMBER;
  switch (parents) {
    case 'none':
      return NO_MEMBER;
    case 'bare':
      return domain.endsWith(`.${wanted}`) ? MEMBER : NO_MEMBER;
    case 'dotted':
      return wanted.startsWith('.') && domain.endsWith(wanted) ? MEMBER : NO_MEMBER;
  }
}

/** MATCH_DICTIONARY(): a pattern with a colon that is no address in brackets names a table. */
function isTable(pattern: string): boolean {
  return pattern.includes(':') && !pattern.startsWith('[');
}

const MEMBER: Membership = { kind: 'member' };
const NO_MEMBER: Membership = { kind: 'no-member' };
