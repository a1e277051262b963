/**
 * The date of what is packed, so that a package made twice is the same bytes: SOURCE_DATE_EPOCH
 * (reproducible-builds.org), else that of the commit, else of the last release in CHANGELOG.md.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './bundle.ts';

/** Epoch seconds. @throws Error where none of the three is known */
export function sourceDate(): number {
  const given = Number(process.env.SOURCE_DATE_EPOCH ?? '');
  if (given > 0) return given;
  const { stdout } = spawnSync('git', ['-c', 'safe.directory=*', 'log', '-1', '--format=%ct'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (Number(stdout ?? '') > 0) return Number(stdout);
  const [, day] = /^## \S+ \((\d{4}-\d{2}-\d{2})\)$/m.exec(changelog()) ?? [];
  if (day === undefined)
    throw new Error('no date to pack under: set SOURCE_DATE_EPOCH, or pack in a checkout of git');
  return Date.parse(day) / 1000;
}

const changelog = (): string => readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8');
