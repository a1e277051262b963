/**
 * The first dates at which a verdict would turn, found by judging again: whatever the chains seen hold, and nothing
 * that is not in them. Dates come from trust alone; where no chain is asked for (encrypt, fingerprint) none is in sight.
 */
import type { Judgement } from './outcome.ts';
import type { EntryVerdict } from './verdict.ts';

export type Forecast = Pick<EntryVerdict, 'failsFrom' | 'degradedFrom' | 'failsBecause'>;

/** `judgeAt` judges the same evidence as of a later date (epoch ms). */
export function forecast(judgement: Judgement, at: number, judgeAt: (at: number) => Judgement): Forecast {
  let degraded: number | undefined;
  if (judgement.verdict !== 'pass' && judgement.verdict !== 'degraded') return told();
  let current = judgement;
  let time = at;
  for (let step = 0; step < MOST_STEPS; step++) {
    const next = nextEnd(current, time);
    if (next === undefined) break;
    time = next;
    current = judgeAt(time);
    if (current.verdict === 'fail') return told(time, current);
    if (current.verdict === 'degraded' && judgement.verdict === 'pass') degraded ??= time;
  }
  return told();

  function told(fails?: number, then?: Judgement): Forecast {
    return {
      failsFrom: fails === undefined ? null : new Date(fails).toISOString(),
      degradedFrom: degraded === undefined ? null : new Date(degraded).toISOString(),
      failsBecause: then === undefined ? null : because(then),
    };
  }
}

/** The first moment after `time` at which a chain now trusted is no longer. */
function nextEnd({ reached }: Judgement, time: number): number | undefined {
  const ends = reached.flatMap(({ trust }) => (trust?.kind === 'trusted' ? [trust.validUntil + SECOND_MS] : []));
  const ahead = ends.filter((end) => end > time && end < LAST_DATE);
  return ahead.length === 0 ? undefined : Math.min(...ahead);
}

function because({ decisive, reason }: Judgement): string | null {
  if (decisive === undefined) return reason;
  const { attempt, verdict } = decisive;
  return `at ${attempt.host.host} (${attempt.address}) ${verdict.detail ?? verdict.reason}`;
}

const SECOND_MS = 1_000;
/** Every step is the end of a chain seen; more of them than this are not told apart. */
const MOST_STEPS = 100;
/** Past the year 9999 ISO 8601 needs more digits, and nobody waits. */
const LAST_DATE = Date.UTC(9999, 11, 31);
