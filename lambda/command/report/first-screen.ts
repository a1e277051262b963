/**
 * What the first screen says: whether mail flows, in one sentence, what is open, what is not
 * watched, when the last run was, and what ends next. Words and dates, for whatever shows them.
 *
 * Names of strangers are neutral in every sentence; whoever shows them escapes for its medium. Pure.
 */
import type { Standing } from '../../alert/incident/standing.ts';
import type { EntrySnapshot } from '../../snapshot/entry-snapshot.ts';
import { plain } from '../../text/strangers.ts';
import { heldWords } from '../../verdict/held.ts';
import { runSentence } from '../status/first-line.ts';
import type { OpenIncident, Status } from '../status/read.ts';
import { type State, stateOf } from '../status/text.ts';
import { flowSentence } from './flow.ts';

export interface FirstScreen {
  /** Epoch ms: what all of it is as of. */
  readonly at: number;
  readonly state: State;
  /** Whether mail flows. */
  readonly sentence: string;
  /** Open ones, worst first, muted ones last. */
  readonly incidents: readonly ShownIncident[];
  /** Incidents beyond those that are shown. */
  readonly moreIncidents: number;
  /** Seen worse once, to be confirmed by the next look. */
  readonly pending: readonly {
    readonly name: string;
    readonly at: number;
    readonly sentence: string;
  }[];
  readonly morePending: number;
  /** What could not be judged when last looked at, by why. */
  readonly notJudged: readonly Group[];
  readonly notWatched: {
    readonly count: number;
    /** By why; empty where only their number is known. */
    readonly groups: readonly Group[];
  };
  readonly lastRun: {
    readonly sentence: string;
    /** Of the last complete one, epoch ms; undefined where there never was one. */
    readonly at: number | undefined;
    readonly isWell: boolean;
  };
  /** What ends next, soonest first. */
  readonly ends: readonly Ending[];
  /** Sentences about what could not be read. */
  readonly problems: readonly string[];
}

export interface ShownIncident {
  readonly id: string;
  readonly standing: Standing;
  /** `Failing`, `Will fail`, …: what the standing is called. */
  readonly word: string;
  readonly headline: string;
  /** Epoch ms. */
  readonly since: number;
  readonly toldAt?: number;
  readonly muted: boolean;
  /** Worst first. */
  readonly entries: readonly ShownEntry[];
  /** Entries beyond those that are shown. */
  readonly more: number;
}

export interface ShownEntry {
  readonly name: string;
  readonly standing: Standing;
  /** Epoch ms. */
  readonly since: number;
  /** Of a forecast: from when it fails. */
  readonly from?: number;
  readonly sentence: string;
  /** The line to use. */
  readonly line: string | null;
  /** What stands before that line, or in its place. */
  readonly caution: string | null;
  /** On what days that line would have held, in a clause. */
  readonly proof: string | null;
  readonly mutedUntil?: number;
}

/** Names that share a reason. */
export interface Group {
  readonly because: string;
  /** As many as are shown. */
  readonly names: readonly string[];
  readonly more: number;
}

export interface Ending {
  /** Epoch ms. */
  readonly at: number;
  /** `delivery`: entries fail from then on, by what is known today. */
  readonly kind: 'delivery' | 'mute' | 'confirmation';
  readonly names: readonly string[];
  readonly more: number;
  /** What ends, in a clause. */
  readonly because: string;
}

/** What is remembered of an entry, as far as its end is concerned. */
export type Lasting = Pick<EntrySnapshot, 'destination' | 'key' | 'failsFrom' | 'failsBecause'>;

