/** Flags → what the store remembers, or why nothing is remembered. Creates nothing. */
import { openStore } from '../../local-doors.ts';
import { type Recollection, recollect } from '../../run/suggest/recollect.ts';
import type { Around } from '../../snapshot/caution.ts';
import { readConfirmations } from '../../store/confirmations.ts';
import { StoreError } from '../../store/table-error.ts';
import { type PlaceFlags, placeOf } from '../place.ts';
import type { Console } from '../terminal/console.ts';

export type Remembered =
  | {
      readonly kind: 'remembered';
      readonly past: Recollection;
      readonly around: Omit<Around, 'queueLifetimeMs'>;
      readonly place: string;
      readonly vantage: string;
    }
  /** A clause for people. */
  | { readonly kind: 'nothing'; readonly because: string };

/** @throws StoreError where a store that is named cannot be read */
export async function rememberedBy(
  flags: PlaceFlags,
  console: Pick<Console, 'env' | 'now' | 'own'>,
): Promise<Remembered> {
  const isNamed = flags.store !== undefined || flags.env !== undefined;
  try {
    const open = await openStore(await placeOf(flags), 'read', console.env);
    try {
      const now = console.now();
      const past = await recollect(open.store, now);
      const { confirmations } = await readConfirmations(open.store, now);
      const { vantage } = open.store.space;
      if (past.entries.size === 0)
        return {
          kind: 'nothing',
          because: `${open.place} has nothing that was seen from ${vantage}`,
        };
      return {
        kind: 'remembered',
        past,
        around: { confirmations, now, own: console.own },
        place: open.place,
        vantage,
      };
    } finally {
      open.close();
    }
  } catch (error) {
    if (isNamed || !(error instanceof StoreError)) throw error;
    return { kind: 'nothing', because: error.message };
  }
}
