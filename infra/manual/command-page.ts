/**
 * postfix-tls-watch(1): every command with its flags, as they are declared. Flags that several
 * commands share stand once, in the groups in which lambda/command/flags.ts adds them; what README
 * says of daily runs and of exit statuses is taken from there.
 */
import { Command } from 'commander';
import { CONFIG_FILE, CONFIG_VARIABLE } from '../../lambda/command/configuration/usual-place.ts';
import {
  addBundleFlags,
  addConfigFlags,
  addDnssecFlags,
  addMailLogFlags,
  addMetricsFileFlag,
  addObserveFlag,
  addPatienceFlag,
  addProbeFlags,
  addStoreFlags,
  addTellFlags,
} from '../../lambda/command/flags.ts';
import { type CommandNode, type Flag, flagsOf, leavesBelow } from '../command-tree.ts';
import { inline, roffOfMarkdown, sectionOf } from './markdown.ts';
import {
  bold,
  type Edition,
  filled,
  heading,
  italic,
  item,
  literal,
  page,
  paragraph,
  roff,
  section,
  subsection,
} from './roff.ts';

interface Group {
  readonly title: string;
  readonly flags: readonly Flag[];
}

/** @param readme the text of README.md, @param summary what the program does, in a clause */
export function commandPage(
  program: CommandNode,
  edition: Edition,
  { readme, summary }: { readonly readme: string; readonly summary: string },
): string {
  const leaves = leavesBelow(program).filter(({ path }) => !/(?:^| )help$/.test(path));
  const groups = flagGroups();
  return page([
    heading('postfix-tls-watch', 1, edition),
    section('name'),
    filled(`postfix\\-tls\\-watch \\- ${roff(lowerFirst(summary))}`),
    section('synopsis'),
    ...synopses(leaves),
    section('description'),
    paragraph(inline(introOf(readme))),
    paragraph(`${bold('postfix-tls-watch COMMAND --help')} says what stands here, too.`),
    section('commands'),
    ...leaves.flatMap((leaf) => commandOf(leaf, groups)),
    section('options'),
    ...groups.flatMap((group) => optionsOf(group, leaves)),
    section('every day'),
    roffOfMarkdown(sectionOf(readme, '## Every day, on a mail host')),
    section('exit status'),
    roffOfMarkdown(sectionOf(readme, '## Exit status')),
    section('environment'),
    ...variables(leaves),
    section('files'),
    item(literal(CONFIG_FILE), `Flags for every run: ${bold('postfix-tls-watch.toml')}(5).`),
    item(
      literal('/var/lib/postfix-tls-watch'),
      `What root and the daily unit keep, unless ${bold('--store')} names another place.`,
    ),
    section('see also'),
    paragraph(
      ['postfix-tls-watch.toml(5)', 'postconf(5)', 'postfix(1)', 'posttls-finger(1)', 'smtp(8)']
        .map(seeAlso)
        .join(', '),
    ),
  ]);
}

/** `postconf(5)`. */
export const seeAlso = (page: string): string =>
  page.replace(/^(.*)(\(\d\))$/, (_, name: string, volume: string) => `${bold(name)}${volume}`);

function synopses(leaves: readonly CommandNode[]): string[] {
  return leaves.flatMap((leaf, i) => [...(i === 0 ? [] : ['.br']), synopsis(leaf)]);
}

const synopsis = (leaf: CommandNode): string =>
  [bold(`postfix-tls-watch ${leaf.path}`), `[${italic('OPTION')}]...`, ...operandsOf(leaf)].join(
    ' ',
  );

const operandsOf = ({ operands }: CommandNode): string[] =>
  operands.map(({ name, isRequired, isRepeatable }) => {
    const shown = `${italic(name.toUpperCase())}${isRepeatable ? '...' : ''}`;
    return isRequired ? shown : `[${shown}]`;
  });

/** The flags of its own whole, those that it shares by the groups that describe them. */
function commandOf(leaf: CommandNode, groups: readonly Group[]): string[] {
  const own = leaf.flags.filter(
    (flag) => flag.long !== '--help' && !groups.some(({ flags }) => flags.some(isSame(flag))),
  );
  const shared = groups.flatMap((group) => sharedFlags(leaf, group));
  return [
    subsection([bold(leaf.path), ...operandsOf(leaf)].join(' ')),
    paragraph(sentence(leaf.description)),
    ...own.map(flagItem),
    ...(shared.length === 0 ? [] : [paragraph(`Described below: ${shared.join('; ')}.`)]),
    ...helpParagraphs(leaf.after),
  ];
}

