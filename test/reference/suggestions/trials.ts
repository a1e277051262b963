/** Deliveries under several trials at once, by trial and recipient. */
import { play } from '../reference.ts';
import type { Delivery } from '../scene.ts';
import type { Failing } from './failing.ts';
import { addressOf, type Drawn, type Shown, type Trial, trialScene } from './scene.ts';

/** How a delivery ended, by trial and recipient. */
export type Ends = ReadonlyMap<string, ReadonlyMap<string, Delivery>>;

export const SENT = 'sent 2.0.0 250 queued';

export function endOf(ends: Ends | undefined, trial: string, { recipient }: Failing): string {
  const delivery = ends?.get(trial)?.get(recipient);
  return delivery === undefined ? 'not played' : `${delivery.status} ${delivery.dsn} ${delivery.text}`;
}

export async function endsOf(drawn: Drawn, trials: readonly Trial[], shown: Shown): Promise<Ends> {
  const [played] = await play(trialScene(drawn, trials, shown), { check: false });
  const by = new Map(played?.deliveries.map((delivery) => [delivery.recipient, delivery]));
  return new Map(
    trials.map(({ name }, i) => [
      name,
      new Map(
        drawn.failing.flatMap((one) => {
          const delivery = by.get(addressOf(i, one));
          return delivery === undefined ? [] : [[one.recipient, delivery] as const];
        }),
      ),
    ]),
  );
}
