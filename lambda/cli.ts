#!/usr/bin/env node
/**
 * argv → one command → exit code.
 *
 * Exit status (monitoring-plugins convention): 2 an entry fails; else 1 something needs attention;
 * else 3 undetermined, blind, interrupted, nothing to judge, wrong usage or our own error; else 0.
 * With --nagios an error is a line of a plugin's, too, on standard output.
 * A signal that comes while something is only computed ends the process by the signal itself.
 */
import { homedir } from 'node:os';
import { CommanderError } from 'commander';
import { asksForPlugin, unknownText } from './command/monitor/plugin.ts';
import { program } from './command/program.ts';
import { processConsole } from './command/terminal/console.ts';

const asPlugin = asksForPlugin(process.argv.slice(2));
const console = processConsole(asPlugin);

/**
 * A user that no passwd file knows, as containers have them, needs a HOME: AWS's client looks for
 * its files there and fails without.
 */
function settle(): void {
  if (process.env.HOME !== undefined) return;
  try {
    homedir();
  } catch {
    process.env.HOME = '/';
  }
}

async function main(): Promise<void> {
  settle();
  if (Number(process.versions.node.split('.')[0]) < 24) {
    console.err(
      `error: Node ${process.version} is too old: Node 24 or newer is needed; from a checkout, ` +
        'npm ci brings one and npm start uses it\n',
    );
    process.exitCode = 3;
    return;
  }
  try {
    await program(console).parseAsync();
  } catch (error) {
    const answered = error instanceof CommanderError && error.exitCode === 0;
    process.exitCode = answered ? 0 : 3;
    if (error instanceof CommanderError) {
      if (!answered && asPlugin) console.out(unknownText(error.message));
      return;
    }
    const failure = (await import('./command/failure.ts')).describeFailure(error, console.env);
    if (asPlugin) console.out(unknownText(failure));
    else console.err(`${failure}\n`);
  }
}

await main();
