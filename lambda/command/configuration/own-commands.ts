/**
 * Commands as a run prints them: with those of its flags that the printed command would not have of
 * itself, from the file of flags or by default, so that it means the same store, the same table and
 * the same Postfix, wherever it is typed.
 */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { tableType } from '../../postfix/lookup-table.ts';
import { commandLine, type OwnCommand } from '../../text/own-command.ts';
import { kindOf } from './flag-kind.ts';
import { longName, TABLE, takesTable } from './known-flags.ts';
import { leftOutBy } from './otherwise.ts';

export interface RunFlags {
  readonly running: Command;
  /** Commands as they are typed. */
  readonly leaves: ReadonlyMap<string, Command>;
  /** What the file says to a command, by flag. */
  readonly fromFile: (command: string) => ReadonlyMap<string, unknown>;
  /** The file that was named, or true where `--no-config` was; absent: the one that is always read. */
  readonly config?: string | false;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

export function ownCommands(run: RunFlags): OwnCommand {
  return (name, args = [], open) => {
    const target = run.leaves.get(name);
    if (target === undefined) throw new Error(`there is no command "${name}" to print`);
    return commandLine([...name.split(' '), ...args], flagWords(name, target, run), open);
  };
}

function flagWords(name: string, target: Command, run: RunFlags): string[] {
  const own = run.fromFile(name);
  const values = valuesOf(name, target, run);
  const differs = [...values.keys()].filter((flag) => !same(values.get(flag), own.get(flag)));
  // What one of these leaves out of the file has to be said as well.
  const left = leftOutBy(new Set(differs));
  const said = [...values].filter(([flag]) => differs.includes(flag) || left.has(flag));
  const { config } = run;
  return [
    ...said.flatMap(([flag, value]) => words(flag, value, target, run.cwd)),
    ...(config === undefined
      ? []
      : config === false
        ? ['--no-config']
        : ['--config', resolve(run.cwd, config)]),
  ];
}

/** By flag: what counts in this run and the target takes, the table first. */
function valuesOf(
  name: string,
  target: Command,
  { running, env }: RunFlags,
): ReadonlyMap<string, unknown> {
  const values = new Map<string, unknown>();
  const takes = (flag: string) =>
    (flag === TABLE ? takesTable(target) || hasFlag(target, flag) : hasFlag(target, flag)) &&
    (name !== 'status' || OF_THE_PLACE.has(flag));
  const table = tableIn(running);
  if (table !== undefined && takes(TABLE)) values.set(TABLE, table);
  for (const option of running.options) {
    const flag = longName(option);
    if (flag === TABLE || NOT_CARRIED.has(flag) || !takes(flag)) continue;
    const source = running.getOptionValueSource(option.attributeName());
    const value: unknown = running.getOptionValue(option.attributeName());
    if ((source === 'cli' || source === 'config') && value !== false) values.set(flag, value);
  }
  if (hasFlag(running, STORE) && hasFlag(target, STORE))
    completePlace(values, DOES_WITHOUT.has(running.name()) ? {} : env);
  return values;
}

/** A service's state directory, and the outputs beside this command, are elsewhere for others. */
function completePlace(
  values: Map<string, unknown>,
  env: Readonly<Record<string, string | undefined>>,
): void {
  if (values.has('env') && !values.has('outputs')) values.set('outputs', 'cdk-outputs.json');
  const [state = ''] = (env.STATE_DIRECTORY ?? '').split(':');
  if (!values.has(STORE) && !values.has('env') && state !== '' && state !== OF_ROOT)
    values.set(STORE, state);
}

/** The argument TABLE, or the flag of that name. */
function tableIn(running: Command): unknown {
  const at = running.registeredArguments.findIndex((argument) => argument.name() === TABLE);
  return at === -1 ? running.getOptionValue(TABLE) : running.processedArgs[at];
}

const hasFlag = (command: Command, flag: string): boolean =>
  command.options.some((option) => longName(option) === flag);

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function words(flag: string, value: unknown, target: Command, cwd: string): string[] {
  if (flag === TABLE) {
    const table = wholeTable(String(value), cwd);
    return takesTable(target) ? [table] : [`--${TABLE}`, table];
  }
  const option = target.options.find((one) => longName(one) === flag);
  if (option === undefined) return [];
  if (value === true) return [`--${flag}`];
  const all: readonly unknown[] =
    kindOf(option) === 'list' && Array.isArray(value) ? value : [value];
  return all.flatMap((one) => flagWith(flag, wholeValue(flag, one, cwd)));
}

/** A value that begins with a dash would be read as a flag of its own. */
const flagWith = (flag: string, value: string): string[] =>
  value.startsWith('-') ? [`--${flag}=${value}`] : [`--${flag}`, value];

function wholeValue(flag: string, value: unknown, cwd: string): string {
  const text = String(value);
  if (flag === 'at' && typeof value === 'number') return new Date(value).toISOString();
  if (flag === 'transport') return wholeTable(text, cwd);
  if (flag === STORE && text.startsWith('dynamodb:')) return text;
  return PATHS.has(flag) ? resolve(cwd, text) : text;
}

/** `hash:./x` and `./x` with their whole path; what is no file stays as it is. */
function wholeTable(text: string, cwd: string): string {
  const { type, path } = tableType(text);
  if (type === '' || /^\.{0,2}\//.test(text)) return resolve(cwd, text);
  return OF_FILES.has(type) ? `${type}:${resolve(cwd, path)}` : text;
}

const STORE = 'store';
/** All that matters to `status`, which takes a policy only for want of any run. */
const OF_THE_PLACE = new Set([STORE, 'policy', 'vantage', 'env', 'outputs']);
/** Where root keeps things when nobody says (store/state-directory). */
const OF_ROOT = '/var/lib/postfix-tls-watch';
const PATHS = new Set(['ca-file', 'ca-path', 'config-directory', 'main-cf', 'outputs', STORE]);
/** These run without a store, and one that is named has to be there. */
const DOES_WITHOUT = new Set(['explain', 'suggest', 'why']);
const OF_FILES = new Set([
  ...['hash', 'btree', 'dbm', 'sdbm', 'lmdb', 'cdb', 'texthash'],
  ...['regexp', 'pcre', 'cidr'],
]);
/** How a run prints, goes and ends, and what is judged besides: of no matter to what is printed. */
const NOT_CARRIED = new Set([
  'all',
  'concurrency',
  'config',
  'confirmed',
  'critical',
  'deadline',
  'destination',
  'destinations',
  'destinations-from-log',
  'expect',
  'for-partner',
  'force',
  'if-changed',
  'in-place',
  'json',
  'live',
  'log',
  'metrics-file',
  'nagios',
  'mta-sts',
  'no-config',
  'open',
  'output',
  'patience',
  'per-network',
  'problems',
  'reason',
  'since',
  'until',
  'upgrade',
  'verbose',
  'warning',
  'workers',
]);
