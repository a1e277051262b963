/** Incidents by id, for one vantage; alert/incident defines what an incident is. */
import type { Incident } from '../alert/incident/incident.ts';
import { fromItem, type Held, type ItemProblem, writeItem } from './item.ts';
import { incident as kind } from './item-kinds.ts';
import { keyName, keys, type Reader, type Store } from './keys.ts';
import type { Written } from './table.ts';

export interface Incidents {
  readonly incidents: ReadonlyMap<string, Held<Incident>>;
  readonly problems: readonly ItemProblem[];
}

/** All incidents that have not expired at `now`. */
export async function readIncidents({ table, space }: Reader, now: number): Promise<Incidents> {
  const incidents = new Map<string, Held<Incident>>();
  const problems: ItemProblem[] = [];
  for await (const page of table.query(keys.incidents(space))) {
    for (const item of page) {
      const read = fromItem(kind, item, now);
      if (read.kind === 'held') incidents.set(read.value.id, { value: read.value, rev: read.rev });
      else if (read.kind !== 'absent') problems.push(read);
    }
  }
  return { incidents, problems };
}

/**
 * Writes one, on condition of the revision that was read (undefined for a new one). `expiresAt` is
 * epoch ms.
 */
export function saveIncident(
  { table, space }: Store,
  value: Incident,
  {
    rev,
    expiresAt,
    now,
  }: { readonly rev: number | undefined; readonly expiresAt?: number; readonly now?: number },
): Promise<Written> {
  return writeItem(table, kind, { pk: keys.incidents(space), sk: keyName(value.id) }, value, {
    rev,
    expiresAt,
    now,
  });
}
