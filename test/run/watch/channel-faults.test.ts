/**
 * What stands between a run and people, each fault of it with its figures: messages owed after the run, told in the end, lost
 * and repeated. The SNS of the tests is asked by the real SDK; programs, mail servers and web servers are real ones.
 */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Channel } from '../../../lambda/alert/channel/channel.ts';
import { mailChannels } from '../../../lambda/alert/channel/mail/mail-channel.ts';
import type { MailServer } from '../../../lambda/alert/channel/mail/smtp.ts';
import { WEBHOOK_FORMATS } from '../../../lambda/alert/channel/webhook/medium.ts';
import { openWebhook } from '../../../lambda/alert/channel/webhook/open-webhook.ts';
import { openTopics } from '../../../lambda/doors.ts';
import { openHook } from '../../../lambda/local-doors.ts';
import type { Bundle } from '../../../lambda/policy/bundle.ts';
import { spaceOf } from '../../../lambda/store/keys.ts';
import { createAuthority } from '../../internet/authority.ts';
import { type MailFault, type MailSink, startMailSink } from '../../internet/mail-sink.ts';
import { type SnsFault, type SnsServer, startSns } from '../../internet/sns-server.ts';
import { startWebhook, TOKEN, type WebhookFault, type WebhookServer } from '../../internet/webhook-server.ts';
import { type StoreOnDisk, storeOnDisk } from '../../store/on-disk.ts';
import { SmallWorld } from '../small-world.ts';
import { bundleOf, DAY_MS, runOnce } from '../watching.ts';

const START = Date.UTC(2026, 10, 24, 6);
const [MAIL, CHAT] = ['mail', 'chat'].map((name) => `arn:aws:sns:eu-central-1:123456789012:${name}`) as [string, string];
let disk: StoreOnDisk;
let folder: string;
let sns: SnsServer;
let bundle: Bundle;
let chain: readonly string[];
let policies = 0;

beforeAll(async () => {
  disk = await storeOnDisk(START);
  folder = mkdtempSync(join(tmpdir(), 'faults-'));
  sns = await startSns({ topics: [MAIL, CHAT] });
  const root = await createAuthority('Faults Root', { notBefore: START - 400 * DAY_MS });
  const validity = { notBefore: START - DAY_MS, notAfter: START + 300 * DAY_MS };
  chain = (await root.issue({ dnsNames: ['mail.one.example'], ...validity })).chain;
  bundle = bundleOf('one.example secure\n', root.certificate.pem);
});

beforeEach(() => {
  vi.stubEnv('AWS_ENDPOINT_URL_SNS', sns.endpoint);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'a');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'b');
});

afterEach(() => {
  vi.unstubAllEnvs();
  sns.fail(undefined);
  sns.forget();
});

