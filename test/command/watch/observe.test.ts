/** `watch --observe`: candidates are looked at beside the run, which is what it is without them. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ended } from '../../log/log.ts';
import { problemsOf, type Scene, sceneNow, startScene } from '../scene.ts';

let scene: Scene;
let list: string;

beforeAll(async () => {
  scene = await startScene();
  list = join(scene.dir, 'candidates');
  writeFileSync(scene.table, 'facebook.com secure\n.fastmail.fm none\n');
  scene.internet.domain('new.test', ...scene.fastmail);
});
afterAll(() => scene.close());

const watch = (...more: string[]) => scene.watch('--observe', list, ...more);
const status = async () => JSON.parse((await scene.run(['status', '--json', ...scene.storeFlags])).out);

test('one that fails, one that is not there, one with a line: nobody hears of them, and the run is as it is without', async () => {
  writeFileSync(list, '# to be\nnew.test\nnowhere.test # a typo\nfacebook.com\nx.fastmail.fm\nfacebook.com\n');
  const { code, out, err } = await watch();
  expect(err).toBe('');
  expect(code).toBe(0);
  expect(out).toMatch(/^Subject: Now watching 1 entry: all deliver$/m);
  expect(out).not.toMatch(/new\.test|nowhere\.test/);
  const told = await status();
  expect(problemsOf('status', told)).toEqual([]);
  expect(JSON.stringify(told)).not.toMatch(/new\.test|nowhere\.test|observed/);
  const metrics = await scene.run(['metrics', ...scene.storeFlags]);
  expect(metrics.out).not.toMatch(/new\.test|nowhere\.test|observed/);
  const elsewhere = await scene.run(['status', '--json', '--policy', 'another', ...scene.storeFlags]);
  expect(JSON.parse(elsewhere.out).others.map(({ policy }: { policy: string }) => policy)).toEqual(['default']);
});

test('--json tells what became of each', async () => {
  const { code, out } = await watch('--json');
  const document = JSON.parse(out);
  expect(problemsOf('watch', document)).toEqual([]);
  expect(document.candidates).toEqual({
    outcome: 'complete',
    because: null,
    lookedAt: 2,
    unseen: [],
    covered: [
      { name: 'facebook.com', table: `hash:${scene.table}`, line: 1, key: 'facebook.com' },
      { name: 'x.fastmail.fm', table: `hash:${scene.table}`, line: 2, key: '.fastmail.fm' },
    ],
    others: [],
    beyond: 0,
    problems: [],
  });
  expect(code).toBe(0);
  expect(JSON.parse((await scene.watch('--json')).out).candidates).toBeNull();
});

test('a list with a wrong line, and one that is gone: the run is whole all the same, and says so', async () => {
  writeFileSync(list, 'new.test\n\nnew.test secure\n');
  expect(await watch()).toEqual({
    code: 0,
    out: '',
    err:
      `warning: candidates were not looked at: ${list} line 3: "new.test secure": one domain, address or next hop a line ` +
      'is wanted, and # before a comment\n',
  });
  rmSync(list);
  expect(await watch()).toEqual({
    code: 0,
    out: '',
    err: `warning: candidates were not looked at: cannot read --observe ${list}: No such file or directory\n`,
  });
});

test('a list of nothing but lines that are there', async () => {
  writeFileSync(list, 'facebook.com\n');
  expect((await scene.watch('--observe', list, '--json')).out).toContain('"because": "no candidate is left"');
});

test('without a file: where mail went by the log', async () => {
  const log = join(scene.dir, 'mail.log');
  const at = new Date(sceneNow() - 86_400_000).toISOString();
  writeFileSync(
    log,
    ['new.test', 'facebook.com']
      .map((domain) => `${at} mail postfix/smtp[1]: ${ended('A1', `r@${domain}`, 'sent 2.0.0 ok')}\n`)
      .join(''),
  );
  const { code, out } = await scene.watch('--destinations-from-log', log, '--observe', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(out).candidates).toMatchObject({ outcome: 'complete', lookedAt: 1, covered: [{ name: 'facebook.com' }] });
  const none = await scene.watch('--observe');
  expect(none.err).toContain('--observe: whom? Name a file with one destination a line, or a log with --destinations-from-log');
  expect(none.code).toBe(3);
});

test('a run that is not whole itself leaves no time to others', async () => {
  writeFileSync(list, 'new.test\n');
  scene.facebook.behave('silent');
  const { code, err } = await watch('--deadline', '4');
  expect(err).toContain('warning: candidates were not looked at: the run itself is not complete\n');
  expect(code).toBe(3);
});
