/** `--mail-to ADDRESS`, to real SMTP servers on loopback: what arrives, and each way in which it does not. */
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Delivery } from '../../../lambda/alert/channel/channel.ts';
import { parseAddress } from '../../../lambda/alert/channel/mail/address.ts';
import { mailChannels } from '../../../lambda/alert/channel/mail/mail-channel.ts';
import type { MailServer } from '../../../lambda/alert/channel/mail/smtp.ts';
import type { Alert } from '../../../lambda/alert/message/describe.ts';
import { mailOf } from '../../../lambda/alert/message/mail.ts';
import { createAuthority, type Issued, pemOf } from '../../internet/authority.ts';
import { type MailFault, type MailSink, startMailSink } from '../../internet/mail-sink.ts';
import type { Behaviour } from '../../internet/smtp-script.ts';
import { startSmtp } from '../../internet/smtp-server.ts';
import { START } from '../verdicts.ts';

const FROM = 'postfix-tls-watch@mx1.example.com';
const TO = 'postmaster@example.com';
const LOGIN = { user: 'watch', password: 'correct horse' };
/** On a busy machine an answer takes its time: short is only the wait for one that never comes. */
const PATIENT = { connect: 30_000, reply: 30_000, whole: 60_000, pauses: [1] };
const SHORT = { ...PATIENT, reply: 300 };
const TEXT = `${'a line to copy, of the table '.repeat(40)}\nschön, und 日本\n.\n..two dots\nFrom here on\n  trailing  \n`;
const alert: Alert = {
  id: 'a'.repeat(32),
  subject: 'fastmail.fm would defer: certificate lacks the name asked for',
  intro: [],
  items: [
    { kind: 'failing', title: 'fastmail.fm would defer', incident: 'fastmail.fm-1', blocks: [] },
    { kind: 'resolved', title: 'b.example delivers again', incident: 'b.example-2', blocks: [] },
  ],
  footer: [],
  at: START,
};
const mail = { ...mailOf(alert), text: TEXT };

let sink: MailSink;
let secure: MailSink;
let wrapper: MailSink;
let issued: Issued;
let ca: string;
beforeAll(async () => {
  const root = await createAuthority('Mail Root');
  ca = root.certificate.pem;
  issued = await root.issue({ dnsNames: ['localhost'] });
  const pair = { key: issued.keyPem, cert: issued.chain.map((der) => pemOf(der)).join('') };
  sink = await startMailSink();
  secure = await startMailSink({ ...pair, login: LOGIN });
  wrapper = await startMailSink({ ...pair, wrapper: true });
});
afterEach(() => {
  sink.fail(undefined);
  for (const one of [sink, secure, wrapper]) one.forget();
});
afterAll(() => Promise.all([sink, secure, wrapper].map((one) => one.close())));

async function tell(
  server: Partial<MailServer> & { readonly port: number },
  more: Partial<Alert> = {},
  deadlines = PATIENT,
): Promise<Delivery> {
  const whole: MailServer = { host: 'localhost', tls: 'off', ...server };
  const [channel] = mailChannels({ to: [TO], from: FROM, server: whole, near: false, now: () => START + 60_000 }, deadlines);
  return (channel as NonNullable<typeof channel>).tell(mail, { ...alert, ...more });
}

/** The port of the server is another in each run. */
const because = (told: Delivery, port: number) =>
  told.kind === 'untold' ? told.because.replaceAll(`:${port}`, ':PORT') : 'told';

test('arrives as it is, marked as automatic, of a list, and in the threads of its incidents', async () => {
  expect(await tell({ port: sink.port })).toEqual({ kind: 'told' });
  expect(sink.faults).toEqual([]);
  const [letter] = sink.letters;
  expect(letter).toMatchObject({ from: FROM, to: TO, text: TEXT, tls: false });
  expect(letter?.headers).toEqual({
    from: `"postfix-tls-watch" <${FROM}>`,
    to: TO,
    subject: alert.subject,
    date: 'Tue, 24 Nov 2026 06:01:00 +0000',
    'message-id': `<${'a'.repeat(20)}.tls-watch@mx1.example.com>`,
    'in-reply-to': expect.stringMatching(/^<incident-[0-9a-f]{20}\.tls-watch@mx1\.example\.com>$/),
    references: expect.stringMatching(/^(<incident-[0-9a-f]{20}\.tls-watch@mx1\.example\.com> ?){2}$/),
    'auto-submitted': 'auto-generated',
    'list-id': 'postfix-tls-watch <postfix-tls-watch.mx1.example.com>',
    'mime-version': '1.0',
    'content-type': 'text/plain; charset=utf-8',
    'content-transfer-encoding': 'quoted-printable',
  });
});

