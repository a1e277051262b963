/**
 * Commands of this program as it prints them, to be copied as they stand: with the flags by which
 * they answer about what the run was about. Pure.
 */
import { shellWord, UNSHOWABLE } from './strangers.ts';

/**
 * `name` is a command as it is typed, such as `policy push`; `args` what comes first behind it;
 * `open` the end that is left to whoever copies it, as it is. Undefined where no shell takes a word
 * of it.
 */
export type OwnCommand = (
  name: string,
  args?: readonly string[],
  open?: string,
) => string | undefined;

/** Where every flag has its default. */
export const bareCommand: OwnCommand = (name, args = [], open) =>
  commandLine([...name.split(' '), ...args], [], open);

/** What a run on AWS found, read from anywhere that may read its table. */
export function commandsForTable({
  table,
  policy,
  vantage,
  region,
}: {
  readonly table: string;
  readonly policy: string;
  readonly vantage: string;
  /** Absent: the SDK's own. */
  readonly region?: string | undefined;
}): OwnCommand {
  const flags = [
    '--store',
    `dynamodb:${table}`,
    ...(policy === 'default' ? [] : ['--policy', policy]),
    '--vantage',
    vantage,
  ];
  return (name, args = [], open) => {
    const line = commandLine([...name.split(' '), ...args], flags, open);
    return line === undefined || region === undefined ? line : `AWS_REGION=${region} ${line}`;
  };
}

/** Words as strangers may have chosen them, flags as the operator did, and an open end. */
export function commandLine(
  words: readonly string[],
  flags: readonly string[],
  open?: string,
): string | undefined {
  const all = [...words.map(shellWord), ...flags.map(ownWord)];
  if (all.includes(undefined)) return undefined;
  return ['postfix-tls-watch', ...all, ...(open === undefined ? [] : [open])].join(' ');
}

/** A path may have letters of any script; what cannot be shown is not to be copied. */
const ownWord = (word: string): string | undefined =>
  shellWord(word) ??
  (word.replace(UNSHOWABLE, '') === word ? `'${word.replaceAll("'", "'\\''")}'` : undefined);
