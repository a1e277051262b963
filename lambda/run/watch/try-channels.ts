/** Channels are tried before anything is looked at: one that is bad is told through the others. */
import type { Channel, Delivery } from '../../alert/channel/channel.ts';
import type { TriedChannel } from '../../alert/incident/run-facts.ts';
import type { OwedChannel } from '../../store/stored-values.ts';
import { plain } from '../../text/strangers.ts';

/** Of those that can be tried without telling anything; at once, for each has its own deadline. */
export async function tryChannels(channels: readonly Channel[]): Promise<readonly TriedChannel[]> {
  const tried = await Promise.all(
    channels.map(async ({ name, ready }): Promise<readonly TriedChannel[]> => {
      if (ready === undefined) return [];
      const because = await ready().catch((error: unknown) => {
        const said = plain(error instanceof Error ? error.message : String(error), 300);
        return `${name}: ${said}; please report this`;
      });
      return [{ name, ...(because === undefined ? {} : { because }) }];
    }),
  );
  return tried.flat();
}

/** One sentence for each that would take no message, where nothing else is to be said of it. */
export const unready = (
  tried: readonly TriedChannel[],
  told: Delivery | undefined,
  owed: readonly OwedChannel[],
): string[] =>
  told?.kind === 'untold'
    ? []
    : tried.flatMap(({ name, because }) =>
        because === undefined || owed.some(({ channel }) => channel === name) ? [] : [because],
      );
