/** Completion for zsh, of the command tree, by its own `_arguments`. Pure. */
import type { CommandNode, Flag, Operand, Takes } from '../command-tree.ts';
import { brief, commandWordsOf, nodesOf, PROGRAM, quoted, wordOf } from './offer.ts';

export function zshCompletion(program: CommandNode): string {
  const nodes = nodesOf(program);
  return [
    `#compdef ${PROGRAM}`,
    `# zsh completion for ${PROGRAM}, made of its commands`,
    '',
    ...nodes.flatMap((node) => [node.commands.length > 0 ? group(node) : leaf(node, nodes), '']),
    '_postfix_tls_watch "$@"',
    '',
  ].join('\n');
}

/** Offers the commands below, and hands on to the one that was typed. */
function group(node: CommandNode): string {
  const described = node.commands.map((child) =>
    quoted(`${wordOf(child)}:${escaped(brief(child.description), ':')}`),
  );
  return `${nameOf(node)}() {
  local curcontext=$curcontext state line ret=1
  _arguments -C -S \\
    ${[...node.flags.map(flagSpec), "'1: :->command'", "'*:: :->words'"].join(' \\\n    ')} && ret=0
  case $state in
    command)
      local -a commands=(
        ${described.join('\n        ')}
      )
      _describe -t commands command commands && ret=0
      ;;
    words)
      curcontext=\${curcontext%:*}-$line[1]:
      case $line[1] in
${node.commands.map((child) => `        ${wordOf(child)}) ${nameOf(child)} && ret=0 ;;`).join('\n')}
      esac
      ;;
  esac
  return ret
}`;
}

function leaf(node: CommandNode, nodes: readonly CommandNode[]): string {
  const commands = commandWordsOf(node, nodes);
  const operands =
    commands.length > 0
      ? [quoted(`:command:(${commands.join(' ')})`)]
      : node.operands.map(operandSpec);
  const specs = [...node.flags.map(flagSpec), ...operands];
  return `${nameOf(node)}() {
  _arguments -S \\
    ${specs.join(' \\\n    ')}
}`;
}

/** Behind `=` or as a word of its own, as the command takes it. */
function flagSpec(flag: Flag): string {
  const { long, short, isRepeatable, description } = flag;
  const names = short === undefined ? [long] : [short, long];
  const others = names.length > 1 ? `(${names.join(' ')})` : '';
  return names
    .map((name) => {
      const assigns = flag.value !== undefined && name === long ? '=' : '';
      const shown = `[${escaped(brief(description), '[]')}]`;
      return quoted(`${isRepeatable ? '*' : others}${name}${assigns}${shown}${valueSpec(flag)}`);
    })
    .join(' \\\n    ');
}

function valueSpec({ value, isValueOptional, choices, takes }: Flag): string {
  if (value === undefined) return '';
  const action = choices.length > 0 ? `(${choices.join(' ')})` : ACTIONS[takes];
  const name = escaped(value.replace(/^[<[](.*)[>\]]$/, '$1'), ':');
  return `${isValueOptional ? '::' : ':'}${name}:${action}`;
}

function operandSpec({ name, isRequired, isRepeatable, takes }: Operand): string {
  return quoted(`${isRepeatable ? '*' : isRequired ? '' : ':'}:${name}:${ACTIONS[takes]}`);
}

const ACTIONS: Readonly<Record<Takes, string>> = {
  file: '_files',
  directory: '_files -/',
  user: '_users',
  command: ' ',
  words: ' ',
};

const nameOf = ({ path }: CommandNode): string =>
  ['_postfix_tls_watch', ...path.split(' ').filter((word) => word !== '')]
    .join('_')
    .replaceAll('-', '_');

const escaped = (text: string, signs: string): string =>
  [...text]
    .map((letter) => (letter === '\\' || signs.includes(letter) ? `\\${letter}` : letter))
    .join('');
