#!/usr/bin/env node
/**
 * argv → one command → exit code. Commands are imported when they run, so that --help and lint
 * start fast.
 *
 * Exit status (monitoring-plugins convention): 2 an entry fails; else 1 something needs attention;
 * else 3 undetermined, blind, interrupted, nothing to judge, wrong usage or our own error; else 0.
 * A signal that comes while something is only computed ends the process by the signal itself.
 */
import { homedir } from 'node:os';
import { Command, CommanderError } from 'commander';
import {
  addBundleFlags,
  addDnssecFlags,
  addProbeFlags,
  addStoreFlags,
  addTellFlags,
  addWhyFlags,
  boundsHelp,
  date,
  jsonFlag,
  notNegative,
  positive,
} from './command/flags.ts';
import { processConsole } from './command/terminal/console.ts';
import { VERSION } from './version.ts';

const console = processConsole();

function program(): Command {
  const program = new Command('postfix-tls-watch')
    .description(
      'Judges every line of a Postfix TLS policy table as Postfix would, and tells before one ' +
        'stops delivering mail.',
    )
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
      finish((await import('./command/check/check.ts')).check(table, flags, console)),
    );

  addStoreFlags(addProbeFlags(addBundleFlags(program.command('explain <destination> [table]'))))
    .description(
      'one destination, the whole story: entry, next hop, hosts, certificates, verdict, cure',
    )
    .addOption(jsonFlag())
    .option(
      '--for-partner',
      'a ready text to send to the other side instead, without names of yours',
    )
    .option(
      '--confirmed <how>',
      'you asked by another way than DNS and mail whether mail is meant to go to these hosts: ' +
        'who said so, and how; kept for 90 days, for these hosts alone, and gives the line to use',
    )
    .addHelpText('after', `${EXPLAIN_HELP}${boundsHelp()}`)
    .action(async (destination: string, table: string | undefined, flags) =>
      finish(
        (await import('./command/explain/explain.ts')).explain(destination, table, flags, console),
      ),
    );

  addStoreFlags(addWhyFlags(program.command('why [file...]')))
    .description(
      'from a mail log, or from the queue, to the answer: which mail waits or bounced for TLS, ' +
        'why, and the line to use; asks nobody',
    )
    .addOption(jsonFlag())
    .addHelpText('after', WHY_HELP)
    .action(async (files: string[], flags) =>
      finish((await import('./command/why/why.ts')).whyCommand(files, flags, console)),
    );

  addTellFlags(addStoreFlags(addProbeFlags(addBundleFlags(program.command('watch [table]')))))
    .description('the main job once: check, compare with what was seen before, alert, store')
    .addOption(jsonFlag())
    .option(
      '--confirm-after <seconds>',
      'look again at a new failure after so long, with fresh DNS; 0 trusts the first look',
      notNegative,
      600,
    )
    .option(
      '--interval <hours>',
      'time between two runs, for the horizon of forecasts',
      positive,
      24,
    )
    .option('--exit-verdict', "exit with check's codes instead of 0 for a complete run")
    .option(
      '--tolerate <n>',
      'with --exit-verdict: how many undetermined entries to put up with',
      notNegative,
      0,
    )
    .addHelpText('after', boundsHelp())
    .action(async (table: string | undefined, flags) =>
      finish((await import('./command/watch/watch.ts')).watchCommand(table, flags, console)),
    );

  addDnssecFlags(addBundleFlags(program.command('lint [table]')))
    .description(
      "parse only: each problem with its line, in Postfix's wording, and what it would do to mail",
    )
    .addOption(jsonFlag())
    .action(async (table: string | undefined, flags) =>
      finish((await import('./command/lint/lint.ts')).lintCommand(table, flags, console)),
    );

  addStoreFlags(addBundleFlags(program.command('status [table]')))
    .description(
      'open incidents, mutes, what is not watched, the last complete run; probes nothing',
    )
    .addOption(jsonFlag())
    .addHelpText('after', STATUS_HELP)
    .action(async (table: string | undefined, flags) =>
      finish((await import('./command/status/status.ts')).statusCommand(table, flags, console)),
    );

  addStoreFlags(program.command('history [destination]'))
    .description(
      'what was seen, when, and what changed: of a destination with its hosts, of an MX host, or ' +
        'of everything',
    )
    .option(
      '--since <date>',
      'from that date on (default: 30 days; for one name all that is kept, 400 days)',
      date,
    )
    .addOption(jsonFlag())
    .action(async (name: string | undefined, flags) =>
      finish((await import('./command/history/history.ts')).historyCommand(name, flags, console)),
    );

  addStoreFlags(program.command('mute <key>'))
    .description(
      'known and accepted: leave out of messages what is open under an entry, or an incident, as ' +
        'long as it gets no worse',
    )
    .requiredOption(
      '--until <date>',
      'when the mute ends, at most 90 days from now (ISO 8601)',
      date,
    )
    .requiredOption('--reason <text>', 'why, as every message shows it')
    .addHelpText('after', MUTE_HELP)
    .action(async (key: string, flags) =>
      finish((await import('./command/mute/mute.ts')).muteCommand(key, flags, console)),
    );

  addStoreFlags(program.command('unmute <key>'))
    .description('end a mute')
    .action(async (key: string, flags) =>
      finish((await import('./command/mute/mute.ts')).unmuteCommand(key, flags, console)),
    );

  addPolicyCommands(
    program.command('policy').description('the policy as it is stored for the scheduled function'),
  );
  addStoreCommands(
    program
      .command('store')
      .description('what was seen, told, muted and pushed, as a file or in another place'),
  );
  return program;
}

