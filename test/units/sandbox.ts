/**
 * A unit's command line as systemd would start it, without systemd: another user with the unit's groups, no new privileges, no
 * capabilities, a system that is read-only but for the state directory and a /tmp of its own, and nothing in the environment.
 */
import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync } from 'node:fs';
import type { Unit } from '../../lambda/command/doctor/unit-file.ts';
import { CLOCK, type Ran, runProgram } from '../command/run-command.ts';
import { ROOT } from '../pages.ts';

export interface Sandbox {
  /** The checkout, at a path that every user may enter. */
  readonly product: string;
  /** Below a place that nobody else writes. */
  readonly directory: string;
  /** What the unit's environment file would have. */
  readonly env: Readonly<Record<string, string>>;
}

/** As systemd numbers the users of DynamicUser=. */
const USER = 61_200;

/** Runs ExecStart= of the unit, or another command line as the unit would run it; for root in a mount namespace of its own. */
export function runInSandbox(unit: Unit, { product, directory, env }: Sandbox, command = unit.command): Promise<Ran> {
  const state = `${directory}/state`;
  mkdirSync(state, { recursive: true });
  chownSync(state, USER, USER);
  const groups = unit.supplementaryGroups.map((name) =>
    Number(execFileSync('getent', ['group', name], { encoding: 'utf8' }).split(':')[2]),
  );
  const words = command.split(/\s+/);
  const program =
    words[0] === PROGRAM ? [process.execPath.replace(ROOT, product), `${product}/lambda/cli.ts`, ...words.slice(1)] : words;
  const given = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin',
    ...(unit.stateDirectory ? { STATE_DIRECTORY: state } : {}),
    ...env,
    ...CLOCK,
  };
  const setpriv = [
    ...['setpriv', '--reuid', String(USER), '--regid', String(USER)],
    ...(groups.length > 0 ? ['--groups', groups.join(',')] : ['--clear-groups']),
    ...['--no-new-privs', '--inh-caps=-all', '--bounding-set=-all'],
    ...['env', '-i', ...Object.entries(given).map(([name, value]) => `${name}=${value}`)],
    ...program,
  ];
  return runProgram('unshare', ['--mount', 'sh', '-ec', READ_ONLY, 'sh', state, ...setpriv], process.env, '/');
}

const PROGRAM = '/usr/local/bin/postfix-tls-watch';

/** Every mount read-only, then the state directory as it was and a new /tmp. `$1` is the state directory. */
const READ_ONLY = `
mount --make-rprivate /
state=$1; shift
mount --bind "$state" "$state"
awk '{print $5}' /proc/self/mountinfo | while read -r place; do
  [ "$place" = "$state" ] || mount -o remount,bind,ro "$place" 2>/dev/null || true
done
mount -t tmpfs -o mode=1777 tmpfs /tmp
exec "$@"
`;
