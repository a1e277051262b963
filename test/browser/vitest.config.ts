import { defineConfig } from 'vitest/config';
import { ALONE } from '../alone.ts';

/** Pages in Debian's Chromium. */
export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    env: ALONE,
    pool: 'forks',
    fileParallelism: false,
    // What hangs is ended by these; a busy machine may take its time.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    reporters: ['default', './test/closing-line.ts'],
  },
});
