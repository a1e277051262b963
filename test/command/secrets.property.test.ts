// biome-ignore-all lint/suspicious/noTemplateCurlyInString: main.cf has macros of that very form
/**
 * No secret of a configuration directory leaves it: whatever is put into which file, it is in nothing that is stored,
 * printed, or handed to a hook. The policy table alone is stored as it is, and gets none.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { lintDocument, lintText } from '../../lambda/command/lint/text.ts';
import { push } from '../../lambda/command/policy/push.ts';
import { pushedText, refusedText } from '../../lambda/command/policy/push-text.ts';
import type { Paint } from '../../lambda/command/terminal/colour.ts';
import { destinationsOf } from '../../lambda/policy/destinations.ts';
import { readSources } from '../../lambda/policy/gather/this-machine.ts';
import { lint } from '../../lambda/policy/lint/lint.ts';
import { spaceOf } from '../../lambda/store/keys.ts';
import { openToWatch } from '../../lambda/store/sqlite/open.ts';
import { UsageError } from '../../lambda/usage-error.ts';
import { judge } from '../../lambda/verdict/judge.ts';
import { createAuthority } from '../internet/authority.ts';
import { storeOnDisk } from '../store/on-disk.ts';
import { storedText } from '../store/stored-text.ts';
import { runCommand } from './run-command.ts';

const root = await createAuthority('Root');
const { pem, keyPem } = await root.issue({ dnsNames: ['mx.example'] });
const KEY_LINES = keyPem.split('\n').filter((line) => !line.startsWith('-----') && line.length > 20);
const scratch: string[] = [];
afterAll(() => {
  for (const dir of scratch) rmSync(dir, { recursive: true, force: true });
});

/** Where a secret can stand, as lines of main.cf; %S% is the secret, %D% the directory. */
const IN_MAIN_CF = [
  'smtp_sasl_password_maps = static:user:%S%',
  'smtp_sasl_password_maps = inline:{\n  { h = user:%S% } }',
  'smtp_sasl_password_maps = inline:{\n{ h = user:%S% } }',
  'smtp_sasl_password_maps = hash:%D%/sasl_passwd',
  'smtp_sasl_password_maps = static:a:%S%\nsmtp_sasl_password_maps = static:b:%S%',
  'smtp_sasl_security_options = ${%S%',
  'tls_password = %S%\nsmtp_tls_CAfile = %D%/ca.pem',
  'my_password = %S%\nvirtual_mailbox_maps = hash:%D%/nothing',
  '# the old password was %S%',
  'biff = no\n   %S%',
  'user:%S% something',
  '%S%=',
  'smtp_tls_cert_file = %D%/client.pem\nsmtp_tls_key_file = %D%/client.pem',
  'smtp_tls_trust_anchor_file = %D%/ca.pem',
  'import_environment = TOKEN=%S%',
  'sender_dependent_relayhost_maps = hash:%D%/sender',
  'relay_domains = mysql:%D%/mysql.cf',
  'smtp_tls_policy_maps = mysql:%D%/mysql.cf',
  'smtp_tls_policy_maps = hash:%D%/sasl_passwd',
  'smtp_tls_policy_maps = texthash:%D%/mysql.cf',
  'transport_maps = hash:%D%/transport',
];

/** The files beside main.cf. */
const FILES: Readonly<Record<string, string>> = {
  policy: 'a.test secure\nb.test verify match=hostname\n',
  sasl_passwd: '[smtp.example.com]:587 user:%S%\nb.test other:%S%\n',
  'mysql.cf': 'user = postfix\npassword = %S%\npassword %S%\n',
  transport: '# %S%\nc.test smtp:[d.test]\n',
  sender: '# %S%\n@c.test [d.test]\n',
  'ca.pem': `%S%\n${root.certificate.pem}${keyPem}${pem}%S%\n`,
  'client.pem': keyPem + pem,
};

function directoryWith(lines: readonly string[], secret: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'secrets-'));
  scratch.push(dir);
  const put = (name: string, text: string) =>
    writeFileSync(join(dir, name), text.replaceAll('%S%', secret).replaceAll('%D%', dir));
  for (const [name, text] of Object.entries(FILES)) put(name, text);
  put('main.cf', `   %S%\nmyhostname = mx.example\nsmtp_tls_policy_maps = hash:%D%/policy\n${lines.join('\n')}\n`);
  return dir;
}

function leaks(text: string, secret: string): string[] {
  return [secret, ...KEY_LINES].filter((one) => text.includes(one));
}

