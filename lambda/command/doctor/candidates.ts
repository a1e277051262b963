/** Whether the list of `--observe` can be read, by the user who asks; nobody is told by a message where it cannot. */
import type { Bundle } from '../../policy/bundle.ts';
import { candidatesOf } from '../../policy/candidates.ts';
import { plain } from '../../text/strangers.ts';
import { type ObserveFlags, readCandidates } from '../watch/observe.ts';
import { type Finding, ofError, ok } from './finding.ts';

/** @param bundle undefined where the policy cannot be read */
export async function candidateFindings(
  { observe: from }: Pick<ObserveFlags, 'observe'>,
  bundle: Bundle | undefined,
): Promise<Finding[]> {
  // What the log tells, the run itself finds.
  if (typeof from !== 'string') return [];
  const list = await readCandidates({ observe: from }, undefined);
  if (list === undefined) return [];
  if (list.kind === 'unreadable')
    return [
      ofError(
        'postfix',
        list.because,
        `put ${plain(from)} right, for this user to read`,
        'warning',
      ),
    ];
  const { length } = list.names;
  const left =
    bundle === undefined
      ? ''
      : `, ${candidatesOf(bundle, list.names).covered.length} of them with a line already`;
  return [ok('postfix', `candidates: ${length} in ${plain(from)}${left}`)];
}
