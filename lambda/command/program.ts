/**
 * The commands with their flags. Each is imported when it runs, so that --help and lint start fast.
 */
import { Command, Option } from 'commander';
import { bareCommand } from '../text/own-command.ts';
import { withinWidth } from '../text/wrap.ts';
import { VERSION } from '../version.ts';
import type { FlagsFile } from './configuration/configure.ts';
import { leavesOf } from './configuration/known-flags.ts';
import {
  addBundleFlags,
  addConfigFlags,
  addDnssecFlags,
  addMailLogFlags,
  addMetricsFileFlag,
  addObserveFlag,
  addPatienceFlag,
  addProbeFlags,
  addStoreFlags,
  addTellFlags,
  addWhyFlags,
  addWorkersFlag,
  boundsHelp,
  collect,
  date,
  jsonFlag,
  nagiosFlag,
  notNegative,
  positive,
} from './flags.ts';
import {
  DOCTOR_HELP,
  EXPLAIN_HELP,
  FORGET_HELP,
  IMPORT_HELP,
  METRICS_HELP,
  MUTE_HELP,
  PUSH_HELP,
  REPORT_HELP,
  STATUS_HELP,
  SUGGEST_HELP,
  WHAT_IF_HELP,
  WHY_HELP,
} from './help.ts';
import { stayInLittleMemory } from './memory.ts';
import type { Console } from './terminal/console.ts';