const secrets = fc.stringMatching(/^[a-z][a-z0-9]{11}Q[0-9]{4}$/);
const lines = fc.uniqueArray(fc.constantFrom(...IN_MAIN_CF), { minLength: 1, maxLength: 6 });
const AT = Date.parse('2026-11-24T06:00:00Z');
const SAME: Paint = (_, text) => text;

test('in nothing that push stores, nor in what push, lint and check say', async () => {
  const disk = await storeOnDisk();
  let spaces = 0;
  let pushes = 0;
  await fc.assert(
    fc.asyncProperty(lines, secrets, async (some, secret) => {
      const said: string[] = [];
      spaces++;
      try {
        const dir = directoryWith(some, secret);
        const sources = await readSources({ mainCf: join(dir, 'main.cf'), caFile: join(dir, 'ca.pem') });
        const { bundle } = sources;
        const problems = lint(bundle);
        said.push(lintText(problems, bundle, SAME, 100), JSON.stringify(lintDocument(problems, bundle)));
        const verdicts = destinationsOf(bundle).map((destination) => judge(destination, { routes: {}, results: {} }, bundle, AT));
        said.push(JSON.stringify(verdicts));
        const space = spaceOf(`p${spaces}`, 'mx1');
        const name = { policy: space.policy, place: 'here', vantage: 'mx1' };
        const options = { by: 'alice', at: AT, expected: undefined, insisted: false, force: true };
        const outcome = await push({ table: disk.table, space }, sources, options);
        if (outcome.kind === 'pushed') {
          pushes++;
          said.push(pushedText(outcome, name, bundle, 100));
        } else if (outcome.kind === 'refused') said.push(refusedText(outcome.refusals, name, 100));
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        said.push(error.message);
      }
      expect(leaks(said.join('\n'), secret)).toEqual([]);
      expect(leaks(await storedText(disk.table, `p${spaces}`), secret)).toEqual([]);
    }),
    { numRuns: 60 },
  );
  expect(pushes).toBeGreaterThan(10);
  disk.close();
}, 240_000);

test.each([
  {
    because: 'each place in main.cf',
    some: IN_MAIN_CF.filter((line) => !/policy_maps|inline:\{\n\{|^user:|^%S%|\$\{/.test(line)),
  },
  { because: 'what ends Postfix', some: IN_MAIN_CF.filter((line) => !/policy_maps/.test(line)) },
  { because: 'a table that is none', some: ['smtp_tls_policy_maps = hash:%D%/sasl_passwd'] },
])(
  'nor on standard output and error of the commands, nor in what a hook sees: $because',
  async ({ some }) => {
    const secret = 'geheimgeheimQ1234';
    const dir = directoryWith(some, secret);
    const [bundle, store] = [
      ['--main-cf', join(dir, 'main.cf'), '--ca-file', join(dir, 'ca.pem')],
      ['--store', join(dir, 'store')],
    ];
    const hook = join(dir, 'hook');
    writeFileSync(hook, `#!/bin/sh\n{ env; cat; cat "$1"; } > ${dir}/seen\n`, { mode: 0o755 });
    const net = ['--resolver', '127.0.0.1:9', '--timeout', '1'];
    const env = { AWS_SECRET_ACCESS_KEY: secret, PASSWORD: secret, STATE_DIRECTORY: join(dir, 'state') };
    const said: string[] = [];
    for (const args of [
      ['lint', ...bundle],
      ['lint', ...bundle, '--json'],
      ['check', ...bundle, ...net],
      ['check', ...bundle, ...net, '--json'],
      ['policy', 'push', ...bundle, ...store, '--force'],
      [
        'watch',
        ...bundle,
        ...store,
        ...net,
        '--confirm-after',
        '0',
        '--hook',
        hook,
        '--ping',
        `http://user:${secret}@127.0.0.1:9/${secret}`,
      ],
      ['policy', 'status', ...bundle, ...store],
      ['policy', 'status', ...bundle, ...store, '--json'],
      ['status', ...store],
    ]) {
      const ran = await runCommand(args, env);
      expect(ran.out + ran.err, args.join(' ')).not.toBe('');
      said.push(ran.out, ran.err);
    }
    expect(leaks(said.join('\n'), secret)).toEqual([]);
    expect(leaks(readFileSync(join(dir, 'seen'), 'utf8'), secret)).toEqual([]);
    const { table } = await openToWatch(join(dir, 'store'), AT);
    expect(leaks(await storedText(table), secret)).toEqual([]);
    table.close();
  },
  240_000,
);
