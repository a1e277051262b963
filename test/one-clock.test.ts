/**
 * All processes of a test run read one clock.
 *
 * CI runs the tests under other dates too, by a library that children inherit with their
 * environment (LD_PRELOAD). A child that was started without it would read the true date, and a run
 * that lost it altogether would prove nothing.
 */
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { CLOCK, runCommand } from './command/run-command.ts';

const run = promisify(execFile);
const dir = mkdtempSync(join(tmpdir(), 'one-clock-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const READ = ['-p', 'Date.now()'];

test.each<{ child: string; reads: () => Promise<number> }>([
  { child: 'Node', reads: async () => Number((await run(process.execPath, READ)).stdout) },
  {
    child: 'Node with no environment but the clock',
    reads: async () => Number((await run(process.execPath, READ, { env: CLOCK })).stdout),
  },
  {
    child: 'a program below a shell',
    reads: async () => Number((await run('sh', ['-c', 'date +%s; :'])).stdout) * 1_000,
  },
  {
    child: 'the command',
    reads: async () => {
      writeFileSync(join(dir, 'tls_policy'), 'a.test none\n');
      const { out } = await runCommand(['check', join(dir, 'tls_policy'), '--json']);
      return Date.parse((JSON.parse(out) as { run: { at: string } }).run.at);
    },
  },
])('$child reads the clock of whoever started it', async ({ reads }) => {
  const before = Date.now();
  const read = await reads();
  expect(read).toBeGreaterThanOrEqual(wholeSecond(before));
  expect(read).toBeLessThanOrEqual(Date.now());
});

test('openssl does', async ({ skip }) => {
  const version = await run('openssl', ['version']).then(
    ({ stdout }) => stdout,
    () => '',
  );
  skip(!version.startsWith('OpenSSL 3.'), 'there is no openssl command of version 3 here');
  const before = Date.now();
  const key = ['-newkey', 'ed25519', '-noenc', '-keyout', join(dir, 'key.pem')];
  const args = ['req', '-x509', ...key, '-subj', '/CN=now'];
  const { validFromDate } = new X509Certificate((await run('openssl', args)).stdout);
  expect(validFromDate.getTime()).toBeGreaterThanOrEqual(wholeSecond(before));
  expect(validFromDate.getTime()).toBeLessThanOrEqual(Date.now());
});

/** Epoch seconds at which the tests are to begin, as .ci/run reckons it without the library. */
const begins = process.env.TEST_CLOCK_BEGINS;

if (begins !== undefined) {
  test('the tests read the date that they are to run under', () => {
    const zone = process.env.TZ ?? 'of the machine';
    console.log(`measured: the tests read ${new Date().toISOString()}, in time zone ${zone}`);
    const hoursSince = (Date.now() / 1_000 - Number(begins)) / 3_600;
    expect(hoursSince).toBeGreaterThanOrEqual(0);
    expect(hoursSince).toBeLessThan(24);
  });
}

const wholeSecond = (at: number) => at - (at % 1_000);