/** @param given what every command talks to */
export function program(given: Console): Command {
  let own = bareCommand;
  let file: FlagsFile | undefined;
  const console: Console = { ...given, own: (...words) => own(...words) };
  const program = new Command('postfix-tls-watch')
    .description(
      'Judges every line of a Postfix TLS policy table as Postfix would, and tells before one ' +
        'stops delivering mail.',
    )
    .version(VERSION)
    .showHelpAfterError('see --help')
    .configureHelp({ helpWidth: console.width, minWidthToWrap: 20 })
    .configureOutput({ writeOut: (text) => console.out(withinWidth(text, console.width)) })
    .exitOverride();

  addPatienceFlag(
    addWorkersFlag(
      addProbeFlags(addMailLogFlags(addBundleFlags(program.command('check [table]')))),
    ),
  )
    .description('judge every entry now and print it; keeps nothing')
    .addOption(jsonFlag())
    .addOption(nagiosFlag())
    .option('--problems', 'show only what is not well')
    .option('--all', 'each entry that is not well by itself, instead of one story for each cause')
    .addOption(
      new Option(
        '--by-root',
        'which entries lean on which trust anchor, in place of their verdicts',
      ).conflicts(['problems', 'nagios']),
    )
    .addOption(
      new Option(
        '--distrust <file>',
        'trust anchors that are to go, in PEM or a SHA-256 fingerprint and perhaps the day a ' +
          'line: as --by-root, with the entries that would fail without them; exit status 1 ' +
          'where one does worse',
      ).conflicts(['problems', 'nagios']),
    )
    .option('--tolerate <n>', 'how many undetermined entries to put up with', notNegative, 0)
    .addHelpText('after', boundsHelp())
    .action(async (table: string | undefined, flags) =>
      finish((await import('./check/check.ts')).check(table, flags, console)),
    );

  addStoreFlags(
    addPatienceFlag(
      addProbeFlags(addBundleFlags(program.command('explain <destination> [table]'))),
    ),
  )
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
    .option(
      '--key <digest>',
      'of a pin (level fingerprint): the SHA-256 digest of the new key or certificate, as they ' +
        'gave it by another way than DNS and mail; gives the line where it is what they present ' +
        '(repeatable)',
      collect,
    )
    .addHelpText('after', `${EXPLAIN_HELP}${boundsHelp()}`)
    .action(async (destination: string, table: string | undefined, flags) =>
      finish((await import('./explain/explain.ts')).explain(destination, table, flags, console)),
    );

  addPatienceFlag(addStoreFlags(addProbeFlags(addWhyFlags(program.command('why [file...]')))))
    .description(
      'from a mail log, or from the queue, to the answer: which mail waits or bounced for TLS, ' +
        'why, and the line to use; asks nobody but with --live',
    )
    .addOption(jsonFlag())
    .addHelpText('after', WHY_HELP)
    .action(async (files: string[], flags) =>
      finish((await import('./why/why.ts')).whyCommand(files, flags, console)),
    );

  addMetricsFileFlag(
    addTellFlags(
      addStoreFlags(
        addWorkersFlag(
          addProbeFlags(
            addObserveFlag(addMailLogFlags(addBundleFlags(program.command('watch [table]')))),
          ),
        ),
      ),
    ),
  )
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
    .option(
      '--log <file>',
      "a log of this host's Postfix, as a witness: where mail was held up for what a look finds, no " +
        'second look is needed, and a message says where look and log disagree',
    )
    .addOption(
      new Option(
        '--mta-sts <when>',
        'look at the MTA-STS policies of domains whose lines ask for names of their hosts: one ' +
          'question to DNS a run, and HTTPS to their web server where the policy is another',
      )
        .choices(['daily', 'never'])
        .default('daily'),
    )
    .option('--test-message', 'send a test message by the ways named, and do nothing else')
    .option(
      '--tell-failure',
      'say by the ways named that the unit of the daily run failed, and do nothing else: for ' +
        "systemd's OnFailure=",
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
      finish((await import('./watch/watch.ts')).watchCommand(table, flags, console)),
    );

  addMetricsFileFlag(
    addTellFlags(
      addStoreFlags(
        addProbeFlags(
          addObserveFlag(addBundleFlags(program.command('doctor [table]'))),
          DOCTOR_DEADLINE,
        ),
      ),
    ),
  )
    .description(
      'whether this set-up can keep what a daily run promises: what is in force and where it ' +
        'comes from, and each precondition with its cure; creates nothing',
    )
    .addOption(jsonFlag())
    .option(
      '--as-service [user]',
      "as the user and groups of the installed systemd unit, or as another user's; needs root",
    )
    .option('--test', 'send a test message through each channel')
    .addHelpText('after', DOCTOR_HELP)
    .action(async (table: string | undefined, flags, running: Command) =>
      finish(
        (await import('./doctor/doctor.ts')).doctorCommand(
          table,
          flags,
          { running, file },
          console,
        ),
      ),
    );

  addDnssecFlags(addBundleFlags(program.command('lint [table]')))
    .description(
      "parse only: each problem with its line, in Postfix's wording, and what it would do to mail",
    )
    .addOption(jsonFlag())
    .action(async (table: string | undefined, flags) =>
      finish((await import('./lint/lint.ts')).lintCommand(table, flags, console)),
    );

  addStoreFlags(addBundleFlags(program.command('status [table]')))
    .description(
      'open incidents, mutes, what is not watched, the last complete run; probes nothing',
    )
    .addOption(jsonFlag())
    .addOption(nagiosFlag())
    .option(
      '-w, --warning <hours>',
      'with --nagios: a last complete run that is older is a warning, and not unknown after 26 hours',
      positive,
    )
    .option('-c, --critical <hours>', 'with --nagios: and from then on critical', positive)
    .addHelpText('after', STATUS_HELP)
    .action(async (table: string | undefined, flags) =>
      finish((await import('./status/status.ts')).statusCommand(table, flags, console)),
    );

  addStoreFlags(program.command('metrics'))
    .description(
      'how things stand as metrics for Prometheus, by the last runs; probes nothing ' +
        '(docs/monitoring.md)',
    )
    .option(
      '--output <file>',
      "replace this file, for node_exporter's textfile collector (default: standard output)",
    )
    .addHelpText('after', METRICS_HELP)
    .action(async (flags) =>
      finish((await import('./metrics/metrics.ts')).metricsCommand(flags, console)),
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
      finish((await import('./history/history.ts')).historyCommand(name, flags, console)),
    );

  addStoreFlags(program.command('diff <destination>'))
    .description(
      'two moments side by side: of a destination with its hosts, or of an MX host; probes nothing',
    )
    .option('--from <date>', 'the first (default: right before the last change)', date)
    .option('--to <date>', 'the second (default: now)', date)
    .addOption(jsonFlag())
    .action(async (name: string, flags) =>
      finish((await import('./diff/diff.ts')).diffCommand(name, flags, console)),
    );

  addStoreFlags(addBundleFlags(program.command('report [table]')))
    .description(
      'one HTML page of all that is kept: whether mail flows, the entries, a year of history, the ' +
        'certificates, where mail goes; needs nothing from anywhere; probes nothing',
    )
    .option('--output <file>', 'the page; - for standard output')
    .option(
      '--log <log>',
      'show where mail went in the last 30 days, too, by this log of Postfix with its rotated files ' +
        '(repeatable; journal, or - for standard input)',
      collect,
    )
    .option('--open', 'show it in a browser')
    .addHelpText('after', REPORT_HELP)
    .action(async (table: string | undefined, flags) =>
      finish((await import('./report/report.ts')).reportCommand(table, flags, console)),
    );

  addStoreFlags(addBundleFlags(program.command('what-if [table]')))
    .description(
      'another table, main.cf, CA bundle or version, judged on what was last seen: only what would ' +
        'turn out otherwise; asks no network',
    )
    .addOption(jsonFlag())
    .option(
      '--offline-sources <dir>',
      'what is under review is not trusted: open regular files below this directory only, follow ' +
        'no link out of it, run no program, ask no table',
    )
    .addHelpText('after', WHAT_IF_HELP)
    .action(async (table: string | undefined, flags) =>
      finish((await import('./what-if/what-if.ts')).whatIfCommand(table, flags, console)),
    );

  addStoreFlags(
    addPatienceFlag(
      addProbeFlags(addMailLogFlags(addBundleFlags(program.command('suggest [table]')))),
    ),
  )
    .description(
      'the table rewritten where that helps, as a diff that patch takes: each line judged today, and ' +
        'on the days that are remembered',
    )
    .addOption(jsonFlag())
    .option('--upgrade', 'stronger levels for entries that would deliver by them, and those alone')
    .option(
      '--new',
      'lines for destinations that none covers, by provider, and those alone: where mail goes by ' +
        '--destinations-from-log, those of --destinations, or else whom watch --observe looks at',
    )
    .option(
      '--provider <name>',
      'with --new: only those whose mail this provider takes, by its name or the domain of its hosts ' +
        '(repeatable)',
      collect,
    )
    .option('--output <file>', 'write the whole table there instead, all at once')
    .option('--in-place', 'write it onto the table itself')
    .addHelpText('after', `${SUGGEST_HELP}${boundsHelp()}`)
    .action(async (table: string | undefined, flags) =>
      finish((await import('./suggest/suggest.ts')).suggestCommand(table, flags, console)),
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
      finish((await import('./mute/mute.ts')).muteCommand(key, flags, console)),
    );

  addStoreFlags(program.command('unmute <key>'))
    .description('end a mute')
    .action(async (key: string, flags) =>
      finish((await import('./mute/mute.ts')).unmuteCommand(key, flags, console)),
    );

  addPolicyCommands(
    program.command('policy').description('the policy as it is stored for the scheduled function'),
    console,
  );
  addStoreCommands(
    program
      .command('store')
      .description('what was seen, told, muted and pushed, as a file or in another place'),
    console,
  );
  for (const [, command] of leavesOf(program)) addConfigFlags(command);
  return program.hook('preAction', async (_, running) => {
    if (!BY_TABLE.includes(running.name())) stayInLittleMemory();
    const { configure } = await import('./configuration/configure.ts');
    ({ own, file } = await configure(program, running, console.env));
  });
}

