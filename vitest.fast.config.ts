import { defineConfig } from 'vitest/config';
import everything from './vitest.config.ts';

/**
 * `npm run test:fast`: the stages that are pure, and what holds the repository itself in order. No
 * sockets, no other programs, and none of the few tests that take as long as all of these together.
 * Pure files leave nothing behind, so their modules are read once and not once for each test file.
 */
export default defineConfig({
  test: {
    ...everything.test,
    isolate: false,
    include: [
      'test/*.test.ts',
      'test/{text,postfix,policy,certificate,route,verdict,snapshot,alert}/**/*.test.ts',
    ],
    exclude: [
      'test/one-clock.test.ts',
      'test/certificate/{openssl,posttls-finger,distinguished-name}.test.ts',
      'test/certificate/trust/openssl-witness.test.ts',
      'test/route/{dns,dns-encrypted}.test.ts',
      'test/alert/channel/**',
      'test/alert/incident/telling.property.test.ts',
    ],
  },
});
