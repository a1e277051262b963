/**
 * What is remembered of one entry between runs: how it stands, a turn that is not settled yet, and
 * what was told of it. Plain JSON, times in epoch ms.
 *
 * An entry that fails for the third day, told on the first:
 *
 *     { "id": "…", "label": "fastmail.fm", "asked": "secure nexthop dot-nexthop",
 *       "now": { "settled": { "standing": "failing", "since": 1795586400000,
 *         "incident": "messagingengine.com-name-mismatch-3f2a9c" } },
 *       "told": [{ "incident": "messagingengine.com-name-mismatch-3f2a9c", "worst": "failing",
 *         "believed": "failing", "since": 1795586400000, "at": 1795586400000 }] }
 *
 * A healthy one: { "id": "…", "label": "hearst.com", "asked": "…", "now": { "settled": {
 * "standing": "well", "since": … } }, "told": [] }
 */
import { rank, type Standing } from './standing.ts';

export interface EntryState {
  readonly id: string;
  /**
   * The entry's key, or the destination where no entry covers it: for messages about entries that
   * are gone.
   */
  readonly label: string;
  /** Level and match list as last judged: a difference means that the policy was edited. */
  readonly asked?: string;
  /** Absent: never judged. */
  readonly now?: TrackState;
  readonly soon?: TrackState;
  readonly unjudged?: Unjudged;
  /** At most one per incident; those that ended are dropped after 14 days. */
  readonly told: readonly Told[];
}

export interface TrackState {
  readonly settled?: Settled;
  readonly turn?: Turn;
  /** How often a turn to the better was broken off since it settled: an on-and-off failure. */
  readonly wavered?: number;
  /**
   * Turns to the worse that the next look did not confirm: how many in the last seven days, and
   * when the first was.
   */
  readonly doubts?: { readonly count: number; readonly since: number };
}

export interface Settled {
  readonly standing: Standing;
  /** Absent where all is well. */
  readonly incident?: string;
  /** First seen so. */
  readonly since: number;
  /** Of a forecast: the date. */
  readonly from?: number;
  /** What else was different in the run that first saw it. */
  readonly evidence?: Evidence;
}

/** What changed on either side when something turned to the worse. */
export interface Evidence {
  readonly ours: readonly OwnChange[];
  readonly theirs: readonly Change[];
}

/**
 * `policy`: this entry's line; `settings`: main.cf; `anchors`: the CA bundle; `version`: this
 * product or its Node.
 */
export type OwnChange = 'policy' | 'settings' | 'anchors' | 'version';

/** A typed change (snapshot/change), as far as messages need it. */
export interface Change {
  readonly kind: string;
  /** The MX host, or the entry's id or destination, that it is about. */
  readonly subject: string;
  readonly before?: string | readonly string[];
  readonly after?: string | readonly string[];
  readonly at: number;
}

/** Seen at `at`, and not settled yet. */
interface Turn {
  readonly standing: Standing;
  readonly worse: boolean;
  readonly at: number;
  readonly evidence?: Evidence;
}

interface Unjudged {
  readonly runs: number;
  /**
   * The last run before the first that could not judge it; that one itself where there was none.
   */
  readonly since: number;
  /** Set when three runs and 48 hours have passed. */
  readonly incident?: string;
}

export interface Told {
  readonly incident: string;
  /**
   * The worst standing told: the same again within 14 days of an end is a reminder and not news.
   */
  readonly worst: Standing;
  /** The standing that was told last; `well` once the end was told. */
  readonly believed: Standing;
  /** Since when, as told. */
  readonly since: number;
  /** When what is believed now was told. */
  readonly at: number;
}

/** Incidents an entry is part of, with how it stands in each: the worst of its tracks. */
export function memberships(state: EntryState): readonly Settled[] {
  const found = [state.now?.settled, state.soon?.settled, unjudgedStanding(state)].filter(
    (settled): settled is Settled & { incident: string } => settled?.incident !== undefined,
  );
  const worst = new Map<string, Settled>();
  for (const settled of found) {
    const known = worst.get(settled.incident);
    if (known === undefined || rank(settled.standing) > rank(known.standing))
      worst.set(settled.incident, settled);
  }
  return [...worst.values()];
}

/**
 * How an entry stands that cannot be judged; undefined while it fails, since it was told as
 * failing.
 */
function unjudgedStanding(state: EntryState): Settled | undefined {
  const unjudged = state.unjudged;
  if (unjudged?.incident === undefined || state.now?.settled?.standing === 'failing')
    return undefined;
  return { standing: 'unjudged', incident: unjudged.incident, since: unjudged.since };
}
