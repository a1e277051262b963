/** A root directory of its own to install packages in, as root: what is done there is gone with it. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface Inside {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Root {
  /** A shell in it, as root, with a plain environment. */
  readonly run: (script: string) => Inside;
  readonly close: () => Promise<void>;
}

/** Why there can be none here; undefined where there can. */
export function missingRoot(): string | undefined {
  if (process.platform !== 'linux') return 'packages are installed on Linux only';
  if (process.getuid?.() !== 0) return 'not root: a root directory of its own needs mounts';
  const programs = ['dpkg-deb', 'dpkg-shlibdeps', 'strip', 'lintian', 'man', 'zsh', 'fish', 'systemd-analyze', 'postconf', 'ps'];
  const absent = programs.filter((program) => spawnSync('which', [program]).status !== 0);
  return absent.length === 0 ? undefined : `not installed: ${absent.join(', ')}`;
}

/** @param packages a folder, there as /packages. @throws Error where the overlay cannot be mounted */
export async function openRoot(packages: string): Promise<Root> {
  const holder = spawn('unshare', [...NAMESPACES, 'sh', join(import.meta.dirname, 'root.sh'), packages], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  holder.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  await Promise.race([once(holder.stdout, 'data'), once(holder, 'exit')]);
  if (holder.exitCode !== null) throw new Error(`no root directory of its own: ${errors}`);
  const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', String(holder.pid)], { encoding: 'utf8' });
  const first = stdout.trim();
  return { run: (script) => run(first, script), close: () => end(holder) };
}

function run(first: string, script: string): Inside {
  const enter = ['-t', first, '-m', '-p', '-n', '-i', '-u', 'chroot', '/mnt/root', 'env', '-i', ...ENVIRONMENT];
  const { status, stdout, stderr } = spawnSync('nsenter', [...enter, 'sh', '-ec', `cd /\n${script}`], { encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

async function end(holder: ChildProcess): Promise<void> {
  const ended = once(holder, 'exit');
  holder.kill('SIGKILL');
  if (holder.exitCode === null && holder.signalCode === null) await ended;
}

const ENVIRONMENT = [
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'HOME=/root',
  'LC_ALL=C.UTF-8',
  'DEBIAN_FRONTEND=noninteractive',
  'MANWIDTH=80',
];

const NAMESPACES = ['--mount', '--pid', '--fork', '--kill-child', '--uts', '--ipc', '--net', '--cgroup'];
