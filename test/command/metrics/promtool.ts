/** Prometheus' own tool, which Debian has in the package `prometheus`. */
import { spawnSync } from 'node:child_process';

const { status } = spawnSync('promtool', ['--version']);

/** Why there is none to ask; undefined where there is. */
export const NO_PROMTOOL: string | undefined =
  status === 0 ? undefined : 'no promtool on this machine: apt-get install prometheus';

export function promtool(args: readonly string[], input = ''): { readonly code: number | null; readonly said: string } {
  const ran = spawnSync('promtool', args, { input, encoding: 'utf8', timeout: 120_000 });
  return { code: ran.status, said: `${ran.stdout}${ran.stderr}` };
}
