/** The exit status of `watch`, by what the run came to. Pure. */
import { isBlind } from '../../alert/incident/run-facts.ts';
import type { Watched } from '../../run/watch/watch.ts';
import { exitCode, nothingWatched, unreadableSources } from '../summary.ts';
import { toldByAll } from './text.ts';

/**
 * 0 when the run is complete, watched anything, could read every source of policy, and what was due
 * was told, 3 otherwise; with --exit-verdict, check's codes.
 */
export function codeOf(
  watched: Watched,
  flags: { readonly exitVerdict?: boolean; readonly tolerate: number },
): number {
  switch (watched.kind) {
    case 'already-done':
      return 0;
    case 'busy':
      return watched.sameRun ? 0 : 3;
    case 'told-late':
      return watched.told?.kind === 'untold' || watched.owed.length > 0 ? 3 : 0;
    case 'done': {
      if (!watched.complete || !toldByAll(watched)) return 3;
      const { check, verdicts } = watched;
      const blind = isBlind({ name: '', ...check.vantage });
      return flags.exitVerdict
        ? exitCode(verdicts, { tolerate: flags.tolerate, complete: true, blind, at: check.at })
        : nothingWatched(verdicts) === undefined && unreadableSources(verdicts).length === 0
          ? 0
          : 3;
    }
  }
}
