/**
 * Where mail really goes, as destinations to judge: below `.parent` keys, for patterns and tables
 * that only answer, and at a global level. What nothing is asked of is only counted. Pure.
 */
import { byName } from '../named-record.ts';
import { isHostname, toAscii } from '../postfix/hostname.ts';
import type { Bundle } from './bundle.ts';
import { asksForTls, type Destination, destinationsOf } from './destinations.ts';
import { routeKey } from './service.ts';

/** How the recipients of a time were distributed over what there is to judge. */
export interface MailShares {
  /** Recipients in all. */
  readonly recipients: number;
  /** Of those: nothing is asked of TLS where their mail goes. */
  readonly unasked: number;
  /** By the id of the destination that stands for them. */
  readonly byDestination: Readonly<Record<string, number>>;
}

/**
 * The bundle with the destinations that got mail, those with most of it first, and what goes where.
 * Domains whose mail leaves by one next hop are one destination.
 *
 * @param recipients by domain; `all`: those of other domains too
 * @param most destinations to be added
 */
export function withMailDestinations(
  bundle: Bundle,
  { all, byDomain }: { readonly all: number; readonly byDomain: ReadonlyMap<string, number> },
  most: number,
): { readonly bundle: Bundle; readonly shares: MailShares } {
  const domains = [...byDomain.keys()].slice(0, CONSIDERED);
  const asNamed = destinationsOf({
    ...bundle,
    destinations: [...bundle.destinations, ...domains],
  });
  const find = byNameIn(asNamed);
  const known = new Set(destinationsOf(bundle).map(wayOf));
  const added = new Map<string, string>();
  let unasked = 0;
  for (const domain of domains) {
    const found = find(domain);
    if (found === undefined || !isAsked(found)) {
      if (found !== undefined) unasked += byDomain.get(domain) ?? 0;
      continue;
    }
    const way = wayOf(found);
    if (known.has(way)) continue;
    const name = nameFor(domain, found);
    const before = added.get(way);
    if (before === undefined ? added.size < most : name < before) added.set(way, name);
  }
  const whole = { ...bundle, destinations: [...bundle.destinations, ...added.values()] };
  const ids = idsBy(find, whole, domains);
  const byDestination = byName<number>();
  for (const [domain, id] of ids)
    byDestination[id] = (byDestination[id] ?? 0) + (byDomain.get(domain) ?? 0);
  return { bundle: whole, shares: { recipients: all, unasked, byDestination } };
}

/** By domain, the id of the destination that stands for its mail; none where TLS is not asked. */
export function idsOfDomains(bundle: Bundle, domains: readonly string[]): Map<string, string> {
  const asNamed = { ...bundle, destinations: [...bundle.destinations, ...domains] };
  return idsBy(byNameIn(destinationsOf(asNamed)), bundle, domains);
}

function idsBy(
  find: (domain: string) => Destination | undefined,
  bundle: Bundle,
  domains: readonly string[],
): Map<string, string> {
  const byWay = new Map(destinationsOf(bundle).map((one) => [wayOf(one), one.id]));
  return new Map(
    domains.flatMap((domain) => {
      const found = find(domain);
      const id = found === undefined || !isAsked(found) ? undefined : byWay.get(wayOf(found));
      return id === undefined ? [] : [[domain, id] as const];
    }),
  );
}

function byNameIn(all: readonly Destination[]): (domain: string) => Destination | undefined {
  const byName = Map.groupBy(all, ({ name }) => name);
  return (domain) => {
    const own = byName.get(toAscii(domain)) ?? [];
    return own.find(({ unchecked }) => unchecked === undefined) ?? own[0];
  };
}

/** The hops, or where there are none the name: what makes two destinations one. */
const wayOf = ({ id, hops }: Destination): string =>
  hops.length === 0 ? `: ${id}` : hops.map(routeKey).join(', ').toLowerCase();

/** A relayhost stands for itself; a next hop that reads as a domain would be routed anew. */
function nameFor(domain: string, { hops: [hop, ...others] }: Destination): string {
  const text = hop?.nextHop.text.toLowerCase() ?? domain;
  return others.length > 0 || isHostname(text) ? domain : text;
}

/** Not where mail goes elsewhere, or at `none` and `may`; what cannot be known is asked. */
function isAsked({ hops, unchecked }: Destination): boolean {
  if (unchecked !== undefined) return unchecked.reason === 'table-not-listable';
  return hops.length === 0 || hops.some(({ demand }) => asksForTls(demand));
}

/** Domains, most mail first: whoever sends mail makes the list as long as they like. */
export const CONSIDERED = 5_000;
