import { defineConfig } from 'vitest/config';
import { ALONE } from '../../alone.ts';

/** `npm run test:units`: boots a systemd in namespaces of its own. */
export default defineConfig({
  test: {
    env: ALONE,
    include: ['test/units/systemd/*.test.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['default', './test/closing-line.ts'],
  },
});
