/** How long a command takes that has next to nothing to do, beside programs that do as little. */
import type { Bench } from './bench.ts';
import { cost, costOf, each, quoted } from './cost.ts';
import { checkOf } from './hosts.ts';
import { printRow } from './table.ts';

/** They are short, and vary by more than what they take. */
const TIMES = 5;

export async function benchStartUp(bench: Bench): Promise<void> {
  const { command, servers, rounds } = bench;
  const version = [process.execPath, command, '--version'];
  const empty = [process.execPath, '-e', '0'];
  const one = checkOf(bench, ['d0.example']);
  const target = `[${servers.addressOf(0)}]:${servers.smtpPort} d0.example mx.d0.example`;
  const finger = `posttls-finger -c -l secure -F ${quoted(servers.caFile)} -L summary ${target}`;
  const taken = { version: [] as number[], empty: [] as number[], one: [] as number[], finger: [] as number[] };
  for (let i = 0; i < rounds * TIMES; i++) {
    taken.version.push(...each([await cost(version)], 'wall'));
    taken.empty.push(...each([await cost(empty)], 'wall'));
    taken.one.push(...each([await cost(one)], 'wall'));
    taken.finger.push(...each([await costOf(finger)], 'wall'));
  }
  const ms = (seconds: readonly number[]) => seconds.map((one) => one * 1_000);
  const again = '--only start-up';
  printRow({
    figure: '--version: wall',
    ours: ms(taken.version),
    beside: { name: 'node -e 0', figures: ms(taken.empty) },
    ...{ unit: 'ms', again },
  });
  printRow({
    figure: 'check, one host: wall',
    ours: ms(taken.one),
    beside: { name: 'posttls-finger', figures: ms(taken.finger) },
    ...{ unit: 'ms', again },
  });
}
