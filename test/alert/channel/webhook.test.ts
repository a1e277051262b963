/** `--webhook`, held to strict stubs of what each vendor documents: what is shown, and each way in which it is not. */
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Delivery } from '../../../lambda/alert/channel/channel.ts';
import { WEBHOOK_FORMATS, type WebhookFormat } from '../../../lambda/alert/channel/webhook/medium.ts';
import { openWebhook, type WebhookFlags } from '../../../lambda/alert/channel/webhook/open-webhook.ts';
import webhookSchema from '../../../lambda/alert/channel/webhook/webhook.schema.json' with { type: 'json' };
import type { WebhookDeadlines } from '../../../lambda/alert/channel/webhook/webhook-channel.ts';
import type { Alert, AlertItem } from '../../../lambda/alert/message/describe.ts';
import { mailOf } from '../../../lambda/alert/message/mail.ts';
import { testMessage } from '../../../lambda/alert/message/test-message.ts';
import { createAuthority } from '../../internet/authority.ts';
import { startWebhook, TOKEN, type WebhookFault, type WebhookServer } from '../../internet/webhook-server.ts';
import { START } from '../verdicts.ts';

/** On a busy machine an answer takes its time: short is only the wait for one that never comes. */
const PATIENT: WebhookDeadlines = { whole: 60_000, answer: 30_000, pauses: [1, 1] };
const SHORT: WebhookDeadlines = { ...PATIENT, answer: 300 };
const item = (more: Partial<AlertItem> = {}): AlertItem => ({
  kind: 'failing',
  title: 'fastmail.fm would defer: certificate lacks the name asked for',
  incident: 'fastmail.fm-name-mismatch-123456',
  blocks: [
    { kind: 'text', text: 'Mail to fastmail.fm would wait: the certificate has no name below fastmail.fm.' },
    { kind: 'text', text: 'Use this line instead:' },
    { kind: 'code', lines: ['fastmail.fm secure match=.messagingengine.com ciphers=high'] },
    { kind: 'text', text: 'To see it with Postfix itself:' },
    { kind: 'code', lines: ['posttls-finger -c -l secure fastmail.fm'] },
  ],
  ...more,
});
const alertOf = (...items: readonly AlertItem[]): Alert => ({
  id: 'a'.repeat(32),
  subject: items[0] === undefined ? 'Now watching 3 entries: all deliver' : `${items[0].kind}: fastmail.fm would defer`,
  intro: [],
  items,
  footer: [],
  at: START,
});

const servers = new Map<WebhookFormat, WebhookServer>();
const at = (format: WebhookFormat): WebhookServer => servers.get(format) as WebhookServer;
beforeAll(async () => {
  for (const format of WEBHOOK_FORMATS) servers.set(format, await startWebhook(format));
});
afterEach(() => {
  for (const server of servers.values()) {
    server.fail(undefined);
    server.forget();
  }
});
afterAll(() => Promise.all([...servers.values()].map((server) => server.close())));

const ENV = { POSTFIX_TLS_WATCH_WEBHOOK_TOKEN: TOKEN };
const skipped = 0;
/** The clock stands still but for what a test says. */
const now = () => START + skipped;

async function tell(
  format: WebhookFormat,
  alert: Alert,
  more: WebhookFlags = {},
  env: Record<string, string> = ENV,
  deadlines = PATIENT,
): Promise<Delivery> {
  const [channel] = await openWebhook({ webhook: at(format).url, webhookFormat: format, ...more }, env, now, deadlines);
  return (channel as NonNullable<typeof channel>).tell(mailOf(alert), alert);
}
const because = (told: Delivery, { port }: WebhookServer) =>
  told.kind === 'untold' ? told.because.replaceAll(`:${port}`, ':PORT') : 'told';

/** All strings of a document, in order. */
function stringsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}

