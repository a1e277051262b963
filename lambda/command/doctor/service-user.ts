/**
 * `--as-service [USER]`: who runs the unit, and becoming that user for the rest of this process, as
 * systemd does before it starts a service: group, supplementary groups, then user.
 */
import type { Machine } from '../../policy/gather/machine.ts';
import { decodeText } from '../../postfix/decode.ts';
import { tokens } from '../../postfix/token.ts';
import { UsageError } from '../../usage-error.ts';
import { environmentOf, findUnit, type Unit } from './unit-file.ts';

export interface ServiceUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** The first one included. */
  readonly groups: readonly number[];
  /** Absent where a user was named. */
  readonly unit?: Unit;
  /** What systemd would set. */
  readonly environment: Readonly<Record<string, string>>;
}

const UNIT = 'postfix-tls-watch.service';

/**
 * @param named true: the user of the installed unit
 * @throws UsageError where there is no such unit, user or group
 */
export async function findServiceUser(
  named: string | true,
  machine: Machine,
): Promise<ServiceUser> {
  if (machine.uid !== 0)
    throw new UsageError('--as-service takes the place of another user; run it as root (sudo)');
  if (named !== true) return { ...(await account(named, machine)), environment: {} };
  const unit = await findUnit(UNIT, machine);
  if (unit === undefined)
    throw new UsageError(
      `--as-service: there is no ${UNIT} here; install it (docs/mail-host.md), or name its user: ` +
        '--as-service USER',
    );
  const user = await ofUnit(unit, machine);
  const supplementary = await Promise.all(
    unit.supplementaryGroups.map((group) => groupNumber(group, machine)),
  );
  const gid = unit.group === undefined ? user.gid : await groupNumber(unit.group, machine);
  return {
    ...user,
    gid,
    groups: [...new Set([gid, ...user.groups, ...supplementary])],
    unit,
    environment: await environmentOfUnit(unit, machine),
  };
}

/** For the rest of the process. */
export function become({ uid, gid, groups }: ServiceUser): void {
  process.setgroups?.([...groups]);
  process.setgid?.(gid);
  process.setuid?.(uid);
}

type Account = Pick<ServiceUser, 'name' | 'uid' | 'gid' | 'groups'>;

async function ofUnit(unit: Unit, machine: Machine): Promise<Account> {
  if (!unit.dynamicUser) return account(unit.user ?? 'root', machine);
  const name = unit.user ?? unit.name.replace(/\.service$/, '');
  const known = await numbers('-u', name, machine);
  if (known !== undefined) return account(name, machine);
  // Of the range that systemd takes them from, while the unit does not run (nss-systemd(8)).
  return { name, uid: FIRST_DYNAMIC, gid: FIRST_DYNAMIC, groups: [FIRST_DYNAMIC] };
}

async function account(name: string, machine: Machine): Promise<Account> {
  const [uid] = (await numbers('-u', name, machine)) ?? [];
  const [gid] = (await numbers('-g', name, machine)) ?? [];
  if (uid === undefined || gid === undefined)
    throw new UsageError(
      `--as-service: there is no user ${name} on this host; make it, or name another`,
    );
  return { name, uid, gid, groups: (await numbers('-G', name, machine)) ?? [gid] };
}

async function numbers(
  flag: string,
  name: string,
  machine: Machine,
): Promise<readonly number[] | undefined> {
  const ran = await machine.run('id', [flag, '--', name]);
  return ran.kind === 'ended' && ran.status === 0 ? tokens(ran.output).map(Number) : undefined;
}

async function groupNumber(name: string, machine: Machine): Promise<number> {
  const ran = await machine.run('getent', ['group', '--', name]);
  const found = ran.kind === 'ended' && ran.status === 0 ? ran.output.split(':')[2] : undefined;
  if (found === undefined)
    throw new UsageError(
      `--as-service: ${UNIT} wants the group ${name}, which is not there, and systemd would not ` +
        'start it; make the group, or take it out of the unit',
    );
  return Number(found);
}

async function environmentOfUnit(
  unit: Unit,
  machine: Machine,
): Promise<Readonly<Record<string, string>>> {
  const files = await Promise.all(
    unit.environmentFiles.map(async (path) => {
      const read = await machine.read(path.replace(/^-/, ''));
      if (read.kind === 'read') return environmentOf(decodeText(read.bytes).split('\n'));
      if (path.startsWith('-')) return {};
      throw new UsageError(
        `--as-service: ${unit.name} wants the environment file ${path}, and systemd would not start ` +
          `it without (${read.because}); write it, or put a dash before its name in the unit`,
      );
    }),
  );
  return Object.assign(
    {},
    environmentOf(unit.environment),
    ...files,
    unit.stateDirectory === undefined ? {} : { STATE_DIRECTORY: `/var/lib/${unit.stateDirectory}` },
  ) as Readonly<Record<string, string>>;
}

const FIRST_DYNAMIC = 61_184;
