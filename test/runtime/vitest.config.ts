import { defineConfig } from 'vitest/config';
import { ALONE } from '../alone.ts';

/** Apart from the unit tests: these need test/runtime installed (cmake, g++) and take their time. */
export default defineConfig({
  test: {
    env: ALONE,
    include: ['test/runtime/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['default', './test/closing-line.ts'],
  },
});
