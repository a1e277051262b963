/** What the completion of every shell offers of the command tree. Pure. */
import type { CommandNode } from '../command-tree.ts';

export const PROGRAM = 'postfix-tls-watch';

/** Every command with the words that are typed for it, the program itself first. */
export const nodesOf = (node: CommandNode): readonly CommandNode[] => [
  node,
  ...node.commands.flatMap(nodesOf),
];

/** The last word of a command: `push`. */
export const wordOf = ({ path }: CommandNode): string => path.split(' ').at(-1) ?? '';

/** The commands that may be typed behind this one; for `help`, those beside it. */
export function commandWordsOf(node: CommandNode, nodes: readonly CommandNode[]): string[] {
  const ofCommands = node.operands.some(({ takes }) => takes === 'command');
  const above = node.path.split(' ').slice(0, -1).join(' ');
  const parent = ofCommands ? nodes.find(({ path }) => path === above) : node;
  return (parent?.commands ?? []).filter((one) => one !== node).map(wordOf);
}

/** What fits beside a flag in a list. */
export function brief(description: string): string {
  const [clause = ''] = description.length <= LONGEST ? [description] : description.split(CLAUSE);
  const text = clause.length < SHORTEST ? description : clause;
  if (text.length <= LONGEST) return text;
  return `${text.slice(0, text.lastIndexOf(' ', LONGEST - 1))}…`;
}

/** A word for a shell, in single quotes. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const CLAUSE = /[;:] |,? \(/;
const SHORTEST = 12;
const LONGEST = 76;
