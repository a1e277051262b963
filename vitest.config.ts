import { defineConfig } from 'vitest/config';
import { ALONE } from './test/alone.ts';

/** What needs something only CI has (a real Postfix, DynamoDB Local, the runtime client, a browser) has a configuration of its own beside it. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      'test/reference/**',
      'test/runtime/**',
      'test/simulate/**',
      'test/browser/**',
      'test/packages/**',
      'test/dynamodb-local/**',
      'test/units/systemd/**',
      '**/node_modules/**',
    ],
    env: ALONE,
    pool: 'forks',
    maxWorkers: 2,
    // What hangs is ended by these; a busy machine may take its time.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    reporters: ['default', './test/closing-line.ts'],
  },
});
