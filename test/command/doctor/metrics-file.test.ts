/** Whether the file of metrics could be written: by this user, and in the sandbox of the unit. Nothing is. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { metricsFileFindings } from '../../../lambda/command/doctor/metrics-file.ts';
import type { ServiceUser } from '../../../lambda/command/doctor/service-user.ts';
import { parseUnit } from '../../../lambda/command/doctor/unit-file.ts';

const dir = mkdtempSync(join(tmpdir(), 'metrics-file-'));
writeFileSync(join(dir, 'there.prom'), 'old 1\n');
afterAll(() => rmSync(dir, { recursive: true }));

const service = (settings: string): ServiceUser => ({
  name: 'postfix-tls-watch',
  uid: 61_184,
  gid: 61_184,
  groups: [61_184],
  unit: parseUnit('postfix-tls-watch.service', [`[Service]\n${settings}\n`]),
  environment: {},
});
const OURS = 'DynamicUser=yes\nStateDirectory=postfix-tls-watch';

test.each([
  { because: 'a new file', path: 'new.prom', found: 'ok: --metrics-file DIR/new.prom can be written' },
  { because: 'in place of another', path: 'there.prom', found: 'ok: --metrics-file DIR/there.prom can be written' },
  {
    because: 'no such directory',
    path: 'gone/new.prom',
    found: 'failure: --metrics-file DIR/gone/new.prom: no such directory',
  },
  { because: 'a directory', path: '.', found: 'failure: --metrics-file DIR: no regular file' },
  {
    because: 'a sandbox that has it read-only',
    path: 'new.prom',
    settings: OURS,
    found: 'failure: --metrics-file DIR/new.prom: postfix-tls-watch.service may not write there, for ProtectSystem=strict',
  },
  {
    because: 'one beside what it may write',
    path: 'new.prom',
    settings: `ProtectSystem=strict\nReadWritePaths=${dir.slice(0, -1)} ${dir}/new.pro`,
    found: 'failure: --metrics-file DIR/new.prom: postfix-tls-watch.service may not write there, for ProtectSystem=strict',
  },
  {
    because: 'one that leaves it to be written',
    path: 'new.prom',
    settings: `ProtectSystem=strict\nReadWritePaths=${dir}`,
    found: 'ok: --metrics-file DIR/new.prom can be written',
  },
  {
    because: 'a unit without a sandbox',
    path: 'new.prom',
    settings: 'User=root',
    found: 'ok: --metrics-file DIR/new.prom can be written',
  },
])('$because', async ({ path, settings, found }) => {
  const before = readdirSync(dir);
  const findings = await metricsFileFindings(join(dir, path), settings === undefined ? undefined : service(settings));
  expect(findings.map(({ state, says }) => `${state}: ${says.replace(dir, 'DIR')}`)).toEqual([found]);
  expect(findings.map(({ cure }) => cure !== null)).toEqual([found.startsWith('failure')]);
  expect(readdirSync(dir)).toEqual(before);
});

test("a file in the unit's own directory is systemd's to make room for", async () => {
  const path = '/var/lib/postfix-tls-watch/tls.prom';
  expect(await metricsFileFindings(path, service(OURS))).toEqual([
    { group: 'channels', state: 'ok', says: `--metrics-file ${path} can be written`, cure: null },
  ]);
});

test('where none is named nothing is said', async () => {
  expect(await metricsFileFindings(undefined, service(OURS))).toEqual([]);
});
