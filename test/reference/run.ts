/** `npm run test:postfix -- [--seed N|fresh] [--count N]`: the comparison with a real Postfix, by Vitest. */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: '1' }, count: { type: 'string', default: '50' } },
});
const seed = values.seed === 'fresh' ? String(randomInt(1, 1_000_000)) : values.seed;
console.log(`seed ${seed}, ${values.count} destinations`);

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const config = join(import.meta.dirname, 'vitest.config.ts');
const child = spawn(process.execPath, [vitest, 'run', '--config', config, ...positionals], {
  stdio: 'inherit',
  cwd: join(import.meta.dirname, '..', '..'),
  env: { ...process.env, REFERENCE_SEED: seed, REFERENCE_COUNT: values.count },
});
child.on('close', (code) => {
  process.exitCode = code ?? 1;
});
