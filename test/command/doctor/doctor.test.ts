/** `doctor` as a process, on the private internet: what it says of a set-up that is well, and of each thing that is not. */
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DoctorDocument } from '../../../lambda/command/doctor/schema.ts';
import { type MailSink, startMailSink } from '../../internet/mail-sink.ts';
import type { Ran } from '../run-command.ts';
import { problemsOf, type Scene, sceneNow, stable, startScene, unwrapped } from '../scene.ts';

let scene: Scene;
let sink: MailSink;
let bin: string;
let hook: string;
beforeAll(async () => {
  scene = await startScene();
  sink = await startMailSink();
  bin = join(scene.dir, 'bin');
  mkdirSync(bin);
  stand('timedatectl', 'echo yes');
  stand(
    'systemctl',
    'printf "LoadState=loaded\\nActiveState=active\\nUnitFileState=enabled\\nNextElapseUSecRealtime=tomorrow\\n"',
  );
  hook = join(scene.dir, 'hook');
  writeFileSync(hook, `#!/bin/sh\ncat > ${scene.dir}/hooked\n`, { mode: 0o755 });
  await scene.watch('--hook', hook);
});
afterAll(async () => {
  await sink.close();
  await scene.close();
});

/** A program of this machine that answers as it should, whatever this machine has. */
function stand(name: string, body: string): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`);
  chmodSync(join(bin, name), 0o755);
}

const doctor = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> =>
  scene.run(['doctor', ...args], { PATH: `${bin}:${process.env.PATH}`, ...env });
const world = () => [...scene.internet.flags, '--ca-file', join(scene.dir, 'ca.pem'), '--control-host', 'msgin.vvv.facebook.com'];
const flags = () => [scene.table, ...scene.storeFlags, ...world()];

const without = (text: string) =>
  stable(text, scene)
    .replaceAll(scene.internet.resolver, 'RESOLVER')
    .replaceAll(/127\.\d+\.\d+\.\d+/g, 'ADDRESS');

/** The document, which is as its schema says. */
async function diagnosis(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const ran = await doctor([...args, '--json'], env);
  expect(ran.err).toBe('');
  const document = JSON.parse(ran.out) as DoctorDocument;
  expect(problemsOf('doctor', document)).toEqual([]);
  const of = (group: DoctorDocument['checks'][number]['group']) =>
    document.checks
      .filter((check) => check.group === group)
      .map(({ state, says, cure }) => [state, says, ...(cure === null ? [] : [cure])].map(without));
  return { code: ran.code, document, of };
}

test('a set-up that is well, and what is in force', async () => {
  const before = readdirSync(scene.dir, { recursive: true }).sort();
  const ran = await doctor([...flags(), '--hook', hook]);
  expect({ code: ran.code, err: ran.err }).toEqual({ code: 0, err: '' });
  expect(without(unwrapped(ran.out)).replace(/as user \S+ \(\d+\)/, 'as USER')).toBe(
    [
      'postfix-tls-watch 0.1.0 on HERE, as USER.',
      'In force table DIR/tls_policy (command line) ca-file DIR/ca.pem (command line)',
      `smtp-port ${scene.internet.smtpPort} (command line) resolver RESOLVER (command line)`,
      'allow-private-addresses true (command line) control-host msgin.vvv.facebook.com (command line)',
      'store DIR/store (command line) hook DIR/hook (command line) postfix 3.11 (default)',
      'helo HERE (the name of this host) policy default (default) vantage HERE (the name of this host)',
      'assumed Postfix is 3.11, the newest version this was compared with (--postfix-version names yours)',
      "assumed every setting has Postfix's default, and mail goes to the recipient domain's MX hosts",
      '(--main-cf or --config-directory read yours)',
      "assumed the mail host's OpenSSL is 3.0, as Debian 12 has it (--openssl-version names yours)",
      'assumed DIR/tls_policy is a hash: table, where the first of two equal keys counts',
      'Postfix and its tables ok hash:DIR/tls_policy: 3 entries',
      'Trust anchors ok 1 anchor from DIR/ca.pem',
      'DNS ok the resolver RESOLVER answers (asked for facebook.com MX)',
      'ok no entry is at dane or dane-only: DNSSEC is not needed',
      'Way out to port 25 ok open over IPv4: STARTTLS with ADDRESS:PORT, whose certificate is valid',
      'ok probes leave from ADDRESS and say EHLO HERE; others see another address, as that one is not public (loopback)',
      'Clock ok WHEN, synchronised',
      'Store ok DIR/store is read, and can be written',
      'Channels ok the program DIR/hook: ready',
      'Schedule ok postfix-tls-watch.timer is enabled, next tomorrow',
      'ok all is well: the last complete run from HERE was WHEN',
      '11 ok',
    ].join(' '),
  );
  expect(readdirSync(scene.dir, { recursive: true }).sort(), 'it creates nothing').toEqual(before);
});

test('a host on which nothing is set up yet', async () => {
  stand('systemctl', 'printf "LoadState=not-found\\n"');
  const store = join(scene.dir, 'none', 'store');
  const { code, of } = await diagnosis([scene.table, '--store', store, ...world()]);
  expect(code).toBe(2);
  expect(of('store')).toEqual([
    [
      'warning',
      'there is none in DIR/none/store yet',
      'the first run of watch makes it; where runs were had, --store or the user is another',
    ],
  ]);
  expect(of('channels')).toEqual([
    [
      'warning',
      'none is named, so that messages go to standard output: cron mails that, and systemd writes it into the journal, ' +
        'where nobody is told',
      'name one in the file of flags: mail-to, webhook-file, hook or topic (docs/channels.md)',
    ],
  ]);
  expect(of('schedule')).toEqual([
    [
      'failure',
      'there was no run yet, and neither a timer nor a line of cron for one was seen',
      'systemctl enable --now postfix-tls-watch.timer, or a line in /etc/cron.d (docs/mail-host.md)',
    ],
  ]);
  expect(existsSync(join(scene.dir, 'none'))).toBe(false);
});

test('a timer that starts nothing', async () => {
  stand('systemctl', 'printf "LoadState=loaded\\nActiveState=inactive\\nUnitFileState=disabled\\n"');
  const { of } = await diagnosis([scene.table, '--store', join(scene.dir, 'none'), ...world()]);
  expect(of('schedule')).toEqual([
    ['warning', 'postfix-tls-watch.timer is not active, and starts nothing', 'systemctl enable --now postfix-tls-watch.timer'],
    ['warning', 'there was no run yet', 'start one by hand and see what it tells, or wait for the first'],
  ]);
});

test('runs that have stopped, and a clock that was set back', async () => {
  const shift = (hours: number) => ({ CLOCK_SHIFT_MS: String(Math.round(sceneNow() - Date.now()) + hours * 3_600_000) });
  const late = await diagnosis(flags(), shift(30));
  expect(late.code).toBe(2);
  expect(late.of('schedule').at(-1)).toEqual([
    'failure',
    'no complete run from HERE for 30 hours: the last was WHEN',
    'run watch by hand as its user and see what it says; its log may say why',
  ]);
  const early = await diagnosis(flags(), shift(-30));
  expect(early.of('clock')).toEqual([
    ['failure', 'it says WHEN, and a run was recorded at WHEN', 'have it set by NTP: systemd-timesyncd, chrony or ntpd'],
  ]);
});

test('a clock that nobody sets', async () => {
  stand('timedatectl', 'echo no');
  const { of } = await diagnosis(flags());
  expect(of('clock')).toEqual([
    ['warning', 'WHEN, and it is not synchronised', 'have it set by NTP: systemd-timesyncd, chrony or ntpd'],
  ]);
  stand('timedatectl', 'exit 1');
  expect((await diagnosis(flags())).of('clock')).toEqual([['ok', 'WHEN; nothing here says whether it is synchronised']]);
});

test('port 25 is shut, and no resolver answers', async () => {
  scene.facebook.behave('silent');
  const shut = await diagnosis([...flags(), '--timeout', '1']);
  scene.facebook.behave('ok');
  expect(shut.code).toBe(2);
  expect(shut.of('way-out')[0]).toEqual([
    'failure',
    'nobody gave the proof over IPv4: ADDRESS:PORT did not answer in time (greeting)',
    'have outgoing port 25 opened (many providers block it, and lift that on request), or name a mail host with a valid ' +
      'certificate with --control-host',
  ]);
  const unproved = await diagnosis([scene.table, ...scene.storeFlags, ...scene.internet.flags]);
  expect(unproved.of('way-out')[0]?.[1]).toContain(
    'nobody gave the proof over IPv4: ADDRESS:PORT has a certificate that is not valid here (',
  );
  const deaf = await diagnosis([...flags(), '--resolver', '127.0.0.1:9', '--deadline', '20']);
  expect(deaf.of('dns')).toEqual([
    ['ok', 'the resolver RESOLVER answers (asked for facebook.com MX)'],
    [
      'warning',
      'the resolver ADDRESS:9 gives no answer to facebook.com MX (timeout)',
      'start it, or let it be reached from here; else name others in /etc/resolv.conf or with --resolver',
    ],
    ['ok', 'no entry is at dane or dane-only: DNSSEC is not needed'],
  ]);
});

test('DANE without a resolver that proves it', async () => {
  const table = join(scene.dir, 'dane');
  writeFileSync(table, 'facebook.com dane-only\n');
  const mainCf = join(scene.dir, 'main.cf');
  writeFileSync(mainCf, 'smtp_dns_support_level = dnssec\n');
  scene.internet.dns.set({ name: 'signed.test', type: 'A', data: ['192.0.2.1'], ad: true });
  scene.internet.dns.set({ name: 'broken.test', type: 'A', data: ['192.0.2.1'], fail: 'BOGUS' });
  const asked = (broken: string) =>
    diagnosis([
      ...[table, '--main-cf', mainCf, ...scene.storeFlags, ...world()],
      ...['--dnssec-signed-name', 'signed.test', '--dnssec-broken-name', broken],
    ]);
  const proved = await asked('broken.test');
  expect(proved.of('dns').at(-1)).toEqual(['ok', 'the resolver proves that it validates (DNSSEC), as dane and dane-only need']);
  const { of } = await asked('facebook.com');
  expect(of('dns').at(-1)).toEqual([
    'failure',
    '1 entry at dane or dane-only cannot be judged here: the resolver RESOLVER does not validate: it answers for facebook.com, ' +
      'whose signatures are broken; a Postfix that asks the same resolver treats dane as may, and defers what is dane-only',
    'run a validating resolver on this host (unbound, say), or name one with --dnssec-resolver',
  ]);
});

test('a table that is not there, and lines that defer mail', async () => {
  const gone = await diagnosis([join(scene.dir, 'gone'), ...scene.storeFlags, ...world()]);
  expect(gone.code).toBe(2);
  expect(gone.of('postfix')[0]?.[0]).toBe('failure');
  expect(gone.of('postfix')[0]?.[1]).toContain('DIR/gone');
  const table = join(scene.dir, 'broken');
  writeFileSync(table, 'a.example nonsense\nfacebook.com secure\n');
  const { of } = await diagnosis([table, ...scene.storeFlags, ...world()]);
  expect(of('postfix')).toEqual([
    ['ok', 'hash:DIR/broken: 2 entries'],
    [
      'warning',
      'lint finds 1 that defers mail',
      expect.stringMatching(/^see postfix-tls-watch lint DIR\/broken --ca-file DIR\/ca\.pem --smtp-port \d+$/),
    ],
  ]);
});

test("this host's Postfix is taken, and its other instances are named", async () => {
  const postfix = join(scene.dir, 'etc');
  mkdirSync(postfix);
  stand(
    'postconf',
    `case "$*" in
