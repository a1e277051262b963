/**
 * `status --nagios`: how things stand as a monitoring plugin says it, from the store alone. The age
 * of the last complete run may have thresholds, as users of plugins expect. Pure.
 */
import type { Standing } from '../../alert/incident/standing.ts';
import { HOUR_MS } from '../../text/dates.ts';
import { UsageError } from '../../usage-error.ts';
import {
  type Performance,
  type PluginCode,
  type PluginOutput,
  UNWRAPPED,
} from '../monitor/plugin.ts';
import { unpainted } from '../terminal/colour.ts';
import { firstLine, runSentence } from './first-line.ts';
import { type Status, statusCode } from './read.ts';
import { type StatusOf, statusText } from './text.ts';

/** Hours since the last complete run. With any of them, its age is a state of its own. */
export interface AgeFlags {
  readonly nagios?: boolean;
  readonly warning?: number;
  readonly critical?: number;
}

/** @throws UsageError where they say nothing, or never a warning */
export function checkAge({ nagios, warning, critical }: AgeFlags): void {
  if (warning === undefined && critical === undefined) return;
  if (!nagios)
    throw new UsageError('--warning and --critical say nothing without --nagios; give it as well');
  if (warning !== undefined && critical !== undefined && critical < warning)
    throw new UsageError(
      `--critical ${critical} is less than --warning ${warning}: both are hours since the last ` +
        'complete run',
    );
}

export function statusPlugin(given: Status, of: StatusOf, age: AgeFlags): PluginOutput {
  const ageMs = ageOf(given);
  const thresholds = age.warning !== undefined || age.critical !== undefined;
  // With thresholds of its own the age is not unknown.
  const status =
    thresholds && ageMs !== undefined
      ? { ...given, sight: { ...given.sight, silent: false } }
      : given;
  const overdue = overdueBy(ageMs, age);
  const summary = [
    firstLine(status).replace(/^(?:WELL|UNKNOWN): /, ''),
    ...(overdue === undefined
      ? [runSentence(status)]
      : [`${runSentence(status)} (${overdue.words})`]),
  ].join('; ');
  return {
    code: worse(statusCode(status), overdue?.code ?? 0),
    summary,
    performance: performanceOf(status, ageMs, age),
    details: statusText(status, of, unpainted, UNWRAPPED)
      .split('\n')
      .slice(LINES_ABOVE)
      .filter((line) => line !== ''),
  };
}

const ageOf = ({ sight, at }: Status): number | undefined =>
  sight.complete === undefined ? undefined : Math.max(0, at - sight.complete.stageAt);

function overdueBy(
  ageMs: number | undefined,
  { warning = Number.POSITIVE_INFINITY, critical = Number.POSITIVE_INFINITY }: AgeFlags,
): { readonly code: 1 | 2; readonly words: string } | undefined {
  if (ageMs === undefined) return undefined;
  if (ageMs > critical * HOUR_MS) return { code: 2, words: `critical after ${critical} h` };
  if (ageMs > warning * HOUR_MS) return { code: 1, words: `warning after ${warning} h` };
  return undefined;
}

/** As everywhere: 2, else 1, else 3, else 0. */
function worse(a: PluginCode, b: PluginCode): PluginCode {
  return ([2, 1, 3] as const).find((code) => a === code || b === code) ?? 0;
}

function performanceOf(
  status: Status,
  ageMs: number | undefined,
  { warning, critical }: AgeFlags,
): Performance[] {
  const { incidents, pending, undetermined, notWatchedCount, watched, sight } = status;
  const audible = incidents.filter(({ muted }) => !muted);
  const entries = audible.flatMap((incident) => incident.entries);
  const standing = (wanted: Standing) =>
    new Set(
      entries
        .filter((entry) => entry.standing === wanted && entry.mutedUntil === undefined)
        .map(({ name }) => name),
    ).size;
  const muted = new Set(
    incidents.flatMap((incident) =>
      incident.entries.filter((entry) => entry.mutedUntil !== undefined).map(({ name }) => name),
    ),
  );
  const channels = new Set([
    ...sight.owed.map(({ channel }) => channel),
    ...incidents.filter(({ kind }) => kind === 'channel').map(({ provider }) => provider),
  ]);
  return [
    ...(ageMs === undefined
      ? []
      : [
          {
            label: 'run_age',
            value: Math.round(ageMs / 1000),
            unit: 's' as const,
            ...(warning === undefined ? {} : { warnAbove: warning * SECONDS }),
            ...(critical === undefined ? {} : { criticalAbove: critical * SECONDS }),
          },
        ]),
    counted('failing', standing('failing'), { criticalAbove: 0 }),
    counted('failing_soon', standing('failing-soon'), { warnAbove: 0 }),
    counted('degraded', standing('degraded'), { warnAbove: 0 }),
    counted('not_confirmed', pending.length, { warnAbove: 0 }),
    counted('not_judged', undetermined.length),
    counted('incidents', audible.length),
    counted('muted', muted.size),
    counted('watched', watched),
    counted('not_watched', notWatchedCount),
    counted('channels_failing', channels.size),
  ];
}

const counted = (
  label: string,
  value: number,
  bounds: Pick<Performance, 'warnAbove' | 'criticalAbove'> = {},
): Performance => ({ label, value, unit: '', ...bounds });

const SECONDS = 3_600;
/** The state and the last run, which are in the summary. */
const LINES_ABOVE = 2;