test('a later message about an incident refers to the same name, and one about nothing to none', async () => {
  await tell({ port: sink.port });
  await tell({ port: sink.port }, { id: 'b'.repeat(32), items: alert.items.slice(1) });
  await tell({ port: sink.port }, { id: 'c'.repeat(32), items: [] });
  const [first, second, third] = sink.letters.map(({ headers }) => headers);
  expect(first?.references?.split(' ')[1]).toBe(second?.references);
  expect(second?.['in-reply-to']).toBe(second?.references);
  expect(third?.references).toBeUndefined();
});

test('short lines of ASCII are sent in 7 bits', async () => {
  const [channel] = mailChannels({
    to: [TO],
    from: FROM,
    server: { host: '127.0.0.1', port: sink.port, tls: 'off' },
    near: false,
    now: () => START,
  });
  await channel?.tell({ ...mail, text: 'a\nb\n' }, alert);
  expect(sink.letters[0]?.headers['content-transfer-encoding']).toBe('7bit');
  expect(sink.letters[0]?.text).toBe('a\nb\n');
});

test('by STARTTLS with a login, and by TLS from the first byte', async () => {
  expect(await tell({ port: secure.port, tls: 'starttls', ca, login: LOGIN })).toEqual({ kind: 'told' });
  expect(secure.letters).toMatchObject([{ tls: true, user: 'watch', text: TEXT }]);
  expect(await tell({ port: wrapper.port, tls: 'wrapper', ca })).toEqual({ kind: 'told' });
  expect(wrapper.letters).toMatchObject([{ tls: true, text: TEXT }]);
});

test.each<{ what: string; says: string; server: () => Partial<MailServer> & { port: number } }>([
  {
    what: 'a certificate of nobody known',
    server: () => ({ port: secure.port, tls: 'starttls' }),
    says: 'TLS with localhost:PORT failed (unable to verify the first certificate); --smtp-ca-file names the CA that signed its certificate, --smtp-tls off sends without',
  },
  {
    what: 'a certificate of another host',
    server: () => ({ port: secure.port, tls: 'starttls', ca, host: '127.0.0.1' }),
    says: "TLS with 127.0.0.1:PORT failed (IP: 127.0.0.1 is not in the cert's list: ); --smtp-ca-file names the CA that signed its certificate, --smtp-tls off sends without",
  },
  {
    what: 'no STARTTLS',
    server: () => ({ port: sink.port, tls: 'starttls' }),
    says: 'localhost:PORT refuses STARTTLS (500 Error: command not recognized); --smtp-tls off sends without TLS',
  },
  {
    what: 'SMTP where TLS is to begin',
    server: () => ({ port: sink.port, tls: 'wrapper' }),
    says: 'TLS with localhost:PORT failed (wrong version number); --smtp-ca-file names the CA that signed its certificate, --smtp-tls off sends without',
  },
  {
    what: 'a wrong password, which the server repeats',
    server: () => ({ port: secure.port, tls: 'starttls', ca, login: { ...LOGIN, password: 'wrong-secret' } }),
    says: 'localhost:PORT refuses the login (535 authentication failed for …); check user and password',
  },
  {
    what: 'a login where none is offered',
    server: () => ({ port: sink.port, login: LOGIN }),
    says: 'localhost:PORT offers no login (AUTH); leave the login out, or name another server with --smtp',
  },
  {
    what: 'no login where one is wanted',
    server: () => ({ port: secure.port, tls: 'starttls', ca }),
    says: `localhost:PORT refuses mail without a login (530 Error: authentication Required); give one with --smtp-login-file`,
  },
])('$what', async ({ server, says }) => {
  const given = server();
  const told = because(await tell(given), given.port);
  expect(told).toBe(`mail to ${TO}: ${says}`);
  expect([sink, secure, wrapper].flatMap(({ letters }) => letters)).toEqual([]);
});

