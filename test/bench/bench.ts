/**
 * `npm run bench`: how long and how much, as ratios measured in one run on one machine, a row each (docs/performance.md).
 *
 * What is measured is the packed command, as whole processes, in turn with what it is held against. Nothing is asserted of
 * time; it fails where a command did not do what is measured.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchFunction } from './function-start.ts';
import { benchGrowth } from './growth.ts';
import { benchHosts, benchProviders, benchQuit, benchWaits, PROVIDERS } from './hosts.ts';
import { installCommand } from './installed.ts';
import { benchLint } from './long-table.ts';
import { type QuietServers, startQuietServers } from './quiet-servers.ts';
import { benchReport } from './report-year.ts';
import { benchStartUp } from './start-up.ts';
import { printHead } from './table.ts';
import { benchWhy } from './why-log.ts';
import { benchWorkers } from './workers.ts';

export interface Bench {
  /** The installed command. */
  readonly command: string;
  /** A directory to work in. */
  readonly dir: string;
  readonly servers: QuietServers;
  /** How often each is measured, in turn with what it is held against. */
  readonly rounds: number;
  /** Of the table that is checked, each on a host of its own. */
  readonly entries: number;
  /** Sizes of the tables that are watched. */
  readonly growth: readonly number[];
  /** Size of the table that several workers look at. */
  readonly long: number;
  /** Entries of the page of a year. */
  readonly pages: number;
  /** Size of the log. */
  readonly megabytes: number;
}

/** By what `--only` calls them. */
const PARTS: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  hosts: benchHosts,
  quit: benchQuit,
  providers: benchProviders,
  waits: benchWaits,
  'start-up': benchStartUp,
  growth: benchGrowth,
  workers: benchWorkers,
  lint: benchLint,
  report: benchReport,
  why: benchWhy,
  function: benchFunction,
};

const { values } = parseArgs({
  options: {
    /** Names of parts, with commas; all of them where absent. */
    only: { type: 'string', default: Object.keys(PARTS).join(',') },
    entries: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '3' },
    growth: { type: 'string', default: '1000,5000,20000' },
    long: { type: 'string', default: '20000' },
    pages: { type: 'string', default: '1000' },
    megabytes: { type: 'string', default: '100' },
  },
});
const parts = values.only.split(',').map((name) => {
  const part = PARTS[name];
  if (part === undefined) throw new Error(`--only ${name}: not one of ${Object.keys(PARTS).join(', ')}`);
  return part;
});
if (spawnSync('sh', ['-c', 'command -v posttls-finger']).status !== 0)
  throw new Error('posttls-finger is not there to compare with: install postfix (Debian)');

const dir = mkdtempSync(join(tmpdir(), 'bench-'));
const installed = await installCommand();
const servers = await startQuietServers(dir, PROVIDERS);
try {
  const { rounds, entries, growth, long, pages, megabytes } = values;
  console.log(`medians of ${rounds} rounds, by ${process.version}`);
  printHead();
  for (const part of parts)
    await part({
      command: installed.path,
      ...{ dir, servers },
      rounds: Number(rounds),
      entries: Number(entries),
      growth: growth.split(',').map(Number),
      long: Number(long),
      pages: Number(pages),
      megabytes: Number(megabytes),
    });
} finally {
  await servers.close();
  rmSync(dir, { recursive: true, force: true });
  installed.remove();
}