/** The title of a group that the command takes, with the flags where it does not take all. */
function sharedFlags(leaf: CommandNode, { title, flags }: Group): string[] {
  const taken = flags.filter((flag) => isOf(leaf, flag));
  if (taken.length === 0) return [];
  if (taken.length === flags.length) return [italic(title)];
  return [`of ${italic(title)} ${taken.map(({ long }) => bold(long)).join(', ')}`];
}

function optionsOf({ title, flags }: Group, leaves: readonly CommandNode[]): string[] {
  const all = leaves.filter((leaf) => flags.every((flag) => isOf(leaf, flag)));
  const some = leaves.filter(
    (leaf) => !all.includes(leaf) && flags.some((flag) => isOf(leaf, flag)),
  );
  const names = (of: readonly CommandNode[]) => of.map(({ path }) => bold(path)).join(', ');
  return [
    subsection(literal(title)),
    paragraph(`Of ${names(all)}${some.length === 0 ? '' : `; in part of ${names(some)}`}.`),
    ...flags.map(flagItem),
  ];
}

function flagItem({ long, short, value, isValueOptional, description }: Flag): string {
  const names = short === undefined ? bold(long) : `${bold(short)}, ${bold(long)}`;
  const term = value === undefined ? '' : ` ${isValueOptional ? literal(value) : valueWord(value)}`;
  return item(`${names}${term}`, roff(description));
}

/** `<host[:port]>` as its words alone. */
const valueWord = (value: string): string => italic(value.replace(/^<(.*)>$/, '$1'));

/** Lines are broken there for a terminal; indented ones are a list. */
function helpParagraphs(help: string): string[] {
  return help
    .split(/\n{2,}/)
    .filter((block) => block.trim() !== '')
    .flatMap((block) =>
      block
        .replaceAll(/\n(?! )/g, ' ')
        .split(/\n {2}/)
        .flatMap((line, i) => (i === 0 ? [paragraph(roff(line))] : ['.br', filled(roff(line))])),
    );
}

/** Each flag once, in the first group that has it. */
function flagGroups(): readonly Group[] {
  const seen = new Set<string>();
  return GROUPS.map(({ title, add }) => {
    const flags = flagsOf(add(new Command())).filter(({ long }) => !seen.has(long));
    for (const { long } of flags) seen.add(long);
    return { title, flags };
  });
}

const GROUPS: readonly { readonly title: string; readonly add: (to: Command) => Command }[] = [
  { title: 'The policy', add: addBundleFlags },
  { title: 'Where mail goes', add: (to) => addObserveFlag(addMailLogFlags(to)) },
  { title: 'DNSSEC', add: addDnssecFlags },
  { title: 'How to look', add: addProbeFlags },
  { title: 'Patience', add: addPatienceFlag },
  { title: 'Where it is kept', add: addStoreFlags },
  { title: 'Whom to tell', add: (to) => addMetricsFileFlag(addTellFlags(to)) },
  { title: 'The file of flags', add: addConfigFlags },
];

const isOf = (leaf: CommandNode, flag: Flag): boolean => leaf.flags.some(isSame(flag));

/** One of the same name that says something else is another: of another default, for instance. */
const isSame =
  (one: Flag) =>
  (other: Flag): boolean =>
    one.long === other.long && one.description === other.description;

/** Those that the flags name, and the one that names their file. */
function variables(leaves: readonly CommandNode[]): string[] {
  const named = new Map<string, string>();
  for (const { long, description } of leaves.flatMap(({ flags }) => flags))
    for (const [name] of description.matchAll(/\bPOSTFIX_TLS_WATCH_[A-Z_]+/g))
      named.set(name, long);
  return [
    item(
      literal(CONFIG_VARIABLE),
      `The file of flags in place of ${literal(CONFIG_FILE)}; empty: none is read.`,
    ),
    ...[...named].map(([name, long]) => item(literal(name), `In place of ${bold(long)}.`)),
    item(literal('NO_COLOR'), 'Not empty: no colours on a terminal.'),
  ];
}

/** The first paragraph of prose. */
const introOf = (readme: string): string =>
  (readme.split(/\n{2,}/)[1] ?? '').replaceAll(/\s+/g, ' ');

const sentence = (text: string): string =>
  roff(`${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`);

const lowerFirst = (text: string): string => `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
