/** `what-if` where no policy was pushed: this host's Postfix is what is in force. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WhatIfDocument } from '../../../lambda/command/what-if/schema.ts';
import { installPostconf } from '../postconf.ts';
import { problemsOf, type Scene, stable, startScene, unwrapped } from '../scene.ts';

let scene: Scene;
let postfix: string;
beforeAll(async () => {
  scene = await startScene();
  postfix = installPostconf(scene, 'facebook.com=secure');
  await scene.run(['watch', '--confirm-after', '0', ...scene.storeFlags, ...scene.internet.flags], onHost());
  await scene.facebook.shut();
});
afterAll(() => scene.close());

const onHost = () => ({ PATH: `${scene.dir}:${process.env.PATH}` });

test('another table on this host, judged by its settings and anchors', async () => {
  const table = join(scene.dir, 'proposed');
  writeFileSync(table, 'facebook.com secure match=x.example\n');
  const args = ['what-if', table, '--smtp-port', String(scene.internet.smtpPort), ...scene.storeFlags];
  const { code, out, err } = await scene.run(args, onHost());
  expect({ code, err }).toEqual({ code: 2, err: '' });
  expect(unwrapped(stable(out, scene))).toMatch(
    /^of 1 entry, 1 would newly fail Would fail, 1 entry: certificate lacks the name/,
  );
  expect(stable(out, scene)).toContain("compared with the policy in force, this host's Postfix, DIR/etc\n");
  const found = JSON.parse((await scene.run([...args, '--json'], onHost())).out) as WhatIfDocument;
  expect(problemsOf('what-if', found)).toEqual([]);
  expect(found.groups[0]?.destinations[0]).toMatchObject({ before: { verdict: 'pass' }, after: { verdict: 'fail' } });
  expect(found.inForce).toEqual({ kind: 'host', configDirectory: postfix });
});

test('neither a policy that was pushed nor a Postfix that can be asked', async () => {
  const { code, err } = await scene.run(['what-if', '--ca-file', join(scene.dir, 'ca.pem'), ...scene.storeFlags], {
    ...onHost(),
    BROKEN: '1',
  });
  expect(err).toBe(
    'error: what-if: there is no policy in force to compare with: none was pushed under the name "default" (policy push stores it), ' +
      "and this host's Postfix cannot be asked (postconf: fatal: open /etc/postfix/main.cf: Permission denied)\n",
  );
  expect(code).toBe(3);
});

test('nor a table in that Postfix', async () => {
  const { code, err } = await scene.run(['what-if', '--ca-file', join(scene.dir, 'ca.pem'), ...scene.storeFlags], {
    ...onHost(),
    EMPTY: '1',
  });
  expect(stable(err, scene)).toBe(
    'error: what-if: there is no policy in force to compare with: none was pushed under the name "default" (policy push stores it), ' +
      "and this host's Postfix has none: DIR/etc/main.cf sets no smtp_tls_policy_maps\n",
  );
  expect(code).toBe(3);
});