describe.each(WEBHOOK_FORMATS.map((format) => ({ format })))('$format', ({ format }) => {
  test('shows the news, the line to use, and how to see the rest', async () => {
    expect(await tell(format, alertOf(item()))).toEqual({ kind: 'told' });
    expect(at(format).refusals).toEqual([]);
    const text = stringsIn(at(format).shown[0]?.body).join('\n');
    expect(text).toContain('would defer');
    expect(text).toContain('fastmail.fm secure match=.messagingengine.com ciphers=high');
    expect(text).toContain('the certificate has no name below fastmail.fm');
    if (format !== 'json') expect(text).toContain('All of it: postfix-tls-watch status');
  });

  test('takes a test message, and one without items', async () => {
    expect(await tell(format, testMessage('mx1', ['a way'], START))).toEqual({ kind: 'told' });
    expect(await tell(format, alertOf())).toEqual({ kind: 'told' });
    expect(stringsIn(at(format).shown[0]?.body).join('\n')).toContain('a way');
  });

  test('of a long message shows what fits, worst first, and counts the rest', async () => {
    const long = item({
      title: `${'x'.repeat(400)}.example would defer`,
      blocks: [
        { kind: 'text', text: '日本'.repeat(3_000) },
        { kind: 'text', text: 'look first '.repeat(400), caution: true },
        { kind: 'text', text: 'Use these lines instead:' },
        { kind: 'code', lines: Array.from({ length: 50 }, (_, i) => `${i}.example ${'"\\'.repeat(100)}`) },
      ],
    });
    expect(await tell(format, alertOf(item(), ...Array.from({ length: 60 }, () => long)))).toEqual({ kind: 'told' });
    const { body } = at(format).shown[0] ?? {};
    const text = stringsIn(body).join('\n');
    expect(text).toContain('fastmail.fm secure match=');
    if (format === 'json') expect(body).toMatchObject({ leftOut: expect.any(Number) });
    else expect(text).toMatch(/(5[1-9]|60) more are left out here\. All of it: postfix-tls-watch status/);
  });

  test('whatever strangers write is refused by nobody', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 80 }), async (text) => {
        const hostile = `${text}<!channel> <@U1> <at>all</at> @room @everyone *x* \`y\` [a](b) </p><script> {{DATE(x)}} & "`;
        const told = await tell(
          format,
          alertOf(
            item({
              title: hostile,
              blocks: [
                { kind: 'text', text: hostile },
                { kind: 'text', text: hostile, caution: true },
                { kind: 'text', text: 'Use this line instead:' },
                { kind: 'code', lines: [hostile] },
              ],
            }),
          ),
        );
        expect(told).toEqual({ kind: 'told' });
        const [shown, ...more] = at(format).shown;
        expect(more).toEqual([]);
        expect(stringsIn(shown?.body).filter((said) => ALIVE[format].test(said))).toEqual([]);
        at(format).forget();
      }),
      { numRuns: 25 },
    );
  });

  test.each<{ fault: WebhookFault; says: string }>([
    {
      fault: { status: 302, headers: { location: 'https://elsewhere.example/secret' } },
      says: 'answered 302, a redirect to elsewhere.example, and redirects are not followed; give the address that it leads to',
    },
    {
      fault: { status: 308 },
      says: 'answered 308, a redirect, and redirects are not followed; give the address that it leads to',
    },
    { fault: { status: 401 }, says: 'answered 401; check the token, or the address that holds it' },
    {
      fault: { status: 403, body: 'invalid_token' },
      says: 'answered 403 ("invalid_token"); check the token, or the address that holds it',
    },
    { fault: { status: 404, body: 'no_service\n' }, says: 'answered 404 ("no_service"); check the address' },
    { fault: { status: 410 }, says: 'answered 410; check the address' },
    { fault: { status: 429, headers: { 'retry-after': '3600' } }, says: 'asks to slow down (429); the next run tries again' },
    { fault: { status: 500, body: 'rollup_error' }, says: 'answered 500 ("rollup_error"); the next run tries again' },
    { fault: { status: 503, body: '\u001b[2J' }, says: 'answered 503 ("\\u{1b}[2J"); the next run tries again' },
    {
      fault: { status: 400, body: 'no' },
      says: 'answered 400 ("no"), and EXPECTED is expected; check the address and --webhook-format',
    },
  ])('$fault.status: untold, $says', async ({ fault, says }) => {
    at(format).fail(fault);
    const told = because(await tell(format, alertOf(item())), at(format));
    expect(told).toBe(`${NAMES[format]} at 127.0.0.1:PORT: ${says.replace('EXPECTED', EXPECTED[format])}`);
    expect(at(format).shown).toEqual([]);
  });

  const unsure = `it may have arrived, and the next run tells it again${format === 'matrix' ? ' under the same name' : ''}`;
  test.each<{ fault: WebhookFault; says: string }>([
    { fault: 'hang', says: `no answer within 0.3 seconds; ${unsure}` },
    { fault: 'drop', says: `the connection ended before an answer (UND_ERR_SOCKET); ${unsure}` },
    { fault: 'answer-lost', says: `the connection ended before an answer (UND_ERR_SOCKET); ${unsure}` },
  ])('$fault: untold, $says', async ({ fault, says }) => {
    at(format).fail(fault);
    const deadlines = fault === 'hang' ? SHORT : PATIENT;
    const told = because(await tell(format, alertOf(item()), {}, ENV, deadlines), at(format));
    expect(told.replace('ECONNRESET', 'UND_ERR_SOCKET')).toBe(`${NAMES[format]} at 127.0.0.1:PORT: ${says}`);
    // Only where a repeat is shown once is it tried again at once.
    expect(at(format).asked).toHaveLength(format === 'matrix' ? 3 : 1);
    expect(at(format).shown).toHaveLength(fault === 'answer-lost' ? 1 : 0);
  });

  test('a body without end is read in part, and counts as the medium has it', async () => {
    at(format).fail('endless');
    const told = because(await tell(format, alertOf(item())), at(format));
    const untold = `${NAMES[format]} at 127.0.0.1:PORT: answered 200, with a body that does not end, and ${EXPECTED[format]} is expected; check the address and --webhook-format`;
    expect(told).toBe(format === 'json' ? 'told' : untold);
  });

  test('slowed down, it waits as long as it is asked to, and tells it once', async () => {
    at(format).fail({ status: 429, headers: { 'retry-after': '0' } }, 2);
    expect(await tell(format, alertOf(item()))).toEqual({ kind: 'told' });
    expect(at(format).asked).toHaveLength(3);
    expect(at(format).shown).toHaveLength(1);
    at(format).fail({ status: 503, headers: { 'retry-after': new Date(START).toUTCString() } }, 1);
    expect(await tell(format, alertOf(item()))).toEqual({ kind: 'told' });
  });

  test('an answer of 200 that says nothing of the medium is no telling', async () => {
    at(format).fail({ status: 200, body: '<html>a login page</html>' });
    const told = await tell(format, alertOf(item()));
    expect(told.kind).toBe(format === 'json' ? 'told' : 'untold');
  });
});

