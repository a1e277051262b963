/** `suggest` as a process: what it prints, that patch(1) takes it, files, exit codes, JSON. */
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, existsSync, linkSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { SuggestDocument } from '../../../lambda/command/suggest/schema.ts';
import { installPostconf } from '../postconf.ts';
import { CLI, type Ran } from '../run-command.ts';
import { problemsOf, type Scene, stable, startScene, unwrapped } from '../scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.close());

const TABLE = `# mail that matters
facebook.com    secure ciphers=high
hearst.com      secure match=gslb.pphosted.com ciphers=high
fastmail.fm     secure ciphers=high
facebook.com    secure
`;
const BETTER = `# mail that matters
facebook.com    secure ciphers=high
hearst.com      secure match=gslb.pphosted.com ciphers=high
fastmail.fm     secure match=.messagingengine.com ciphers=high
# facebook.com    secure
`;
beforeEach(() => writeFileSync(scene.table, TABLE));

const suggest = (...more: readonly string[]): Promise<Ran> =>
  scene.run(['suggest', scene.table, ...scene.bundleFlags, ...scene.internet.flags, ...more]);
async function document(...more: readonly string[]): Promise<SuggestDocument> {
  const { out, err } = await suggest('--json', ...more);
  expect(err).toBe('');
  const found = JSON.parse(out) as SuggestDocument;
  expect(problemsOf('suggest', found)).toEqual([]);
  return found;
}

