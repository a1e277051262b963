/**
 * The first dates at which a verdict would turn, found by judging again: whatever the chains seen hold, and nothing
 * that is not in them. Dates come from trust alone; where no chain is asked for (encrypt, fingerprint) none is in sight.
 */
import { type Finding, hostName } from './finding.ts';
import type { Judgement } from './outcome.ts';
import { harmless } from './stranger-text.ts';
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
    const before = current;
    current = judgeAt(time);
    if (current.verdict === 'fail') return told(time, because(before, current));
    if (current.verdict === 'degraded' && judgement.verdict === 'pass') degraded ??= time;
  }
  return told();

  function told(fails?: number, why: string | null = null): Forecast {
    return {
      failsFrom: fails === undefined ? null : new Date(fails).toISOString(),
      degradedFrom: degraded === undefined ? null : new Date(degraded).toISOString(),
      failsBecause: why,
    };
  }
}

/** The first moment after `time` at which a chain now trusted is no longer. */
function nextEnd({ reached }: Judgement, time: number): number | undefined {
  const ends = reached.flatMap(({ trust }) => (trust?.kind === 'trusted' ? [trust.validUntil + SECOND_MS] : []));
  const ahead = ends.filter((end) => end > time && end < LAST_DATE);
  return ahead.length === 0 ? undefined : Math.min(...ahead);
}

/** The address that passed before and no longer does. */
function because(before: Judgement, then: Judgement): string | null {
  const passed = new Set(before.reached.filter(({ step }) => step === 'takes').map(keyOf));
  const turned = then.reached.find((finding) => finding.verdict.outcome === 'fail' && passed.has(keyOf(finding)));
  const { attempt, verdict } = turned ?? then.decisive ?? {};
  if (attempt === undefined || verdict === undefined) return then.reason;
  return `at ${harmless(hostName(attempt.host))} (${attempt.address}) ${verdict.detail ?? verdict.reason}`;
}

const keyOf = ({ attempt }: Finding) => `${attempt.nextHop.text} ${attempt.host.host} ${attempt.address}`;

const SECOND_MS = 1_000;
/** Every step is the end of a chain seen; more of them than this are not told apart. */
const MOST_STEPS = 100;
/** Past the year 9999 ISO 8601 needs more digits, and nobody waits. */
const LAST_DATE = Date.UTC(9999, 11, 31);
