/** How things stand in one line, and what the records say of the runs in another. Pure. */
import type { Standing } from '../../alert/incident/standing.ts';
import { HOUR_MS, moment } from '../../text/dates.ts';
import { listed } from '../../text/listed.ts';
import { plain } from '../../text/strangers.ts';
import { type Status, watchesNothing } from './read.ts';

/**
 * One line that a monitoring system shows: `FAILING: fastmail.fm; WILL FAIL: a.example, b.example
 * and 3 more`.
 */
export function firstLine(status: Status): string {
  const entries = status.incidents
    .filter(({ muted }) => !muted)
    .flatMap((incident) => incident.entries);
  const parts = (['failing', 'failing-soon', 'degraded', 'unjudged'] as const).flatMap(
    (standing) => {
      const names = entries
        .filter((entry) => entry.standing === standing && entry.mutedUntil === undefined)
        .map(({ name }) => plain(name));
      return names.length === 0 ? [] : [`${STANDINGS[standing]}: ${listed([...new Set(names)])}`];
    },
  );
  const pending =
    status.pending.length === 0
      ? []
      : [`NOT CONFIRMED: ${listed(status.pending.map(({ name }) => plain(name)))}`];
  const runs = runTrouble(status);
  const all = [...parts, ...pending, ...(runs === undefined ? [] : [`UNKNOWN: ${runs}`])];
  if (all.length > 0) return all.join('; ');
  return status.incidents.length === 0
    ? 'WELL: nothing is open'
    : 'WELL: nothing is open but what is muted';
}

/** Undefined where the runs are as they should be. */
function runTrouble(status: Status): string | undefined {
  const { sight, incidents } = status;
  if (sight.failed) return 'the latest run failed';
  if (sight.complete === undefined) return 'no complete run ever';
  if (sight.silent) return 'no complete run for 26 hours';
  if (sight.blind || incidents.some(({ kind }) => kind === 'blind')) return 'blind';
  if (watchesNothing(status)) return 'nothing is watched';
  const channels = incidents.filter(({ kind }) => kind === 'channel');
  return channels.length === 0
    ? undefined
    : `cannot tell by ${listed(channels.map(({ provider }) => plain(provider)))}`;
}

/** What the records say of the runs; of one that is as it should be, when it was. */
export function runSentence({ sight, at }: Status): string {
  const { complete } = sight;
  if (sight.silent || sight.failed || sight.blind || complete === undefined) return sight.sentence;
  const hours = Math.floor((at - complete.stageAt) / HOUR_MS);
  const ago =
    hours < 1 ? 'less than an hour ago' : hours === 1 ? '1 hour ago' : `${hours} hours ago`;
  return `last complete run ${moment(complete.stageAt)}, ${ago}`;
}

/** In the words of a first line. */
export const STANDINGS: Readonly<Record<Standing, string>> = {
  failing: 'FAILING',
  'failing-soon': 'WILL FAIL',
  degraded: 'DEGRADED',
  unjudged: 'NOT JUDGED',
  well: 'NOT JUDGED',
};
