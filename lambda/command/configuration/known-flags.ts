/**
 * What may stand in a file: the long names of the commands' flags without their dashes, and `table`
 * for the argument of that name.
 */
import type { Command, Option } from 'commander';
import { ONE_RUN } from '../flags.ts';
import { type FlagKind, kindOf } from './flag-kind.ts';

export interface KnownFlag {
  readonly name: string;
  readonly kind: FlagKind;
  /** Commands as they are typed, such as `policy push`. */
  readonly commands: readonly string[];
  /** Absent for an argument. */
  readonly option?: Option;
}

/** The commands that do something, as they are typed. */
export function leavesOf(command: Command, above: readonly string[] = []): [string, Command][] {
  return command.commands.flatMap((child) => {
    const path = [...above, child.name()];
    return child.commands.length === 0
      ? [[path.join(' '), child] as [string, Command]]
      : leavesOf(child, path);
  });
}

/** By name. One name means the same to every command that has it. */
export function knownFlags(program: Command): ReadonlyMap<string, KnownFlag> {
  const known = new Map<string, KnownFlag>();
  const add = (command: string, flag: Omit<KnownFlag, 'commands'>): void => {
    const commands = known.get(flag.name)?.commands ?? [];
    known.set(flag.name, { ...known.get(flag.name), ...flag, commands: [...commands, command] });
  };
  for (const [name, command] of leavesOf(program)) {
    if (takesTable(command)) add(name, { name: TABLE, kind: 'text' });
    for (const option of command.options) {
      const long = longName(option);
      if (!ONE_RUN.has(long)) add(name, { name: long, kind: kindOf(option), option });
    }
  }
  return known;
}

export const longName = ({ long }: Pick<Option, 'long'>): string => (long ?? '').slice(2);

export const takesTable = (command: Command): boolean =>
  command.registeredArguments.some((argument) => argument.name() === TABLE);

export const TABLE = 'table';
