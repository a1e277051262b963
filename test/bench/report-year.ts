/** What `report` costs over a year of history: a page of many entries, each on a host of its own; and how long it takes to open. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DAY, writeYear } from '../browser/year.ts';
import type { Bench } from './bench.ts';
import { type Cost, cost, each } from './cost.ts';
import { benchOpening } from './page-open.ts';
import { printRow } from './table.ts';

const DAYS = 365;

export async function benchReport({ command, dir, pages, rounds }: Bench): Promise<void> {
  const store = join(dir, 'year');
  const names = Array.from({ length: pages }, (_, i) => `customer${i}.example`);
  await writeYear(store, { names, days: DAYS, end: Date.now() - DAY / 8 });
  const args = ['report', '--output', '-', '--no-config', '--store', store, '--vantage', 'mx.demo.example'];
  const costs: Cost[] = [];
  for (let i = 0; i < rounds; i++) costs.push(await cost([process.execPath, command, ...args]));
  const bytes = Buffer.byteLength(costs[0]?.out ?? '');
  if (bytes < 20_000) throw new Error(`a page of ${bytes} bytes: the bench is broken`);
  const again = `--only report --pages ${pages}`;
  printRow({ figure: `report, ${pages} entries × ${DAYS} days: CPU`, ours: each(costs, 'cpu'), unit: 's', again });
  printRow({ figure: `  peak of memory; a page of ${bytes} bytes`, ours: each(costs, 'peak'), unit: 'MB', again });
  await benchOpening(dir, costs[0]?.out ?? '', rounds, again);
  rmSync(store, { recursive: true });
}
