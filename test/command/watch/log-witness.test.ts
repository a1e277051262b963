/** `watch --log`: a witness that saves the second look, opens and closes nothing, and is contradicted aloud. */
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ended } from '../../log/log.ts';
import { type Scene, sceneNow, startScene, unwrapped } from '../scene.ts';

let scene: Scene;
let log: string;

const NOT_VERIFIED = 'deferred 4.7.5 Server certificate not verified';
const entry = (domain: string, end: string, hoursAgo = 1) =>
  `${new Date(sceneNow() - hoursAgo * 3_600_000).toISOString()} mail postfix/smtp[1]: ${ended('A1', `r@${domain}`, end, `mx.${domain}[192.0.2.1]:25`)}\n`;
/** A second look would come long after the time that the run has: what is not confirmed otherwise is not told. */
const watch = (...more: readonly string[]) =>
  scene.run([
    ...['watch', scene.table, ...scene.storeFlags, ...scene.internet.flags, '--ca-file', join(scene.dir, 'ca.pem')],
    ...['--confirm-after', '3600', '--deadline', '120', '--log', log, ...more],
  ]);

beforeAll(async () => {
  scene = await startScene();
  log = join(scene.dir, 'mail.log');
  writeFileSync(log, '');
  writeFileSync(scene.table, 'facebook.com secure\nhearst.com secure match=gslb.pphosted.com\n');
  expect((await watch()).code).toBe(0);
});
afterAll(() => scene.close());

test('a refusal alone opens nothing', async () => {
  appendFileSync(log, entry('hearst.com', NOT_VERIFIED));
  expect(await watch()).toEqual({ code: 0, out: '', err: '' });
});

test('a refusal for what the look finds stands in for the second look; what disagrees is said', async () => {
  scene.facebook.present(await scene.issue({ commonName: 'mx.other.test' }));
  expect((await watch()).out).toBe('');
  appendFileSync(log, entry('facebook.com', NOT_VERIFIED) + entry('hearst.com', NOT_VERIFIED));
  const { code, out, err } = await watch();
  expect(err).toBe('');
  expect(out).toMatch(/^Subject: facebook\.com would defer/m);
  expect(unwrapped(out)).toMatch(
    /The log of this host says the same: mail was held up for it, last [^(]+\("Server certificate not verified"\)\./,
  );
  expect(unwrapped(out)).toMatch(
    /Our look and your log disagree, and nothing is opened for it: delivered as we see it, and by the log hearst\.com: held up [^(]+\("Server certificate not verified"\)/,
  );
  expect(code).toBe(0);
});

test('a delivery alone closes nothing', async () => {
  appendFileSync(log, entry('facebook.com', 'sent 2.0.0 250 ok', 0));
  expect((await watch()).out).toBe('');
  expect((await scene.run(['status', ...scene.storeFlags])).out).toMatch(/^FAILING: facebook\.com/m);
});

test('a log that cannot be read ends no run, and the exit status tells', async () => {
  rmSync(log);
  const { code, err } = await watch();
  expect(err).toContain(`cannot read the log ${log}: No such file or directory; what it would say is not known in this run`);
  expect(code).toBe(3);
});
