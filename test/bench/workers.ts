/** `watch` over a long table, by two workers and by one process, in turn: an unchanged day. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from './bench.ts';
import { type Cost, cost, each } from './cost.ts';
import { startQuietServers } from './quiet-servers.ts';
import { printRow } from './table.ts';

/** As far apart as real hosts are. */
const DELAY_MS = 20;
const ENTRIES_A_PROVIDER = 4;

export async function benchWorkers({ command, dir, rounds, long }: Bench): Promise<void> {
  const providers = Math.ceil(long / ENTRIES_A_PROVIDER);
  const servers = await startQuietServers(dir, providers);
  const [table, store] = [join(dir, 'long'), join(dir, 'long-store')];
  try {
    const line = (i: number) => `s${i}.example secure match=mx.d${i % providers}.example\n`;
    writeFileSync(table, Array.from({ length: long }, (_, i) => line(i)).join(''));
    const watch = (...more: readonly string[]) => [
      command,
      'watch',
      table,
      '--store',
      store,
      '--confirm-after',
      '0',
      ...servers.flags,
      ...more,
    ];
    const run = async (...more: readonly string[]): Promise<Cost> => {
      const taken = await cost([process.execPath, ...watch(...more)]);
      if (taken.out !== '') throw new Error(`watch ${more.join(' ')}, unchanged day: it said ${taken.out.slice(0, 2_000)}`);
      return taken;
    };
    await cost([process.execPath, ...watch()]);
    await servers.delay(DELAY_MS);
    const [alone, together]: [Cost[], Cost[]] = [[], []];
    for (let i = 0; i < rounds; i++) {
      alone.push(await run());
      together.push(await run('--workers', '2'));
    }
    const again = `--only workers --long ${long}`;
    const beside = (what: 'wall' | 'cpu' | 'peak') => ({ name: 'one process', figures: each(alone, what) });
    const figure = `watch --workers 2, ${long} entries`;
    printRow({ figure: `${figure}: wall`, ours: each(together, 'wall'), beside: beside('wall'), unit: 's', again });
    printRow({ figure: '  CPU', ours: each(together, 'cpu'), beside: beside('cpu'), unit: 's', again });
    printRow({ figure: '  peak of memory', ours: each(together, 'peak'), beside: beside('peak'), unit: 'MB', again });
    printRow({ figure: '  peak of a worker', ours: each(together, 'beside'), beside: beside('peak'), unit: 'MB', again });
  } finally {
    await servers.close();
    rmSync(store, { recursive: true, force: true });
  }
}
