/** The file of flags, before a command runs: what the command line does not say is taken from it. */
import type { Command } from 'commander';
import { type Checked, checkedSettings, type FlagValue } from './checked-settings.ts';
import { configFile, readConfigFile } from './file.ts';
import { leavesOf, longName, TABLE, takesTable } from './known-flags.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Gives the command that is about to run what the file says.
 *
 * @throws UsageError where the file cannot be believed, or anything in it is not understood
 */
export async function configure(program: Command, running: Command, env: Env): Promise<void> {
  const file = configFile(running.getOptionValue('config'), env);
  if (file.kind === 'none') return;
  const text = await readConfigFile(file);
  if (text === undefined) return;
  const name = leavesOf(program).find(([, leaf]) => leaf === running)?.[0] ?? '';
  apply(effective(checkedSettings(text, file.path, program), name), running);
}

/** By name: what the file says to one command, its own table before what is for all. */
function effective(all: readonly Checked[], command: string): ReadonlyMap<string, FlagValue> {
  const to = (wanted: string | undefined) =>
    all.flatMap(({ setting, value }) =>
      setting.command === wanted ? [[setting.name, value] as const] : [],
    );
  return new Map([...to(undefined), ...to(command)]);
}

function apply(values: ReadonlyMap<string, FlagValue>, running: Command): void {
  const given = new Set(
    running.options
      .filter((option) => running.getOptionValueSource(option.attributeName()) === 'cli')
      .map(longName),
  );
  const at = running.registeredArguments.findIndex((argument) => argument.name() === TABLE);
  if (at !== -1 && running.processedArgs[at] !== undefined) given.add(TABLE);
  const left = new Set(
    OTHERWISE.flatMap(({ by, leaves }) => (by.some((name) => given.has(name)) ? leaves : [])),
  );
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

/** Named on the command line, a flag leaves out what the file says of the same thing otherwise. */
const OTHERWISE: readonly { readonly by: readonly string[]; readonly leaves: readonly string[] }[] =
  [
    {
      by: ['config-directory', 'main-cf'],
      leaves: [
        'config-directory',
        'main-cf',
        TABLE,
        'transport',
        'service',
        'ca-file',
        'ca-path',
        'postfix-version',
        'openssl-version',
      ],
    },
    { by: ['env'], leaves: ['store', 'policy', 'vantage', 'topic', 'chat-topic'] },
    { by: ['store'], leaves: ['env', 'outputs'] },
    { by: ['for-partner'], leaves: ['json'] },
  ];
