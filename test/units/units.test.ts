/** The units of docs/examples: what systemd says of them, and their command lines under a sandbox like theirs. */
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DoctorDocument } from '../../lambda/command/doctor/schema.ts';
import { parseUnit } from '../../lambda/command/doctor/unit-file.ts';
import { problemsOf } from '../command/scene.ts';
import { ROOT } from '../pages.ts';
import { missingReference, NAMESPACES } from '../reference/reference.ts';
import type { Tried } from './inside.ts';

const EXAMPLES = join(ROOT, 'docs/examples');
const SERVICES = globSync('*.service', { cwd: EXAMPLES }).sort();
const textOf = (name: string) => readFileSync(join(EXAMPLES, name), 'utf8');

test('the services are there', () => {
  expect(SERVICES).toEqual(['postfix-tls-watch-aws.service', 'postfix-tls-watch-failed.service', 'postfix-tls-watch.service']);
});

const analyze = spawnSync('systemd-analyze', ['--version'], { encoding: 'utf8' });

describe.skipIf(analyze.status !== 0)('systemd (skipped where systemd-analyze is not installed)', () => {
  test.each(SERVICES)('rates the exposure of %s below 3', (name) => {
    const { stdout } = spawnSync('systemd-analyze', ['security', '--offline=true', '--no-pager', join(EXAMPLES, name)], {
      encoding: 'utf8',
    });
    const rated = /Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1];
    expect(Number(rated)).toBeLessThan(3);
  });

  test('understands every line of them', () => {
    // What it says of the command alone is that nothing is installed on this machine.
    const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...globSync('*.{service,timer}', { cwd: EXAMPLES })], {
      cwd: EXAMPLES,
      encoding: 'utf8',
    });
    const about = stderr
      .split('\n')
      .filter((line) => line !== '' && !/ is not executable: No such file or directory$/.test(line));
    expect(about).toEqual([]);
  });
});

test('the variant for AWS is the same but for what it keeps where', () => {
  const settings = (name: string) =>
    textOf(name)
      .split('\n')
      .filter((line) => /^\w+=/.test(line));
  const usual = settings('postfix-tls-watch.service');
  const aws = settings('postfix-tls-watch-aws.service');
  expect(usual.filter((line) => !aws.includes(line))).toEqual([
    'EnvironmentFile=-/etc/postfix-tls-watch.env',
    'StateDirectory=postfix-tls-watch',
    'StateDirectoryMode=0750',
  ]);
  expect(aws.filter((line) => !usual.includes(line))).toEqual(['EnvironmentFile=/etc/postfix-tls-watch.env']);
});

test('the failure is told by a channel of its own, whatever the file of flags says', () => {
  expect(textOf('postfix-tls-watch.service')).toContain('\nOnFailure=postfix-tls-watch-failed.service\n');
  expect(parseUnit('x', [textOf('postfix-tls-watch-failed.service')]).command).toMatch(/ --no-config --mail-to \S+$/);
});