/** @param entries those that are watched, muted ones too */
export function firstScreen(status: Status, entries: readonly Lasting[]): FirstScreen {
  const { at, incidents, sight } = status;
  return {
    at,
    state: stateOf(status),
    sentence: flowSentence(status),
    incidents: incidents.slice(0, INCIDENTS_SHOWN).map(shownIncident),
    moreIncidents: Math.max(0, incidents.length - INCIDENTS_SHOWN),
    pending: status.pending.slice(0, NAMES_SHOWN).map((one) => ({ ...one, name: plain(one.name) })),
    morePending: Math.max(0, status.pending.length - NAMES_SHOWN),
    notJudged: grouped(status.undetermined),
    notWatched: { count: status.notWatchedCount, groups: grouped(withLines(status)) },
    lastRun: {
      sentence: runSentence(status),
      at: sight.complete?.stageAt,
      isWell: !sight.silent && !sight.failed && !sight.blind && sight.complete !== undefined,
    },
    ends: endings(status, entries),
    problems: status.problems,
  };
}

function shownIncident(incident: OpenIncident): ShownIncident {
  const { id, standing, headline, since, toldAt, muted, entries, kind } = incident;
  return {
    ...{ id, standing, headline, since, muted },
    word: kind === 'entries' ? STANDING_WORDS[standing] : OF_RUNS[kind],
    ...(toldAt === undefined ? {} : { toldAt }),
    entries: entries.slice(0, ENTRIES_SHOWN).map(({ suggestion, held, ...entry }) => ({
      ...entry,
      name: plain(entry.name),
      proof: heldWords(held ?? undefined) ?? null,
      line: suggestion === null ? null : plain(suggestion, LINE_CHARS),
    })),
    more: Math.max(0, entries.length - ENTRIES_SHOWN),
  };
}

function withLines({ notWatched = [] }: Status): { name: string; because: string }[] {
  return notWatched.map(({ name, line, because }) => ({
    name: line === null ? name : `${name} (line ${line})`,
    because,
  }));
}

function grouped(all: readonly { readonly name: string; readonly because: string }[]): Group[] {
  return [...Map.groupBy(all, ({ because }) => because)].map(([because, members]) => ({
    because,
    names: members.slice(0, NAMES_SHOWN).map(({ name }) => plain(name)),
    more: Math.max(0, members.length - NAMES_SHOWN),
  }));
}

function endings({ at, mutes, confirmations }: Status, entries: readonly Lasting[]): Ending[] {
  const all = [
    ...entries.flatMap(({ key, destination, failsFrom, failsBecause }) =>
      failsFrom === null
        ? []
        : [
            {
              at: Date.parse(failsFrom),
              kind: 'delivery' as const,
              name: key ?? destination,
              because: failsBecause?.replace(OWN_DATE, '') ?? 'a certificate expires',
            },
          ],
    ),
    ...mutes.map(({ key, until, reason }) => ({
      at: until,
      kind: 'mute' as const,
      name: key,
      because: `the mute ends: ${plain(reason, 200)}`,
    })),
    ...confirmations.map(({ destination, until }) => ({
      at: until,
      kind: 'confirmation' as const,
      name: destination,
      because: 'what was confirmed about its hosts has to be asked again',
    })),
  ].filter((one) => one.at > at);
  const groups = Map.groupBy(all, (one) => `${one.at} ${one.kind} ${one.because}`);
  return [...groups.values()]
    .flatMap((members) => {
      const [first] = members;
      if (first === undefined) return [];
      const names = members
        .map(({ name }) => plain(name))
        .toSorted()
        .slice(0, NAMES_SHOWN);
      const { at: ends, kind, because } = first;
      return [{ at: ends, kind, because, names, more: members.length - names.length }];
    })
    .toSorted((a, b) => a.at - b.at)
    .slice(0, ENDS_SHOWN);
}

const STANDING_WORDS: Readonly<Record<Standing, string>> = {
  failing: 'Failing',
  'failing-soon': 'Will fail',
  degraded: 'Degraded',
  unjudged: 'Not judged',
  well: 'Not judged',
};
const OF_RUNS = { blind: 'Blind', channel: 'Cannot tell' } as const;

/** At the end of why an entry fails: the date that stands beside it anyway. */
export const OWN_DATE = / \(\d{4}-\d\d-\d\d[^()]*\)$/;
const INCIDENTS_SHOWN = 50;
const ENTRIES_SHOWN = 20;
const NAMES_SHOWN = 20;
const ENDS_SHOWN = 5;
const LINE_CHARS = 1_000;
