/**
 * postfix-tls-watch.toml(5): what docs/configuration.md says of the file, and every name that it may
 * have, as the commands declare it.
 */
import type { FlagKind } from '../../lambda/command/configuration/flag-kind.ts';
import {
  type KnownFlag,
  knownFlags,
  TABLE,
} from '../../lambda/command/configuration/known-flags.ts';
import { program } from '../../lambda/command/program.ts';
import { processConsole } from '../../lambda/command/terminal/console.ts';
import { type CommandNode, leavesBelow } from '../command-tree.ts';
import { seeAlso } from './command-page.ts';
import { roffOfMarkdown } from './markdown.ts';
import {
  bold,
  type Edition,
  filled,
  heading,
  italic,
  page,
  paragraph,
  roff,
  section,
} from './roff.ts';

/** @param configuration the text of docs/configuration.md */
export function flagsFilePage(
  tree: CommandNode,
  edition: Edition,
  { configuration }: { readonly configuration: string },
): string {
  const [prose = ''] = configuration.replace(/^# .*\n/, '').split('\n## Names\n');
  const names = [...knownFlags(program(processConsole())).values()].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  const leaves = leavesBelow(tree);
  return page([
    heading('postfix-tls-watch.toml', 5, edition),
    section('name'),
    'postfix\\-tls\\-watch.toml \\- flags for every run of postfix\\-tls\\-watch',
    section('description'),
    roffOfMarkdown(prose),
    section('names'),
    ...names.map((flag) => nameItem(flag, leaves)),
    section('see also'),
    paragraph(['postfix-tls-watch(1)', 'postconf(5)'].map(seeAlso).join(', ')),
  ]);
}

/** With what it says to each command, where that differs. */
function nameItem({ name, kind, commands }: KnownFlag, leaves: readonly CommandNode[]): string {
  const says = new Map<string, string[]>();
  for (const { path, flags } of leaves.filter((leaf) => commands.includes(leaf.path))) {
    const flag = flags.find(({ long }) => long === `--${name}`);
    const text = flag === undefined && name === TABLE ? OF_TABLE : (flag?.description ?? '');
    says.set(text, [...(says.get(text) ?? []), path]);
  }
  const lines = [...says].map(([text, of]) => filled(`${roff(text)} (${of.map(bold).join(', ')})`));
  return `.TP\n${bold(name)} = ${italic(VALUES[kind])}\n${lines.join('\n.br\n')}`;
}

const OF_TABLE = 'the policy table, as TABLE on the command line';

const VALUES: Readonly<Record<FlagKind, string>> = {
  text: '"text"',
  number: 'number',
  switch: 'true or false',
  list: '["text", ...]',
  'switch or text': 'true, false or "text"',
};
