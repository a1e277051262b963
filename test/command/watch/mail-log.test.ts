/** `watch --destinations-from-log`: the list outlives the log, grows old, and is never what a run ends for. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ended } from '../../log/log.ts';
import { problemsOf, type Scene, sceneNow, startScene, unwrapped } from '../scene.ts';

let scene: Scene;
let log: string;

const sent = (daysAgo: number, domain: string, count = 1) =>
  Array.from(
    { length: count },
    (_, i) =>
      `${new Date(sceneNow() - daysAgo * 86_400_000).toISOString()} mail postfix/smtp[1]: ${ended(`A${i}`, `r@${domain}`, 'sent 2.0.0 ok')}\n`,
  ).join('');
const watch = () => scene.watch('--destinations-from-log', log);
const status = () => scene.run(['status', ...scene.storeFlags]);

beforeAll(async () => {
  scene = await startScene();
  log = join(scene.dir, 'mail.log');
  for (const domain of ['one', 'two']) scene.internet.domain(`${domain}.fastmail.fm`, ...scene.fastmail);
  writeFileSync(scene.table, 'facebook.com secure\n.fastmail.fm secure match=.messagingengine.com\n');
});
afterAll(() => scene.close());

test('the message and the status say how much of the mail is watched', async () => {
  writeFileSync(log, sent(9, 'one.fastmail.fm', 6) + sent(1, 'facebook.com', 3) + sent(1, 'other.test'));
  const { code, out, err } = await watch();
  expect(err).toBe('');
  expect(code).toBe(0);
  expect(out).toMatch(/^Subject: Now watching 2 entries: all deliver$/m);
  const share =
    /90\.0 % of 9 days' mail is watched \(9 of 10 recipients, by the log since [^)]*\); for 10\.0 % nothing is asked of TLS/;
  expect(unwrapped(out)).toMatch(share);
  expect(unwrapped((await status()).out)).toMatch(share);
  const document = JSON.parse((await scene.run(['status', '--json', ...scene.storeFlags])).out);
  expect(problemsOf('status', document)).toEqual([]);
  expect(document.mail).toMatchObject({ recipients: 10, watched: 9, unasked: 1, elsewhere: [] });
});

test('a log that was rotated away does not forget, and new mail is no edit of the policy', async () => {
  writeFileSync(log, sent(0, 'two.fastmail.fm', 2));
  expect(await watch()).toEqual({ code: 0, out: '', err: '' });
  expect(unwrapped((await status()).out)).toMatch(/91\.6 % of 9 days' mail is watched \(11 of 12 recipients/);
  expect((await scene.run(['history', 'one.fastmail.fm', ...scene.storeFlags])).out).not.toMatch(/no longer/i);
});

test('a log that cannot be read ends no run: what is known is watched, and the exit status tells', async () => {
  rmSync(log);
  scene.fastmail[0].present(await scene.issue({ commonName: 'mx.other.test' }));
  scene.fastmail[1].present(await scene.issue({ commonName: 'mx.other.test' }));
  const { code, out, err } = await watch();
  expect(err).toContain(
    `cannot read the log ${log}: No such file or directory; where mail goes is taken from what earlier runs read`,
  );
  expect(out).toMatch(/^Subject: 2 entries would defer: /m);
  expect(out).toContain(
    '   The 2 entries:\n     line 2     .fastmail.fm (one.fastmail.fm)\n     line 2     .fastmail.fm (two.fastmail.fm)\n',
  );
  expect(code).toBe(3);
});
