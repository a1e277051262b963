/** What `report` costs over a year of history: a page of many entries, each on a host of its own. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DAY, writeYear } from '../browser/year.ts';
import { type Cost, cost, peakMemory, quoted, report } from './cost.ts';

const CLI = fileURLToPath(new URL('../../lambda/cli.ts', import.meta.url));
const DAYS = 365;

/** @param dir a directory to work in */
export async function benchReport(dir: string, entries: number, rounds: number): Promise<void> {
  const store = join(dir, 'year');
  const names = Array.from({ length: entries }, (_, i) => `customer${i}.example`);
  await writeYear(store, { names, days: DAYS, end: Date.now() - DAY / 8 });
  console.log(`report: ${entries} entries, ${DAYS} days, ${rounds} rounds, medians`);
  const args = [CLI, 'report', '--output', '-', '--no-config', '--store', store, '--vantage', 'mx.demo.example'];
  const costs: Cost[] = [];
  for (let i = 0; i < rounds; i++) costs.push(await cost([process.execPath, ...args].map(quoted).join(' ')));
  report('report', costs);
  const bytes = Buffer.byteLength(costs[0]?.out ?? '');
  if (bytes < 20_000) throw new Error(`a page of ${bytes} bytes: the bench is broken`);
  console.log(`measured: report writes ${bytes} bytes, and takes ${(await peakMemory(args)).toFixed(0)} MB of memory`);
  rmSync(store, { recursive: true });
}