/** What no text may have there. */
const ALIVE: Readonly<Record<WebhookFormat, RegExp>> = {
  json: /^never$/,
  slack: /[<>]/,
  ntfy: /^never$/,
  // What is HTML there, the stub looks at.
  matrix: /@room/,
  teams: /[<>]/,
};
const NAMES: Readonly<Record<WebhookFormat, string>> = {
  json: 'the webhook',
  slack: 'Slack',
  ntfy: 'ntfy',
  matrix: 'Matrix',
  teams: 'Teams',
};
const EXPECTED: Readonly<Record<WebhookFormat, string>> = {
  json: 'a 2xx',
  slack: '200 and "ok"',
  ntfy: '200 and the message as JSON',
  matrix: '200 and an event_id',
  teams: '202',
};

test('json is a document of the published schema, under the name of the news', async () => {
  await tell('json', alertOf(item(), item({ kind: 'resolved' })));
  const { body, headers } = at('json').shown[0] ?? {};
  const validate = new Ajv({ strict: false, allErrors: true, formats: { 'date-time': true } }).compile(webhookSchema);
  validate(body);
  expect(validate.errors).toBeNull();
  expect(body).toMatchObject({ version: 1, id: 'a'.repeat(32), at: '2026-11-24T06:00:00.000Z', severity: 'failing', leftOut: 0 });
  expect(body.text).toBe(mailOf(alertOf(item(), item({ kind: 'resolved' }))).text);
  expect(headers).toMatchObject({ 'idempotency-key': 'a'.repeat(32), 'content-type': 'application/json' });
});

