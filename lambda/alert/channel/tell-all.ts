/** Several ways to tell, as one: told when every one of them took the message. */
import type { Channel, Delivery } from './channel.ts';

/** In order; the first that fails makes it untold, and the next run tries all of them again. */
export function tellAll(ways: readonly Channel[]): Channel {
  return async (mail, alert) => {
    let told: Delivery = { kind: 'told' };
    for (const way of ways) {
      const one = await way(mail, alert);
      if (one.kind === 'untold') return one;
      if (one.messageId !== undefined) told = one;
    }
    return told;
  };
}
