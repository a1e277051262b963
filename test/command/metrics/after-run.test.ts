/** `watch --metrics-file`: written after each run, whatever it came to, and told where it cannot be, without harm to the run. */
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Scene, startScene } from '../scene.ts';
import { readMetrics } from './read-metrics.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.close());

/** By name alone; the first of its series. */
function reading(path: string, name: string): number | undefined {
  return readMetrics(readFileSync(path, 'utf8')).find((one) => one.name === `postfix_tls_watch_${name}`)?.value;
}

const folder = () => mkdtempSync(join(scene.dir, 'textfile-'));

test('after a complete run, which says nothing of it', async () => {
  const dir = folder();
  const path = join(dir, 'tls.prom');
  const { code, out, err } = await scene.watch('--metrics-file', path);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain('fastmail.fm');
  expect(reading(path, 'last_complete_run_timestamp_seconds')).toBeGreaterThan(reading(path, 'last_run_timestamp_seconds') ?? 0);
  expect(readdirSync(dir)).toEqual(['tls.prom']);
});

test('after a run that could not tell what was due', async () => {
  const path = join(folder(), 'tls.prom');
  const hook = join(scene.dir, 'refuses');
  writeFileSync(hook, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  const { code } = await scene.watch('--policy', 'untold', '--hook', hook, '--metrics-file', path);
  expect(code).toBe(3);
  expect(reading(path, 'last_run_failed')).toBe(1);
  expect(reading(path, 'last_complete_run_timestamp_seconds')).toBeUndefined();
});

test('after one that was cut short', async () => {
  const path = join(folder(), 'tls.prom');
  // Less time than judging and printing take: nothing is looked at.
  const { code } = await scene.watch('--policy', 'short', '--deadline', '0.001', '--metrics-file', path);
  expect(code).toBe(3);
  expect(reading(path, 'last_run_timestamp_seconds')).toBeGreaterThan(0);
  expect(reading(path, 'last_complete_run_timestamp_seconds')).toBeUndefined();
});

test('where it cannot be written that is told, and what is due is told all the same: exit 3', async () => {
  const hook = join(scene.dir, 'takes');
  writeFileSync(hook, `#!/bin/sh\ncat >> ${scene.dir}/taken\n`, { mode: 0o755 });
  const ran = await scene.watch('--policy', 'unwritten', '--hook', hook, '--metrics-file', '/nonexistent/folder/tls.prom');
  expect(ran).toEqual({
    code: 3,
    out: '',
    err: 'error: --metrics-file /nonexistent/folder/tls.prom: no such directory; make it, or name a file elsewhere; nothing was written\n',
  });
  expect(readFileSync(join(scene.dir, 'taken'), 'utf8')).toContain('fastmail.fm');
  const { out } = await scene.run(['status', '--json', '--policy', 'unwritten', ...scene.storeFlags]);
  expect(JSON.parse(out)).toMatchObject({ runs: { latest: { stage: 'complete' }, failed: false } });
});

test('a run that ends before it begins leaves the old file', async () => {
  const path = join(folder(), 'tls.prom');
  writeFileSync(path, 'old 1\n');
  const { code } = await scene.run(['watch', '/nonexistent/table', '--metrics-file', path, ...scene.storeFlags]);
  expect(code).toBe(3);
  expect(readFileSync(path, 'utf8')).toBe('old 1\n');
});