const later = 'the next run tries again';
const lost = 'it may have arrived; the next run sends it again, under the same Message-ID';
test.each<{ fault: MailFault; says: string; taken?: number }>([
  { fault: { at: 'greeting', how: 421 }, says: `refuses this host (421 not taken, 421); ${later}` },
  { fault: { at: 'greeting', how: 554 }, says: 'refuses this host (554 not taken, 554); its log says why, --smtp names another' },
  {
    fault: { at: 'greeting', how: 'hang' },
    says: `said nothing for 0.3 seconds before the session was ready; ${later}, and its log may say why`,
  },
  {
    fault: { at: 'greeting', how: 'drop' },
    says: `closed the connection before the session was ready; ${later}, and its log may say why`,
  },
  { fault: { at: 'sender', how: 451 }, says: `refuses the sender ${FROM} (451 not taken, 451); ${later}` },
  { fault: { at: 'sender', how: 550 }, says: `refuses the sender ${FROM} (550 not taken, 550); --mail-from names another` },
  {
    fault: { at: 'sender', how: 'hang' },
    says: `said nothing for 0.3 seconds before it took the message; ${later}, and its log may say why`,
  },
  { fault: { at: 'recipient', how: 450 }, says: `refuses the recipient (450 not taken, 450); ${later}` },
  { fault: { at: 'recipient', how: 550 }, says: 'refuses the recipient (550 not taken, 550); check --mail-to' },
  {
    fault: { at: 'recipient', how: 'drop' },
    says: `closed the connection before it took the message; ${later}, and its log may say why`,
  },
  { fault: { at: 'content', how: 452 }, says: `refuses the message (452 not taken, 452); ${later}` },
  { fault: { at: 'content', how: 552 }, says: 'refuses the message (552 not taken, 552); its log says why' },
  { fault: { at: 'content', how: 'hang' }, says: `said nothing for 0.3 seconds after the whole message was sent: ${lost}` },
  { fault: { at: 'content', how: 'drop' }, says: `closed the connection after the whole message was sent: ${lost}` },
  {
    fault: { at: 'content', how: 'answer-lost' },
    says: `closed the connection after the whole message was sent: ${lost}`,
    taken: 1,
  },
])('$fault.how at the $fault.at', async ({ fault, says, taken = 0 }) => {
  sink.fail(fault);
  const deadlines = fault.how === 'hang' ? SHORT : PATIENT;
  expect(because(await tell({ port: sink.port }, {}, deadlines), sink.port)).toBe(`mail to ${TO}: localhost:PORT ${says}`);
  expect(sink.letters).toHaveLength(taken);
  sink.fail(undefined);
  expect(await tell({ port: sink.port })).toEqual({ kind: 'told' });
  expect(new Set(sink.letters.map(({ headers }) => headers['message-id'])).size).toBe(1);
});

test.each<{ behaviour: Behaviour; says: string }>([
  {
    behaviour: 'banner-junk',
    says: 'answered what is no SMTP before the session was ready; the next run tries again, and its log may say why',
  },
  {
    behaviour: 'banner-escapes',
    says: 'refuses this host (554 \\u{1b}[2J\\u{7}<script>alert(1)</script> @everyone); its log says why, --smtp names another',
  },
  { behaviour: 'ehlo421', says: 'refuses this host (421 too many connections from your host); the next run tries again' },
  { behaviour: 'ehlo-and-helo-refused', says: 'refuses this host (550 go away); its log says why, --smtp names another' },
  {
    behaviour: 'banner-endless',
    says: 'answered what is no SMTP before the session was ready; the next run tries again, and its log may say why',
  },
])('a server that greets so: $behaviour', async ({ behaviour, says }) => {
  const server = await startSmtp({ behaviour });
  try {
    const told = await tell({ host: '127.0.0.1', port: server.port });
    expect(because(told, server.port)).toBe(`mail to ${TO}: 127.0.0.1:PORT ${says}`);
  } finally {
    await server.close();
  }
});

test('a letter that is too large is not begun', async () => {
  const small = await startMailSink({ size: 1_000 });
  try {
    expect(because(await tell({ port: small.port }), small.port)).toBe(
      `mail to ${TO}: localhost:PORT takes no message of this size (Message size larger than allowed 1000); raise its limit, or name another server with --smtp`,
    );
  } finally {
    await small.close();
  }
});

