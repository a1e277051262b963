/** `lint` over a long table: of usual lines, and of long ones. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from './bench.ts';
import { type Cost, cost, each } from './cost.ts';
import { printRow } from './table.ts';

const LINES = 100_000;
const NAMES = 20;

export async function benchLint({ command, dir, rounds }: Bench): Promise<void> {
  const tables = {
    usual: (i: number) => `d${i}.example secure match=.provider${i % 5_000}.example ciphers=high\n`,
    long: (i: number) =>
      `d${i}.example secure match=${Array.from({ length: NAMES }, (_, j) => `mx${j}.d${i}.example`).join(':')}\n`,
  };
  for (const [kind, line] of Object.entries(tables)) {
    const table = join(dir, `lines-${kind}`);
    writeFileSync(table, Array.from({ length: LINES }, (_, i) => line(i)).join(''));
    const costs: Cost[] = [];
    for (let i = 0; i < rounds; i++) costs.push(await cost([process.execPath, command, 'lint', table, '--no-config']));
    const again = '--only lint';
    printRow({ figure: `lint, 100,000 ${kind} lines: CPU`, ours: each(costs, 'cpu'), unit: 's', again });
    printRow({ figure: '  peak of memory', ours: each(costs, 'peak'), unit: 'MB', again });
  }
}
