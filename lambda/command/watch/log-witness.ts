/** `watch --log FILE`: what the mail host's own log says beside our look. */
import type { Testimony } from '../../alert/incident/testimony.ts';
import { type LogPlace, openSince } from '../../log/follow.ts';
import { thisZone } from '../../log/timestamp.ts';
import { openWitness, type Witnessed } from '../../log/witness.ts';
import { byName } from '../../named-record.ts';
import type { Bundle } from '../../policy/bundle.ts';
import { idsOfDomains } from '../../policy/mail-destinations.ts';
import { eachLine } from '../../run/why/read.ts';
import type { Store } from '../../store/keys.ts';
import { readLogPlace } from '../../store/log-place.ts';
import { UsageError } from '../../usage-error.ts';

/** What was read; nothing of it where the log could not be read, which is no reason not to watch. */
export interface LogRead {
  /** By domain. */
  readonly witnessed: ReadonlyMap<string, Witnessed>;
  readonly place?: LogPlace;
  /** Sentences. */
  readonly problems: readonly string[];
  readonly notes: readonly string[];
}

export async function readWitness(
  path: string | undefined,
  store: () => Promise<Store>,
  now: number,
): Promise<LogRead | undefined> {
  if (path === undefined) return undefined;
  const before = await readLogPlace(await store());
  try {
    const { sources, place } = await openSince(path, before, now);
    const witness = openWitness(now);
    await eachLine(sources, thisZone, witness.take);
    const notes = sources.flatMap((source) => source.notes);
    return { witnessed: witness.witnessed(), place: place(), problems: [], notes };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const problems = [`${error.message}; what it would say is not known in this run`];
    return { witnessed: new Map(), problems, notes: [] };
  }
}

/** By entry id; of several domains whose mail leaves by one next hop the latest words count. */
export function testimoniesOf(
  { witnessed }: LogRead,
  bundle: Bundle,
): Readonly<Record<string, Testimony>> {
  const domains = [...witnessed.keys()].slice(-CONSIDERED);
  const all = byName<Testimony>();
  for (const [domain, id] of idsOfDomains(bundle, domains)) {
    const told = witnessed.get(domain);
    if (told !== undefined) all[id] = latest(all[id] ?? {}, told);
  }
  return all;
}

function latest(a: Testimony, b: Testimony): Testimony {
  const refused = newer(a.refused, b.refused);
  const delivered = newer(a.delivered, b.delivered);
  return {
    ...(refused === undefined ? {} : { refused }),
    ...(delivered === undefined ? {} : { delivered }),
  };
}

const newer = <T extends { readonly at: number }>(a: T | undefined, b: T | undefined) =>
  (a?.at ?? 0) > (b?.at ?? 0) ? a : b;

/** Whoever sends mail makes the list as long as they like; the newest count. */
const CONSIDERED = 5_000;