test('ntfy is asked at its root, loudly where something fails', async () => {
  for (const kind of ['failing', 'degraded', 'resolved'] as const) await tell('ntfy', alertOf(item({ kind })));
  expect(at('ntfy').asked).toEqual(['POST /', 'POST /', 'POST /']);
  expect(at('ntfy').shown.map(({ body }) => [body.topic, body.priority, body.tags])).toEqual([
    ['alerts-of-mx1', 4, ['warning']],
    ['alerts-of-mx1', 3, ['warning']],
    ['alerts-of-mx1', 3, ['white_check_mark']],
  ]);
});

test('matrix gets each news once, however often it is told, and wherever the room is named', async () => {
  const { port } = at('matrix');
  const forms = [
    '/!room:example.com',
    '/_matrix/client/v3/rooms/%21room%3Aexample.com',
    '/_matrix/client/v3/rooms/!room:example.com/send/m.room.message',
  ];
  for (const path of forms)
    expect(await tell('matrix', alertOf(item()), { webhook: `http://127.0.0.1:${port}${path}` })).toEqual({ kind: 'told' });
  expect(new Set(at('matrix').asked)).toEqual(
    new Set([`PUT /_matrix/client/v3/rooms/!room%3Aexample.com/send/m.room.message/postfix-tls-watch-${'a'.repeat(32)}`]),
  );
  expect(at('matrix').shown).toHaveLength(1);
  await tell('matrix', { ...alertOf(item()), id: 'b'.repeat(32) });
  expect(at('matrix').shown).toHaveLength(2);
  expect(at('matrix').shown[0]?.body).toMatchObject({ msgtype: 'm.text', 'm.mentions': {} });
});

test('matrix says in its body how long to wait', async () => {
  const slow = JSON.stringify({ errcode: 'M_LIMIT_EXCEEDED', error: 'Too Many Requests', retry_after_ms: 20 });
  at('matrix').fail({ status: 429, body: slow }, 1);
  expect(await tell('matrix', alertOf(item()))).toEqual({ kind: 'told' });
});

describe('secrets', () => {
  test.each<{ format: WebhookFormat; secret: string; env?: Record<string, string>; path?: string; says: string }>([
    {
      format: 'slack',
      secret: 'B11111111',
      path: '/services/T00000000/B11111111/YYYYYYYY',
      says: 'answered 404 ("no_service"); check the address',
    },
    {
      format: 'teams',
      secret: 'another-signature',
      path: '/workflows/0123/triggers/manual/paths/invoke?api-version=1&sig=another-signature',
      says: 'answered 401 ("{"error":{"code":"Unauthorized","message":"no such signature: …"}}"); check the token, or the address that holds it',
    },
    {
      format: 'matrix',
      secret: 'syt_wrong_token',
      env: { POSTFIX_TLS_WATCH_WEBHOOK_TOKEN: 'syt_wrong_token' },
      says: 'answered 401 ("{"errcode":"M_UNKNOWN_TOKEN","error":"Invalid access token …"}"); check the token, or the address that holds it',
    },
  ])('of $format are in no error, also where the server repeats them', async ({ format, secret, env = ENV, path, says }) => {
    const more = path === undefined ? {} : { webhook: `http://127.0.0.1:${at(format).port}${path}` };
    const told = because(await tell(format, alertOf(item()), more, env), at(format));
    expect(told).toBe(`${NAMES[format]} at 127.0.0.1:PORT: ${says}`);
    expect(told).not.toContain(secret);
  });

  test('that are longer than what is shown are not shown in part', async () => {
    const token = 'x'.repeat(1_000);
    at('matrix').fail({ status: 401, body: `${'-'.repeat(100)} ${token}` });
    const told = await tell('matrix', alertOf(item()), {}, { POSTFIX_TLS_WATCH_WEBHOOK_TOKEN: token });
    expect(because(told, at('matrix'))).toContain(`("${'-'.repeat(100)} …")`);
  });

  test('a user and password in the address are sent as HTTP has it, and never shown', async () => {
    const url = at('json').url.replace('//', '//me:p%40ss-word@');
    expect(await tell('json', alertOf(item()), { webhook: undefined as never }, { POSTFIX_TLS_WATCH_WEBHOOK: url })).toEqual({
      kind: 'told',
    });
    expect(at('json').shown[0]?.headers.authorization).toBe(`Basic ${Buffer.from('me:p@ss-word').toString('base64')}`);
    at('json').fail({ status: 401, body: `no me:p@ss-word, p@ss-word, ${Buffer.from('me:p@ss-word').toString('base64')}` });
    const told = await tell('json', alertOf(item()), { webhook: undefined as never }, { POSTFIX_TLS_WATCH_WEBHOOK: url });
    expect(because(told, at('json'))).toBe(
      'the webhook at 127.0.0.1:PORT: answered 401 ("no …, …, …"); check the token, or the address that holds it',
    );
  });
});