function addStoreCommands(store: Command, console: Console): void {
  addStoreFlags(store.command('export <file>'))
    .description('write everything that is kept into a new file of JSON lines: a backup too')
    .action(async (file: string, flags) =>
      finish((await import('./store/store.ts')).storeExport(file, flags, console)),
    );

  addStoreFlags(store.command('import <path>'))
    .description('put an exported file, or the folder of a store of release 0.1, in place')
    .addHelpText('after', IMPORT_HELP)
    .action(async (path: string, flags) =>
      finish((await import('./store/store.ts')).storeImport(path, flags, console)),
    );
}

function addPolicyCommands(policy: Command, console: Console): void {
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
      finish((await import('./policy/policy.ts')).policyPush(table, flags, console)),
    );

  addStoreFlags(policy.command('show'))
    .description('print the table as it was pushed, byte for byte')
    .option(
      '--part <name>',
      'another part than the table: a path or its last component, such as main.cf; bundle.json',
    )
    .action(async (flags) =>
      finish((await import('./policy/policy.ts')).policyShow(flags, console)),
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
      finish((await import('./policy/policy.ts')).policyStatus(table, flags, console)),
    );

  addStoreFlags(policy.command('forget'))
    .description('delete all superseded versions at once, with the secrets that they may hold')
    .addHelpText('after', FORGET_HELP)
    .action(async (flags) =>
      finish((await import('./policy/policy.ts')).policyForget(flags, console)),
    );
}

/** Commands that see by their table how much memory they may take. */
const BY_TABLE = ['check', 'explain', 'watch'];

/** Seconds: whoever asks waits for the answer. */
const DOCTOR_DEADLINE = 120;

async function finish(code: Promise<number>): Promise<void> {
  process.exitCode = await code;
}