test('the crontab is that of the page', () => {
  const lines = textOf('postfix-tls-watch.cron')
    .split('\n')
    .filter((line) => line !== '' && !/^#(?: |$)/.test(line));
  const page = readFileSync(join(ROOT, 'docs/mail-host.md'), 'utf8');
  expect(page).toContain(lines.map((line) => `    ${line}\n`).join(''));
});

const missing = missingReference();

describe.skipIf(missing !== undefined)(
  `the command lines in their sandbox${missing === undefined ? '' : ` (${missing})`}`,
  () => {
    let dir: string;
    let tried: Tried;
    beforeAll(() => {
      dir = mkdtempSync(join(tmpdir(), 'units-'));
      const output = join(dir, 'tried.json');
      writeFileSync(output, '');
      // By this machine's own clock, as the references: a program that another user starts has no part in faketime's.
      const { LD_PRELOAD: _, ...env } = process.env;
      const ran = spawnSync(
        'unshare',
        [...NAMESPACES, process.execPath, join(import.meta.dirname, 'inside.ts'), EXAMPLES, output],
        { encoding: 'utf8', env },
      );
      expect(ran.stderr).toBe('');
      tried = JSON.parse(readFileSync(output, 'utf8')) as Tried;
    });
    afterAll(() => rmSync(dir, { recursive: true, force: true }));

    test('the sandbox is one: a user of its own in the group, who writes nowhere but in its own places', () => {
      expect(tried.who.out.trim().split(' ').length).toBe(2);
      expect(tried.written).toEqual({
        '/etc': false,
        '/usr': false,
        '/var/lib': false,
        '/mnt/units/postfix': false,
        '/tmp': true,
        '/mnt/units/state': true,
      });
    });

    test('the daily run reads a table of the group, mails what it found, and is quiet the next time', () => {
      expect(tried.first).toEqual({ code: 0, out: '', err: '' });
      expect(tried.second).toEqual({ code: 0, out: '', err: '' });
      expect(tried.letters.map(({ to, subject }) => [to, subject])).toEqual([
        ['postmaster@example.com', 'Now watching 3 entries: 1 would fail'],
        ['postmaster@example.com', 'postfix-tls-watch failed on mx1 (exit-code, status 3)'],
      ]);
    });

    test('the other one tells a failure', () => {
      expect(tried.failed).toEqual({ code: 0, out: '', err: '' });
      expect(tried.letters[1]?.text).toContain('    postfix-tls-watch doctor --as-service\n');
    });

    describe('doctor --as-service', () => {
      const documentOf = (which: keyof Tried['asService']) => {
        const { out, err } = tried.asService[which];
        expect(err).toBe('');
        const document = JSON.parse(out) as DoctorDocument;
        expect(problemsOf('doctor', document)).toEqual([]);
        return document;
      };
      const checks = (which: keyof Tried['asService'], ...states: readonly string[]) =>
        documentOf(which).checks.flatMap(({ group, state, says }) => (states.includes(state) ? [`${group}: ${says}`] : []));

      test('is the user of the unit, in its groups, with its environment and state directory', () => {
        const { run, inForce } = documentOf('plain');
        expect(run.user).toMatchObject({ name: 'postfix-tls-watch', uid: 61_184, unit: 'postfix-tls-watch.service' });
        expect(run.user.groups.length).toBe(2);
        expect(inForce.find(({ name }) => name === 'config-directory')?.value).toBe('/mnt/units/postfix');
        expect(inForce.find(({ name }) => name === 'store')).toEqual({
          name: 'store',
          value: '/var/lib/postfix-tls-watch',
          source: 'environment',
          where: 'STATE_DIRECTORY',
        });
        expect(checks('plain', 'ok')).toContain('postfix: texthash:/mnt/units/postfix/tls_policy: 3 entries');
        expect(checks('plain', 'ok')).toContain('postfix: /mnt/units/flags.toml, the file of flags, is read');
      });

      test("takes the flags of the unit's own command line", () => {
        expect(documentOf('flags').inForce.filter(({ source }) => source === 'unit')).toEqual([
          { name: 'timeout', value: '7', source: 'unit', where: 'postfix-tls-watch.service' },
          { name: 'hook', value: '/mnt/units/none', source: 'unit', where: 'postfix-tls-watch.service' },
        ]);
        expect(checks('flags', 'failure')).toContain(
          'channels: hook /mnt/units/none: no such program, give --hook its whole path',
        );
        expect(checks('flags', 'warning')).toContain(
          'schedule: postfix-tls-watch.service runs with --no-config, which is not looked at unless it is given here',
        );
      });

      test('says of a flag that watch does not have that no run would begin', () => {
        expect(checks('wrong', 'failure')).toContain('schedule: postfix-tls-watch.service: watch has no flag --tiemout');
      });

      test.each([
        {
          which: 'none' as const,
          says: 'there is no postfix-tls-watch.service here; install it (docs/mail-host.md), or name its user: --as-service USER',
        },
        {
          which: 'stranger' as const,
          says:
            'postfix-tls-watch.service wants the group no-such-group, which is not there, and systemd would not start it; make the ' +
            'group, or take it out of the unit',
        },
      ])('cannot take the place of a unit that is not there or does not start: $which', ({ which, says }) => {
        expect(tried.asService[which]).toEqual({ code: 3, out: '', err: `error: --as-service: ${says}\n` });
      });

      test('finds what root may read and the unit may not', () => {
        expect(checks('forbidden', 'failure').filter((says) => says.includes('/mnt/units/postfix/tls_policy'))).not.toEqual([]);
        expect(tried.asService.forbidden.code).toBe(2);
      });
    });

    test('a table that only root may read fails the run, which says which it is', () => {
      expect(tried.forbidden.code).toBe(3);
      expect(tried.forbidden.err).toContain('texthash:/mnt/units/postfix/tls_policy');
    });
  },
);
