/**
 * What a run came to, in numbers: kept in its record, reported as metrics, and read back by the
 * sentinel. Pure.
 */

import { isWatched } from '../../alert/incident/standing.ts';
import { least } from '../../extremes.ts';
import type { RunFigures } from '../../metrics.ts';
import { DAY_MS } from '../../text/dates.ts';
import { type EntryVerdict, isUnfinished } from '../../verdict/verdict.ts';

/** Counts of a run record. A day to the first failure is missing while none is in sight. */
export interface Counts {
  readonly pass: number;
  readonly degraded: number;
  readonly fail: number;
  readonly undetermined: number;
  readonly unchecked: number;
  readonly notWatched: number;
  readonly unfinished: number;
  readonly conversations: number;
  /** Absent in records of older releases. */
  readonly toldLate?: number;
  readonly daysToFirstFailure?: number;
}

/** `at` is epoch ms; `intervalMs` is the time between two runs. */
export function countsOf(
  verdicts: readonly EntryVerdict[],
  conversations: number,
  at: number,
): Counts {
  const by = (wanted: EntryVerdict['verdict']) =>
    verdicts.filter(({ verdict }) => verdict === wanted).length;
  const days = daysToFirstFailure(verdicts, at);
  return {
    pass: by('pass'),
    degraded: by('degraded'),
    fail: by('fail'),
    undetermined: by('undetermined'),
    unchecked: by('unchecked'),
    notWatched: verdicts.filter((verdict) => !isWatched(verdict)).length,
    unfinished: verdicts.filter(isUnfinished).length,
    conversations,
    ...(days === undefined ? {} : { daysToFirstFailure: days }),
  };
}

/**
 * Puts the counts of a record, which may be of an older release, together with what else is known
 * of the run.
 */
export function figuresOf(
  counts: Readonly<Record<string, number>>,
  rest: Omit<
    RunFigures,
    'verdicts' | 'notWatched' | 'unfinished' | 'toldLate' | 'conversations' | 'daysToFirstFailure'
  >,
): RunFigures {
  const of = (name: keyof Counts) => counts[name] ?? 0;
  return {
    ...rest,
    verdicts: {
      pass: of('pass'),
      degraded: of('degraded'),
      fail: of('fail'),
      undetermined: of('undetermined'),
      unchecked: of('unchecked'),
    },
    notWatched: of('notWatched'),
    unfinished: of('unfinished'),
    toldLate: of('toldLate'),
    conversations: of('conversations'),
    daysToFirstFailure: counts.daysToFirstFailure,
  };
}

/** Whole days until the first entry fails; 0 where one fails now. */
function daysToFirstFailure(verdicts: readonly EntryVerdict[], at: number): number | undefined {
  if (verdicts.some(({ verdict }) => verdict === 'fail')) return 0;
  const dates = verdicts.flatMap(({ failsFrom }) =>
    failsFrom === null ? [] : [Date.parse(failsFrom)],
  );
  return dates.length === 0 ? undefined : Math.max(0, Math.floor((least(dates) - at) / DAY_MS));
}
