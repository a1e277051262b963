/**
 * The settings of a file, each held to the flag it names: its name, its command, the type of its
 * value. All of the file must make sense, whichever command runs, so that a slip does not wait for
 * its day. Pure.
 */
import { type Command, InvalidArgumentError, type Option } from 'commander';
import { nearest } from '../../postfix/nearest.ts';
import { plain } from '../../text/strangers.ts';
import { UsageError } from '../../usage-error.ts';
import { ONE_RUN } from '../flags.ts';
import type { FlagKind } from './flag-kind.ts';
import { type KnownFlag, knownFlags, leavesOf } from './known-flags.ts';
import { type ConfigValue, readToml, type Setting } from './toml.ts';

/** A value as commander would have made it of the command line. */
export type FlagValue = string | number | boolean | object;

export interface Checked {
  readonly setting: Setting;
  readonly value: FlagValue;
}

/** @throws UsageError for the first thing that is wrong, with its line */
export function checkedSettings(text: string, path: string, program: Command): readonly Checked[] {
  const read = readToml(text);
  const refuse = (line: number, says: string) => new UsageError(`${path}:${line}: ${says}`);
  if (read.kind === 'broken')
    throw refuse(read.line, `${read.says}; a line is NAME = VALUE, as TOML has it`);
  const flags = knownFlags(program);
  const commands = leavesOf(program).map(([name]) => name);
  const lines = new Map<string, number>();
  return read.settings.map((setting) => {
    const { command, name, value, line } = setting;
    const known = flagOf(setting, flags, commands);
    if (typeof known === 'string') throw refuse(line, known);
    const id = JSON.stringify([command, name]);
    const before = lines.get(id);
    if (before !== undefined)
      throw refuse(line, `${name} stands in line ${before} already; keep one`);
    lines.set(id, line);
    const taken = valueFor(known, value);
    if (taken.kind === 'wrong') throw refuse(line, `${name}: ${taken.says}`);
    return { setting, value: taken.value };
  });
}

/** The flag meant, or why there is none. */
function flagOf(
  { command, name }: Setting,
  flags: ReadonlyMap<string, KnownFlag>,
  commands: readonly string[],
): KnownFlag | string {
  if (command !== undefined && !commands.includes(command)) {
    const meant = nearest(command, commands);
    return (
      `there is no command ${quoted(command)}${meant === undefined ? '' : `, did you mean "${meant}"?`}; ` +
      'a table has the name of a command, such as [watch] or ["policy push"]'
    );
  }
  if (ONE_RUN.has(name))
    return `${name} is for one run and not for a file; give it on the command line: --${name}`;
  const known = flags.get(name);
  const fits = known !== undefined && (command === undefined || known.commands.includes(command));
  if (fits) return known;
  const candidates = [...flags.values()]
    .filter(({ commands }) => command === undefined || commands.includes(command))
    .map((flag) => flag.name);
  const meant = nearest(name.replaceAll('_', '-').replace(/^-+/, ''), candidates);
  const who = command === undefined ? 'no command' : `"${command}"`;
  const next =
    meant !== undefined
      ? `did you mean ${meant}?`
      : known !== undefined
        ? `it is one of ${known.commands.join(', ')}`
        : 'names are those of --help, without the dashes';
  return `${who} has ${command === undefined ? 'a' : 'no'} flag ${quoted(name)}; ${next}`;
}

const quoted = (word: string): string => `"${plain(word, 60)}"`;

type Taken =
  | { readonly kind: 'taken'; readonly value: FlagValue }
  | { readonly kind: 'wrong'; readonly says: string };

/** What is said of a wrong value never holds it. */
function valueFor({ name, kind, option }: KnownFlag, value: ConfigValue): Taken {
  const wrong = (says: string): Taken => ({ kind: 'wrong', says });
  const wanted = wrong(WANTED[kind](name));
  switch (kind) {
    case 'switch':
      return value.kind === 'switch' ? { kind: 'taken', value: value.on } : wanted;
    case 'switch or text':
      if (value.kind === 'switch') return { kind: 'taken', value: value.on };
      return value.kind === 'text' ? { kind: 'taken', value: value.text } : wanted;
    case 'list': {
      const items = value.kind === 'list' ? value.items : [value];
      const texts = items.flatMap((item) =>
        item.kind === 'text' && item.text !== '' ? item.text : [],
      );
      return texts.length > 0 && texts.length === items.length ? parsed(texts, option) : wanted;
    }
    case 'number':
    case 'text':
      return value.kind !== kind || value.text === '' ? wanted : parsed([value.text], option);
  }
}

/** As the command line would have it, each in its turn. */
function parsed(texts: readonly string[], option: Option | undefined): Taken {
  const parse = option?.parseArg as
    | ((text: string, earlier: FlagValue | undefined) => FlagValue)
    | undefined;
  try {
    const none: FlagValue = [];
    return {
      kind: 'taken',
      value: texts.reduce<FlagValue>(
        (earlier, text, i) => parse?.(text, i === 0 ? undefined : earlier) ?? text,
        none,
      ),
    };
  } catch (error) {
    if (error instanceof InvalidArgumentError) return { kind: 'wrong', says: error.message };
    throw error;
  }
}

const WANTED: Readonly<Record<FlagKind, (name: string) => string>> = {
  text: (name) => `a text in quotes is wanted: ${name} = "…"`,
  number: (name) => `a number without quotes is wanted: ${name} = 10`,
  switch: (name) => `true or false is wanted, without quotes: ${name} = true`,
  list: (name) => `a list of texts is wanted: ${name} = ["…", "…"]`,
  'switch or text': (name) => `true, false or a text in quotes is wanted: ${name} = true`,
};
