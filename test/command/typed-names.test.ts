/** What people type or paste: recipients from mailq, names as DNS writes them; and a table of which nothing is watched. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Scene, sceneNow, startScene, unwrapped } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.close());

const explain = (name: string) =>
  scene.run(['explain', name, scene.table, '--json', ...scene.bundleFlags, ...scene.internet.flags]);

test.each(['user@fastmail.fm', 'User@FASTMAIL.FM', '<user@fastmail.fm>', '"A user"@fastmail.fm', 'FASTMAIL.FM.', 'fastmail.fm'])(
  'explain %s is about fastmail.fm',
  async (name) => {
    const { code, out, err } = await explain(name);
    expect({ code, err }).toEqual({ code: 2, err: '' });
    const document = JSON.parse(out) as { readonly entry: { readonly key: string; readonly verdict: string } };
    expect(document.entry).toMatchObject({ key: 'fastmail.fm', verdict: 'fail' });
  },
);

test('explain of a recipient without a domain is an error', async () => {
  expect(await explain('user@')).toEqual({
    code: 3,
    out: '',
    err: 'error: "user@": a destination is a domain, or a next hop as the table has it, such as [host]:587\n',
  });
});

test('explain tells the trust anchors and limits of the service that delivers, not those of smtp', async () => {
  const postconf = join(scene.dir, 'postconf');
  writeFileSync(
    postconf,
    `#!/bin/sh
case "$*" in
*mail_version*) echo 3.7.11 ;;
*' -M') printf 'smtp unix - - n - - smtp\nslow unix - - n - - smtp -o smtp_tls_CAfile=/nonexistent -o smtp_mx_address_limit=3\n' ;;
*' -P') printf 'slow/unix/smtp_tls_CAfile = /nonexistent\nslow/unix/smtp_mx_address_limit = 3\n' ;;
*' -m') printf 'inline\n' ;;
*proxy_read_maps*) echo ;;
*) printf 'smtp_tls_policy_maps = inline:{fastmail.fm=secure}\ntransport_maps = inline:{fastmail.fm=slow:}\nsmtp_tls_CAfile = ${scene.dir}/ca.pem\n' ;;
esac
`,
    { mode: 0o755 },
  );
  const { out, err } = await scene.run(['explain', 'fastmail.fm', '--config-directory', scene.dir, ...scene.internet.flags], {
    PATH: `${scene.dir}:${process.env.PATH}`,
  });
  expect(err).toBe('');
  expect(out).toMatch(/^trust +none, since Postfix switches TLS off \(\/nonexistent/m);
  expect(unwrapped(out)).toContain('Postfix tries at most 3 of the addresses');
});

test('mute and unmute take a recipient for its domain', async () => {
  await scene.watch();
  const until = new Date(sceneNow() + 10 * 86_400_000).toISOString().slice(0, 10);
  const muted = await scene.run(['mute', 'user@Fastmail.fm', '--until', until, '--reason', 'known', ...scene.storeFlags]);
  expect(muted).toMatchObject({ code: 0, err: '' });
  expect(muted.out).toMatch(/^muted fastmail\.fm until /);
  const unmuted = await scene.run(['unmute', 'FASTMAIL.FM.', ...scene.storeFlags]);
  expect(unmuted).toMatchObject({ code: 0, err: '' });
});

test('a table of which nothing is watched is never called well: check, watch and status end with 3', async () => {
  const table = join(scene.dir, 'nothing');
  writeFileSync(table, 'a.test none\n.b.test secure\n');
  const nothing =
    'nothing is watched: none of the 2 entries can be judged; name the domains that matter with --destination, and see lint';
  const world = [...scene.bundleFlags, ...scene.internet.flags];
  const check = await scene.run(['check', table, ...world]);
  expect(check.code).toBe(3);
  expect(unwrapped(check.out)).toContain(nothing);
  const store = ['--store', join(scene.dir, 'nothing-store')];
  const watch = await scene.run(['watch', table, '--confirm-after', '0', ...store, ...world]);
  expect(watch.code).toBe(3);
  expect(watch.out).toMatch(/^Subject: Nothing is watched: none of 2 entries can be judged$/m);
  expect(watch.err).toContain(`error: ${nothing}\n`);
  const status = await scene.run(['status', ...store]);
  expect(status.code).toBe(3);
  expect(status.out).toMatch(/^UNKNOWN: nothing is watched$/m);
});