test('no more is said than is needed, and it leaves by QUIT', async () => {
  const server = await startSmtp({ behaviour: 'ok' });
  try {
    expect(await tell({ host: '127.0.0.1', port: server.port })).toEqual({ kind: 'told' });
    await vi.waitFor(() => expect(server.conversations[0]?.commands.at(-1)).toBe('QUIT'));
    expect(server.conversations).toHaveLength(1);
    expect(server.conversations[0]?.commands.slice(1)).toEqual([`MAIL FROM:<${FROM}>`, `RCPT TO:<${TO}>`, 'DATA', 'QUIT']);
  } finally {
    await server.close();
  }
});

test('nobody listens, nobody is called so', async () => {
  const gone = await startMailSink();
  await gone.close();
  expect(because(await tell({ port: gone.port }), gone.port)).toBe(
    `mail to ${TO}: nothing listens: localhost:PORT; start the mail server there, or name another with --smtp`,
  );
  expect(await tell({ host: 'no.such.host.invalid', port: 25 })).toMatchObject({
    because: expect.stringMatching(
      /^mail to postmaster@example\.com: (no such host|DNS does not answer): no\.such\.host\.invalid:25; start the mail server there, or name another with --smtp$/,
    ),
  });
});

test('a server that is being started is asked again, and gets it once', async () => {
  const passing = await startMailSink();
  passing.fail({ at: 'greeting', how: 421 }, undefined, 1);
  try {
    expect(await tell({ port: passing.port })).toEqual({ kind: 'told' });
    expect(passing.letters).toHaveLength(1);
  } finally {
    await passing.close();
  }
});

test('each address is told by itself: what one refuses, the other has', async () => {
  const [other, channels] = [
    'other@example.com',
    mailChannels(
      {
        to: [TO, 'other@example.com'],
        from: FROM,
        server: { host: 'localhost', port: sink.port, tls: 'off' },
        near: false,
        now: () => START,
      },
      PATIENT,
    ),
  ];
  expect(channels.map(({ name, kind }) => [name, kind])).toEqual([TO, other].map((to) => [`mail to ${to}`, `mail to ${to}`]));
  sink.fail({ at: 'recipient', how: 550 }, TO);
  expect(await Promise.all(channels.map(({ tell }) => tell(mail, alert)))).toMatchObject([{ kind: 'untold' }, { kind: 'told' }]);
  expect(sink.letters.map(({ to }) => to)).toEqual([other]);
});

test('whatever the subject is, no header comes of it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), fc.string(), async (start, rest) => {
      const subject = `${start}\r\nBcc: victim@example.net\r\n\r\n${rest}`;
      const [channel] = mailChannels({
        to: [TO],
        from: FROM,
        server: { host: '127.0.0.1', port: sink.port, tls: 'off' },
        near: false,
        now: () => START,
      });
      expect(await channel?.tell({ ...mail, subject }, alert)).toEqual({ kind: 'told' });
      const { headers, to } = sink.letters.at(-1) ?? {};
      expect(Object.keys(headers ?? {})).not.toContain('bcc');
      expect(to).toBe(TO);
    }),
    { numRuns: 25 },
  );
  expect(sink.faults).toEqual([]);
});

test.each([TO, 'root@localhost', "o'brien+tls@mx-1.example.co.uk", 'a.b@xn--80ak6aa92e.com'])('%s is an address', (text) => {
  expect(parseAddress(text)).toBe(text);
});

test.each([
  'postmaster',
  '@example.com',
  'a@',
  'a..b@example.com',
  'a b@example.com',
  'a@example.com\r\nRCPT TO:<b@example.com>',
  'a@example.com,b@example.com',
  '<a@example.com>',
  '"a b"@example.com',
  'a@[192.0.2.1]',
  'a@-example.com',
  'a@bücher.example',
  `${'a'.repeat(65)}@example.com`,
  `a@${'b'.repeat(60)}.${'c'.repeat(63)}.${'d'.repeat(63)}.${'e'.repeat(64)}`,
])('%j is none', (text) => {
  expect(parseAddress(text)).toBeUndefined();
});
