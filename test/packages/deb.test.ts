/**
 * The Debian package in a root directory of its own: installed over an earlier version with its store and its file of flags, read,
 * run, removed, purged. In order: each test finds what the ones before it left.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packDeb } from '../../infra/debian/pack-deb.ts';
import { parseUnit } from '../../lambda/command/doctor/unit-file.ts';
import { VERSION } from '../../lambda/version.ts';
import { missingRoot, openRoot, type Root } from './root.ts';

const missing = missingRoot();

describe.skipIf(missing !== undefined)(`the Debian package${missing === undefined ? '' : ` (${missing})`}`, () => {
  let dir: string;
  let root: Root;
  let deb: string;
  let again: string;
  let earlier: string;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'deb-'));
    const packIn = (name: string, version?: string) => {
      mkdirSync(join(dir, name));
      return packDeb(join(dir, name), { isQuick: true, ...(version === undefined ? {} : { version }) });
    };
    deb = await packIn('first');
    again = await packIn('again');
    earlier = await packIn('earlier', '0.0.9');
    root = await openRoot(dir);
  });
  afterAll(async () => {
    await root?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  /** What a shell there prints, where it ends well. */
  const inside = (script: string): string => {
    const { code, out, err } = root.run(script);
    expect({ code, err }, out).toEqual({ code: 0, err: '' });
    return out;
  };
  const there = (path: string) => path.replace(dir, '/packages');

  test('is named by version and architecture, and the same bytes each time', () => {
    const architecture = spawnSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).stdout.trim();
    expect(basename(deb)).toBe(`postfix-tls-watch_${VERSION}_${architecture}.deb`);
    expect(readFileSync(again).equals(readFileSync(deb))).toBe(true);
  });

  test('lintian finds neither errors nor warnings', () => {
    const { stdout } = spawnSync('lintian', ['--allow-root', '--no-tag-display-limit', deb], { encoding: 'utf8' });
    expect(stdout.split('\n').filter((line) => /^[EW]:/.test(line))).toEqual([]);
  });

  test('needs what its Node is linked with, and something that makes users', () => {
    const { stdout } = spawnSync('dpkg-deb', ['--field', deb, 'Depends', 'Recommends'], { encoding: 'utf8' });
    expect(stdout).toMatch(
      /^Depends: libc6 \(>= [\d.]+\), libgcc-s1 \(>= [\d.]+\), libstdc\+\+6 \(>= [\d.]+\), systemd \| systemd-standalone-sysusers \| systemd-sysusers\nRecommends: postfix\n$/,
    );
  });

  test('an earlier version is installed: the command, its user and the directory of that user', () => {
    const { code, out } = root.run(`dpkg -i ${there(earlier)}`);
    expect(code).toBe(0);
    expect(out).toContain(
      [
        'postfix-tls-watch: name a channel in /etc/postfix-tls-watch.toml, then',
        '  postfix-tls-watch doctor --as-service',
        '  systemctl enable --now postfix-tls-watch.timer',
      ].join('\n'),
    );
    expect(inside('dpkg --audit; dpkg --verify postfix-tls-watch; postfix-tls-watch --version')).toBe(`${VERSION}\n`);
    expect(inside("stat -c '%U:%G %a' /var/lib/postfix-tls-watch /etc/postfix-tls-watch.toml")).toBe(
      'postfix-tls-watch:postfix-tls-watch 750\nroot:root 644\n',
    );
    expect(inside('getent passwd postfix-tls-watch')).toMatch(/:\/var\/lib\/postfix-tls-watch:\/usr\/sbin\/nologin\n$/);
  });

  test('nothing is started by surprise', () => {
    expect(root.run('systemctl --root=/ is-enabled postfix-tls-watch.timer').out).toBe('disabled\n');
  });

  test('the units are understood, and run the command as that user', () => {
    expect(inside('systemd-analyze verify /usr/lib/systemd/system/postfix-tls-watch*')).toBe('');
    const unit = parseUnit('x', [inside('cat /usr/lib/systemd/system/postfix-tls-watch.service')]);
    expect(unit).toMatchObject({
      user: 'postfix-tls-watch',
      supplementaryGroups: ['postfix'],
      dynamicUser: false,
      stateDirectory: 'postfix-tls-watch',
      command: '/usr/bin/postfix-tls-watch watch',
    });
    const failed = parseUnit('x', [inside('cat /usr/lib/systemd/system/postfix-tls-watch-failed.service')]);
    expect(failed.command).toBe('/usr/bin/postfix-tls-watch watch --tell-failure --no-config --mail-to root@localhost');
  });

  test('doctor takes the place of the unit, with the file of flags as it comes', () => {
    inside(SET_UP);
    const { code, out } = root.run('postfix-tls-watch doctor --as-service --deadline 20 --json');
    const { run, checks } = JSON.parse(out) as {
      run: { user: object };
      checks: readonly { group: string; state: string; says: string }[];
    };
    expect(code).toBe(2);
    expect(run.user).toMatchObject({ name: 'postfix-tls-watch', unit: 'postfix-tls-watch.service' });
    const well = checks.filter(({ state }) => state === 'ok').map(({ says }) => says);
    expect(well).toContain('/etc/postfix-tls-watch.toml, the file of flags, is read');
    expect(well).toContain('hash:/etc/postfix/tls_policy: 1 entry');
    expect(checks.filter(({ group, state }) => group === 'store' && state === 'failure')).toEqual([]);
  });

  test('check and lint judge the table of the Postfix that is there', () => {
    expect(inside('postfix-tls-watch lint')).toContain('nothing found');
    const { code, out } = root.run('postfix-tls-watch check --deadline 20');
    expect(out).toContain('a.example');
    expect(code).toBe(3);
  });

  test('the conffile is edited, and the daily run tells and keeps, by the words of its unit', () => {
    inside(`printf '[watch]\\nhook = "/usr/local/bin/tell"\\nconfirm-after = 0\\n' >> /etc/postfix-tls-watch.toml`);
    inside(`printf '#!/bin/sh\\ncat >> /var/lib/postfix-tls-watch/told\\n' > /usr/local/bin/tell; chmod 755 /usr/local/bin/tell`);
    expect(root.run(DAILY_RUN)).toEqual({ code: 0, out: '', err: '' });
    expect(inside('cat /var/lib/postfix-tls-watch/told')).toContain('Now watching 1 entry');
    expect(inside("stat -c '%U %a' /var/lib/postfix-tls-watch/store.sqlite")).toBe('postfix-tls-watch 640\n');
  });

  test('upgraded it keeps the store and the conffile, and is quiet about what was told', () => {
    const kept = () => inside('sha256sum /etc/postfix-tls-watch.toml /var/lib/postfix-tls-watch/store.sqlite');
    const before = kept();
    const { code, out } = root.run(`dpkg -i ${there(deb)} < /dev/null`);
    expect(code).toBe(0);
    expect(out).toContain(`Unpacking postfix-tls-watch (${VERSION}) over (0.0.9)`);
    expect(out).not.toContain('name a channel');
    expect(kept()).toBe(before);
    expect(inside('rm /var/lib/postfix-tls-watch/told; postfix-tls-watch status --json | head -c 1')).toBe('{');
    expect(root.run(DAILY_RUN)).toEqual({ code: 0, out: '', err: '' });
    expect(inside('ls /var/lib/postfix-tls-watch')).not.toContain('told');
  });

  test('man finds and shows both pages, on a terminal of any kind', () => {
    expect(inside('man postfix-tls-watch')).toContain('tells a mail administrator before a line of the');
    expect(inside('LC_ALL=C man --warnings 5 postfix-tls-watch.toml')).toContain('\nNAMES\n');
    expect(inside('man -w postfix-tls-watch')).toBe('/usr/share/man/man1/postfix-tls-watch.1.gz\n');
    expect(inside('man 1 postfix-tls-watch | grep -c /usr/local/bin || true')).toBe('0\n');
  });

  test('each shell finds its completion', () => {
    expect(inside('bash -c ". /usr/share/bash-completion/completions/postfix-tls-watch; complete -p postfix-tls-watch"')).toBe(
      'complete -F _postfix_tls_watch postfix-tls-watch\n',
    );
    // $HOME is no place for zsh's list of completions here.
    expect(inside(`zsh -f -c 'autoload -Uz compinit; compinit -u -D; print $_comps[postfix-tls-watch]'`)).toBe(
      '_postfix-tls-watch\n',
    );
    expect(inside(`fish -c 'complete -C "postfix-tls-watch unm"'`)).toBe('unmute\tend a mute\n');
  });

  test('the documents name the command where the package has it, and the terms are whole', () => {
    const doc = '/usr/share/doc/postfix-tls-watch';
    expect(inside(`grep -rl /usr/local/bin/postfix-tls-watch ${doc} || true`)).toBe('');
    expect(inside(`zcat ${doc}/changelog.gz | head -1`)).toBe(`postfix-tls-watch (${VERSION}) unstable; urgency=medium\n`);
    const copyright = inside(`cat ${doc}/copyright`);
    for (const part of [
      'Files: node_modules/node-linux-',
      'Files: node_modules/commander/*',
      ' The externally maintained libraries',
    ])
      expect(copyright).toContain(part);
  });

  test('removed it leaves the store, the file of flags and the user, and nothing that runs', () => {
    inside('systemctl --root=/ enable postfix-tls-watch.timer 2>/dev/null; dpkg -r postfix-tls-watch');
    expect(inside('ls /var/lib/postfix-tls-watch /etc/postfix-tls-watch.toml; id -un postfix-tls-watch')).toContain(
      'store.sqlite',
    );
    expect(inside(LEFT)).toBe('/etc/postfix-tls-watch.toml\n/var/lib/postfix-tls-watch\n');
  });

  test('purged it leaves the user alone', () => {
    inside('dpkg -P postfix-tls-watch');
    expect(inside(LEFT)).toBe('');
    expect(inside('find /etc/systemd/system /var/lib/systemd -name "postfix-tls-watch*"')).toBe('');
    expect(inside('id -un postfix-tls-watch')).toBe('postfix-tls-watch\n');
  });

  test('a store that runs of root kept becomes that of the user', () => {
    inside('mkdir /var/lib/postfix-tls-watch; : > /var/lib/postfix-tls-watch/store.sqlite');
    expect(root.run(`dpkg -i ${there(deb)}`).code).toBe(0);
    expect(inside("stat -c '%U' /var/lib/postfix-tls-watch /var/lib/postfix-tls-watch/store.sqlite")).toBe(
      'postfix-tls-watch\npostfix-tls-watch\n',
    );
  });

  test('and so does all that lies below it', () => {
    inside('dpkg -P postfix-tls-watch; mkdir -p /var/lib/postfix-tls-watch/old; : > /var/lib/postfix-tls-watch/old/.lock');
    expect(root.run(`dpkg -i ${there(deb)}`).code).toBe(0);
    expect(inside("find /var/lib/postfix-tls-watch -printf '%P %u\\n' | sort")).toBe(
      ' postfix-tls-watch\nold postfix-tls-watch\nold/.lock postfix-tls-watch\n',
    );
  });

  test('what a unit with DynamicUser= kept stays its own when installed, and goes with the purge', () => {
    inside(
      'dpkg -P postfix-tls-watch; install -d -m 700 /var/lib/private; install -d -o 61234 /var/lib/private/postfix-tls-watch',
    );
    inside('ln -s private/postfix-tls-watch /var/lib/postfix-tls-watch; : > /var/lib/postfix-tls-watch/store.sqlite');
    expect(root.run(`dpkg -i ${there(deb)}`).code).toBe(0);
    expect(inside("readlink /var/lib/postfix-tls-watch; stat -c '%u' /var/lib/private/postfix-tls-watch")).toBe(
      'private/postfix-tls-watch\n61234\n',
    );
    inside('dpkg -P postfix-tls-watch');
    expect(inside('ls /var/lib/private')).toBe('');
  });

  test.each([
    { target: 'private/postfix-tls-watch', left: 'postfix-tls-watch directory\n', because: "of systemd's makes way" },
    { target: '/srv/not-mounted', left: 'root symbolic link\n', because: 'of the administrator stays' },
  ])('a link that leads nowhere does not stop the installation: one $because', ({ target, left }) => {
    inside(
      `dpkg -P postfix-tls-watch 2>/dev/null; rm -rf /var/lib/postfix-tls-watch; ln -s ${target} /var/lib/postfix-tls-watch`,
    );
    expect(root.run(`dpkg -i ${there(deb)}`).code).toBe(0);
    expect(inside("stat -c '%U %F' /var/lib/postfix-tls-watch")).toBe(left);
    inside('dpkg -P postfix-tls-watch');
  });

  test('this machine is as it was', () => {
    expect(readFileSync('/etc/passwd', 'utf8')).not.toContain('postfix-tls-watch');
    expect(existsSync('/usr/bin/postfix-tls-watch')).toBe(false);
  });
});

