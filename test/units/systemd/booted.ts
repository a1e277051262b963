/** A systemd in namespaces of its own, on this machine's system below an overlay that goes with it. */
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../../pages.ts';

export interface Booted {
  /** A shell inside, as root; the checkout is /product there. */
  readonly inside: (script: string) => { readonly code: number | null; readonly text: string };
  /** Subjects of root's mailbox, as Postfix delivered them; waits until there are so many. */
  readonly letters: (count: number) => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
}

/** @throws Error where systemd does not come up */
export async function boot(): Promise<Booted> {
  const booting = spawn('unshare', [...NAMESPACES, 'sh', join(import.meta.dirname, 'boot.sh'), ROOT], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  booting.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const close = async () => {
    const ended = new Promise((done) => booting.once('exit', done));
    booting.kill('SIGKILL');
    if (booting.exitCode === null && booting.signalCode === null) await ended;
  };
  for (let tries = 0; tries < 300; tries++) {
    const { stdout } = spawnSync('ps', ['-o', 'pid=,comm=', '--ppid', String(booting.pid)], { encoding: 'utf8' });
    // The script became systemd.
    const [, pid] = /(\d+) systemd$/m.exec(stdout) ?? [];
    const inside = (script: string) => runInside(pid ?? '', script);
    if (pid !== undefined && /running|degraded/.test(inside('systemctl is-system-running || true').text))
      return { inside, letters: (count) => lettersOf(inside, count), close };
    await sleep(100);
  }
  await close();
  throw new Error(`systemd did not come up: ${errors}`);
}

function runInside(pid: string, script: string): ReturnType<Booted['inside']> {
  const ran = spawnSync('nsenter', ['-t', pid, '-m', '-p', '-n', '-i', '-u', '-C', '-r', '-w', 'sh', '-ec', script], {
    encoding: 'utf8',
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  return { code: ran.status, text: `${ran.stdout}${ran.stderr}` };
}

async function lettersOf(inside: Booted['inside'], count: number): Promise<readonly string[]> {
  const subjects = () => inside('cat /var/mail/root 2>/dev/null || true').text.match(/^Subject: .*$/gm) ?? [];
  for (let tries = 0; subjects().length < count && tries < 200; tries++) await sleep(100);
  return subjects();
}

/** A Postfix with one entry, in a table that the group postfix may read, that delivers to root's mailbox. */
export const POSTFIX = `
printf 'a.example secure\\n' > /etc/postfix/tls_policy
postmap hash:/etc/postfix/tls_policy
chgrp postfix /etc/postfix/tls_policy*
chmod 640 /etc/postfix/tls_policy*
postconf -e smtp_tls_policy_maps=hash:/etc/postfix/tls_policy mydestination=localhost inet_interfaces=loopback-only myhostname=mx1.example.com alias_maps=
rm -f /var/mail/root
systemctl start postfix@-.service
`;

const NAMESPACES = ['--mount', '--pid', '--fork', '--kill-child', '--uts', '--ipc', '--net', '--cgroup'];
