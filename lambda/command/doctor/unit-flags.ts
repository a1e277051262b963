/**
 * The flags on the unit's own command line, given to the command that looks at its set-up: behind
 * what was typed, before what the file of flags says.
 */
import { type Command, CommanderError } from 'commander';
import { longName, TABLE } from '../configuration/known-flags.ts';
import { leftOutBy } from '../configuration/otherwise.ts';
import { commandWords, type Unit } from './unit-file.ts';

export type UnitFlags =
  | {
      readonly kind: 'taken';
      /** Where the unit names one that counts. */
      readonly table?: string;
      /** It reads another file of flags, or none: the words that say so. */
      readonly config?: string;
    }
  /** `because` is a clause: it is no command of ours, or one that fails at once. */
  | { readonly kind: 'not-understood'; readonly because: string };

/** What such a flag's value comes from, as commander keeps it. */
export const FROM_UNIT = 'unit';

export function takeUnitFlags(
  running: Command,
  unit: Unit,
  environment: Readonly<Record<string, string>>,
): UnitFlags {
  const [program = '', name, ...words] = commandWords(unit, environment);
  const watch = running.parent?.commands.find((command) => command.name() === 'watch');
  if (!/(?:^|\/)postfix-tls-watch$/.test(program) || name !== 'watch' || watch === undefined)
    return { kind: 'not-understood', because: `it runs ${unit.command}, which is not "watch"` };
  const read = parsed(watch, words);
  if (typeof read === 'string') return { kind: 'not-understood', because: read };
  const typed = given(running, 'cli');
  if (running.args[0] !== undefined) typed.add(TABLE);
  const [operand] = read;
  const own = given(watch, 'cli');
  if (operand !== undefined) own.add(TABLE);
  const counts = (flag: string) => own.has(flag) && !typed.has(flag) && !leftOutBy(typed).has(flag);
  apply(running, watch, counts);
  const config = watch.getOptionValue('config') as string | false | undefined;
  return {
    kind: 'taken',
    ...(operand !== undefined && counts(TABLE) ? { table: operand } : {}),
    ...(own.has('config') || own.has('no-config')
      ? { config: config === false ? '--no-config' : `--config ${config}` }
      : {}),
  };
}

/** What is no flag, or why it is wrong. */
function parsed(watch: Command, words: readonly string[]): readonly string[] | string {
  watch.configureOutput({ writeErr: () => undefined, outputError: () => undefined });
  try {
    const { operands, unknown } = watch.parseOptions([...words]);
    const [stranger] = unknown;
    return stranger === undefined ? operands : `watch has no flag ${stranger}`;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.message.replace(/^error: /, '');
  }
}

function apply(running: Command, watch: Command, counts: (flag: string) => boolean): void {
  const flags = new Set(watch.options.map(longName).filter(counts));
  const left = leftOutBy(flags);
  for (const option of running.options) {
    const flag = longName(option);
    const key = option.attributeName();
    if (flags.has(flag) && !NOT_TAKEN.has(flag))
      running.setOptionValueWithSource(key, watch.getOptionValue(key), FROM_UNIT);
    else if (left.has(flag) && running.getOptionValueSource(key) === 'config')
      running.setOptionValueWithSource(key, undefined, 'default');
  }
}

const given = (command: Command, source: string): Set<string> =>
  new Set(
    command.options
      .filter((option) => command.getOptionValueSource(option.attributeName()) === source)
      .map(longName),
  );

/** How the run prints, and which file it reads. */
const NOT_TAKEN = new Set(['json', 'config', 'no-config']);
