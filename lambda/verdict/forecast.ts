/**
 * The first dates at which a verdict would turn, found by judging the same evidence again at each
 * date that it holds. The dates are the ends of trusted chains, and at dane levels of signatures
 * about to end (signature-end.ts); where no chain is asked for (encrypt, fingerprint) there are
 * none.
 */
import type { Signature } from '../route/dns-answer.ts';
import { plainName } from '../text/strangers.ts';
import { type Finding, hostName } from './finding.ts';
import type { Judgement } from './outcome.ts';
import type { EntryVerdict } from './verdict.ts';

export type Forecast = Pick<EntryVerdict, 'failsFrom' | 'degradedFrom' | 'failsBecause'>;

/**
 * `judgeAt` judges the same evidence as of a later date (epoch ms); `ending` are the signatures
 * that end in sight.
 */
export function forecast(
  judgement: Judgement,
  at: number,
  judgeAt: (at: number) => Judgement,
  ending: readonly Signature[] = [],
): Forecast {
  let degraded: number | undefined;
  if (judgement.verdict !== 'pass' && judgement.verdict !== 'degraded') return told();
  let current = judgement;
  let time = at;
  for (let step = 0; step < MOST_STEPS; step++) {
    const next = nextEnd(current, ending, time);
    if (next === undefined) break;
    time = next;
    const before = current;
    current = judgeAt(time);
    if (current.verdict === 'fail')
      return told(time, signatureClause(ending, time) ?? because(before, current));
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

/**
 * The first moment after `time` at which a chain now trusted is no longer, or a signature has
 * ended.
 */
function nextEnd(
  { reached }: Judgement,
  ending: readonly Signature[],
  time: number,
): number | undefined {
  const chains = reached.flatMap(({ trust }) =>
    trust?.kind === 'trusted' ? [trust.validUntil] : [],
  );
  const ends = [...chains, ...ending.map(({ until }) => until)].map((end) => end + SECOND_MS);
  const ahead = ends.filter((end) => end > time && end < LAST_DATE);
  return ahead.length === 0 ? undefined : Math.min(...ahead);
}

function signatureClause(ending: readonly Signature[], time: number): string | null {
  const signature = ending.find(({ until }) => until + SECOND_MS === time);
  if (signature === undefined) return null;
  const end = new Date(signature.until).toISOString().slice(0, 16).replace('T', ' ');
  return (
    'the DNSSEC signatures of ' +
    `${signature.zone === '' ? 'the root zone' : plainName(signature.zone)} end (${end}Z)`
  );
}

/** The address that passed before and no longer does. */
function because(before: Judgement, then: Judgement): string | null {
  const passed = new Set(before.reached.filter(({ step }) => step === 'takes').map(keyOf));
  const turned = then.reached.find(
    (finding) => finding.verdict.outcome === 'fail' && passed.has(keyOf(finding)),
  );
  const { attempt, verdict } = turned ?? then.decisive ?? {};
  if (attempt === undefined || verdict === undefined) return then.reason;
  const what = (verdict.detail ?? verdict.reason ?? '').replace(ENDED, ' expires ($1)');
  return `at ${plainName(hostName(attempt.host))} (${attempt.address}) ${what}`;
}

/** What will have ended by then. */
const ENDED = / has expired \(([-\d: Z]+)\)$/;

const keyOf = ({ attempt }: Finding) =>
  `${attempt.nextHop.text} ${attempt.host.host} ${attempt.address}`;

const SECOND_MS = 1_000;
/** Most dates tried; each is the end of a chain seen or of a signature. */
const MOST_STEPS = 100;
/** ISO 8601 needs more than four digits for later years. */
const LAST_DATE = Date.UTC(9999, 11, 31);
