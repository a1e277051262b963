/**
 * "Probably on our side": when at least five entries over three unrelated providers turn to the
 * same failure in one run, the fault is more likely here (resolver, network, CA bundle, this
 * product) than at all of theirs on one day. Pure.
 */
import { named } from '../../named-record.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import { type Cause, causesOf, OUR_SIDE } from './cause.ts';
import type { EntryState } from './entry-state.ts';
import type { WatchState } from './incident.ts';

const ALIKE_ENTRIES = 5;
const ALIKE_PROVIDERS = 3;

/** The shared cause by entry id, for entries that were judged well before and turned alike. */
export function ourSideCauses(
  before: WatchState,
  verdicts: readonly EntryVerdict[],
): ReadonlyMap<string, Cause> {
  const alike = new Map<
    string,
    { readonly ids: string[]; readonly providers: Set<string>; readonly cause: Cause }
  >();
  for (const verdict of verdicts) {
    if (verdict.verdict !== 'fail' || !turns(named(before.entries, verdict.id))) continue;
    const cause = causesOf(verdict)[0];
    if (cause === undefined || cause.provider === '') continue;
    const group = alike.get(cause.reason) ?? {
      ids: [],
      providers: new Set(),
      cause: { reason: cause.reason, provider: OUR_SIDE },
    };
    group.ids.push(verdict.id);
    group.providers.add(cause.provider);
    alike.set(cause.reason, group);
  }
  const causes = new Map<string, Cause>();
  for (const { ids, providers, cause } of alike.values()) {
    if (ids.length < ALIKE_ENTRIES || providers.size < ALIKE_PROVIDERS) continue;
    for (const id of ids) causes.set(id, cause);
  }
  return causes;
}

/**
 * Whether an entry that fails today turned: judged before, and not failing then. A new line that
 * fails from the start has not turned, nor has one whose forecast came true.
 */
function turns(state: EntryState | undefined): boolean {
  const settled = state?.now?.settled;
  return (
    settled !== undefined &&
    settled.standing !== 'failing' &&
    state?.soon?.settled?.standing !== 'failing-soon'
  );
}
