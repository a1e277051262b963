/** Whether the clock can be believed: forecasts, confirmations and reminders go by it. Pure. */
import type { Machine } from '../../policy/gather/machine.ts';
import { HOUR_MS, moment } from '../../text/dates.ts';
import { type Finding, failure, ok, warning } from './finding.ts';

/** @param latest epoch ms of what the store has seen last; undefined where nothing is there */
export async function clockFindings(
  now: number,
  latest: number | undefined,
  machine: Pick<Machine, 'run'>,
): Promise<Finding[]> {
  const cure = 'have it set by NTP: systemd-timesyncd, chrony or ntpd';
  if (latest !== undefined && latest > now + HOUR_MS)
    return [
      failure('clock', `it says ${moment(now)}, and a run was recorded at ${moment(latest)}`, cure),
    ];
  const says = moment(now);
  const asked = await machine.run('timedatectl', ['show', '--property=NTPSynchronized', '--value']);
  const word = asked.kind === 'ended' && asked.status === 0 ? asked.output.trim() : '';
  if (word === 'no') return [warning('clock', `${says}, and it is not synchronised`, cure)];
  return [
    ok(
      'clock',
      word === 'yes'
        ? `${says}, synchronised`
        : `${says}; nothing here says whether it is synchronised`,
    ),
  ];
}
