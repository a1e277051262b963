/**
 * The comparison with a real Postfix, by Vitest:
 *   npm run test:postfix -- [--seed N|fresh] [--count N]                               destinations
 *   npm run test:postfix -- --configurations [--seed N|fresh] [--count N | --only N]   configuration directories
 *   npm run test:postfix -- --situations [--only N|TITLE]                              the same, written down
 */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    configurations: { type: 'boolean', default: false },
    situations: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    count: { type: 'string' },
    only: { type: 'string' },
  },
});
const { configurations, situations, only } = values;
const seed = values.seed === 'fresh' ? String(randomInt(1, 1_000_000)) : values.seed;
const count = values.count ?? (configurations ? '10' : '50');
const what = configurations ? 'configuration directories' : 'destinations';
const one = `directory ${only} alone`;
if (situations) console.log(only === undefined ? 'all situations' : one);
else console.log(`seed ${seed}, ${only === undefined ? `${count} ${what}` : one}`);

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const config = join(import.meta.dirname, 'vitest.config.ts');
const CONFIGURATIONS = 'test/reference/configurations';
const chosen = situations
  ? [`${CONFIGURATIONS}/situations.test.ts`]
  : configurations
    ? [`${CONFIGURATIONS}/configurations.test.ts`]
    : ['--exclude', `${CONFIGURATIONS}/**`];
const child = spawn(process.execPath, [vitest, 'run', '--config', config, ...chosen, ...positionals], {
  stdio: 'inherit',
  cwd: join(import.meta.dirname, '..', '..'),
  env: {
    ...process.env,
    REFERENCE_SEED: seed,
    REFERENCE_COUNT: count,
    ...(only === undefined ? {} : { REFERENCE_ONLY: only }),
  },
});
child.on('close', (code) => {
  process.exitCode = code ?? 1;
});