afterAll(async () => {
  await sns.close();
  disk.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Three runs: one that tells its baseline while something is wrong, and two after that is mended. */
async function days(channels: readonly Channel[], mend: () => void) {
  const store = { table: disk.table, space: spaceOf(`faults-${policies++}`, 'mx1') };
  const run = (at: number) => {
    const world = new SmallWorld();
    world.domain('one.example', world.host('mail.one.example', chain));
    return runOnce({ bundle, store, world: () => world.doors(), at, channels });
  };
  const first = await run(START);
  mend();
  await run(START + DAY_MS);
  await run(START + 2 * DAY_MS);
  if (first.kind !== 'done') throw new Error(first.kind);
  return { owed: first.owed.length, untold: first.told?.kind === 'untold', complete: first.complete };
}

test.each<{ fault: SnsFault; times: number; owed: number; repeated: number }>([
  { fault: 'Throttling', times: 1, owed: 0, repeated: 0 },
  { fault: 'Throttling', times: 1_000, owed: 1, repeated: 0 },
  { fault: 'InternalError', times: 1, owed: 0, repeated: 0 },
  { fault: 'InternalError', times: 1_000, owed: 1, repeated: 0 },
  { fault: 'NotFound', times: 1_000, owed: 1, repeated: 0 },
  { fault: 'AuthorizationError', times: 1_000, owed: 1, repeated: 0 },
  { fault: 'hang', times: 1_000, owed: 1, repeated: 0 },
  { fault: 'drop', times: 1, owed: 0, repeated: 0 },
  { fault: 'drop', times: 1_000, owed: 1, repeated: 0 },
  // Nobody can know that it was taken: one copy where one answer was lost, and one more from the next run where all were.
  { fault: 'answer-lost', times: 1, owed: 0, repeated: 1 },
  { fault: 'answer-lost', times: 1_000, owed: 1, repeated: 2 },
])(
  'one of two topics, $fault ($times): owed $owed, lost 0, repeated $repeated',
  { timeout: 120_000 },
  async ({ fault, times, owed, repeated }) => {
    sns.fail(fault, times, MAIL);
    const first = await days(openTopics({ topic: MAIL, chatTopic: CHAT }), () => sns.fail(undefined));
    expect(first).toEqual({ owed, untold: false, complete: true });
    const topics = sns.messages.map(({ topicArn }) => topicArn);
    expect(topics.filter((topic) => topic === MAIL)).toHaveLength(1 + repeated);
    expect(topics.filter((topic) => topic === CHAT)).toHaveLength(1);
  },
);

test('both topics refused: nothing is owed, all is due again, and comes once', async () => {
  sns.fail('AuthorizationError');
  const first = await days(openTopics({ topic: MAIL, chatTopic: CHAT }), () => sns.fail(undefined));
  expect(first).toEqual({ owed: 0, untold: true, complete: false });
  expect(sns.messages.map(({ topicArn }) => topicArn)).toEqual([MAIL, CHAT]);
});

test.each([
  { title: 'ends with status 1', text: 'cat >/dev/null; exit 1' },
  { title: 'does not end', text: 'exec sleep 600' },
  { title: 'ends by a signal', text: 'kill -9 $$' },
  { title: 'is not there', text: undefined },
  { title: 'may not be run', text: 'exit 0', mode: 0o644 },
])('a program beside a topic that $title: owed 1, lost 0, repeated 0', async ({ text, mode = 0o755 }) => {
  const program = join(folder, `hook-${policies}`);
  const log = `${program}.log`;
  const write = (body: string, bits: number) => {
    writeFileSync(program, `#!/bin/sh\n${body}\n`);
    chmodSync(program, bits);
  };
  if (text !== undefined) write(text, mode);
  const first = await days([...openTopics({ topic: MAIL }), openHook(program, 2_000)], () =>
    write(`cat >/dev/null; echo "$POSTFIX_TLS_WATCH_SUBJECT" >>'${log}'`, 0o755),
  );
  expect(first).toEqual({ owed: 1, untold: false, complete: true });
  expect(sns.messages).toHaveLength(1);
  expect(existsSync(log) ? readFileSync(log, 'utf8') : '').toBe('Now watching 1 entry: all deliver\n');
});

describe('mail beside a topic', () => {
  const [TO, FROM] = ['postmaster@example.com', 'watch@mx1.example.com'];
  let mail: MailSink;
  beforeAll(async () => {
    mail = await startMailSink();
  });
  afterEach(() => {
    mail.fail(undefined);
    mail.forget();
  });
  afterAll(() => mail.close());

  const to = (server: Partial<MailServer> = {}) =>
    mailChannels(
      {
        to: [TO],
        from: FROM,
        server: { host: 'localhost', port: mail.port, tls: 'off', ...server },
        near: false,
        now: () => START,
      },
      { connect: 2_000, reply: 500, whole: 5_000, pauses: [1] },
    );
  /** Copies of each message, by Message-ID. */
  const copies = () =>
    [...Map.groupBy(mail.letters, ({ headers }) => headers['message-id']).values()].map(({ length }) => length);

  // What was taken and not answered for comes once more under the same Message-ID, and no other is told twice.
  test.each<MailFault & { readonly owed: number; readonly repeated: number }>([
    ...([421, 554, 'drop', 'hang'] as const).map((how) => ({ at: 'greeting' as const, how, owed: 1, repeated: 0 })),
    ...([451, 550, 'drop', 'hang'] as const).map((how) => ({ at: 'sender' as const, how, owed: 1, repeated: 0 })),
    ...([450, 550, 'drop', 'hang'] as const).map((how) => ({ at: 'recipient' as const, how, owed: 1, repeated: 0 })),
    ...([452, 552, 'drop', 'hang'] as const).map((how) => ({ at: 'content' as const, how, owed: 1, repeated: 0 })),
    { at: 'content', how: 'answer-lost', owed: 1, repeated: 1 },
  ])('$how at the $at: owed $owed, lost 0, repeated $repeated', async ({ at, how, owed, repeated }) => {
    mail.fail({ at, how });
    const first = await days([...openTopics({ topic: MAIL }), ...to()], () => mail.fail(undefined));
    expect(first).toEqual({ owed, untold: false, complete: true });
    expect(copies()).toEqual([1 + repeated]);
    expect(sns.messages).toHaveLength(1);
  });

  test.each<{ title: string; server: Partial<MailServer> }>([
    { title: 'STARTTLS that is not offered', server: { tls: 'starttls' } },
    { title: 'TLS where there is none', server: { tls: 'wrapper' } },
    { title: 'a login that is not offered', server: { login: { user: 'a', password: 'secret' } } },
    { title: 'nobody who listens', server: { port: 1 } },
  ])('$title: owed 1, lost 0, repeated 0', async ({ server }) => {
    const [broken, whole] = [to(server)[0], to()[0]];
    let mended = false;
    const one: Channel = {
      kind: 'mail',
      name: `mail to ${TO}`,
      tell: (...told) => ((mended ? whole : broken) as Channel).tell(...told),
    };
    const first = await days([...openTopics({ topic: MAIL }), one], () => {
      mended = true;
    });
    expect(first).toEqual({ owed: 1, untold: false, complete: true });
    expect(copies()).toEqual([1]);
    expect(sns.messages).toHaveLength(1);
  });

  test.each<MailFault & { readonly repeated: number }>([
    { at: 'content', how: 552, repeated: 0 },
    { at: 'content', how: 'answer-lost', repeated: 1 },
  ])('alone, $how: nothing is owed, all is due again, lost 0, repeated $repeated', async ({ at, how, repeated }) => {
    mail.fail({ at, how });
    const first = await days(to(), () => mail.fail(undefined));
    expect(first).toEqual({ owed: 0, untold: true, complete: false });
    expect(mail.letters).toHaveLength(1 + repeated);
  });
});

describe.each(WEBHOOK_FORMATS.map((format) => ({ format })))('a $format webhook beside a topic', ({ format }) => {
  let web: WebhookServer;
  beforeAll(async () => {
    web = await startWebhook(format);
  });
  afterEach(() => {
    web.fail(undefined);
    web.forget();
  });
  afterAll(() => web.close());

  const to = () =>
    openWebhook({ webhook: web.url, webhookFormat: format }, { POSTFIX_TLS_WATCH_WEBHOOK_TOKEN: TOKEN }, () => START, {
      whole: 5_000,
      answer: 500,
      pauses: [1, 1],
    });
  const location = 'https://elsewhere.example/';

  test.each<{ title: string; fault: WebhookFault; times?: number; owed: number; repeated: number }>([
    { title: '401', fault: { status: 401 }, owed: 1, repeated: 0 },
    { title: '404', fault: { status: 404 }, owed: 1, repeated: 0 },
    { title: '302', fault: { status: 302, headers: { location } }, owed: 1, repeated: 0 },
    // Whatever is a 2xx, a plain listener has taken.
    ...(format === 'json'
      ? []
      : ([
          { title: '200 of somebody else', fault: { status: 200, body: '{}' }, owed: 1, repeated: 0 },
          { title: 'an endless answer', fault: 'endless', owed: 1, repeated: 0 },
        ] as const)),
    { title: '429 once', fault: { status: 429, headers: { 'retry-after': '0' } }, times: 1, owed: 0, repeated: 0 },
    { title: '429 for an hour', fault: { status: 429, headers: { 'retry-after': '3600' } }, owed: 1, repeated: 0 },
    { title: '503 once', fault: { status: 503 }, times: 1, owed: 0, repeated: 0 },
    { title: '500', fault: { status: 500 }, owed: 1, repeated: 0 },
    { title: 'hung', fault: 'hang', owed: 1, repeated: 0 },
    { title: 'dropped', fault: 'drop', owed: 1, repeated: 0 },
    // A room shows each transaction once; nobody else can tell that it was told already.
    {
      title: 'answer lost once',
      fault: 'answer-lost',
      times: 1,
      owed: format === 'matrix' ? 0 : 1,
      repeated: format === 'matrix' ? 0 : 1,
    },
    { title: 'answers lost', fault: 'answer-lost', owed: 1, repeated: format === 'matrix' ? 0 : 1 },
  ])('$title: owed $owed, lost 0, repeated $repeated', async ({ fault, times, owed, repeated }) => {
    web.fail(fault, times);
    const first = await days([...openTopics({ topic: MAIL }), ...(await to())], () => web.fail(undefined));
    expect(first).toEqual({ owed, untold: false, complete: true });
    expect(web.shown).toHaveLength(1 + repeated);
    expect(sns.messages).toHaveLength(1);
  });
});
