/**
 * `mute KEY` accepts what is open for a while, `unmute KEY` ends that. It stays listed, and another
 * or a worse cause is told.
 */
import { type Accepted, newMute } from '../../alert/incident/mute.ts';
import type { Standing } from '../../alert/incident/standing.ts';
import { type OpenStore, openStore, whoAmI } from '../../local-doors.ts';
import { typedDomain } from '../../postfix/hostname.ts';
import { notRetired, readLatest } from '../../store/latest.ts';
import { readMutes, removeMute, saveMute } from '../../store/mutes.ts';
import { readStsMemories } from '../../store/sts-policies.ts';
import { moment } from '../../text/dates.ts';
import { UsageError } from '../../usage-error.ts';
import { type PlaceFlags, placeOf } from '../place.ts';
import type { Console } from '../terminal/console.ts';

export interface MuteFlags extends PlaceFlags {
  /** Epoch ms. */
  readonly until: number;
  readonly reason: string;
}

/** 0 muted; wrong usage (3) where nothing is open under the key, or the date is too far away. */
export async function muteCommand(
  typed: string,
  flags: MuteFlags,
  console: Console,
): Promise<number> {
  const key = keyTyped(typed);
  return withStore(flags, console, async ({ store }) => {
    const now = console.now();
    const latest = await readLatest(store, now);
    const states = notRetired(latest.entries).flatMap(({ state }) => state ?? []);
    const { memories } = await readStsMemories(store, now);
    const findings = [...memories.values()].flatMap(({ value }) => value.findings);
    const made = newMute(
      key,
      { until: flags.until, reason: flags.reason, by: whoAmI(console.env) },
      states,
      now,
      console.own,
      findings,
    );
    if (made.kind === 'refused') throw new UsageError(made.because);
    await saveMute(store, made.mute);
    const { accepts, until } = made.mute;
    console.out(
      `muted ${key} until ${moment(until)}; it covers ${accepts.map(coverWords).join(' and ')}\n`,
    );
    return 0;
  });
}

/** 0 the mute is gone; 3 there was none. */
export async function unmuteCommand(
  typed: string,
  flags: PlaceFlags,
  console: Console,
): Promise<number> {
  const key = keyTyped(typed);
  return withStore(flags, console, async ({ store }) => {
    if (await removeMute(store, key)) {
      console.out(
        `${key} is no longer muted: what is open under it counts again from the next run on\n`,
      );
      return 0;
    }
    const { mutes } = await readMutes(store, console.now());
    const known =
      mutes.length === 0
        ? 'nothing is muted'
        : `muted are ${mutes.map((mute) => mute.key).join(', ')}`;
    throw new UsageError(`unmute ${key}: it is not muted; ${known}`);
  });
}

async function withStore(
  flags: PlaceFlags,
  console: Console,
  work: (open: OpenStore) => Promise<number>,
): Promise<number> {
  const open = await openStore(await placeOf(flags), 'change', console.env);
  try {
    return await work(open);
  } finally {
    open.close();
  }
}

/** An entry, its domain in an address, or an incident, whose id is kept as it is. */
const keyTyped = (typed: string): string =>
  typed.includes('@') || typed.endsWith('.') ? typedDomain(typed) : typed;

/** What a mute covers, in words. Failing is the worst standing, so that nothing is added there. */
const coverWords = ({ incident, standing }: Accepted): string =>
  standing === 'failing' ? incident : `${incident} while it is ${WORDS[standing]} and not worse`;

const WORDS: Readonly<Record<Exclude<Standing, 'failing'>, string>> = {
  'failing-soon': 'going to fail',
  degraded: 'degraded',
  unjudged: 'not judged',
  well: 'well',
};
