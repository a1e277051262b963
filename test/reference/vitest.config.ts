import { defineConfig } from 'vitest/config';

/** What needs a real Postfix, and root to give it a network of its own. */
export default defineConfig({
  test: {
    include: ['test/reference/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 600_000,
    reporters: ['default', './test/closing-line.ts'],
  },
});
