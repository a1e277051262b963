/** `why --live`: each next hop that is told of, looked at as `explain` does. */
import type { Bundle } from '../../policy/bundle.ts';
import type { CheckRun } from '../../run/check/check.ts';
import { isOfNames } from '../../run/why/asked.ts';
import { findNameProofs, hopsAtSecure, type NameProof } from '../../run/why/name-proof.ts';
import { reasonsNow, withToday } from '../../run/why/today.ts';
import type { Answer } from '../../run/why/why.ts';
import { checkNow, paceOf, worldOf } from '../gather-and-check.ts';
import type { Console } from '../terminal/console.ts';
import type { WhyFlags } from './flags.ts';

export interface Live {
  readonly run: Pick<CheckRun, 'at' | 'complete' | 'vantage' | 'noDnssec'>;
  /** Of next hops at `secure`; none where nobody's mail waits for a name. */
  readonly proofs: readonly NameProof[];
}

export async function lookLive(
  answers: readonly Answer[],
  bundle: Bundle,
  flags: WhyFlags,
  console: Console,
): Promise<{ readonly answers: readonly Answer[]; readonly live: Live }> {
  const destinations = answers.flatMap(({ asked }) => (asked === undefined ? [] : [asked]));
  const ids = new Set(destinations.map(({ destination }) => destination.id));
  const run = await checkNow(bundle, flags, console, ids);
  const verdicts = new Map(run.verdicts.map((verdict) => [verdict.id, verdict]));
  const { queueLifetimeMs } = bundle.settings;
  const told = withToday(answers, verdicts, { queueLifetimeMs, now: run.at });
  const proofs = told.some((answer) => isOfNames(reasonsNow(answer), answer.demand))
    ? await findNameProofs(
        hopsAtSecure(
          bundle,
          destinations.map(({ destination }) => destination),
          PROOFS,
        ),
        bundle,
        worldOf(flags, bundle, console, paceOf(bundle, flags, console)),
      )
    : [];
  return { answers: told, live: { run, proofs } };
}

/** A few questions to DNS for each; a table may have thousands of lines. */
const PROOFS = 25;
