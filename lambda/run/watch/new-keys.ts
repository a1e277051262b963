/**
 * What must be asked before a new key is pinned, at entries of level fingerprint that refuse one: in
 * messages and status as in `explain`. Pure.
 */
import type { Bundle } from '../../policy/bundle.ts';
import { type Around, memoryOf } from '../../snapshot/caution.ts';
import { newKeyCaution } from '../../snapshot/new-key.ts';
import type { Latest } from '../../store/latest.ts';
import { unprovedKeys } from '../../verdict/fingerprint-suggestion.ts';
import { judgeOnce } from '../../verdict/judge.ts';
import type { CheckRun } from '../check/check.ts';

/** The run with a caution in place of the line that such an entry cannot have yet. */
export function withNewKeys(
  run: CheckRun,
  bundle: Bundle,
  { entries }: Pick<Latest, 'entries'>,
  around: Around,
): CheckRun {
  const verdicts = run.verdicts.map((verdict, i) => {
    const destination = run.destinations[i];
    const { level, suggestion } = verdict;
    const isRefused = verdict.verdict === 'fail' || verdict.verdict === 'degraded';
    if (destination === undefined || level !== 'fingerprint' || !isRefused) return verdict;
    if (suggestion !== null || verdict.caution !== undefined) return verdict;
    const keys = unprovedKeys(judgeOnce(destination, run.evidence, bundle, run.at));
    const memory = memoryOf(entries.get(verdict.id)?.value.snapshot, around);
    const caution = newKeyCaution(verdict, keys, memory);
    return caution === undefined ? verdict : { ...verdict, caution };
  });
  return { ...run, verdicts };
}
