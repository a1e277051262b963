/**
 * Remembered dates that lie in the future, because the clock was set back since. They would hold
 * reminders back until then, so each becomes the millisecond before now. Dates of forecasts may lie
 * ahead and stay. Pure.
 */
import type { EntryState, TrackState } from './entry-state.ts';
import type { Incident } from './incident.ts';

export function entryWithoutFuture(state: EntryState, now: number): EntryState {
  const dates = [
    ...[state.now, state.soon].flatMap((track) => [
      track?.settled?.since,
      track?.turn?.at,
      track?.doubts?.since,
    ]),
    state.unjudged?.since,
    ...state.told.flatMap((told) => [told.at, told.since]),
  ];
  if (dates.every((date) => date === undefined || date <= now)) return state;
  const past = (at: number) => Math.min(at, now - 1);
  return {
    ...state,
    ...(state.now === undefined ? {} : { now: trackWithoutFuture(state.now, past) }),
    ...(state.soon === undefined ? {} : { soon: trackWithoutFuture(state.soon, past) }),
    ...(state.unjudged === undefined
      ? {}
      : { unjudged: { ...state.unjudged, since: past(state.unjudged.since) } }),
    told: state.told.map((told) => ({ ...told, since: past(told.since), at: past(told.at) })),
  };
}

export function incidentWithoutFuture(incident: Incident, now: number): Incident {
  const past = (at: number) => Math.min(at, now - 1);
  return {
    ...incident,
    openedAt: past(incident.openedAt),
    ...(incident.resolvedAt === undefined ? {} : { resolvedAt: past(incident.resolvedAt) }),
    ...(incident.told === undefined
      ? {}
      : { told: { ...incident.told, at: past(incident.told.at) } }),
  };
}

function trackWithoutFuture(track: TrackState, past: (at: number) => number): TrackState {
  return {
    ...track,
    ...(track.settled === undefined
      ? {}
      : { settled: { ...track.settled, since: past(track.settled.since) } }),
    ...(track.turn === undefined ? {} : { turn: { ...track.turn, at: past(track.turn.at) } }),
    ...(track.doubts === undefined
      ? {}
      : { doubts: { ...track.doubts, since: past(track.doubts.since) } }),
  };
}
