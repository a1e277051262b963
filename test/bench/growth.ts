/**
 * What grows with the table: `watch` over many entries behind a tenth as many providers, on its first day, on an unchanged
 * one, and where a provider in a hundred renewed; then `check --json`. Beside what each takes stands what was asked of others,
 * counted by those who were asked.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from './bench.ts';
import { type Cost, cost } from './cost.ts';
import { startQuietServers } from './quiet-servers.ts';
import { printRow } from './table.ts';

const ENTRIES_A_PROVIDER = 10;

export async function benchGrowth(bench: Bench): Promise<void> {
  const unchanged: { readonly entries: number; readonly cpu: number }[] = [];
  for (const entries of bench.growth) unchanged.push({ entries, cpu: (await days(bench, entries)).cpu });
  const [first] = unchanged;
  for (const { entries, cpu } of unchanged.slice(1))
    printRow({
      figure: `watch, ${entries} entries: CPU an entry, in 1,000`,
      ours: [(cpu / entries) * 1_000],
      beside: { name: `of ${first?.entries}`, figures: [((first?.cpu ?? 0) / (first?.entries ?? 1)) * 1_000] },
      ...{ unit: 's', again: `--only growth --growth ${first?.entries},${entries}` },
    });
}

/** Answers the unchanged day. */
async function days({ command, dir }: Bench, entries: number): Promise<Cost> {
  const providers = Math.ceil(entries / ENTRIES_A_PROVIDER);
  const servers = await startQuietServers(dir, providers);
  const again = `--only growth --growth ${entries}`;
  try {
    const table = join(dir, 'grown');
    const line = (i: number) => `s${i}.example secure match=mx.d${i % providers}.example\n`;
    writeFileSync(table, Array.from({ length: entries }, (_, i) => line(i)).join(''));
    const run = async (title: string, args: readonly string[], says: (out: string) => boolean): Promise<Cost> => {
      const before = await servers.counts();
      const taken = await cost([process.execPath, command, ...args, ...servers.flags]);
      if (!says(taken.out)) throw new Error(`${title}, ${entries} entries: it said ${taken.out.slice(0, 2_000)}`);
      const { conversations, questions } = await servers.counts();
      const asked = `${conversations - before.conversations} conversations, ${questions - before.questions} questions`;
      printRow({ figure: `${title}, ${entries} entries: CPU`, ours: [taken.cpu], unit: 's', again });
      printRow({ figure: `  peak of memory; ${asked}`, ours: [taken.peak], unit: 'MB', again });
      return taken;
    };
    const watch = ['watch', table, '--store', join(dir, 'grown-store'), '--confirm-after', '0'];
    const silent = (out: string) => out === '';
    await run('watch, first day', watch, (out) => out.startsWith(`Subject: Now watching ${entries} entries: all deliver\n`));
    const unchanged = await run('watch, unchanged day', watch, silent);
    await servers.renew(100);
    await run('watch, 1 provider in 100 renewed', watch, silent);
    await run('check --json', ['check', table, '--json'], (out) => out.includes(`"pass": ${entries},`));
    return unchanged;
  } finally {
    await servers.close();
    rmSync(join(dir, 'grown-store'), { recursive: true, force: true });
  }
}
