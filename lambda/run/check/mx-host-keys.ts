/**
 * Entries whose key is the name of an MX host: Postfix looks up next hops, so that such an entry is
 * never found for the mail that goes to the host. Pure.
 */
import { named } from '../../named-record.ts';
import type { Destination } from '../../policy/destinations.ts';
import { routeKey } from '../../policy/service.ts';
import type { Route } from '../../route/route.ts';

/**
 * The same destinations, but those entries are named as never looked up.
 *
 * Only where the name has no MX record of its own, and nobody asked for it as a domain: mail to
 * users of such a host would be looked up under it.
 */
export function withoutMxHostKeys(
  destinations: readonly Destination[],
  routes: Readonly<Record<string, Route>>,
  asked: readonly string[],
): Destination[] {
  const domainsByHost = new Map<string, string>();
  for (const { name, hops } of destinations)
    for (const hop of hops) {
      const route = named(routes, routeKey(hop));
      if (route?.kind !== 'hosts' || !route.mx) continue;
      for (const { host } of route.hosts)
        if (!domainsByHost.has(host)) domainsByHost.set(host, name);
    }
  const wanted = new Set(asked.map((name) => name.toLowerCase()));
  return destinations.map((destination) => {
    const { name, entry, hops, unchecked } = destination;
    const [hop] = hops;
    const domain = domainsByHost.get(name);
    if (entry === undefined || hop === undefined || domain === undefined || wanted.has(name))
      return destination;
    const route = named(routes, routeKey(hop));
    const own = hop.nextHop.via !== 'recipient' || (route?.kind === 'hosts' && route.mx);
    if (own || unchecked !== undefined || route?.kind !== 'hosts') return destination;
    const sentence =
      `this entry is never looked up for mail to ${domain}: ${name} is its MX host, and keys ` +
      `are next hops; write ${domain} as the key (or name ${name} with --destination, should ` +
      'its own users get mail)';
    return { ...destination, hops: [], unchecked: { reason: 'never-looked-up', sentence } };
  });
}
