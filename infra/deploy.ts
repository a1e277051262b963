/**
 * `npm run deploy`: `cdk deploy` with the flags given, once the environments are known to be the
 * operator's own; the outputs go where commands look for them.
 */
import { spawnSync } from 'node:child_process';
import { readDeployable } from './environment-file.ts';
import { chooseEnvironments } from './environments.ts';

/** The last value given to a name by `-c NAME=VALUE` or `--context NAME=VALUE`. */
export function contextOf(args: readonly string[], name: string): string | undefined {
  const values = args.flatMap((arg, index) => {
    const pair = /^(?:-c|--context)=?(.*)$/.exec(arg)?.[1];
    if (pair === undefined) return [];
    const text = pair === '' ? args[index + 1] : pair;
    return text?.startsWith(`${name}=`) ? [text.slice(name.length + 1)] : [];
  });
  return values.at(-1);
}

if (import.meta.main) {
  const args = process.argv.slice(2);
  try {
    const records = readDeployable(contextOf(args, 'environments'));
    chooseEnvironments(contextOf(args, 'env'), records);
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  }
  const command = ['deploy', '--outputs-file', 'cdk-outputs.json', ...args];
  const { status, error } = spawnSync('cdk', command, { stdio: 'inherit' });
  if (error !== undefined) console.error(`error: cdk cannot be started (${error.message})`);
  process.exit(status ?? 1);
}
