/** What starts the runs: timers as systemctl tells of them, and lines of cron's tables. */
import { expect, test } from 'vitest';
import { findStarters } from '../../../lambda/command/doctor/starters.ts';
import type { Machine, Ran } from '../../../lambda/policy/gather/machine.ts';

const NOT_BOOTED: Ran = { kind: 'ended', status: 1, output: '', errors: 'System has not been booted with systemd' };
const shown = (load: string, active: string, file: string, next = ''): Ran => ({
  kind: 'ended',
  status: 0,
  output: `LoadState=${load}\nActiveState=${active}\nUnitFileState=${file}\nNextElapseUSecRealtime=${next}\n`,
  errors: '',
});
const ACTIVATE = 'systemctl enable --now postfix-tls-watch.timer';

function machine(timer: Ran, files: Readonly<Record<string, string>> = {}): Machine {
  return {
    run: async (command, args) => {
      expect([command, ...args].slice(0, 3)).toEqual(['systemctl', 'show', 'postfix-tls-watch.timer']);
      return timer;
    },
    read: async (path) =>
      files[path] === undefined
        ? { kind: 'failed', because: 'No such file or directory' }
        : { kind: 'read', bytes: Buffer.from(files[path]), mode: 0o644, uid: 0, gid: 0, modifiedMs: 0 },
    list: async (folder) =>
      Object.keys(files).flatMap((path) => (path.startsWith(`${folder}/`) ? [path.slice(folder.length + 1)] : [])),
    modified: async () => undefined,
  };
}

test.each([
  { because: 'no systemd', timer: NOT_BOOTED, says: { started: [] } },
  { because: 'no systemctl', timer: { kind: 'not-installed' } as const, says: { started: [] } },
  { because: 'no such timer', timer: shown('not-found', 'inactive', ''), says: { started: [] } },
  {
    because: 'enabled and active',
    timer: shown('loaded', 'active', 'enabled', 'Sat 2026-11-28 06:09:39 UTC'),
    says: { started: ['postfix-tls-watch.timer is enabled, next Sat 2026-11-28 06:09:39 UTC'] },
  },
  {
    because: 'enabled and not started',
    timer: shown('loaded', 'inactive', 'enabled'),
    says: { started: [], idle: { says: 'postfix-tls-watch.timer is not active, and starts nothing', cure: ACTIVATE } },
  },
  {
    because: 'started and not enabled',
    timer: shown('loaded', 'active', 'disabled'),
    says: {
      started: [],
      idle: { says: 'postfix-tls-watch.timer is not enabled, and does not survive a reboot', cure: ACTIVATE },
    },
  },
])('a timer: $because', async ({ timer, says }) => {
  expect(await findStarters(machine(timer))).toEqual(says);
});

test.each([
  { line: '17 6 * * * root /usr/local/bin/postfix-tls-watch watch', starts: true, because: 'as the page has it' },
  { line: '17 6 * * * root postfix-tls-watch watch --mail-to a@b.example', starts: true, because: 'with flags' },
  { line: '17 6 * * * root cd /x; postfix-tls-watch --no-config watch', starts: true, because: 'flags before' },
  { line: '#17 6 * * * root postfix-tls-watch watch', starts: false, because: 'a comment' },
  { line: '*/15 * * * * root postfix-tls-watch policy push --if-changed', starts: false, because: 'another command' },
  { line: '0 6 * * * root my-postfix-tls-watcher watch', starts: false, because: 'another program' },
  { line: '0 6 * * * root postfix-tls-watch status --policy watchdog', starts: false, because: 'a word within a word' },
])('a line of cron: $because', async ({ line, starts }) => {
  const text = `MAILTO=postmaster\n${line}\n`;
  const said = (path: string) => (starts ? [`${path}, line 2, starts it by cron`] : []);
  for (const path of ['/etc/crontab', '/etc/cron.d/anything'])
    expect((await findStarters(machine(NOT_BOOTED, { [path]: text }))).started).toEqual(said(path));
});
