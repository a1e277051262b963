/**
 * The units of docs/examples under a real systemd, in namespaces of its own: their users, groups, system-call filters and all.
 * Where Postfix is Debian's, with a table of the group postfix, and no network: nothing is judged, and all the rest is tried.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../../pages.ts';
import { missingReference } from '../../reference/reference.ts';
import { type Booted, boot, POSTFIX } from './booted.ts';

const SET_UP = `
cat > /usr/local/bin/postfix-tls-watch <<'X'
#!/bin/sh
exec NODE /product/lambda/cli.ts "$@"
X
chmod 755 /usr/local/bin/postfix-tls-watch
cp /product/docs/examples/postfix-tls-watch.service /product/docs/examples/postfix-tls-watch-failed.service /product/docs/examples/postfix-tls-watch.timer /etc/systemd/system/
sed -i 's/postmaster@example.com/root@localhost/' /etc/systemd/system/postfix-tls-watch-failed.service
printf '[watch]\\nmail-to = ["root@localhost"]\\n' > /etc/postfix-tls-watch.toml
mkdir -p /etc/systemd/system/postfix-tls-watch.service.d /var/lib/prometheus/node-exporter
cp /product/docs/examples/postfix-tls-watch-metrics.conf /etc/systemd/system/postfix-tls-watch.service.d/metrics.conf
${POSTFIX}
systemctl daemon-reload
systemctl enable --now postfix-tls-watch.timer
`;

const METRICS = 'postfix-tls-watch.prom';

const missing = missingReference();

describe.skipIf(missing !== undefined)(`the units under systemd${missing === undefined ? '' : ` (${missing})`}`, () => {
  let booted: Booted;
  const inside = (script: string) => booted.inside(script);
  const letters = (count: number) => booted.letters(count);
  beforeAll(async () => {
    booted = await boot();
    const node = process.execPath.replace(ROOT, '/product');
    const { code, text } = inside(SET_UP.replace('NODE', node));
    expect(code, text).toBe(0);
  });
  afterAll(() => booted?.close());

  test('the daily run reads a table of the group postfix, mails, and keeps what it saw in its own directory', async () => {
    const { code, text } = inside('systemctl start postfix-tls-watch.service');
    expect({ code, text }).toEqual({ code: 0, text: '' });
    expect(await letters(1)).toEqual(['Subject: Now watching 1 entry: 1 not judged']);
    expect(inside("stat -c '%a %n' /var/lib/private/postfix-tls-watch/*").text).toBe(
      '640 /var/lib/private/postfix-tls-watch/store.sqlite\n',
    );
    expect(inside("stat -c '%u' /var/lib/private/postfix-tls-watch/store.sqlite").text).toMatch(/^6[1-5]\d{3}\n$/);
  });

  test('metrics of that run lie where node_exporter reads them, whoever that runs as', () => {
    const { text } = inside(`cd /var/lib/prometheus/node-exporter; ls -A; stat -c '%a %U' ${METRICS}; cat ${METRICS}`);
    expect(text.split('\n').slice(0, 2)).toEqual([METRICS, '644 root']);
    expect(text).toMatch(/^postfix_tls_watch_last_complete_run_timestamp_seconds\{/m);
    expect(inside("stat -c '%u' /var/lib/private/postfix-tls-watch/store.sqlite").text).toMatch(/^6[1-5]\d{3}\n$/);
  });

  test('doctor sees what systemd sees', () => {
    const { text } = inside('postfix-tls-watch doctor --as-service --deadline 5 || true');
    const flat = text.replaceAll(/\s+/g, ' ');
    expect(flat).toContain('ok hash:/etc/postfix/tls_policy: 1 entry');
    expect(flat).toContain('ok /var/lib/postfix-tls-watch is read, and systemd lets the unit write it');
    expect(flat).toContain('ok mail to root@localhost: ready');
    expect(flat).toContain('ok postfix-tls-watch.timer is enabled, next ');
    expect(flat).toContain('ok all is well: the last complete run from ');
    const prometheus = `/var/lib/prometheus/node-exporter/${METRICS}`;
    const { text: sandboxed } = inside(`postfix-tls-watch doctor --as-service --deadline 5 --metrics-file ${prometheus} || true`);
    expect(sandboxed.replaceAll(/\s+/g, ' ')).toContain(
      `failure --metrics-file ${prometheus}: postfix-tls-watch.service may not write there, for ProtectSystem=strict`,
    );
  });

  test('a run that fails is told by the other unit', async () => {
    inside(
      `chown root:root /etc/postfix/tls_policy*; chmod 600 /etc/postfix/tls_policy*; rm /var/lib/prometheus/node-exporter/${METRICS}`,
    );
    const { code } = inside('systemctl start postfix-tls-watch.service');
    expect(code).not.toBe(0);
    expect(inside('systemctl show -p ExecMainStatus --value postfix-tls-watch.service').text).toBe('3\n');
    expect((await letters(2)).at(-1)).toMatch(/^Subject: postfix-tls-watch failed on \S+ \(exit-code, status 3\)$/);
    expect(inside('ls /var/lib/prometheus/node-exporter').text).toBe(`${METRICS}\n`);
    inside('chgrp postfix /etc/postfix/tls_policy*; chmod 640 /etc/postfix/tls_policy*');
  });

  test("a hook cannot use Postfix's sendmail, as the page says", () => {
    inside("printf '#!/bin/sh\\nexec /usr/sbin/sendmail root\\n' > /usr/local/bin/hook; chmod 755 /usr/local/bin/hook");
    inside(`printf '[watch]\\nhook = "/usr/local/bin/hook"\\npolicy = "hook"\\n' > /etc/postfix-tls-watch.toml`);
    expect(inside('systemctl start postfix-tls-watch.service').code).not.toBe(0);
    expect(readFileSync(join(ROOT, 'docs/mail-host.md'), 'utf8')).toContain('set-group-ID bit');
    expect(inside('journalctl --no-pager -u postfix-tls-watch.service').text).toMatch(/hook \/usr\/local\/bin\/hook: /);
  });
});
