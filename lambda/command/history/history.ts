/** `history [NAME]`: what was seen, when, and what changed. */
import { openStore } from '../../local-doors.ts';
import type { Store } from '../../store/keys.ts';
import { UsageError } from '../../usage-error.ts';
import { readLooks } from '../picture/looks.ts';
import { picture } from '../picture/picture.ts';
import { begins, seenIn } from '../picture/seen.ts';
import { type PlaceFlags, placeOf } from '../place.ts';
import type { Console } from '../terminal/console.ts';
import { timelineDocument, timelineText } from './text.ts';
import { readTimeline, type Timeline } from './timeline.ts';

export interface HistoryFlags extends PlaceFlags {
  /** Epoch ms. */
  readonly since?: number;
  readonly json?: boolean;
}

export async function historyCommand(
  name: string | undefined,
  flags: HistoryFlags,
  console: Console,
): Promise<number> {
  const open = await openStore(await placeOf(flags), 'read', console.env);
  try {
    const { space } = open.store;
    const asked = {
      ...(name === undefined ? {} : { name }),
      ...(flags.since === undefined ? {} : { from: flags.since }),
    };
    const timeline = await readTimeline(open.store, asked, console.now());
    if (timeline === undefined)
      throw new UsageError(
        `history ${name}: nothing was ever seen under this name from ${space.vantage} for the ` +
          `policy "${space.policy}"; a destination, a key of the table or an MX host is wanted`,
      );
    const of = { place: open.place, ...space };
    if (flags.json) console.json(timelineDocument(timeline, name, of));
    else
      console.out(
        timelineText(
          timeline,
          name,
          of,
          console.paint,
          console.width,
          await drawn(timeline, name, open.store, console),
        ),
      );
    return 0;
  } finally {
    open.close();
  }
}

/** On a terminal, what of it can be seen at a glance. */
async function drawn(
  timeline: Timeline,
  name: string | undefined,
  store: Store,
  { drawing, paint, width, now }: Console,
): Promise<string[]> {
  if (drawing === undefined) return [];
  const looks = await readLooks(store, now());
  const seen = seenIn(timeline, looks, name === undefined);
  return picture({ ...seen, from: begins(timeline), now: now() }, { drawing, paint, width });
}
