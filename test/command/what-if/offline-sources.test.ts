/** `what-if --offline-sources`: a proposal that nobody has looked at yet opens and asks nothing outside its directory. */
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WhatIfDocument } from '../../../lambda/command/what-if/schema.ts';
import { FOUNDING_POLICY } from '../../internet/founding-domains.ts';
import { problemsOf, type Scene, stable, startScene } from '../scene.ts';

let scene: Scene;
let review: string;
beforeAll(async () => {
  scene = await startScene();
  await scene.watch();
  await scene.run(['policy', 'push', scene.table, ...scene.bundleFlags, ...scene.storeFlags]);
  await Promise.all([scene.facebook, scene.hearst, ...scene.fastmail].map((host) => host.shut()));
  review = join(scene.dir, 'review');
  mkdirSync(review);
  symlinkSync('../tls_policy', join(review, 'link'));
  mkdirSync(join(scene.dir, 'bin'));
  for (const name of ['postconf', 'postmap', 'openssl', 'ldd', 'grep', 'id'])
    writeFileSync(join(scene.dir, 'bin', name), `#!/bin/sh\n: >${scene.dir}/ran\n`, { mode: 0o755 });
});
afterAll(() => scene.close());

const NO_NETWORK = [new URL('../noon-clock.ts', import.meta.url), new URL('../no-network.ts', import.meta.url)]
  .map(({ href }) => `--import=${href}`)
  .join(' ');

async function reviewed(...args: readonly string[]) {
  const flags = ['what-if', ...args, '--offline-sources', review, ...scene.storeFlags];
  const env = { NODE_OPTIONS: NO_NETWORK, PATH: `${join(scene.dir, 'bin')}:${process.env.PATH}` };
  const { code, out, err } = await scene.run(flags, env);
  expect(existsSync(join(scene.dir, 'ran'))).toBe(false);
  return { code, out, err: stable(err, scene) };
}
async function document(...args: readonly string[]): Promise<WhatIfDocument> {
  const { out, err } = await reviewed(...args, '--json');
  expect(err).toBe('');
  const found = JSON.parse(out) as WhatIfDocument;
  expect(problemsOf('what-if', found)).toEqual([]);
  return found;
}
function file(name: string, text: string): string {
  writeFileSync(join(review, name), text);
  return join(review, name);
}
const turned = ({ groups }: WhatIfDocument): string[] =>
  groups.flatMap(({ turn, cause, destinations }) =>
    destinations.map(({ destination }) => `${turn} ${cause}: ${stable(destination, scene)}`),
  );

test('a table below the directory is judged', async () => {
  const table = file('tls_policy', FOUNDING_POLICY.replace('facebook.com    secure', 'facebook.com secure match=x.example'));
  const found = await document(table);
  expect(turned(found)).toEqual(['fails name-mismatch: facebook.com']);
  expect(found.exitStatus).toBe(2);
});

test('of tables that must be asked none is, and what they decide is not told', async () => {
  const table = file('tls_policy', FOUNDING_POLICY);
  const maps = ['socketmap:unix:/run/x:y', 'tcp:127.0.0.1:1', 'mysql:/etc/x', 'ldap:/etc/y', `proxy:regexp:${review}/re`];
  file('main.cf', `smtp_tls_policy_maps = texthash:${table}, ${maps.join(', ')}\n`);
  // Keys that the table lists are found in it; only behind it the others are asked.
  expect(turned(await document('--main-cf', join(review, 'main.cf')))).toEqual(
    maps.map((map) => `untold table-not-read: ${stable(map, scene)}`),
  );
  file('main.cf', `smtp_tls_policy_maps = ${maps[0]}, texthash:${table}\n`);
  const before = await document('--config-directory', review);
  expect(turned(before)).toEqual([
    'untold table-not-read: socketmap:unix:/run/x:y',
    'untold table-not-read: facebook.com',
    'untold table-not-read: hearst.com',
    'untold table-not-read: fastmail.fm',
  ]);
  expect(before.exitStatus).toBe(1);
});

test('a file of trust anchors that lies outside: the line is not told, and no failure', async () => {
  const table = file('tls_policy', FOUNDING_POLICY.replace('secure ciphers', 'secure tafile=/etc/ssl/ca.pem ciphers'));
  expect(turned(await document(table))).toEqual(['untold anchors-not-read: facebook.com']);
});

test.each([
  { because: 'a table outside', args: () => [scene.table], says: 'cannot read the table DIR/tls_policy: OUTSIDE' },
  {
    because: 'a link that leads out',
    args: () => [join(review, 'link')],
    says: 'cannot read the table DIR/review/link: OUTSIDE',
  },
  { because: 'a device', args: () => ['/dev/zero'], says: 'cannot read the table /dev/zero: OUTSIDE' },
  {
    because: 'anchors outside',
    args: () => ['--ca-file', join(scene.dir, 'ca.pem')],
    says: 'cannot read --ca-file DIR/ca.pem: OUTSIDE',
  },
  {
    because: 'main.cf outside',
    args: () => ['--main-cf', '/etc/postfix/main.cf'],
    says: 'cannot read --main-cf /etc/postfix/main.cf: OUTSIDE',
  },
  {
    because: "the system's own anchors",
    args: () => [
      '--main-cf',
      file('main.cf', 'tls_append_default_CA = yes\nsmtp_tls_policy_maps = inline:{facebook.com=secure}\n'),
    ],
    says:
      "DIR/review/main.cf: tls_append_default_CA = yes asks for the system's trust anchors, which --offline-sources does not open; " +
      'give them all with --ca-file',
  },
])('exit status 3: $because', async ({ args, says }) => {
  const { code, out, err } = await reviewed(...args());
  const outside = 'it lies outside DIR/review, and --offline-sources opens nothing else';
  expect({ code, out, err }).toEqual({ code: 3, out: '', err: `error: ${says.replace('OUTSIDE', outside)}\n` });
});

test('where nothing was pushed no Postfix of this host is asked', async () => {
  const { code, err } = await reviewed('--postfix-version', '3.10', '--policy', 'default', '--vantage', 'elsewhere');
  expect(err).toMatch(/nothing was ever seen from elsewhere/);
  expect(code).toBe(3);
});
