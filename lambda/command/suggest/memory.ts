/** Flags → what the store remembers, or why nothing is remembered. Creates nothing. */

import type { KeptPolicy } from '../../alert/sts/memory.ts';
import type { OpenStore } from '../../local-doors.ts';
import { type Recollection, recollect } from '../../run/past/recollect.ts';
import type { Around } from '../../snapshot/caution.ts';
import { readConfirmations } from '../../store/confirmations.ts';
import { describeProblems } from '../../store/item.ts';
import { readStsMemories } from '../../store/sts-policies.ts';
import type { PlaceFlags } from '../place.ts';
import { fromStoreIfThere } from '../store-if-there.ts';
import type { Console } from '../terminal/console.ts';

export type Remembered =
  | {
      readonly kind: 'remembered';
      readonly past: Recollection;
      readonly around: Omit<Around, 'queueLifetimeMs'>;
      /** By domain. */
      readonly policies: ReadonlyMap<string, KeptPolicy>;
      readonly place: string;
      readonly vantage: string;
    }
  /** A clause for people. */
  | { readonly kind: 'nothing'; readonly because: string };

/** @throws StoreError where a store that is named cannot be read */
export const rememberedBy = (
  flags: PlaceFlags,
  console: Pick<Console, 'env' | 'now' | 'own'>,
): Promise<Remembered> =>
  fromStoreIfThere<Remembered>(
    flags,
    console,
    (open) => rememberedIn(open, console),
    ({ message }) => ({ kind: 'nothing', because: message }),
  );

/** What a store that is open remembers. */
export async function rememberedIn(
  { store, place }: Pick<OpenStore, 'store' | 'place'>,
  console: Pick<Console, 'now' | 'own'>,
): Promise<Remembered> {
  const now = console.now();
  const { memories, problems } = await readStsMemories(store, now);
  const seen = await recollect(store, now);
  const past = { ...seen, problems: [...seen.problems, ...describeProblems(problems)] };
  const { confirmations } = await readConfirmations(store, now);
  const { vantage } = store.space;
  if (past.entries.size === 0)
    return { kind: 'nothing', because: `${place} has nothing that was seen from ${vantage}` };
  return {
    kind: 'remembered',
    past,
    around: { confirmations, now, own: console.own },
    policies: new Map(
      [...memories].flatMap(([domain, { value }]) =>
        value.policy === undefined ? [] : [[domain, value.policy] as const],
      ),
    ),
    place,
    vantage,
  };
}