'-h config_directory') echo ${postfix} ;;
*'-h multi_instance_directories') echo /etc/postfix-out, /etc/postfix-null ;;
'-c /etc/postfix-out'*smtp_tls_policy_maps) echo hash:/etc/postfix-out/tls_policy ;;
'-c /etc/postfix-'*) echo ;;
*mail_version*) echo 3.7.11 ;;
*' -M') printf 'smtp unix - - n - - smtp\\n' ;;
*' -P') ;;
*' -m') printf 'inline\\nhash\\n' ;;
*proxy_read_maps*) echo ;;
*) printf 'smtp_tls_policy_maps = inline:{facebook.com=secure}\\nsmtp_tls_CAfile = ${scene.dir}/ca.pem\\nmyhostname = mx1.test\\nmulti_instance_directories = /etc/postfix-out, /etc/postfix-null\\n' ;;
esac`,
  );
  const control = ['--control-host', 'msgin.vvv.facebook.com'];
  const { document, of } = await diagnosis([...scene.storeFlags, ...scene.internet.flags, ...control, '--hook', hook]);
  expect(of('postfix')).toEqual([
    ['ok', 'DIR/etc/main.cf is read, as Postfix 3.7.11'],
    ['ok', 'inline:{facebook.com=secure}: 1 entry'],
    [
      'warning',
      'another Postfix, /etc/postfix-out, is not watched by this run',
      'a run of its own: postfix-tls-watch watch --config-directory /etc/postfix-out --policy postfix-out',
    ],
    ['ok', 'another Postfix, /etc/postfix-null, has no TLS policy to watch'],
  ]);
  const where = (name: string) => document.inForce.find((row) => row.name === name);
  expect(where('config-directory')).toEqual({
    name: 'config-directory',
    value: postfix,
    source: 'postfix',
    where: "this host's Postfix",
  });
  expect(where('postfix')).toEqual({ name: 'postfix', value: '3.7.11', source: 'postfix', where: null });
  expect(where('helo')).toEqual({ name: 'helo', value: 'mx1.test', source: 'postfix', where: 'main.cf' });
  expect(document.run.assumed.filter((sentence) => sentence.includes('postfix-out') || sentence.includes(postfix))).toEqual([]);
  rmSync(join(bin, 'postconf'));
});

test('each channel is tried without a message, and --test sends one', async () => {
  const mail = ['--mail-to', 'a@b.example', '--smtp', `127.0.0.1:${sink.port}`];
  const secret = join(scene.dir, 'slack');
  const more = ['--hook', hook, '--webhook-file', secret, '--webhook-format', 'slack'];
  const tried = await diagnosis([...flags(), ...mail, ...more]);
  expect(tried.of('channels')).toEqual([
    ['ok', 'mail to a@b.example: ready'],
    ['failure', 'Slack: --webhook-file DIR/slack: no such file', 'see docs/channels.md'],
    ['ok', 'the program DIR/hook: ready'],
  ]);
  expect(sink.letters).toEqual([]);
  const sent = await diagnosis([...flags(), ...mail, '--hook', hook, '--test']);
  expect(sent.of('channels')).toEqual([
    ['ok', 'mail to a@b.example: a test message was sent'],
    ['ok', 'the program DIR/hook: a test message was sent'],
  ]);
  expect(sink.letters.map(({ headers }) => headers.subject)).toEqual([
    expect.stringMatching(/^Test message from postfix-tls-watch on /),
  ]);
  sink.fail({ at: 'greeting', how: 554 });
  const refused = await diagnosis([...flags(), ...mail, '--hook', hook]);
  sink.fail(undefined);
  expect(refused.of('channels')[0]).toEqual([
    'failure',
    `mail to a@b.example: 127.0.0.1:${sink.port} refuses this host (554 not taken, 554)`.replace(/127\.0\.0\.1/, 'ADDRESS'),
    'its log says why, --smtp names another',
  ]);
});

test('mail that leaves by the watched Postfix, and nothing besides', async () => {
  const mail = (address: string) => ['--mail-to', address, '--smtp', `127.0.0.1:${sink.port}`];
  const alone = await diagnosis([...flags(), ...mail('postmaster@facebook.com')]);
  expect(alone.of('channels')).toEqual([
    ['ok', 'mail to postmaster@facebook.com: ready'],
    [
      'warning',
      'mail to postmaster@facebook.com leaves by the Postfix that is watched, and there is no channel besides: what stops ' +
        'that mail is told nowhere',
      'name a second channel that does without it (webhook-file, hook), or a mail server elsewhere with --smtp',
    ],
  ]);
  const waits = await diagnosis([...flags(), ...mail('postmaster@fastmail.fm'), '--hook', hook]);
  expect(waits.code).toBe(2);
  expect(waits.of('channels').at(-1)?.slice(0, 1)).toEqual(['failure']);
  expect(waits.of('channels').at(-1)?.[2]).toBe('mend that; until then the other channels alone count');
  const both = await diagnosis([...flags(), ...mail('postmaster@fastmail.fm')]);
  expect(both.of('channels').map(([state]) => state)).toEqual(['ok', 'failure']);
  expect(both.of('channels').at(-1)?.[2]).toBe(
    'mend that, and name a second channel that does without this Postfix (webhook-file, hook), or a mail server elsewhere with ' +
      '--smtp',
  );
  expect(waits.of('channels').at(-1)?.[1]).toMatch(
    /^mail to postmaster@fastmail\.fm leaves by the Postfix that is watched, and would wait there: /,
  );
});

test('what the file of flags says to watch counts, with its line, and secrets are not shown', async () => {
  const file = join(scene.dir, 'flags.toml');
  writeFileSync(
    file,
    ['timeout = 20', '[watch]', `hook = "${hook}"`, 'ping = "https://u:secret@hc.example.com/secret"', ''].join('\n'),
    { mode: 0o600 },
  );
  const { document, of } = await diagnosis([...flags(), '--config', file], {
    POSTFIX_TLS_WATCH_WEBHOOK: `http://127.0.0.1:${sink.port}/secret`,
  });
  expect(JSON.stringify(document)).not.toContain('secret');
  const where = (name: string) => document.inForce.find((row) => row.name === name);
  expect(where('timeout')).toEqual({ name: 'timeout', value: '20', source: 'file', where: `${file}:1` });
  expect(where('hook')).toEqual({ name: 'hook', value: hook, source: 'file', where: `${file}:3` });
  expect(where('ping')?.value).toBe('hc.example.com (the rest is not shown)');
  expect(where('webhook-file')).toMatchObject({
    value: '(not shown)',
    source: 'environment',
    where: 'POSTFIX_TLS_WATCH_WEBHOOK',
  });
  expect(of('channels')).toEqual([
    ['ok', `the webhook at ADDRESS:${sink.port}: ready`],
    ['ok', 'the program DIR/hook: ready'],
  ]);
});

