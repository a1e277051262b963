/** Runs the command as a process, as a person or cron would: arguments, output, exit code. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Never rejects; a command that hangs is ended by pid after some minutes, and has code null. */
export const runCommand = (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd = process.cwd(),
): Promise<Ran> => runProgram(process.execPath, [CLI, ...args], { ...process.env, NO_COLOR: '1', ...env }, cwd);

/** The same of any program. */
export function runProgram(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), HANGS_MS);
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, out, err });
    });
  });
}

/**
 * The environment of a child that is to have none: what makes it read the clock of this run, where
 * that is not the machine's. See test/one-clock.test.ts.
 */
export const CLOCK = Object.fromEntries(
  ['LD_PRELOAD', 'FAKETIME', 'FAKETIME_DONT_FAKE_MONOTONIC'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  }),
);

/** How long a command may take on a busy machine. */
export const HANGS_MS = 240_000;

export const CLI = fileURLToPath(new URL('../../lambda/cli.ts', import.meta.url));
