/** The file of flags, before a command runs: what the command line does not say is taken from it. */
import type { Command } from 'commander';
import type { OwnCommand } from '../../text/own-command.ts';
import type { Checked, FlagValue } from './checked-settings.ts';
import { configFile, readConfigFile } from './file.ts';
import { leavesOf, longName, TABLE, takesTable } from './known-flags.ts';
import { leftOutBy } from './otherwise.ts';
import { ownCommands } from './own-commands.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface Configured {
  /** How the command that is about to run prints commands. */
  readonly own: OwnCommand;
  /** The file that was read; absent: none. */
  readonly file?: FlagsFile;
}

export interface FlagsFile {
  readonly path: string;
  /** By flag, where it stands; from 1. Those that count for the command alone. */
  readonly lines: ReadonlyMap<string, number>;
}

/**
 * Gives the command that is about to run what the file says.
 *
 * @throws UsageError where the file cannot be believed, or anything in it is not understood
 */
export async function configure(program: Command, running: Command, env: Env): Promise<Configured> {
  const leaves = leavesOf(program);
  const file = configFile(running.getOptionValue('config'), env);
  const text = file.kind === 'none' ? undefined : await readConfigFile(file);
  const settings =
    file.kind === 'none' || text === undefined ? [] : await settingsIn(text, file.path, program);
  const fromFile = (command: string) => valuesOf(effective(settings, command));
  const counting = effective(settings, leaves.find(([, leaf]) => leaf === running)?.[0] ?? '');
  apply(valuesOf(counting), running);
  const named = file.kind === 'file' && file.isNamed ? file.path : undefined;
  const config = running.getOptionValue('config') === false ? false : named;
  const own = ownCommands({
    running,
    leaves: new Map(leaves),
    fromFile,
    ...(config === undefined ? {} : { config }),
    env,
    cwd: process.cwd(),
  });
  if (file.kind === 'none' || text === undefined) return { own };
  const lines = new Map([...counting].map(([name, { setting }]) => [name, setting.line]));
  return { own, file: { path: file.path, lines } };
}

/** What reads TOML is loaded where there is some. */
async function settingsIn(text: string, path: string, program: Command) {
  const { checkedSettings } = await import('./checked-settings.ts');
  return checkedSettings(text, path, program);
}

/** By name: what the file says to one command, its own table before what is for all. */
function effective(all: readonly Checked[], command: string): ReadonlyMap<string, Checked> {
  const to = (wanted: string | undefined) =>
    all.flatMap((checked) =>
      checked.setting.command === wanted ? [[checked.setting.name, checked] as const] : [],
    );
  // What doctor looks at is the daily run, and how that prints is of no matter to it.
  const ofTheRun = command === 'doctor' ? to('watch').filter(([name]) => name !== 'json') : [];
  return new Map([...to(undefined), ...ofTheRun, ...to(command)]);
}

const valuesOf = (settings: ReadonlyMap<string, Checked>): ReadonlyMap<string, FlagValue> =>
  new Map([...settings].map(([name, { value }]) => [name, value]));

function apply(values: ReadonlyMap<string, FlagValue>, running: Command): void {
  const given = new Set(
    running.options
      .filter((option) => running.getOptionValueSource(option.attributeName()) === 'cli')
      .map(longName),
  );
  const at = running.registeredArguments.findIndex((argument) => argument.name() === TABLE);
  if (at !== -1 && running.processedArgs[at] !== undefined) given.add(TABLE);
  const left = leftOutBy(given);
  const isOwn = (name: string) => values.has(name) && !given.has(name) && !left.has(name);
  // Where the outputs are says nothing where no environment is named.
  const counts = (name: string) =>
    isOwn(name) && (name !== 'outputs' || given.has('env') || isOwn('env'));
  for (const option of running.options) {
    const name = longName(option);
    const value = values.get(name);
    if (value !== undefined && counts(name))
      running.setOptionValueWithSource(option.attributeName(), value, 'config');
  }
  if (takesTable(running) && counts(TABLE)) running.processedArgs[at] = values.get(TABLE);
}
