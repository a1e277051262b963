/**
 * Entries that newly fail and are told late: Postfix bounces after days, and people need the hours.
 * Pure.
 */
import type { Decision } from '../../alert/incident/decide.ts';
import { named } from '../../named-record.ts';
import type { Span } from './progress.ts';
import type { Underway } from './underway.ts';

/**
 * How many entries of this message newly fail and were first seen so by a look that ended more than
 * 15 minutes before `now` (epoch ms); of a look of another run it is known when it began. What was
 * settled when a run ended complete was held back by a mute, and is not late.
 */
export function toldLate(
  { items }: Pick<Decision, 'items'>,
  { recalled, progress }: Pick<Underway, 'recalled' | 'progress'>,
  firstLook: Span,
  now: number,
): number {
  const looks = [firstLook, ...progress.looks];
  const endOf = (since: number) =>
    looks.find(({ at, until }) => at <= since && since <= until)?.until ?? since;
  const wasHeldBack = (id: string) =>
    recalled.lastRun?.stage === 'complete' &&
    named(recalled.state.entries, id)?.now?.settled?.standing === 'failing';
  return items
    .flatMap(({ members }) => members)
    .filter(
      ({ id, fresh, standing, since }) =>
        fresh && standing === 'failing' && now - endOf(since) > LATE_MS && !wasHeldBack(id),
    ).length;
}

const LATE_MS = 15 * 60_000;
