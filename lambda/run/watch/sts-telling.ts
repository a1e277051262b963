/**
 * What is told of MTA-STS policies counts as told, also where the run that told it died: its record
 * says so.
 */
import * as v from 'valibot';
import type { StsNews } from '../../alert/message/input.ts';
import type { Held } from '../../store/item.ts';
import type { Store } from '../../store/keys.ts';
import type { RunRecord } from '../../store/stored-values.ts';
import { markStsTold } from '../../store/sts-policies.ts';

/** What a run record keeps of what is about to be told. */
export const stsTellings = ({ items }: StsNews, shown: number): readonly StsTelling[] =>
  items
    .slice(0, Math.max(0, shown))
    .flatMap(({ findings }) => findings.map(({ domain, id }) => ({ domain, id })));

export interface StsTelling {
  readonly domain: string;
  readonly id: string;
}

/** What was told counts as told. */
export async function tellingsDone(store: Store, told: readonly StsTelling[], now: number) {
  const byDomain = Map.groupBy(told, ({ domain }) => domain);
  const ids = new Map(
    [...byDomain].map(([domain, all]) => [domain, new Set(all.map(({ id }) => id))]),
  );
  await markStsTold(store, ids, now);
}

/** Of runs that told something and could not store it. */
export const tellingsIn = (runs: readonly Held<RunRecord>[]): readonly StsTelling[] =>
  runs.flatMap(({ value: { more } }) => {
    const read = v.safeParse(MORE, more);
    return read.success ? read.output.sts : [];
  });

const MORE = v.object({ sts: v.array(v.object({ domain: v.string(), id: v.string() })) });
