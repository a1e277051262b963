/**
 * The proof of the lines that a run proposes: what each would have come to on the days that are
 * remembered. Read only for entries that have such a line, and once for each line: the days that
 * were before stay as they were. Of one that was proposed when few days were remembered, once more
 * whenever there may be twice as many.
 */
import type { Bundle } from '../../policy/bundle.ts';
import type { Destination } from '../../policy/destinations.ts';
import { observeHosts } from '../../snapshot/host-snapshot.ts';
import type { Store } from '../../store/keys.ts';
import { DAY_MS } from '../../text/dates.ts';
import type { LineHeld } from '../../verdict/held.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import type { CheckRun } from '../check/check.ts';
import { destinationUnder } from '../explain/trial.ts';
import { hostConversations } from '../watch/host-conversations.ts';
import { DAYS_BACK, type Recollection, recollectSome } from './recollect.ts';
import { heldOver } from './replay.ts';

/** What was proved before: the line, and what it came to. */
export interface ProvedBefore {
  readonly suggestion: string | null;
  readonly held?: LineHeld;
}

/**
 * The run with what its lines would have come to. Where there are very many lines, the first ones
 * in the order of the table have it.
 *
 * @param before by destination id
 * @param now epoch ms
 */
export async function withProof<R extends ProvedRun>(
  run: R,
  bundle: Bundle,
  store: Store,
  before: (id: string) => ProvedBefore | undefined,
  now: number,
): Promise<R> {
  const known = new Map<string, LineHeld>();
  const asking = new Set<string>();
  for (const { id, suggestion } of run.verdicts) {
    if (suggestion === null) continue;
    const proved = before(id);
    if (
      proved?.suggestion === suggestion.line &&
      proved.held !== undefined &&
      !isOutgrown(proved.held, now)
    )
      known.set(id, proved.held);
    else if (asking.size < MOST_PROVED) asking.add(id);
  }
  if (asking.size > 0) {
    const met = observeHosts(hostConversations(run, (id) => asking.has(id)));
    const past = await recollectSome(store, now, [...asking], met);
    run.verdicts.forEach(({ id, suggestion }, i) => {
      const destination = run.destinations[i];
      if (suggestion === null || destination === undefined || !asking.has(id)) return;
      const held = heldSafely(suggestion.line, destination, bundle, past);
      if (held !== undefined && held.of > 0) known.set(id, held);
    });
  }
  return known.size === 0 ? run : { ...run, verdicts: run.verdicts.map(proved) };

  function proved(verdict: EntryVerdict): EntryVerdict {
    const held = known.get(verdict.id);
    if (held === undefined || verdict.suggestion === null) return verdict;
    return { ...verdict, suggestion: { ...verdict.suggestion, held } };
  }
}

/** Whether as many days have gone by since as it was proved on. */
const isOutgrown = ({ of, to }: LineHeld, now: number): boolean =>
  to !== null && of < DAYS_BACK && now - Date.parse(to) > of * DAY_MS;

/** Nothing rests on it: where judging fails, that is told of the entry itself. */
function heldSafely(
  line: string,
  destination: Destination,
  bundle: Bundle,
  past: Recollection,
): LineHeld | undefined {
  try {
    const changed = destinationUnder(line, destination, bundle);
    return changed === undefined ? undefined : heldOver(changed, bundle, past);
  } catch {
    return undefined;
  }
}

type ProvedRun = Pick<CheckRun, 'destinations' | 'contacts' | 'evidence' | 'verdicts'>;

/** A message shows fewer. */
const MOST_PROVED = 50;
