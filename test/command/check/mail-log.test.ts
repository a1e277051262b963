/** `check --destinations-from-log`: rotated and packed files, standard input, and what is printed of it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CheckDocument } from '../../../lambda/command/check/verdict-schema.ts';
import { ended } from '../../log/log.ts';
import { CLI, HANGS_MS } from '../run-command.ts';
import { problemsOf, type Scene, sceneNow, startScene, unwrapped } from '../scene.ts';

let scene: Scene;
let log: string;
let flags: readonly string[];

/** So many recipients so many days ago. */
const sent = (daysAgo: number, domain: string, count = 1) =>
  Array.from(
    { length: count },
    (_, i) =>
      `${new Date(sceneNow() - daysAgo * 86_400_000).toISOString()} mail postfix/smtp[1]: ${ended(`A${i}`, `r@${domain}`, 'sent 2.0.0 ok')}\n`,
  ).join('');

beforeAll(async () => {
  scene = await startScene();
  scene.internet.domain('sub.fastmail.fm', ...scene.fastmail);
  mkdirSync(join(scene.dir, 'log'));
  log = join(scene.dir, 'log/mail.log');
  writeFileSync(scene.table, 'facebook.com secure\n.fastmail.fm secure match=.messagingengine.com\n');
  writeFileSync(log, sent(1, 'facebook.com', 3) + sent(1, 'other.test', 2));
  writeFileSync(`${log}.1`, sent(8, 'sub.fastmail.fm', 4));
  writeFileSync(`${log}.2.gz`, gzipSync(sent(20, 'sub.fastmail.fm', 1) + sent(40, 'old.fastmail.fm', 9)));
  writeFileSync(join(scene.dir, 'log/mail.logfile'), sent(1, 'stranger.fastmail.fm'));
  for (const path of [log, `${log}.1`, `${log}.2.gz`]) utimesSync(path, sceneNow() / 1000, sceneNow() / 1000);
  flags = [scene.table, ...scene.internet.flags, '--ca-file', join(scene.dir, 'ca.pem')];
});
afterAll(() => scene.close());

test('a .parent entry is judged where mail went, with its recipients and the share that is watched', async () => {
  const { code, out, err } = await scene.run(['check', ...flags, '--destinations-from-log', log]);
  expect(err).toBe('');
  expect(out.split('\n').slice(0, 2)).toEqual([
    'pass  line 1  facebook.com     secure  1 host   3 recipients  authenticated',
    'pass  line 2  sub.fastmail.fm  secure  2 hosts  5 recipients  authenticated',
  ]);
  expect(unwrapped(out)).toMatch(
    /2 entries: 2 pass 80\.0 % of 30 days' mail is watched \(8 of 10 recipients, by the log since [A-Z][a-z]{2} [\d-]+\); for 20\.0 % nothing is asked of TLS judged as/,
  );
  expect(code).toBe(0);
});

test('without a log the .parent entry is not watched', async () => {
  const { out } = await scene.run(['check', ...flags]);
  expect(out).toMatch(/^unchecked {2}line 2 {2}\.fastmail\.fm/m);
  expect(out).not.toContain('recipients');
});

test('--json is one document that the published schema takes', async () => {
  const { out } = await scene.run(['check', ...flags, '--json', '--destinations-from-log', log]);
  const document = JSON.parse(out) as CheckDocument;
  expect(problemsOf('check', document)).toEqual([]);
  expect(document.mail).toMatchObject({
    recipients: 10,
    watched: 8,
    unasked: 2,
    byEntry: [
      { id: 'facebook.com', recipients: 3 },
      { id: '.fastmail.fm sub.fastmail.fm', recipients: 5 },
    ],
  });
});

test('standard input is a log, too', async () => {
  const ran = spawnSync(
    process.execPath,
    [CLI, 'check', ...flags, '--resolver', '127.0.0.1:9', '--deadline', '1', '--json', '--destinations-from-log', '-'],
    {
      input: sent(0, 'sub.fastmail.fm', 7),
      encoding: 'utf8',
      timeout: HANGS_MS,
    },
  );
  expect(ran.stderr).toBe('');
  expect(JSON.parse(ran.stdout)).toMatchObject({ mail: { recipients: 7 } });
});

test.each([
  { path: 'none.log', says: (path: string) => `error: cannot read the log ${path}: No such file or directory\n` },
  { path: 'log', says: (path: string) => `error: cannot read the log ${path}: it is a directory; name the files in it\n` },
])('$path cannot be read', async ({ path, says }) => {
  const whole = join(scene.dir, path);
  expect(await scene.run(['check', ...flags, '--destinations-from-log', whole])).toEqual({ code: 3, out: '', err: says(whole) });
});