test('--as-service takes the place of another user only for root, and only of one that is there', async (context) => {
  const ran = await doctor([...flags(), '--as-service', 'no-such-user']);
  expect(ran).toMatchObject({ code: 3, out: '' });
  if (process.getuid?.() !== 0) {
    expect(ran.err).toBe('error: --as-service takes the place of another user; run it as root (sudo)\n');
    return context.skip('not root: whose files another user may read is not shown');
  }
  expect(ran.err).toBe('error: --as-service: there is no user no-such-user on this host; make it, or name another\n');
  const table = join(scene.dir, 'of-root');
  writeFileSync(table, 'facebook.com secure\n', { mode: 0o600 });
  chmodSync(scene.dir, 0o755);
  const asRoot = await diagnosis([table, ...scene.storeFlags, ...world()]);
  expect(asRoot.document.run.user).toMatchObject({ name: 'root', uid: 0, unit: null });
  const asNobody = await diagnosis([table, ...scene.storeFlags, ...world(), '--as-service', 'nobody']);
  expect(asNobody.code).toBe(2);
  expect(asNobody.document.run.user).toMatchObject({ name: 'nobody', uid: 65_534 });
  expect(asNobody.of('postfix')[0]?.[0]).toBe('failure');
  expect(asNobody.of('postfix')[0]?.[1]).toContain('DIR/of-root');
  expect(asNobody.of('store').map(([state]) => state)).toEqual(['failure']);
});
