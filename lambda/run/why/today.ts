/**
 * What the log tells held against a look of today: whether what kept the mail waiting is over.
 * Pure.
 */
import { matchServername } from '../../verdict/name-match.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import { withLoggedCaution } from './names.ts';
import type { Answer, Today } from './why.ts';

/**
 * The answers with what a look of today says of each; the line to use is then the one that was
 * judged today.
 *
 * @param verdicts by the id of the destination
 */
export function withToday(
  answers: readonly Answer[],
  verdicts: ReadonlyMap<string, EntryVerdict>,
  around: { readonly queueLifetimeMs: number; readonly now: number },
): Answer[] {
  return answers.map((answer) => {
    const { asked, held } = answer;
    const verdict = asked === undefined ? undefined : verdicts.get(asked.destination.id);
    if (verdict === undefined) return { ...answer, today: NOT_LOOKED };
    const { verdict: careful, ...today } = todayOf(
      answer,
      withLoggedCaution(verdict, answer.knownHosts, {
        ...around,
        failingSince: held.firstAt ?? around.now,
      }),
    );
    if (today.is === 'cannot-tell') return { ...answer, today: { ...today, verdict } };
    const { caution: _, ...rest } = answer;
    const coversHost = coversHostToday(careful) ?? answer.coversHost;
    return {
      ...rest,
      coversHost,
      today: { ...today, verdict: careful },
      suggestion: careful.suggestion,
      ...(careful.caution === undefined ? {} : { caution: careful.caution }),
    };
  });
}

/** Whether the certificates that lack the name asked for cover the hosts that present them. */
function coversHostToday({ hosts }: EntryVerdict): boolean | undefined {
  const covering = hosts.flatMap(({ host, addresses }) =>
    addresses.flatMap(({ reason, chain: [leaf] }) => {
      if (reason !== 'name-mismatch' || leaf === undefined) return [];
      const { dnsNames, commonName } = leaf;
      const commonNames = commonName === null ? [] : [commonName];
      return [matchServername({ dnsNames, commonNames }, host, false) !== undefined];
    }),
  );
  return covering.length === 0 ? undefined : covering.every((covers) => covers);
}

function todayOf(
  { reasons }: Answer,
  verdict: EntryVerdict,
): Today & { readonly verdict: EntryVerdict } {
  const { sentence, reason } = verdict;
  const sameReason = reason !== null && reasons.includes(reason);
  switch (verdict.verdict) {
    case 'pass':
    case 'degraded':
      return { is: 'over', sentence, verdict, sameReason };
    case 'fail':
      return { is: 'still', sentence, verdict, sameReason };
    case 'undetermined':
      return { is: 'cannot-tell', sentence, verdict, sameReason };
    case 'unchecked':
      return {
        is: 'cannot-tell',
        sentence: `nothing was looked at: ${sentence}`,
        verdict,
        sameReason,
      };
  }
}

/** What the log leaves; one of them, where the look of today found it. */
export function reasonsNow({ reasons, today }: Pick<Answer, 'reasons' | 'today'>) {
  const reason = today?.is === 'still' && today.sameReason ? today.verdict?.reason : undefined;
  return reason === undefined || reason === null ? reasons : [reason];
}

/** Whether what held the mail up is over, by the look of today where there is one that tells. */
export function isOver({ state, today }: Pick<Answer, 'state' | 'today'>): boolean {
  switch (today?.is) {
    case 'over':
      return true;
    case 'still':
      return false;
    case 'cannot-tell':
    case undefined:
      return state === 'over';
  }
}

const NOT_LOOKED: Today = {
  is: 'cannot-tell',
  sentence: 'no policy says what is asked of this mail, so that nothing was looked at',
  sameReason: false,
};
