/** `watch --mail-to`: flags, files and environment, to real SMTP servers. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createAuthority, pemOf } from '../internet/authority.ts';
import { type MailSink, startMailSink } from '../internet/mail-sink.ts';
import { type Scene, startScene } from './scene.ts';

const SUBJECT = 'Now watching 3 entries: 1 would fail';
/** Mail to that domain is delivered, so that it can warn of the rest. */
const [TO, OTHER] = ['postmaster@facebook.com', 'noc@facebook.com'];
let scene: Scene;
let sink: MailSink;
let secure: MailSink;
let ca: string;
let login: string;
beforeAll(async () => {
  scene = await startScene();
  sink = await startMailSink();
  const root = await createAuthority('Mail Root');
  const { keyPem, chain } = await root.issue({ dnsNames: ['localhost'] });
  const cert = chain.map((der) => pemOf(der)).join('');
  secure = await startMailSink({ key: keyPem, cert, login: { user: 'watch', password: 'se:cret' } });
  [ca, login] = ['mail-ca.pem', 'login'].map((name) => join(scene.dir, name)) as [string, string];
  writeFileSync(ca, root.certificate.pem);
  writeFileSync(login, 'watch:se:cret\n');
});
beforeEach(() => {
  sink.fail(undefined);
  for (const one of [sink, secure]) one.forget();
});
afterAll(async () => {
  await Promise.all([sink, secure].map((one) => one.close()));
  await scene.close();
});

const by = (server: MailSink) => ['--smtp', `localhost:${server.port}`];
const watch = (policy: string, ...more: readonly string[]) => scene.watchWith({}, '--policy', policy, ...more);
const hook = (...more: readonly string[]) => scene.run(['watch', '--test-message', ...more]);

test('each address gets the whole message once, from this host, in a thread', async () => {
  const flags = ['--mail-to', TO, '--mail-to', OTHER, '--mail-to', TO, ...by(sink)];
  expect(await watch('mail', ...flags)).toEqual({ code: 0, out: '', err: '' });
  expect(sink.letters.map(({ to, headers }) => [to, headers.to, headers.subject])).toEqual([
    [TO, TO, SUBJECT],
    [OTHER, OTHER, SUBJECT],
  ]);
  const [letter] = sink.letters;
  expect(letter?.from).toBe(`postfix-tls-watch@${hostname().includes('.') ? hostname() : 'facebook.com'}`);
  expect(letter?.text).toContain('fastmail.fm secure match=.messagingengine.com ciphers=high');
  expect(letter?.headers.references).toBeDefined();
  expect(await watch('mail', ...flags)).toEqual({ code: 0, out: '', err: '' });
  expect(sink.letters).toHaveLength(2);
  expect(sink.faults).toEqual([]);
});

test('what one address refuses is owed to it alone, under the same Message-ID as the other has', async () => {
  const flags = ['--mail-to', TO, '--mail-to', OTHER, ...by(sink)];
  sink.fail({ at: 'recipient', how: 550 }, TO);
  const { code, err } = await watch('owed', ...flags);
  expect(err).toMatch(
    new RegExp(
      `^error: mail to ${TO} fails since .* and is owed 1 message: mail to ${TO}: localhost:${sink.port} refuses the recipient \\(550 not taken, 550\\); check --mail-to; the next run tells it there, and nowhere else\n$`,
    ),
  );
  expect(code).toBe(3);
  sink.fail(undefined);
  expect(await watch('owed', ...flags)).toEqual({ code: 0, out: '', err: '' });
  expect(sink.letters.map(({ to }) => to)).toEqual([OTHER, TO]);
  expect(new Set(sink.letters.map(({ headers }) => headers['message-id'])).size).toBe(1);
});

test('what the only address did not answer for comes again under the same Message-ID', async () => {
  sink.fail({ at: 'content', how: 'answer-lost' });
  expect(await watch('lost', '--mail-to', TO, ...by(sink))).toEqual({
    code: 3,
    out: '',
    err: `error: the message was not told and is due again in the next run: mail to ${TO}: localhost:${sink.port} closed the connection after the whole message was sent: it may have arrived; the next run sends it again, under the same Message-ID\n`,
  });
  sink.fail(undefined);
  expect(await watch('lost', '--mail-to', TO, ...by(sink))).toEqual({ code: 0, out: '', err: '' });
  expect(sink.letters).toHaveLength(2);
  expect(new Set(sink.letters.map(({ headers }) => headers['message-id'])).size).toBe(1);
});

