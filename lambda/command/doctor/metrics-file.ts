/** Whether `--metrics-file` could be written after a run: by the user, and in the unit's sandbox. Writes nothing. */
import { resolve } from 'node:path';
import { plain } from '../../text/strangers.ts';
import { fileHindrance } from '../metrics/replace-file.ts';
import { type Finding, failure, ok } from './finding.ts';
import type { ServiceUser } from './service-user.ts';

/** To be asked as the unit's user. */
export async function metricsFileFindings(
  path: string | undefined,
  service: ServiceUser | undefined,
): Promise<Finding[]> {
  if (path === undefined) return [];
  const unit = service?.unit;
  const under = unit?.writable?.find((folder) => isBelow(path, folder));
  if (unit?.writable !== undefined && under === undefined)
    return [
      failure(
        'channels',
        `--metrics-file ${plain(path)}: ${unit.name} may not write there, for ProtectSystem=strict`,
        'write it by the drop-in postfix-tls-watch-metrics.conf instead (docs/monitoring.md)',
      ),
    ];
  // Only root comes to the directory that systemd gives to a dynamic user (store/sqlite/owner).
  const isGiven = unit?.dynamicUser === true && under === `/var/lib/${unit.stateDirectory}`;
  const hindered = isGiven ? undefined : await fileHindrance(path);
  return [
    hindered === undefined
      ? ok('channels', `--metrics-file ${plain(path)} can be written`)
      : failure(
          'channels',
          `--metrics-file ${plain(path)}: ${hindered.split('; ')[0]}`,
          'name another file, or let "metrics --output" write it as another user (docs/monitoring.md)',
        ),
  ];
}

const isBelow = (path: string, folder: string): boolean =>
  resolve(path).startsWith(`${resolve(folder).replace(/\/$/, '')}/`);
