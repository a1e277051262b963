/** Completion for fish, of the command tree. Pure. */
import type { CommandNode, Flag, Operand, Takes } from '../command-tree.ts';
import { brief, commandWordsOf, nodesOf, PROGRAM, wordOf } from './offer.ts';

export function fishCompletion(program: CommandNode): string {
  const nodes = nodesOf(program);
  const groups = program.commands.filter(({ commands }) => commands.length > 0).map(wordOf);
  return [
    `# fish completion for ${PROGRAM}, made of its commands`,
    '',
    'function __postfix_tls_watch_in --description "the command that was typed, as its words"',
    '    set -l words (commandline -opc)[2..]',
    '    set -l typed "$words[1]"',
    `    if contains -- "$words[1]" ${groups.join(' ')}`,
    '        set typed "$words[1..2]"',
    '    end',
    '    test "$typed" = "$argv"',
    'end',
    '',
    `complete -c ${PROGRAM} -f`,
    ...nodes.flatMap((node) => linesOf(node, nodes)),
    '',
  ].join('\n');
}

function linesOf(node: CommandNode, nodes: readonly CommandNode[]): string[] {
  const condition = `__postfix_tls_watch_in ${node.path}`.trimEnd();
  const line = (...words: readonly string[]) =>
    [`complete -c ${PROGRAM} -n ${quoted(condition)}`, ...words].join(' ');
  const described = node.commands.map((child) =>
    line('-a', wordOf(child), '-d', quoted(brief(child.description))),
  );
  const words = node.commands.length > 0 ? [] : commandWordsOf(node, nodes);
  return [
    ...described,
    ...(words.length > 0 ? [line('-a', quoted(words.join(' ')))] : []),
    ...node.operands.slice(-1).flatMap((operand) => operandWords(operand).map((one) => line(one))),
    ...node.flags.map((flag) => line(...flagWords(flag))),
  ];
}

const operandWords = ({ takes }: Operand): string[] => (takes === 'file' ? ['-F'] : []);

function flagWords(flag: Flag): string[] {
  const { long, short, description } = flag;
  return [
    ...(short === undefined ? [] : ['-s', short.slice(1)]),
    ...['-l', long.slice(2), '-d', quoted(brief(description))],
    ...valueWords(flag),
  ];
}

function valueWords({ value, isValueOptional, choices, takes }: Flag): string[] {
  if (value === undefined || isValueOptional) return [];
  return choices.length > 0 ? ['-x', '-a', quoted(choices.join(' '))] : [...VALUES[takes]];
}

const VALUES: Readonly<Record<Takes, readonly string[]>> = {
  file: ['-r', '-F'],
  directory: ['-x', '-a', "'(__fish_complete_directories)'"],
  user: ['-x', '-a', "'(__fish_complete_users)'"],
  command: ['-x'],
  words: ['-x'],
};

/** A word for fish, in single quotes. */
const quoted = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
