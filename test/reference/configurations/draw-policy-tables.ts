/** Draws smtp_tls_policy_maps: entries for the places of a directory, spread over one to three tables. */
import type { Draft } from './draft.ts';
import { drawPolicyValue, type Place } from './draw-places.ts';
import { drawTable, type TableRecord } from './draw-table.ts';

/** The value of smtp_tls_policy_maps; empty where there is no table. `name` tells several such lists apart. */
export function drawPolicyMaps(draft: Draft, places: readonly Place[], name: string): string {
  const { random } = draft;
  const count = random.weighted([
    [1, 0],
    [12, 1],
    [5, 2],
    [2, 3],
  ]);
  const tables: TableRecord[][] = Array.from({ length: count }, () => []);
  for (const place of places) {
    for (const records of random.some(tables, random.chance(0.15) ? 2 : 1)) {
      if (random.chance(0.2)) continue;
      records.push({ key: drawKey(draft, place), value: drawPolicyValue(draft, place) });
    }
  }
  return tables
    .map((records, i) => drawTable(draft, withoutRepeats(records), { name: `${name}${i + 1}`, proxied: true }))
    .join(random.pick([', ', ' ']));
}

/** Mostly the next hop as it is looked up; now and then what people take for it. */
function drawKey(draft: Draft, { nextHop, domain, host, address }: Place): string {
  const { random } = draft;
  const bare = nextHop === domain;
  return random.weighted<() => string>([
    [20, () => nextHop],
    [2, () => (bare ? `.${domain.split('.').slice(1).join('.')}` : nextHop)],
    [1, () => nextHop.toUpperCase()],
    [1, () => host],
    [0.5, () => `${domain}:`],
    [0.5, () => `[${host}]`],
    [0.5, () => `[${host}]:25`],
    [0.5, () => `${domain}:25`],
    [0.5, () => address],
    [0.3, () => '*'],
  ])();
}

/** hash: and the like keep the first of two; texthash: refuses. Repeats are drawn on purpose, elsewhere. */
function withoutRepeats(records: readonly TableRecord[]): TableRecord[] {
  const seen = new Set<string>();
  return records.filter(({ key }) => {
    const folded = key.toLowerCase();
    return !seen.has(folded) && seen.add(folded);
  });
}
