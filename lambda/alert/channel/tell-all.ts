/** Several channels as one: a message is told when every one of them took it. */
import type { Channel, Delivery } from './channel.ts';

/**
 * Asks the channels in order. At the first that fails the message is untold, and the next run asks
 * all of them again.
 */
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