test('mail that would wait in the queue it warns of is told by another way, or not at all', async () => {
  const flags = ['--mail-to', 'postmaster@fastmail.fm', ...by(sink)];
  const says = 'mail to postmaster@fastmail.fm leaves by the Postfix that is watched, and would wait there: ';
  const alone = await watch('waits', ...flags);
  expect(alone.err).toContain(`error: the message was not told and is due again in the next run: ${says}`);
  expect(alone.code).toBe(3);
  expect(sink.letters[0]?.text.replaceAll(/\s+/g, ' ')).toContain(says.replace('mail', 'Mail'));
  const both = await watch('waits', ...flags, '--hook', '/bin/true');
  expect(both).toEqual({ code: 0, out: '', err: '' });
  const elsewhere = await watch('waits', ...flags, '--hook', '/bin/true');
  expect(elsewhere).toEqual({ code: 0, out: '', err: '' });
  expect(sink.letters).toHaveLength(2);
});

test.each([{ from: 'a file' as const }, { from: 'the environment' as const }])(
  'logs in inside TLS with a secret from $from',
  async ({ from }) => {
    const flags = [
      '--mail-to',
      TO,
      '--mail-from',
      'watch@example.com',
      '--smtp-tls',
      'starttls',
      '--smtp-ca-file',
      ca,
      ...by(secure),
    ];
    const ran = await scene.run(
      ['watch', '--test-message', ...flags, ...(from === 'a file' ? ['--smtp-login-file', login] : [])],
      from === 'a file' ? {} : { POSTFIX_TLS_WATCH_SMTP_LOGIN: 'watch:se:cret' },
    );
    expect(ran).toEqual({ code: 0, out: '', err: '' });
    expect(secure.letters).toMatchObject([{ user: 'watch', tls: true, from: 'watch@example.com', to: TO }]);
    expect(secure.letters[0]?.text).toContain(`It was sent by:\n  mail to ${TO}\n`);
  },
);

test('a set-up that cannot work is told, and the other ways are used all the same', async () => {
  const program = join(scene.dir, 'takes');
  writeFileSync(program, '#!/bin/sh\ncat >"$0.took"\n', { mode: 0o755 });
  const fifo = join(scene.dir, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const empty = join(scene.dir, 'empty');
  writeFileSync(empty, '\n');
  const told = async (...more: readonly string[]) => {
    const { code, err } = await hook('--mail-to', TO, '--hook', program, ...more);
    expect(code).toBe(3);
    return err.replace(`error: the test message was not told: mail to ${TO}: `, '').trim();
  };
  expect(await told('--smtp-login-file', '/nowhere')).toBe('--smtp-login-file /nowhere: no such file');
  expect(await told('--smtp-login-file', fifo)).toBe(`--smtp-login-file ${fifo}: no regular file`);
  expect(await told('--smtp-login-file', scene.dir)).toBe(`--smtp-login-file ${scene.dir}: no regular file`);
  expect(await told('--smtp-login-file', empty)).toBe(`--smtp-login-file ${empty}: one line is wanted`);
  expect(await told('--smtp-login-file', scene.table)).toBe(`--smtp-login-file ${scene.table}: one line is wanted`);
  expect(await told('--smtp-ca-file', login)).toBe(`--smtp-ca-file ${login}: it has no certificate (PEM)`);
  expect(await told('--smtp-login-file', login, '--smtp', 'mail.example.com', '--smtp-tls', 'off')).toBe(
    '--smtp-tls off would send the password in the clear to mail.example.com; leave it out, or the login',
  );
  expect(readFileSync(`${program}.took`, 'utf8')).toMatch(/^Subject: Test message /);
});

test.each([
  {
    flags: ['--mail-to', 'postmaster'],
    says: "argument 'postmaster' is invalid. an address such as postmaster@example.com is wanted",
  },
  { flags: ['--mail-from', 'a@b\nBcc: c@d'], says: 'an address such as postmaster@example.com is wanted' },
  { flags: ['--smtp', 'mail.example.com:0'], says: 'a host, or host:port, is wanted' },
  { flags: ['--smtp', 'mail example'], says: 'a host, or host:port, is wanted' },
  { flags: ['--smtp-tls', 'maybe'], says: 'Allowed choices are off, starttls, wrapper.' },
])('$flags is wrong usage', async ({ flags, says }) => {
  const { code, err } = await hook(...flags);
  expect(err).toContain(says);
  expect(code).toBe(3);
});
