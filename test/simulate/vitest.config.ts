import { defineConfig } from 'vitest/config';
import { ALONE } from '../alone.ts';

/** A year takes minutes: `npx vitest run --config test/simulate/vitest.config.ts`, with SEED=… for another year. */
export default defineConfig({
  test: {
    env: ALONE,
    include: ['test/simulate/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 1_800_000,
    hookTimeout: 120_000,
    reporters: ['default', './test/closing-line.ts'],
  },
});
