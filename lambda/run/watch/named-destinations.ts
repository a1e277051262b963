/** Which destinations a run of some is about. Pure. */
import type { Bundle } from '../../policy/bundle.ts';
import { destinationsOf } from '../../policy/destinations.ts';
import { typedDomain } from '../../postfix/hostname.ts';

/**
 * Ids of the destinations that go by these names: the key of an entry, or a domain that is judged
 * under one.
 *
 * @throws Error for a name that the policy does not have: judged once, it would be remembered and
 * then missed.
 */
export function idsNamed(bundle: Bundle, names: readonly string[]): ReadonlySet<string> {
  const destinations = destinationsOf(bundle);
  const ids = new Set<string>();
  const unknown: string[] = [];
  for (const name of names) {
    const wanted = typedDomain(name);
    const found = destinations.filter(
      ({ id, name: own, entry }) => id === wanted || own === wanted || entry?.key === wanted,
    );
    if (found.length === 0) unknown.push(`"${name}"`);
    for (const { id } of found) ids.add(id);
  }
  if (unknown.length === 0) return ids;
  const more = unknown.length > SHOWN ? ` and ${unknown.length - SHOWN} more` : '';
  throw new Error(
    `destination ${unknown.slice(0, SHOWN).join(', ')}${more}: not in the pushed policy; name a ` +
      'key of the table, or push with --destination',
  );
}

const SHOWN = 5;
