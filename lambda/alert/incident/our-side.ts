/**
 * "Probably on our side": when at least five entries over three unrelated providers turn to the
 * same failure in one run, the fault is more likely here (resolver, network, CA bundle, this
 * product) than at all of theirs on one day. Nobody has turned at a first run: there, nearly all
 * must fail alike in STARTTLS, the handshake or trust. Pure.
 */
import { named } from '../../named-record.ts';
import { REASONS } from '../../verdict/reason.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import { type Cause, OUR_SIDE } from './cause.ts';
import type { EntryState } from './entry-state.ts';
import type { WatchState } from './incident.ts';
import { causesOf } from './verdict-causes.ts';

const ALIKE_ENTRIES = 5;
const ALIKE_PROVIDERS = 3;

/** Of the entries that a first run judged, as a share. */
const ALIKE_AT_FIRST = 0.75;

/**
 * The shared cause by entry id, for entries that were judged well before and turned alike, or that
 * fail alike at the first run.
 */
export function ourSideCauses(
  before: WatchState,
  verdicts: readonly EntryVerdict[],
  firstRun: boolean,
): ReadonlyMap<string, Cause> {
  // A pass in plaintext proves nothing of what is between us and them.
  const judged = verdicts.filter(
    ({ verdict, protection }) =>
      verdict === 'fail' || verdict === 'degraded' || (verdict === 'pass' && protection !== 'none'),
  ).length;
  const alike = new Map<
    string,
    { readonly ids: string[]; readonly providers: Set<string>; readonly cause: Cause }
  >();
  for (const verdict of verdicts) {
    const state = named(before.entries, verdict.id);
    const first = firstRun && state?.now?.settled === undefined;
    if (verdict.verdict !== 'fail' || !(first || turns(state))) continue;
    const cause = causesOf(verdict)[0];
    if (cause === undefined || cause.provider === '') continue;
    if (first && !(verdict.reason !== null && BETWEEN.has(REASONS[verdict.reason].group))) continue;
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
    if (firstRun && ids.length < judged * ALIKE_AT_FIRST) continue;
    for (const id of ids) causes.set(id, cause);
  }
  return causes;
}

/** Groups of reasons that a middlebox or a CA bundle can cause at all hosts at once. */
const BETWEEN: ReadonlySet<string> = new Set(['tls', 'trust']);

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
