/** What starts the runs on this host: a timer of systemd's, or a line of cron's. Pure. */
import type { Machine } from '../../policy/gather/machine.ts';
import { decodeText } from '../../postfix/decode.ts';
import type { Starters } from './store.ts';

export async function findStarters(machine: Machine): Promise<Starters> {
  const [timer, cron] = await Promise.all([askTimer(machine), cronLines(machine)]);
  return {
    started: [...(timer.started === undefined ? [] : [timer.started]), ...cron],
    ...(timer.idle === undefined ? {} : { idle: timer.idle }),
  };
}

const TIMER = 'postfix-tls-watch.timer';

async function askTimer(
  machine: Machine,
): Promise<{ readonly started?: string; readonly idle?: NonNullable<Starters['idle']> }> {
  const asked = await machine.run('systemctl', [
    'show',
    TIMER,
    '--property=LoadState,ActiveState,UnitFileState,NextElapseUSecRealtime',
  ]);
  if (asked.kind !== 'ended' || asked.status !== 0) return {};
  const said = new Map(
    asked.output.split('\n').map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)] as const;
    }),
  );
  if (said.get('LoadState') !== 'loaded') return {};
  const next = said.get('NextElapseUSecRealtime') ?? '';
  const isActive = said.get('ActiveState') === 'active';
  const isEnabled = said.get('UnitFileState') === 'enabled';
  if (isActive && isEnabled)
    return { started: `${TIMER} is enabled${next === '' ? '' : `, next ${next}`}` };
  const cure = `systemctl enable --now ${TIMER}`;
  const lacks = isActive ? 'and does not survive a reboot' : 'and starts nothing';
  return { idle: { says: `${TIMER} is not ${isActive ? 'enabled' : 'active'}, ${lacks}`, cure } };
}

async function cronLines(machine: Machine): Promise<readonly string[]> {
  const listed = (await machine.list(FOLDER)) ?? [];
  const paths = ['/etc/crontab', ...listed.slice(0, MOST_FILES).map((name) => `${FOLDER}/${name}`)];
  const found = await Promise.all(
    paths.map(async (path) => {
      const read = await machine.read(path);
      if (read.kind === 'failed') return [];
      const line = decodeText(read.bytes)
        .split('\n')
        .findIndex((one) => RUNS.test(one));
      return line === -1 ? [] : [`${path}, line ${line + 1}, starts it by cron`];
    }),
  );
  return found.flat();
}

const FOLDER = '/etc/cron.d';
const MOST_FILES = 500;
/** A line that is no comment and runs `watch`. */
const RUNS = /^[^#]*\bpostfix-tls-watch\s(?:.*\s)?watch\b/;
