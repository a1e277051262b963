/**
 * The commands and flags as they are declared (lambda/command/program.ts), for whatever describes
 * them elsewhere: manual pages and completion are made of this, and say what --help says.
 */
import type { EventEmitter } from 'node:events';
import { type Command, Help, type Option } from 'commander';
import { kindOf } from '../lambda/command/configuration/flag-kind.ts';
import { program } from '../lambda/command/program.ts';
import { processConsole } from '../lambda/command/terminal/console.ts';

export interface CommandNode {
  /** As it is typed, such as `policy push`; empty: the program itself. */
  readonly path: string;
  readonly description: string;
  readonly operands: readonly Operand[];
  readonly flags: readonly Flag[];
  /** What --help adds at its end; empty: nothing. */
  readonly after: string;
  readonly commands: readonly CommandNode[];
}

export interface Operand {
  readonly name: string;
  readonly isRequired: boolean;
  readonly isRepeatable: boolean;
  readonly takes: Takes;
}

export interface Flag {
  /** With its dashes: `--json`. */
  readonly long: string;
  /** `-w`. */
  readonly short?: string;
  /** As --help has it: `<file>`, `[user]`; absent: a switch. */
  readonly value?: string;
  readonly isValueOptional: boolean;
  readonly isRepeatable: boolean;
  /** With default and choices, as --help has them. */
  readonly description: string;
  readonly choices: readonly string[];
  readonly takes: Takes;
}

/** What a shell can offer for a value. */
export type Takes = 'file' | 'directory' | 'user' | 'command' | 'words';

/** The whole program. */
export const commandTree = (): CommandNode => nodeOf(program(processConsole()), []);

/** The commands that do something, in the order of --help. */
export const leavesBelow = (node: CommandNode): readonly CommandNode[] =>
  node.commands.length === 0 ? [node] : node.commands.flatMap(leavesBelow);

/** The flags that such a function of lambda/command adds. */
export const flagsOf = (command: Command): readonly Flag[] => command.options.map(flagOf);

function nodeOf(command: Command, path: readonly string[]): CommandNode {
  return {
    path: path.join(' '),
    description: command.description(),
    operands: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      isRequired: argument.required,
      isRepeatable: argument.variadic,
      takes: takesOf(argument.name()),
    })),
    flags: HELP.visibleOptions(command).map(flagOf),
    after: helpAfter(command),
    commands: HELP.visibleCommands(command).map((child) => nodeOf(child, [...path, child.name()])),
  };
}

function flagOf(option: Option): Flag {
  const value = /[<[].*$/.exec(option.flags)?.[0];
  return {
    long: option.long ?? '',
    ...(option.short === undefined ? {} : { short: option.short }),
    ...(value === undefined ? {} : { value }),
    isValueOptional: option.optional && !option.required,
    isRepeatable: kindOf(option) === 'list',
    description: HELP.optionDescription(option),
    choices: option.argChoices ?? [],
    takes: takesOf(value?.replaceAll(/[<>[\]]/g, '') ?? ''),
  };
}

/** By the word that stands for the value: `<file>`. */
function takesOf(word: string): Takes {
  return TAKES[word] ?? 'words';
}

const TAKES: Readonly<Record<string, Takes>> = {
  ...{ file: 'file', log: 'file', path: 'file', program: 'file', table: 'file' },
  ...{ dir: 'directory', place: 'directory' },
  ...{ user: 'user', command: 'command' },
};

/** Commander keeps it as a listener of the event that prints it. */
function helpAfter(command: Command): string {
  let text = '';
  const write = (part: string): void => {
    text += part;
  };
  const events = command as Command & EventEmitter;
  events.emit('afterHelp', { error: false, command, write });
  return text.trim();
}

const HELP = new Help();
