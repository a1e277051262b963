/** `metrics` as a process: what it writes, how it takes the place of the old file, and that the old one stays where it cannot. */
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLI, runProgram } from '../run-command.ts';
import { type Scene, sceneNow, startScene } from '../scene.ts';
import { readMetrics } from './read-metrics.ts';

const DAY = 86_400_000;
const ENDS = Math.floor(sceneNow() / DAY) * DAY + 100 * DAY;
let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
  scene.hearst.present(await scene.issue({ commonName: 'gslb.pphosted.com', notBefore: ENDS - 365 * DAY, notAfter: ENDS }));
  await scene.watch();
});
afterAll(() => scene.close());

const folder = () => mkdtempSync(join(scene.dir, 'textfile-'));
const written = (path: string) => readMetrics(readFileSync(path, 'utf8'));
const metrics = (...args: readonly string[]) => scene.run(['metrics', ...scene.storeFlags, ...args]);

test('says how things stand, by the last run', async () => {
  const { code, out, err } = await metrics();
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const read = readMetrics(out);
  const reading = (name: string, labels: Readonly<Record<string, string>> = {}) =>
    read.find(
      (one) =>
        one.name === `postfix_tls_watch_${name}` && Object.entries(labels).every(([label, text]) => one.labels[label] === text),
    )?.value;
  expect(reading('entry_verdict', { entry: 'fastmail.fm', verdict: 'fail' })).toBe(1);
  expect(reading('entries', { verdict: 'pass' })).toBe(2);
  expect(reading('incidents_open', { standing: 'failing', muted: 'false' })).toBe(1);
  expect(reading('address_family_state', { family: 'ipv4', state: 'clear' })).toBe(1);
  const port = String(scene.internet.smtpPort);
  expect(reading('certificate_not_after_timestamp_seconds', { host: 'mxa-000c7201.gslb.pphosted.com', port })).toBe(ENDS / 1000);
  // A second later it is refused.
  expect(reading('entry_fails_from_timestamp_seconds', { entry: 'hearst.com' })).toBe(ENDS / 1000 + 1);
});

describe('a file', () => {
  test('is made, readable for all whatever the umask, and nothing lies beside it', async () => {
    const dir = folder();
    const path = join(dir, 'tls.prom');
    const command = `umask 077; exec "$0" "$@"`;
    const args = [CLI, 'metrics', ...scene.storeFlags, '--output', path];
    const ran = await runProgram('sh', ['-c', command, process.execPath, ...args], { ...process.env, NO_COLOR: '1' }, scene.dir);
    expect(ran).toMatchObject({ code: 0, out: '', err: '' });
    expect(statSync(path).mode & 0o777).toBe(0o644);
    expect(readdirSync(dir)).toEqual(['tls.prom']);
    expect(written(path).length).toBeGreaterThan(30);
  });

  test('takes the place of the old one: whoever reads that one reads it to its end', async () => {
    const path = join(folder(), 'tls.prom');
    writeFileSync(path, 'old 1\n', { mode: 0o600 });
    const { ino } = statSync(path);
    expect((await metrics('--output', path)).code).toBe(0);
    expect(statSync(path).ino).not.toBe(ino);
    expect(statSync(path).mode & 0o777).toBe(0o644);
    expect(written(path).length).toBeGreaterThan(30);
  });

  test('behind a link is replaced where it is', async () => {
    const dir = folder();
    writeFileSync(join(dir, 'real.prom'), 'old 1\n');
    symlinkSync('real.prom', join(dir, 'link.prom'));
    expect((await metrics('--output', join(dir, 'link.prom'))).code).toBe(0);
    expect(lstatSync(join(dir, 'link.prom')).isSymbolicLink()).toBe(true);
    expect(written(join(dir, 'real.prom')).length).toBeGreaterThan(30);
    expect(readdirSync(dir)).toEqual(['link.prom', 'real.prom']);
  });

  test('that would be larger than there is room for: the old one stays, and nothing beside it', async () => {
    const dir = folder();
    const path = join(dir, 'tls.prom');
    writeFileSync(path, 'old 1\n');
    const args = [CLI, 'metrics', ...scene.storeFlags, '--output', path];
    const env = { ...process.env, NO_COLOR: '1' };
    const ran = await runProgram('sh', ['-c', 'ulimit -f 1; exec "$0" "$@"', process.execPath, ...args], env, scene.dir);
    expect(ran).toEqual({
      code: 3,
      out: '',
      err: `error: --output ${path}: it would be larger than a file may be here; nothing was written\n`,
    });
    expect(readFileSync(path, 'utf8')).toBe('old 1\n');
    expect(readdirSync(dir)).toEqual(['tls.prom']);
  });

  test.each([
    { path: '/nonexistent/folder/tls.prom', because: 'no such directory; make it, or name a file elsewhere' },
    { path: '/etc/hostname/tls.prom', because: 'no such directory; make it, or name a file elsewhere' },
    { path: '/dev/null', because: 'no regular file; name one' },
    { path: '/dev/null/tls.prom', because: 'no such directory; make it, or name a file elsewhere' },
    { path: tmpdir(), because: 'no regular file; name one' },
  ])('cannot be written: $path', async ({ path, because }) => {
    const before = existsSync(path) && lstatSync(path).ino;
    const { code, out, err } = await metrics('--output', path);
    expect({ code, out, err }).toEqual({ code: 3, out: '', err: `error: --output ${path}: ${because}; nothing was written\n` });
    expect(existsSync(path) && lstatSync(path).ino).toBe(before);
  });

  test('stays as it was where there is no store', async () => {
    const path = join(folder(), 'tls.prom');
    writeFileSync(path, 'old 1\n');
    const { code, err } = await scene.run(['metrics', '--store', '/nonexistent/store', '--output', path]);
    expect({ code, err }).toEqual({
      code: 3,
      err: 'error: there is no store in /nonexistent/store: nothing was kept there yet; "watch" makes one, --store names another place\n',
    });
    expect(readFileSync(path, 'utf8')).toBe('old 1\n');
  });
});
