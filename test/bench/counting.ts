/**
 * Loaded ahead of a command (`node --import`): when a process ends it leaves what it took in a file of its own in SCALE_DIR.
 * Memory is the kernel's own account of the peak.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What one process took. */
export interface Taken {
  readonly program: string;
  readonly peakMb: number;
  readonly cpuSeconds: number;
}

process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const taken: Taken = {
    program: process.argv[1] ?? '',
    peakMb: Math.round(maxRSS / 1_000),
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
  };
  writeFileSync(join(process.env.SCALE_DIR ?? '.', `${process.pid}.json`), JSON.stringify(taken));
});
