/** `status`: open incidents, mutes, what is not watched, the last complete run; probes nothing. */
import { openStore, tableNamed } from '../../local-doors.ts';
import { notWatchedBy } from '../../run/watch/not-watched.ts';
import type { BundleFlags } from '../flags.ts';
import { eitherWay, pluginText } from '../monitor/plugin.ts';
import { type PlaceFlags, placeOf } from '../place.ts';
import type { Console } from '../terminal/console.ts';
import { type AgeFlags, checkAge, statusPlugin } from './nagios.ts';
import { namedBundle, pushedBundle } from './policy.ts';
import { readStatus, statusCode } from './read.ts';
import { statusDocument, statusText } from './text.ts';

export interface StatusFlags extends BundleFlags, PlaceFlags, AgeFlags {
  readonly json?: boolean;
}

/**
 * 2 an open failing incident, else 1 attention, else 3 no complete run in 26 hours, untold or
 * blind, else 0. With --nagios the age of the last complete run may have thresholds of its own.
 */
export async function statusCommand(
  table: string | undefined,
  flags: StatusFlags,
  console: Console,
): Promise<number> {
  eitherWay(flags);
  checkAge(flags);
  const place = await placeOf(flags);
  const here = await namedBundle(table, flags);
  const open = await openStore(place, 'read', console.env);
  try {
    const bundle = here ?? (await pushedBundle(open.store));
    const status = await readStatus(open.store, console.now(), {
      notWatched: bundle === undefined ? undefined : notWatchedBy(bundle),
      onDisk: tableNamed(place.store) === undefined ? open.store.table : undefined,
    });
    const of = { place: open.place, ...open.store.space };
    if (flags.nagios) {
      const plugin = statusPlugin(status, of, flags);
      console.out(pluginText(plugin));
      return plugin.code;
    }
    if (flags.json) console.json(statusDocument(status, of));
    else console.out(statusText(status, of, console.paint, console.width));
    return statusCode(status);
  } finally {
    open.close();
  }
}
