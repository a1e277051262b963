/** `diff NAME`: two moments side by side, by what is remembered; probes nothing. */
import { openStore } from '../../local-doors.ts';
import { currentLeaves } from '../../snapshot/host-snapshot.ts';
import { readCertificates } from '../../store/certificates.ts';
import type { Store } from '../../store/keys.ts';
import { DAY_MS } from '../../text/dates.ts';
import { UsageError } from '../../usage-error.ts';
import { readLooks } from '../picture/looks.ts';
import { picture } from '../picture/picture.ts';
import { asOf, begins, seenIn } from '../picture/seen.ts';
import { type PlaceFlags, placeOf } from '../place.ts';
import type { Console } from '../terminal/console.ts';
import { subjectsOf } from './facts.ts';
import { type Moment, type Moments, readMoments } from './moments.ts';
import { diffDocument, diffText } from './text.ts';

export interface DiffFlags extends PlaceFlags {
  /** Epoch ms. */
  readonly from?: number;
  /** Epoch ms. */
  readonly to?: number;
  readonly json?: boolean;
}

export async function diffCommand(
  name: string,
  flags: DiffFlags,
  console: Console,
): Promise<number> {
  const { from, to } = flags;
  const now = console.now();
  if (from !== undefined && from >= (to ?? now))
    throw new UsageError(
      `diff ${name}: --from must be before ${to === undefined ? 'now' : '--to'}`,
    );
  const open = await openStore(await placeOf(flags), 'read', console.env);
  try {
    const { space } = open.store;
    const asked = {
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    };
    const moments = await readMoments(open.store, name, asked, now);
    if (moments === undefined)
      throw new UsageError(
        `diff ${name}: nothing was ever seen under this name from ${space.vantage} for the ` +
          `policy "${space.policy}"; a destination, a key of the table or an MX host is wanted`,
      );
    const { before, after } = moments;
    const { der } = await readCertificates(open.store, [...leavesOf(before), ...leavesOf(after)]);
    const subjects = subjectsOf(before, after, (digest) => der[digest]);
    const of = { place: open.place, ...space };
    if (flags.json) console.json(diffDocument(name, moments, subjects, of));
    else {
      const drawn = await pictureOf(moments, open.store, console);
      console.out(diffText(name, moments, subjects, of, console.paint, console.width, drawn));
    }
    return 0;
  } finally {
    open.close();
  }
}

/** On a terminal, what came between the two, and a little before. */
async function pictureOf(
  { before, after, timeline }: Moments,
  store: Store,
  { drawing, paint, width }: Console,
): Promise<string[]> {
  if (drawing === undefined) return [];
  const looks = await readLooks(store, after.at);
  const seen = asOf(seenIn(timeline, looks, false), after.at);
  const apart = after.at - before.at;
  return picture(
    {
      ...seen,
      from: Math.max(begins(timeline), before.at - Math.max(WEEK_MS, apart / 2)),
      now: after.at,
      beside: {
        at: before.at,
        sign: ({ from, to, isCurrent }) =>
          from <= before.at && before.at <= to ? (isCurrent ? ' ' : '-') : isCurrent ? '+' : ' ',
      },
    },
    { drawing, paint, width },
  );
}

const WEEK_MS = 7 * DAY_MS;

const leavesOf = ({ hosts }: Moment): string[] => [...hosts.values()].flatMap(currentLeaves);
