#!/usr/bin/env node
/**
 * argv → one command → exit code. Commands are imported when they run, so that --help and lint start fast.
 *
 * Exit status (monitoring-plugins convention): 2 an entry fails; else 1 something needs attention; else 3 undetermined,
 * blind, interrupted, wrong usage or our own error; else 0.
 */
import { Command, CommanderError } from 'commander';
import { processConsole } from './command/console.ts';
import { addBundleFlags, addProbeFlags, boundsHelp, jsonFlag, notNegative } from './command/flags.ts';
import { VERSION } from './version.ts';

const console = processConsole();

function program(): Command {
  const program = new Command('postfix-tls-watch')
    .description('Judges every line of a Postfix TLS policy table as Postfix would, and tells before one stops delivering mail.')
    .version(VERSION)
    .showHelpAfterError('see --help')
    .configureHelp({ helpWidth: console.width })
    .exitOverride();

  addProbeFlags(addBundleFlags(program.command('check [table]')))
    .description('judge every entry now and print it; keeps nothing')
    .addOption(jsonFlag())
    .option('--tolerate <n>', 'how many undetermined entries to put up with', notNegative, 0)
    .addHelpText('after', boundsHelp())
    .action(async (table: string | undefined, flags) =>
      finish((await import('./command/check.ts')).check(table, flags, console)),
    );

  return program;
}

async function finish(code: Promise<number>): Promise<void> {
  process.exitCode = await code;
}

async function main(): Promise<void> {
  if (Number(process.versions.node.split('.')[0]) < 24) {
    console.err(
      `error: Node ${process.version} is too old: Node 24 or newer is needed; from a checkout, npm ci brings one and npm start uses it\n`,
    );
    process.exitCode = 3;
    return;
  }
  try {
    await program().parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 3;
      return;
    }
    console.err(`${(await import('./command/failure.ts')).describeFailure(error, console.env)}\n`);
    process.exitCode = 3;
  }
}

await main();
