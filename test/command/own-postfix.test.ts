/** Without a table the host's own Postfix counts, as for every Postfix tool; where there is none, the command says so and what to do. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installPostconf } from './postconf.ts';
import type { Ran } from './run-command.ts';
import { type Scene, startScene } from './scene.ts';

let scene: Scene;
let postfix: string;
beforeAll(async () => {
  scene = await startScene();
  postfix = installPostconf(scene, 'fastmail.fm=secure');
});
afterAll(() => scene.close());

const onMailHost = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  scene.run(args, { PATH: `${scene.dir}:${process.env.PATH}`, ...env });
const taken = () =>
  `assumed: the policy is that of this host's Postfix, ${postfix} (a table, --main-cf or --config-directory names another)`;

const COMMANDS: readonly {
  readonly because: string;
  readonly args: (scene: Scene) => readonly string[];
  readonly code: number;
}[] = [
  { because: 'check', args: ({ internet }) => ['check', ...internet.flags], code: 2 },
  { because: 'explain', args: ({ internet }) => ['explain', 'fastmail.fm', ...internet.flags], code: 2 },
  { because: 'lint', args: () => ['lint'], code: 0 },
  { because: 'policy push', args: ({ storeFlags }) => ['policy', 'push', ...storeFlags], code: 0 },
  { because: 'policy push of what is in use', args: ({ storeFlags }) => ['policy', 'push', ...storeFlags], code: 0 },
  { because: 'policy status', args: ({ storeFlags }) => ['policy', 'status', ...storeFlags], code: 0 },
];

test.for(COMMANDS)('$because takes this Postfix, and says so', async ({ args, code }) => {
  const ran = await onMailHost(args(scene));
  expect(ran).toMatchObject({ code, err: '' });
  expect(unwrapped(ran.out)).toContain(taken());
});

test('watch takes it and says so in its first message', async () => {
  const ran = await onMailHost(['watch', '--confirm-after', '0', '--store', join(scene.dir, 'own'), ...scene.internet.flags]);
  expect(ran).toMatchObject({ code: 0, err: '' });
  expect(ran.out.replaceAll(/\s+/g, ' ')).toContain(`${taken()}.`);
});

test('why takes it for the line that asks', async () => {
  const log = join(scene.dir, 'mail.log');
  writeFileSync(
    log,
    'Nov 24 06:00:00 mx1 postfix/smtp[7]: 4fABC: to=<a@fastmail.fm>, relay=in1-smtp.messagingengine.com[192.0.2.1]:25, delay=1, ' +
      'delays=0/0/1/0, dsn=4.7.5, status=deferred (Server certificate not verified)\n',
  );
  const ran = await onMailHost(['why', log]);
  expect(ran).toMatchObject({ code: 2, err: '' });
  expect(unwrapped(ran.out)).toContain(taken());
});

test('the pushed policy is the same as one pushed with the directory named', async () => {
  const ran = await onMailHost(['policy', 'push', '--config-directory', postfix, ...scene.storeFlags]);
  expect(ran).toMatchObject({ code: 0, err: '' });
  expect(ran.out).toMatch(/^version \w+ is in use already: nothing to push\n$/);
});

test('a table that is named counts, with nothing of this Postfix', async () => {
  const ran = await onMailHost(['lint', scene.table]);
  expect(unwrapped(ran.out)).not.toContain('this host');
});

const WITHOUT = ['check', 'explain fastmail.fm', 'lint', 'watch', 'policy push'];

test.for(WITHOUT)('%s refuses where this Postfix cannot be asked', async (command) => {
  const ran = await onMailHost(command.split(' '), { BROKEN: 'yes' });
  expect(ran).toEqual({
    code: 3,
    out: '',
    err:
      "error: no policy table is named, and this host's Postfix cannot be asked (postconf: fatal: open " +
      '/etc/postfix/main.cf: Permission denied): give the path of the table, with --main-cf FILE where you have its main.cf, or ' +
      '--config-directory DIR of a Postfix here\n',
  } satisfies Ran);
});

test('policy status compares with nothing there', async () => {
  const ran = await onMailHost(['policy', 'status', ...scene.storeFlags], { BROKEN: 'yes' });
  expect(ran).toMatchObject({ code: 0, err: '' });
  expect(ran.out).toContain('compared with nothing');
});

const unwrapped = (text: string) => text.replaceAll(/\n +/g, ' ');
