/**
 * An entry that would also say which name is sent (SNI): many servers keep the right certificate for
 * those who ask by name, and Postfix asks by none unless it is told. Pure.
 */
import { atLeast, type PostfixVersion } from '../postfix/version.ts';
import type { Destination, Hop } from './destinations.ts';

export type SentName = 'hostname' | 'nexthop';

/** The attribute came with it. */
export const SERVERNAME_SINCE: PostfixVersion = '3.4';

/**
 * The destination with `servername=` at its first hop, in the entry's value as well. Undefined where
 * a name is sent already, at levels that verify no name, and for a next hop without a domain.
 */
export function withServername(
  destination: Destination,
  name: SentName,
): (Destination & { readonly hops: readonly [Hop, ...Hop[]] }) | undefined {
  const [hop, ...others] = destination.hops;
  if (hop?.demand.kind !== 'demand' || hop.demand.servername !== undefined) return undefined;
  const { demand, nextHop } = hop;
  if (demand.level !== 'secure' && demand.level !== 'verify') return undefined;
  if (name === 'nexthop' && !nextHop.mx) return undefined;
  const { entry } = demand;
  const isOwn = entry !== undefined && !entry.key.startsWith('.');
  const changed = {
    table: entry?.table ?? '',
    line: entry?.line ?? 0,
    key: isOwn ? entry.key : nextHop.text,
    value: `${entry?.value ?? demand.level} servername=${name}`,
  };
  const then: Hop = { ...hop, demand: { ...demand, servername: { kind: name }, entry: changed } };
  return { ...destination, hops: [then, ...others] };
}

export const hasServername = (version: PostfixVersion): boolean =>
  atLeast(version, SERVERNAME_SINCE);
