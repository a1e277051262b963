/**
 * `--tell-failure`: a message that a run failed, for the unit that systemd starts then (OnFailure=).
 * Pure.
 */
import { moment } from '../../text/dates.ts';
import { plain, shellWord, subject } from '../../text/strangers.ts';
import type { Alert } from './describe.ts';

/** What systemd tells of the unit that failed; none of it before release 251. */
export interface FailedUnit {
  readonly name?: string;
  /** Such as `exit-code`, `timeout` or `signal`. */
  readonly result?: string;
  /** A number, or the name of a signal. */
  readonly status?: string;
}

/** From the environment of a unit that is started by OnFailure= (systemd.exec(5), MONITOR_UNIT). */
export const failedUnitOf = (env: Readonly<Record<string, string | undefined>>): FailedUnit => ({
  ...(env.MONITOR_UNIT ? { name: env.MONITOR_UNIT } : {}),
  ...(env.MONITOR_SERVICE_RESULT ? { result: env.MONITOR_SERVICE_RESULT } : {}),
  ...(env.MONITOR_EXIT_STATUS ? { status: env.MONITOR_EXIT_STATUS } : {}),
});

export function unitFailedMessage(
  vantage: string,
  { name = 'postfix-tls-watch.service', result, status }: FailedUnit,
  now: number,
): Alert {
  const host = plain(vantage, 60);
  const unit = plain(name, 120);
  const how = [
    ...(result === undefined ? [] : [plain(result, 40)]),
    ...(status === undefined ? [] : [`status ${plain(status, 40)}`]),
  ].join(', ');
  const said = how === '' ? '' : ` (${how})`;
  return {
    subject: subject(`postfix-tls-watch failed on ${host}${said}`),
    intro: [
      {
        kind: 'text',
        text:
          `${unit} failed on ${host} at ${moment(now)}${said}: its run was not complete, or what ` +
          'was due was not told. Until one succeeds, silence does not mean health. What it said:',
      },
      { kind: 'code', lines: [`journalctl -u ${shellWord(name) ?? "'postfix-tls-watch*'"} -n 50`] },
      { kind: 'text', text: 'Whether all is in place, as root:' },
      // Of the unit that failed, whatever this run was given.
      { kind: 'code', lines: ['postfix-tls-watch doctor --as-service'] },
    ],
    items: [],
    footer: [{ kind: 'text', text: `postfix-tls-watch on ${host}.` }],
    at: now,
  };
}
