/** The exit status of `suggest`. Pure. */
import { isBlind } from '../../alert/incident/run-facts.ts';
import type { Suggested } from '../../run/suggest/suggest.ts';

/**
 * 2 an entry fails and no line would help, else 1 something is proposed, else 3 something could not
 * be seen, or there is nothing to judge, else 0.
 */
export function exitStatus({ changes, unhelped, undetermined, run }: Suggested): 0 | 1 | 2 | 3 {
  if (unhelped.length > 0) return 2;
  if (changes.length > 0) return 1;
  const blind = isBlind({ name: '', ...run.vantage });
  const isOpen = undetermined.length > 0 || !run.complete || blind;
  return isOpen || run.verdicts.length === 0 ? 3 : 0;
}
