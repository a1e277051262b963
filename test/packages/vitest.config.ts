import { defineConfig } from 'vitest/config';
import { ALONE } from '../alone.ts';

/** `npm run test:packages`: what is installed is what was packed, and leaves what it should. */
export default defineConfig({
  test: {
    env: ALONE,
    include: ['test/packages/*.test.ts'],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 600_000,
    reporters: ['default', './test/closing-line.ts'],
  },
});
