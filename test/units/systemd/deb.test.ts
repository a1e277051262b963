/** The Debian package under a real systemd: its user, its timer, what an upgrade and a removal do to them. In order. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packDeb } from '../../../infra/debian/pack-deb.ts';
import { missingRoot } from '../../packages/root.ts';
import { ROOT } from '../../pages.ts';
import { type Booted, boot, POSTFIX } from './booted.ts';

const missing = missingRoot();

describe.skipIf(missing !== undefined)(`the Debian package under systemd${missing === undefined ? '' : ` (${missing})`}`, () => {
  let dir: string;
  let deb: string;
  let booted: Booted;
  beforeAll(async () => {
    // What is there is /product inside.
    mkdirSync(join(ROOT, 'dist'), { recursive: true });
    dir = mkdtempSync(join(ROOT, 'dist/deb-'));
    deb = (await packDeb(dir, { isQuick: true })).replace(ROOT.replace(/\/$/, ''), '/product');
    booted = await boot();
    // Images of containers let no package start anything.
    booted.inside(`rm -f /usr/sbin/policy-rc.d; ${POSTFIX}`);
  });
  afterAll(async () => {
    await booted?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const inside = (script: string) => {
    const { code, text } = booted.inside(script);
    expect(code, text).toBe(0);
    return text;
  };
  const timer = () =>
    inside('systemctl is-enabled postfix-tls-watch.timer || true; systemctl is-active postfix-tls-watch.timer || true');

  test('installed it starts nothing', () => {
    inside(`dpkg -i ${deb}`);
    expect(timer()).toBe('disabled\ninactive\n');
  });

  test('the daily run reads a table of the group postfix as the user of the package, mails, and keeps what it saw', async () => {
    inside(`printf '[watch]\\nmail-to = ["root@localhost"]\\n' >> /etc/postfix-tls-watch.toml`);
    inside('systemctl enable --now postfix-tls-watch.timer; systemctl start postfix-tls-watch.service');
    expect(await booted.letters(1)).toEqual(['Subject: Now watching 1 entry: 1 not judged']);
    expect(inside("stat -c '%U %a %F' /var/lib/postfix-tls-watch /var/lib/postfix-tls-watch/store.sqlite")).toBe(
      'postfix-tls-watch 750 directory\npostfix-tls-watch 640 regular file\n',
    );
  });

  test('a run that fails is mailed to root', async () => {
    inside('chown root /etc/postfix/tls_policy*; chmod 600 /etc/postfix/tls_policy*');
    expect(booted.inside('systemctl start postfix-tls-watch.service').code).toBe(1);
    expect((await booted.letters(2)).at(-1)).toMatch(/^Subject: postfix-tls-watch failed on \S+ \(exit-code, status 3\)$/);
    inside('chmod 640 /etc/postfix/tls_policy*; systemctl reset-failed');
  });

  test('upgraded and installed again it goes on with a timer that is enabled', () => {
    inside(`dpkg -i ${deb}`);
    expect(timer()).toBe('enabled\nactive\n');
    inside('dpkg -r postfix-tls-watch');
    expect(inside('systemctl is-active postfix-tls-watch.timer || true')).toBe('inactive\n');
    inside(`dpkg -i ${deb}`);
    expect(timer()).toBe('enabled\nactive\n');
  });

  test('purged it is unknown to systemd', () => {
    inside('dpkg -P postfix-tls-watch');
    expect(inside('systemctl list-unit-files --no-legend "postfix-tls-watch*" || true')).toBe('');
    expect(inside('find /etc/systemd /var/lib/postfix-tls-watch -name "postfix-tls-watch*" 2>/dev/null || true')).toBe('');
  });

  test('the store of a unit with DynamicUser= becomes that of the user with the first run', () => {
    const unit = '/etc/systemd/system/postfix-tls-watch.service';
    inside(`dpkg -i ${deb}; rmdir /var/lib/postfix-tls-watch; cp /product/docs/examples/postfix-tls-watch.service ${unit}`);
    inside(`sed -i 's,/usr/local/bin,/usr/bin,; s/^DynamicUser=yes/&\\nUser=another/' ${unit}`);
    inside('systemctl daemon-reload; systemctl start postfix-tls-watch.service');
    expect(inside('readlink /var/lib/postfix-tls-watch')).toBe('private/postfix-tls-watch\n');
    inside(`rm ${unit}; systemctl daemon-reload; systemctl start postfix-tls-watch.service`);
    expect(inside("stat -c '%U %F' /var/lib/postfix-tls-watch /var/lib/postfix-tls-watch/store.sqlite")).toBe(
      'postfix-tls-watch directory\npostfix-tls-watch regular file\n',
    );
  });
});
