/** What a run of the unit needs before it begins: its command line is understood, and it may read its file of flags. */
import { readHere } from '../../policy/gather/this-machine.ts';
import type { FlagsFile } from '../configuration/configure.ts';
import { type Finding, failure, ok, warning } from './finding.ts';
import type { ServiceUser } from './service-user.ts';
import type { UnitFlags } from './unit-flags.ts';

/** To be asked as the unit's user. */
export async function unitFindings(
  service: ServiceUser | undefined,
  flags: UnitFlags | undefined,
  file: FlagsFile | undefined,
): Promise<Finding[]> {
  if (service === undefined) return [];
  const { name } = service;
  return [
    ...ofCommand(service, flags),
    ...(file === undefined ? [] : [await ofFlagsFile(file.path, name)]),
  ];
}

function ofCommand({ unit }: ServiceUser, flags: UnitFlags | undefined): Finding[] {
  if (unit === undefined || flags === undefined) return [];
  switch (flags.kind) {
    case 'not-understood':
      return [
        failure(
          'schedule',
          `${unit.name}: ${flags.because}`,
          'correct its ExecStart=, and run systemctl daemon-reload',
        ),
      ];
    case 'taken':
      return flags.config === undefined
        ? []
        : [
            warning(
              'schedule',
              `${unit.name} runs with ${flags.config}, which is not looked at unless it is given here`,
              `postfix-tls-watch doctor --as-service ${flags.config}`,
            ),
          ];
  }
}

async function ofFlagsFile(path: string, user: string): Promise<Finding> {
  const read = await readHere(path);
  return read.kind === 'read'
    ? ok('postfix', `${path}, the file of flags, is read`)
    : failure(
        'postfix',
        `${path}, the file of flags: ${read.because} for ${user}, so that no run begins`,
        'let the user read it (chgrp and chmod g+r), and keep its secrets in files of their own',
      );
}
