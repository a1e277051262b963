/** `watch --webhook`: flags, files and environment, to strict stubs of the vendors. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { SLACK_SECRET, startWebhook, TOKEN, type WebhookServer } from '../internet/webhook-server.ts';
import { type Scene, startScene } from './scene.ts';

let scene: Scene;
let slack: WebhookServer;
let ntfy: WebhookServer;
let json: WebhookServer;
beforeAll(async () => {
  [scene, slack, ntfy, json] = await Promise.all([
    startScene(),
    startWebhook('slack'),
    startWebhook('ntfy'),
    startWebhook('json'),
  ]);
});
afterEach(() => {
  for (const server of [slack, ntfy, json]) {
    server.fail(undefined);
    server.forget();
  }
});
afterAll(async () => {
  await Promise.all([slack, ntfy, json].map((server) => server.close()));
  await scene.close();
});

const file = (name: string, text: string): string => {
  const path = join(scene.dir, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
};

test('a Slack address from a file gets the baseline once; what it refuses is due again, and no output has the secret', async () => {
  const flags = ['--policy', 'slack', '--webhook-format', 'slack', '--webhook-file', file('slack', `${slack.url}\n`)];
  slack.fail({ status: 404, body: `no_service ${slack.url}` });
  const refused = await scene.watchWith({}, ...flags);
  expect(refused).toEqual({
    code: 3,
    out: '',
    err: `error: the message was not told and is due again in the next run: Slack at 127.0.0.1:${slack.port}: answered 404 ("no_service …"); check the address\n`,
  });
  const status = await scene.run(['status', '--policy', 'slack', ...scene.storeFlags]);
  expect(`${status.out}${status.err}`).not.toContain(SLACK_SECRET);
  slack.fail(undefined);
  expect(await scene.watchWith({}, ...flags)).toEqual({ code: 0, out: '', err: '' });
  expect(await scene.watchWith({}, ...flags)).toEqual({ code: 0, out: '', err: '' });
  expect(slack.shown.map(({ body }) => body.text)).toEqual(['Now watching 3 entries: 1 would fail']);
  expect(JSON.stringify(slack.shown[0]?.body)).toContain('fastmail.fm secure match=.messagingengine.com ciphers=high');
});

test('address and token from the environment or from files; several ways at once', async () => {
  const test = ['watch', '--test-message', '--vantage', 'mx1'];
  const token = file('token', `${TOKEN}\n`);
  expect(
    await scene.run([...test, '--webhook', ntfy.url, '--webhook-format', 'ntfy', '--webhook-token-file', token]),
  ).toMatchObject({ code: 0, err: '' });
  const env = { POSTFIX_TLS_WATCH_WEBHOOK: ntfy.url, POSTFIX_TLS_WATCH_WEBHOOK_TOKEN: TOKEN };
  expect(await scene.run([...test, '--webhook-format', 'ntfy'], env)).toEqual({ code: 0, out: '', err: '' });
  expect(ntfy.shown.map(({ body }) => body.title)).toEqual(Array(2).fill('Test message from postfix-tls-watch on mx1: no news'));
  expect(ntfy.shown[0]?.body.message).toContain(`It was sent by: ntfy at 127.0.0.1:${ntfy.port}`);
});

test('a wrong set-up is told, and what is set up beside it is used', async () => {
  const ran = await scene.run(['watch', '--test-message', '--webhook-file', '/nowhere', '--hook', '/bin/cat']);
  expect(ran).toEqual({
    code: 3,
    out: '',
    err: 'error: the test message was not told: the webhook: --webhook-file /nowhere: no such file\n',
  });
  const wrong = await scene.run(['watch', '--test-message', '--webhook', json.url, '--webhook-format', 'irc']);
  expect(wrong.err).toContain('Allowed choices are json, slack, ntfy, matrix, teams.');
  expect(wrong.code).toBe(3);
});
