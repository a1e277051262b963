/** Who was not waited for, and how to do so. Pure. */
import { DEFAULTS } from '../../limits.ts';
import { listed } from '../../text/listed.ts';
import { plainName } from '../../text/strangers.ts';
import { wrap } from '../../text/wrap.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';

/** A sentence where somebody said 421 and `patience`, in seconds, was too short for their rest. */
export function impatience(
  verdicts: readonly EntryVerdict[],
  patience: number,
  width: number,
): string[] {
  const busy = verdicts.flatMap(({ hosts }) =>
    hosts
      .filter(({ addresses }) => addresses.some(({ reason }) => reason === 'reply-421'))
      .map(({ host }) => plainName(host)),
  );
  if (busy.length === 0 || patience >= RESTS_S) return [];
  const who = listed([...new Set(busy)]);
  return wrap(`${who} said 421: --patience ${RESTS_S} waits and asks once more`, width, '  ');
}

const RESTS_S = DEFAULTS.restAfter421Ms / 1000;
