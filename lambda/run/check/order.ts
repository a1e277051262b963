/** Whom a run looks at besides its destinations, and in which order it looks at those. Pure. */
import type { Bundle } from '../../policy/bundle.ts';
import { demandFor } from '../../policy/demand.ts';
import type { Destination, Hop } from '../../policy/destinations.ts';
import { parseNextHop } from '../../policy/next-hop.ts';
import type { Settings } from '../../policy/settings.ts';

export interface Order {
  /** By destination id, epoch ms of the last conclusive look. */
  readonly lastSeen?: ReadonlyMap<string, number>;
  /** Ids of those that were asked the last time and kept silent. */
  readonly unseen?: ReadonlySet<string>;
}

/**
 * A control host is talked to as at level encrypt, whatever the table says; it is no destination
 * and gets no verdict.
 */
export function controlHops(hosts: readonly string[], bundle: Bundle): Hop[] {
  const settings: Settings = { ...bundle.settings, securityLevel: 'encrypt' };
  return hosts.flatMap((host) => {
    const nextHop = parseNextHop(
      host.startsWith('[') ? host : host.replace(/^([^:]+)/, '[$1]'),
      'recipient',
      settings,
    );
    if ('kind' in nextHop) return [];
    return [
      {
        nextHop,
        fallback: false,
        demand: demandFor(nextHop, { tables: [], settings, anchorFiles: {} }),
      },
    ];
  });
}

/**
 * Those seen longest ago first, and last those of which nothing was seen the last time: whoever
 * keeps silent takes the most time.
 */
export function inOrder(
  destinations: readonly Destination[],
  { lastSeen = new Map(), unseen = new Set() }: Order,
): Destination[] {
  const late = ({ id }: Destination) => (unseen.has(id) ? 1 : 0);
  const seen = ({ id }: Destination) => lastSeen.get(id) ?? 0;
  return destinations.toSorted((a, b) => late(a) - late(b) || seen(a) - seen(b));
}