test('words that patch passes over, and the diff that it takes; nothing is written', async () => {
  const before = readdirSync(scene.dir);
  const { code, out, err } = await suggest();
  expect({ code, err }).toEqual({ code: 1, err: '' });
  const lines = out.split('\n');
  const diff = lines.findIndex((line) => line.startsWith('--- '));
  expect(lines.slice(0, diff).every((line) => line === '' || line.startsWith('#'))).toBe(true);
  expect(stable(unwrapped(lines.slice(0, diff).join('\n').replaceAll(/^# ?/gm, '')), scene)).toBe(
    unwrapped(`
3 entries looked at: 1 to be cured, 1 dead (diff below)

line 4 (fastmail.fm) does not deliver as it is
  mail to fastmail.fm would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure wants
  fastmail.fm or a name below it and the certificate of in1-smtp.messagingengine.com offers *.messagingengine.com,
  messagingengine.com and 4 more
  today: delivers (2 MX hosts, all 4 addresses met); by the certificates of today until DAY
  before you use it: its names were found through DNS, which is not signed here: check that mail for fastmail.fm is meant to go to
  messagingengine.com, in their documentation or with fastmail.fm

line 5 (facebook.com) is never used
  line 2 has the same key and says something else: Postfix keeps the first of two

no history: there is no store in DIR/state: nothing was kept there yet; "watch" makes one, --store names another place. A daily
  watch keeps what it sees, and each line is then judged on those days, too
read as Postfix 3.11 would
assumed: Postfix is 3.11, the newest version this was compared with (--postfix-version names yours)
assumed: every setting has Postfix's default, and mail goes to the recipient domain's MX hosts (--main-cf or --config-directory
  read yours)
assumed: the mail host's OpenSSL is 3.0, as Debian 12 has it (--openssl-version names yours)
assumed: DIR/tls_policy is a hash: table, where the first of two equal keys counts
to apply it, with what this printed in FILE:
  patch DIR/tls_policy < FILE
  postmap hash:DIR/tls_policy`),
  );
  expect(stable(lines.slice(diff).join('\n'), scene)).toBe(`--- DIR/tls_policy
+++ DIR/tls_policy
@@ -1,5 +1,5 @@
 # mail that matters
 facebook.com    secure ciphers=high
 hearst.com      secure match=gslb.pphosted.com ciphers=high
-fastmail.fm     secure ciphers=high
-facebook.com    secure
+fastmail.fm     secure match=.messagingengine.com ciphers=high
+# facebook.com    secure
`);
  expect(readdirSync(scene.dir)).toEqual(before);
  expect(existsSync(join(scene.dir, 'state'))).toBe(false);

  // By the command that it prints, and by the name in its header.
  execFileSync('patch', ['-s', scene.table], { input: out });
  expect(readFileSync(scene.table, 'utf8')).toBe(BETTER);
  writeFileSync(scene.table, TABLE);
  execFileSync('patch', ['-s', '-d', '/', '-p0'], { input: out });
  expect(readFileSync(scene.table, 'utf8')).toBe(BETTER);

  const again = await suggest();
  expect({ code: again.code, first: again.out.split('\n')[0] }).toEqual({
    code: 0,
    first: '3 entries looked at: nothing to change',
  });
});

test('line ends, bytes that are no UTF-8 and a last line without its end come through a pipe as they are', async () => {
  const table = Buffer.from(
    '# caf\xe9\r\nfastmail.fm\tsecure\r\n   ciphers=high\r\n# \xff\xfe\r\nhearst.com secure match=gslb.pphosted.com',
    'latin1',
  );
  writeFileSync(scene.table, table);
  const args = [CLI, 'suggest', scene.table, ...scene.bundleFlags, ...scene.internet.flags];
  const { stdout } = await promisify(execFile)(process.execPath, args, { encoding: 'buffer' }).catch((error) => error);
  execFileSync('patch', ['-s', scene.table], { input: stdout });
  expect(readFileSync(scene.table).toString('latin1')).toBe(
    '# caf\xe9\r\nfastmail.fm\tsecure match=.messagingengine.com\r\n   ciphers=high\r\n# \xff\xfe\r\nhearst.com secure match=gslb.pphosted.com',
  );
});

test('with a store, the days that it remembers', async () => {
  await scene.watch();
  const { out } = await suggest(...scene.storeFlags);
  expect(stable(unwrapped(out.replaceAll(/^# ?/gm, '')), scene)).toContain(
    'history: would have held on 1 of 1 day since DAY (the line as it is: 0)',
  );
  expect(stable(out, scene)).toContain('# history: 1 day since DAY, seen from HERE and kept in DIR/store');
  const { changes, history } = await document(...scene.storeFlags);
  expect(changes[0]).toMatchObject({
    kind: 'cure',
    line: 4,
    how: 'replace',
    held: { days: 1, of: 1, untold: 0, lastFailedAt: null },
    heldBefore: { days: 0, of: 1 },
  });
  expect(history).toMatchObject({ days: 1, because: null });
});

test('--output writes the whole table, and never onto the table itself', async () => {
  const output = join(scene.dir, 'better');
  const { code, out } = await suggest('--output', output);
  expect(code).toBe(1);
  expect(readFileSync(output, 'utf8')).toBe(BETTER);
  expect(readFileSync(scene.table, 'utf8')).toBe(TABLE);
  expect(out).not.toContain('@@');
  expect(out).not.toMatch(/^#/m);
  expect(stable(out, scene)).toContain('written: DIR/better; then\n  postmap hash:DIR/tls_policy\n');
  symlinkSync(scene.table, join(scene.dir, 'soft'));
  linkSync(scene.table, join(scene.dir, 'hard'));
  for (const name of ['tls_policy', 'soft', 'hard']) {
    const path = join(scene.dir, name);
    const refused = await suggest('--output', path);
    expect(refused).toEqual({
      code: 3,
      out: '',
      err: `error: --output ${path} is the table itself: name another file, or say --in-place to have the table replaced\n`,
    });
  }
  expect(readFileSync(scene.table, 'utf8')).toBe(TABLE);
});

test('--output of a table in which nothing changes is the table', async () => {
  writeFileSync(scene.table, BETTER);
  const output = join(scene.dir, 'same');
  expect((await suggest('--output', output)).code).toBe(0);
  expect(readFileSync(output, 'utf8')).toBe(BETTER);
});

test('--output into a directory that is not there: one sentence, nothing left behind', async () => {
  const { code, err } = await suggest('--output', join(scene.dir, 'nowhere', 'table'));
  expect(code).toBe(3);
  expect(stable(err, scene)).toMatch(/^error: cannot write DIR\/nowhere\/table: .*ENOENT.*; nothing was changed\n$/);
});

test('--in-place keeps the mode, and leaves nothing beside', async () => {
  chmodSync(scene.table, 0o640);
  const before = readdirSync(scene.dir);
  expect((await suggest('--in-place')).code).toBe(1);
  expect(readFileSync(scene.table, 'utf8')).toBe(BETTER);
  expect(statSync(scene.table).mode & 0o777).toBe(0o640);
  expect(readdirSync(scene.dir)).toEqual(before);
  chmodSync(scene.table, 0o644);
});

test('--in-place leaves a table alone that was changed meanwhile', async () => {
  const edited = `${TABLE}# by somebody else\n`;
  // The command waits for this one until it hangs up.
  const slow = await scene.internet.mailHost({ host: 'mx.slow.example', behaviour: 'silent' });
  scene.internet.domain('slow.example', slow);
  writeFileSync(scene.table, `${TABLE}slow.example secure\n`);
  const running = suggest('--in-place');
  while (slow.conversations.length === 0) await setTimeout(5);
  writeFileSync(scene.table, edited);
  await slow.shut();
  const { code, err } = await running;
  expect({ code, err: stable(err, scene) }).toEqual({
    code: 3,
    err: 'error: --in-place: DIR/tls_policy was changed while it was looked at, and is left as it is now; run it again\n',
  });
  expect(readFileSync(scene.table, 'utf8')).toBe(edited);
});

test('--output and --in-place exclude one another', async () => {
  const { code, err } = await suggest('--output', join(scene.dir, 'x'), '--in-place');
  expect({ code, err }).toEqual({
    code: 3,
    err: 'error: --output and --in-place both say where the table goes: give one of them\n',
  });
});

test('two tables that main.cf names: one diff for both, which patch takes from the root', async () => {
  const [first, second] = [join(scene.dir, 'first'), join(scene.dir, 'second')];
  writeFileSync(first, 'fastmail.fm secure\n');
  writeFileSync(second, 'fastmail.fm may\nhearst.com secure match=gslb.pphosted.com:.pphosted.com\n');
  const mainCf = join(scene.dir, 'main.cf');
  writeFileSync(mainCf, `smtp_tls_policy_maps = hash:${first}, hash:${second}\n`);
  const run = (...more: string[]) =>
    scene.run(['suggest', '--main-cf', mainCf, ...scene.bundleFlags, ...scene.internet.flags, ...more]);
  const { code, out } = await run();
  expect(code).toBe(1);
  expect(stable(out, scene)).toContain(
    'line 1 (fastmail.fm) is never used\n#   this entry is never looked up: line 1 of hash:DIR/first has the same key',
  );
  expect(stable(out, scene)).toContain(
    '#   patch -d / -p0 < FILE\n#   postmap hash:DIR/first\n#   postmap hash:DIR/second\n\n--- DIR/first\n',
  );
  execFileSync('patch', ['-s', '-d', '/', '-p0'], { input: out });
  expect(readFileSync(first, 'utf8')).toBe('fastmail.fm secure match=.messagingengine.com\n');
  expect(readFileSync(second, 'utf8')).toBe('# fastmail.fm may\nhearst.com secure match=.pphosted.com\n');
  expect((await run()).code).toBe(0);
  const refused = await run('--output', join(scene.dir, 'x'));
  expect(refused.err).toBe('error: --output writes one table, and there are 2: name one as an argument\n');
});

test("without TABLE this host's Postfix counts: what its main.cf holds is told, and a default that was read is left out", async () => {
  installPostconf(scene, 'fastmail.fm=secure');
  const run = (...more: string[]) =>
    scene.run(['suggest', ...scene.internet.flags, ...more], { PATH: `${scene.dir}:${process.env.PATH}` });
  const { code, out } = await run();
  expect(code).toBe(1);
  expect(out).not.toContain('@@');
  expect(unwrapped(out)).toContain(
    'the table within main.cf is not edited as a text; let it answer fastmail.fm with: fastmail.fm secure match=.messagingengine.com today: delivers',
  );
  writeFileSync(scene.table, 'facebook.com secure match=nexthop:dot-nexthop ciphers=high\n');
  expect((await run(scene.table)).out).not.toContain('@@');
  const { out: known } = await run('--config-directory', join(scene.dir, 'etc'), scene.table);
  expect(known).toContain('-facebook.com secure match=nexthop:dot-nexthop ciphers=high\n+facebook.com secure ciphers=high\n');
});

test('an entry that fails and that no line helps: exit status 2', async () => {
  writeFileSync(scene.table, 'nowhere.example secure\n');
  const { code, out } = await suggest();
  expect(code).toBe(2);
  expect(unwrapped(out)).toMatch(
    /^1 entry looked at: 1 fails and no line helps line 1 \(nowhere\.example\) fails, and no line helps mail to nowhere\.example would bounce/,
  );
});

test('what could not be seen is no reason to change it, and exit status 3', async () => {
  const quiet = await scene.internet.mailHost({
    host: 'mx.quiet.example',
    ...(await scene.issue({ dnsNames: ['mx.quiet.example'] })),
  });
  scene.internet.domain('quiet.example', quiet);
  await quiet.shut();
  writeFileSync(scene.table, 'quiet.example secure\n');
  const { code, out } = await suggest();
  expect(code).toBe(3);
  expect(out).toContain('not seen today, and left as it is: quiet.example');
});

test('--upgrade: stronger lines and those alone', async () => {
  writeFileSync(scene.table, 'fastmail.fm may\nfacebook.com encrypt ciphers=high\n');
  const { code, out } = await suggest('--upgrade');
  expect(code).toBe(1);
  expect(out).toContain('+fastmail.fm secure match=.messagingengine.com\n+facebook.com secure ciphers=high\n');
  expect(unwrapped(out.replaceAll(/^# ?/gm, ''))).toContain(
    'line 2 (facebook.com) would deliver at a stronger level encrypt authenticates nobody, and secure without a match list would deliver',
  );
  const { upgrade, changes, exitStatus } = await document('--upgrade');
  expect({ upgrade, exitStatus, kinds: changes.map(({ kind, ground }) => [kind, ground?.kind]) }).toEqual({
    upgrade: true,
    exitStatus: 1,
    kinds: [
      ['stronger', 'dns'],
      ['stronger', 'policy'],
    ],
  });
});
