/** `check --nagios`: a look of now as a monitoring plugin says it. Pure. */
import type { MailSeen } from '../../alert/incident/run-facts.ts';
import { least } from '../../extremes.ts';
import type { Bundle } from '../../policy/bundle.ts';
import type { CheckRun } from '../../run/check/check.ts';
import {
  type Performance,
  type PluginCode,
  type PluginOutput,
  UNWRAPPED,
} from '../monitor/plugin.ts';
import { countVerdicts, failsSoon, nothingWatched, summarySentence } from '../summary.ts';
import { unpainted } from '../terminal/colour.ts';
import { problemGroups } from './groups.ts';
import { blindSentence, CUT_SHORT, overview } from './overview.ts';

type Looked = Pick<CheckRun, 'at' | 'verdicts' | 'vantage' | 'complete' | 'noDnssec'>;

export interface Looking {
  readonly bundle: Bundle;
  /** The exit status that the look comes to. */
  readonly code: PluginCode;
  /** How long the command took, in seconds. */
  readonly seconds: number;
  readonly mail?: MailSeen;
}

export function checkPlugin(run: Looked, { bundle, code, seconds, mail }: Looking): PluginOutput {
  const shown = { problems: true, ...(mail === undefined ? {} : { mail }) };
  return {
    code,
    summary: [summaryOf(run), ...unseenOf(run, code), ...causesOf(run)].join('; '),
    performance: performanceOf(run, seconds),
    details: overview(run, bundle, unpainted, UNWRAPPED, shown)
      .split('\n')
      .filter((line) => line !== ''),
  };
}

function summaryOf({ verdicts, at }: Looked): string {
  const soon = verdicts.filter((entry) => failsSoon(entry, at)).length;
  const counts = summarySentence(countVerdicts(verdicts));
  return soon === 0 ? counts : `${counts}; ${soon} will fail soon`;
}

/** Why it is not known how things stand, but for what stands in the causes. */
function unseenOf({ verdicts, vantage, complete }: Looked, code: PluginCode): string[] {
  if (code !== 3) return [];
  return [
    nothingWatched(verdicts),
    ...(complete ? [] : [CUT_SHORT]),
    ...(['ipv4', 'ipv6'] as const).map((family) =>
      vantage[family] === 'blind' ? blindSentence(family) : undefined,
    ),
  ].filter((sentence) => sentence !== undefined);
}

/** The worst, and how many there are besides. */
function causesOf(run: Looked): string[] {
  const [first, ...others] = problemGroups(run).map(({ title }) => title);
  if (first === undefined) return [];
  if (others.length === 0) return [first];
  return [`${first} (and ${others.length} more ${others.length === 1 ? 'cause' : 'causes'})`];
}

function performanceOf({ verdicts, at }: Looked, seconds: number): Performance[] {
  const counts = countVerdicts(verdicts);
  const most = verdicts.length;
  const entries = (
    label: string,
    value: number,
    bounds: Pick<Performance, 'warnAbove' | 'criticalAbove'> = {},
  ): Performance => ({ label, value, unit: '', ...bounds, most });
  const soonest = least(
    verdicts.flatMap(({ failsFrom }) => (failsFrom === null ? [] : [Date.parse(failsFrom)])),
  );
  return [
    entries('fail', counts.fail, { criticalAbove: 0 }),
    entries('degraded', counts.degraded, { warnAbove: 0 }),
    entries('fails_soon', verdicts.filter((entry) => failsSoon(entry, at)).length, {
      warnAbove: 0,
    }),
    entries('undetermined', counts.undetermined),
    entries('pass', counts.pass),
    entries('unchecked', counts.unchecked),
    ...(Number.isFinite(soonest)
      ? [
          {
            label: 'first_failure',
            value: Math.max(0, Math.round((soonest - at) / 1000)),
            unit: 's' as const,
          },
        ]
      : []),
    { label: 'time', value: seconds, unit: 's' },
  ];
}
