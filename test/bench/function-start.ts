/** The function's cold start under Lambda's own runtime client: from the start of the process to its first poll, and one run. */
import { missingClient, startFunction } from '../runtime/function.ts';
import { raiseWorld } from '../runtime/world.ts';
import type { Bench } from './bench.ts';
import { printRow } from './table.ts';

export async function benchFunction({ rounds }: Bench): Promise<void> {
  if (missingClient !== undefined) {
    console.log(`not measured: ${missingClient}`);
    return;
  }
  const world = await raiseWorld();
  try {
    await world.push('few', world.domains.policy);
    const starts: number[] = [];
    const runs: number[] = [];
    for (let i = 0; i < rounds * TIMES; i++) {
      const running = await startFunction(world.variables('few'));
      starts.push(running.polledAt - running.spawnedAt);
      const began = performance.now();
      // Another run each time: a complete one is not had again.
      await running.invoke({ scheduledTime: new Date(Date.now() + i * 86_400_000).toISOString() });
      runs.push(performance.now() - began);
      await running.stop();
    }
    const again = '--only function';
    printRow({ figure: 'function: spawn to first poll', ours: starts, unit: 'ms', again });
    printRow({ figure: 'function: first invocation, 3 entries', ours: runs, unit: 'ms', again });
  } finally {
    await world.close();
  }
}

const TIMES = 5;