test('a certificate of nobody known, and nobody who listens', async () => {
  const { keyPem, chain } = await (await createAuthority('Web Root')).issue({ dnsNames: ['localhost'] });
  const cert = chain.map((der) => `-----BEGIN CERTIFICATE-----\n${der}\n-----END CERTIFICATE-----\n`).join('');
  const server = createServer({ key: keyPem, cert }, (_, response) => response.end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    expect(await tell('json', alertOf(), { webhook: `https://localhost:${port}/` })).toEqual({
      kind: 'untold',
      because: `the webhook at localhost:${port}: its certificate is not believed (UNABLE_TO_VERIFY_LEAF_SIGNATURE); NODE_EXTRA_CA_CERTS names a file with the CA that signed it`,
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
  const gone = await startWebhook('json');
  await gone.close();
  expect(because(await tell('json', alertOf(), { webhook: gone.url }), gone)).toBe(
    'the webhook at 127.0.0.1:PORT: no connection (ECONNREFUSED); the next run tries again',
  );
});

test.each<{ flags: WebhookFlags; env?: Record<string, string>; says: string }>([
  { flags: { webhook: 'http://hooks.example.com/x' }, says: 'the webhook: --webhook: https is wanted, beyond this host' },
  { flags: { webhook: 'ftp://127.0.0.1/x' }, says: 'the webhook: --webhook: https is wanted, beyond this host' },
  { flags: { webhook: 'not an address' }, says: 'the webhook: --webhook: an https address is wanted' },
  {
    flags: { webhook: 'https://hooks.slack.com/services/T/B/XXXX', webhookFormat: 'slack' },
    says: 'Slack: --webhook: such an address is a secret, and every user of this host can read a command line; put it into a file (--webhook-file) or into POSTFIX_TLS_WATCH_WEBHOOK',
  },
  {
    flags: { webhook: 'https://a:b@hooks.example.com/' },
    says: 'the webhook: --webhook: such an address is a secret, and every user of this host can read a command line; put it into a file (--webhook-file) or into POSTFIX_TLS_WATCH_WEBHOOK',
  },
  {
    flags: { webhook: 'https://ntfy.example.com/', webhookFormat: 'ntfy' },
    says: 'ntfy: --webhook: the address of a topic is wanted, such as https://ntfy.example.com/your-topic',
  },
  {
    flags: { webhook: 'https://m.example.com/room', webhookFormat: 'matrix' },
    says: 'Matrix: --webhook: the address of a room is wanted, such as https://matrix.example.com/!room:example.com, without a query',
  },
  {
    flags: { webhook: 'https://m.example.com/!room:example.com', webhookFormat: 'matrix' },
    env: {},
    says: 'Matrix: an access token is wanted, in a file (--webhook-token-file) or in POSTFIX_TLS_WATCH_WEBHOOK_TOKEN',
  },
  { flags: { webhookFile: '/nowhere' }, says: 'the webhook: --webhook-file /nowhere: no such file' },
  {
    flags: {},
    env: { POSTFIX_TLS_WATCH_WEBHOOK: 'secret words' },
    says: 'the webhook: POSTFIX_TLS_WATCH_WEBHOOK: an https address is wanted',
  },
])('$says', async ({ flags, env = ENV, says }) => {
  const [channel] = await openWebhook(flags, env, now);
  expect(await channel?.tell(mailOf(alertOf()), alertOf())).toEqual({ kind: 'untold', because: says });
});

test('there is none where neither flag nor environment names one', async () => {
  expect(await openWebhook({ webhookFormat: 'slack' }, ENV, now)).toEqual([]);
});