function addStoreCommands(store: Command): void {
  addStoreFlags(store.command('export <file>'))
    .description('write everything that is kept into a new file of JSON lines: a backup too')
    .action(async (file: string, flags) =>
      finish((await import('./command/store/store.ts')).storeExport(file, flags, console)),
    );

  addStoreFlags(store.command('import <path>'))
    .description('put an exported file, or the folder of a store of release 0.1, in place')
    .addHelpText('after', IMPORT_HELP)
    .action(async (path: string, flags) =>
      finish((await import('./command/store/store.ts')).storeImport(path, flags, console)),
    );
}

function addPolicyCommands(policy: Command): void {
  addStoreFlags(addBundleFlags(policy.command('push [table]')))
    .description(
      'store the tables, what is read of main.cf, and certificates, where the scheduled function ' +
        'reads them',
    )
    .option('--if-changed', 'say nothing where it is in use already: for cron')
    .option(
      '--expect <version>',
      'the version in use, or how it begins, instead of the one last shown on this machine',
    )
    .option(
      '--force',
      'push although lines would defer mail, entries would stop delivering, or somebody else ' +
        'pushed',
    )
    .addHelpText('after', PUSH_HELP)
    .action(async (table: string | undefined, flags) =>
      finish((await import('./command/policy/policy.ts')).policyPush(table, flags, console)),
    );

  addStoreFlags(policy.command('show'))
    .description('print the table as it was pushed, byte for byte')
    .option(
      '--part <name>',
      'another part than the table: a path or its last component, such as main.cf; bundle.json',
    )
    .action(async (flags) =>
      finish((await import('./command/policy/policy.ts')).policyShow(flags, console)),
    );

  addStoreFlags(addBundleFlags(policy.command('status [table]')))
    .description(
      'what is stored, and whether it is still what is in use here; name what to compare with as ' +
        'for push',
    )
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      '\nExit status: 0 the pushed copy is in use, 1 it is not or postmap was not run, 3 nothing ' +
        'was pushed.',
    )
    .action(async (table: string | undefined, flags) =>
      finish((await import('./command/policy/policy.ts')).policyStatus(table, flags, console)),
    );

  addStoreFlags(policy.command('forget'))
    .description('delete all superseded versions at once, with the secrets that they may hold')
    .addHelpText('after', FORGET_HELP)
    .action(async (flags) =>
      finish((await import('./command/policy/policy.ts')).policyForget(flags, console)),
    );
}

const EXPLAIN_HELP = `
Where MX hosts and certificates have nothing in common with those that were authenticated before, \
no line to use is
given until it is confirmed: a forged DNS answer looks the same. What was seen before is read from \
--store, or where
this user's runs keep it.
`;

const WHY_HELP = `
FILE is a log of Postfix as syslog or postlogd writes it, plain, gzip or zstd, rotated ones too, \
in any order;
"-" is standard input: journalctl -o short-iso -u 'postfix*' | postfix-tls-watch why -
Without FILE the usual ones below /var/log are read, or else the journal.

Where a line was authenticated before, and leads to hosts that are strange to it, no line to use \
is given until it is
confirmed (explain --confirmed); what was seen before is in the log, and in --store.

Exit status: 2 mail waits or bounced for TLS, 1 it did and that is over, 0 there was none, 3 it \
could not be
read, or has no line of Postfix.`;

const FORGET_HELP = `
Superseded versions are kept for 400 days otherwise. The version in use stays. On DynamoDB the \
whole table is
read for it, and point-in-time recovery keeps what was deleted for 35 days.

Exit status: 0 done, 1 the version in use holds secrets of an earlier release: push it anew first.`;

const STATUS_HELP = `
The table (or --config-directory, --main-cf) tells which entries are not watched where no run has
told yet.

Exit status: 2 an open incident fails, else 1 one needs attention, else 3 no complete run in 26
hours, the latest could not tell, was blind, watched nothing, or did not judge an entry for long,
else 0. What is muted does not count.`;

const MUTE_HELP = `
KEY is the key of an entry, a recipient of its domain, or the id of an incident as "status" shows
it. The mute covers what is open now, as bad as it is now; another cause, or a worse \
one, is told all
the same. Muted ones stand at the end of every message.`;

const IMPORT_HELP = `
A file becomes a new store where --store has none, and is added to the one that is there \
otherwise: what is there
already is kept. A folder of release 0.1 is left as it is, and the new store is put beside it \
unless --store names
another directory; this needs the package dynalite (npm install --global dynalite@4.0.0).

Exit status: 0 everything is there now, 1 other content was there under some keys and was kept, 3 \
nothing was imported.`;

const PUSH_HELP = `
Never stored: parameters of main.cf that are not read, private keys, and how databases are reached.

Refused without --force:
  lines that would defer mail, by lint, unless the version in use has them too;
  entries that deliver today and would not, judged on what was last seen, with no network;
  a version in use that was not shown on this machine ("policy show" and "policy status" show it).

Exit status: 0 pushed or in use already, 2 refused for mail that would be deferred, 3 refused or
failed otherwise.`;

async function finish(code: Promise<number>): Promise<void> {
  process.exitCode = await code;
}

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