/** A table of the group postfix, in the Postfix of that root. */
const SET_UP = `
printf 'a.example secure\\n' > /etc/postfix/tls_policy
postmap hash:/etc/postfix/tls_policy
/usr/lib/postfix-tls-watch/node -p 'tls.rootCertificates[0]' > /etc/postfix/anchor.pem
chgrp postfix /etc/postfix/tls_policy*
chmod 640 /etc/postfix/tls_policy*
postconf -e smtp_tls_policy_maps=hash:/etc/postfix/tls_policy smtp_tls_CAfile=/etc/postfix/anchor.pem \
  myhostname=mx1.example.com
`;

/** ExecStart= as systemd would start it: the user, its groups, the state directory. */
const DAILY_RUN = `
command=$(sed -n 's/^ExecStart=//p' /usr/lib/systemd/system/postfix-tls-watch.service)
group=$(getent group postfix | cut -d: -f3)
own=$(id -g postfix-tls-watch)
exec setpriv --reuid postfix-tls-watch --regid "$own" --groups "$own,$group" --no-new-privs --bounding-set=-all \
  env STATE_DIRECTORY=/var/lib/postfix-tls-watch $command --deadline 20
`;

/** Every place where a package of this name could leave something. */
const LEFT = `
ls -d /etc/postfix-tls-watch* /usr/bin/postfix-tls-watch /usr/lib/postfix-tls-watch /usr/share/doc/postfix-tls-watch \
  /usr/lib/systemd/system/postfix-tls-watch* /usr/share/man/man*/postfix-tls-watch* /var/lib/postfix-tls-watch 2>/dev/null || true
`;
