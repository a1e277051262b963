/** How `watch` tells: topics, a program, the terminal, an outside dead-man's switch; and that what was not told is told again. */
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type SnsServer, startSns } from '../internet/sns-server.ts';
import { type Scene, stable, startScene, unwrapped } from './scene.ts';

const MAIL = 'arn:aws:sns:eu-central-1:123456789012:watch-mail';
const CHAT = 'arn:aws:sns:eu-central-1:123456789012:watch-chat';
const GONE = 'arn:aws:sns:eu-central-1:123456789012:gone';
const SUBJECT = 'Now watching 3 entries: 1 would fail';

let scene: Scene;
let sns: SnsServer;
let env: Record<string, string>;
beforeAll(async () => {
  scene = await startScene();
  sns = await startSns({ topics: [MAIL, CHAT] });
  env = { AWS_ENDPOINT_URL_SNS: sns.endpoint, AWS_ACCESS_KEY_ID: 'dummy', AWS_SECRET_ACCESS_KEY: 'dummy' };
});
beforeEach(() => {
  sns.fail(undefined);
  sns.forget();
});
afterAll(async () => {
  await sns.close();
  await scene.close();
});

/** Each test has a policy of its own in the store, so that its first run has a baseline to tell. */
const watch = (policy: string, ...more: readonly string[]) => scene.watchWith(env, '--policy', policy, ...more);

describe('topics', () => {
  test('get the message once: mail with a subject on one, a card on the other', async () => {
    const both = ['--topic', MAIL, '--chat-topic', CHAT];
    expect(await watch('topics', ...both)).toEqual({ code: 0, out: '', err: '' });
    const [mail, card] = sns.messages;
    expect(sns.messages.map(({ topicArn, subject }) => [topicArn, subject])).toEqual([
      [MAIL, SUBJECT],
      [CHAT, undefined],
    ]);
    expect(mail?.message).toContain('fastmail.fm secure match=.messagingengine.com ciphers=high');
    expect(JSON.parse(card?.message ?? '')).toMatchObject({
      version: '1.0',
      source: 'custom',
      content: { textType: 'client-markdown' },
    });

    expect(await watch('topics', ...both)).toEqual({ code: 0, out: '', err: '' });
    expect(sns.messages.length).toBe(2);
    expect(sns.refusals).toEqual([]);
  });

  test.each([
    {
      because: 'one that is gone',
      topic: GONE,
      says: `topic ${GONE}: it does not exist, check --topic against the outputs of the deployment`,
    },
    {
      because: 'credentials that may not',
      topic: MAIL,
      fault: 'AuthorizationError' as const,
      says: `topic ${MAIL}: AWS denies it (User is not authorized to perform: SNS:Publish on resource), check the credentials and what their policy allows`,
    },
  ])('$because: exit 3, and told again by the next run', async ({ because, topic, fault, says }) => {
    const policy = because.replaceAll(/\W+/g, '-');
    sns.fail(fault);
    expect(await watch(policy, '--topic', topic)).toEqual({
      code: 3,
      out: '',
      err: `error: the message was not told and is due again in the next run: ${says}\n`,
    });
    const status = await scene.run(['status', '--policy', policy, ...scene.storeFlags]);
    expect(unwrapped(status.out)).toContain(`could not tell what was due: ${says}`);
    expect(status.out).toContain('not told yet');

    sns.fail(undefined);
    expect(await watch(policy, '--topic', MAIL)).toEqual({ code: 0, out: '', err: '' });
    expect(sns.messages.map(({ subject }) => subject)).toEqual([SUBJECT]);
    expect(await watch(policy, '--topic', MAIL)).toEqual({ code: 0, out: '', err: '' });
    expect(sns.messages.length).toBe(1);
  });

  test('that differ: the card that was refused is owed, and comes alone once its ARN is right', async () => {
    expect(await watch('differ', '--topic', MAIL, '--chat-topic', GONE)).toMatchObject({ code: 3 });
    expect(await watch('differ', '--topic', MAIL, '--chat-topic', CHAT)).toMatchObject({ code: 0, err: '' });
    expect(sns.messages.map(({ topicArn }) => topicArn)).toEqual([MAIL, CHAT]);
  });

  test('an ARN of something else is told as such', async () => {
    const { code, err } = await watch('arn', '--topic', 'arn:aws:sqs:eu-central-1:123456789012:queue');
    expect(err).toBe(
      'error: the message was not told and is due again in the next run: topic "arn:aws:sqs:eu-central-1:123456789012:queue": not the ARN of an SNS topic, which looks like arn:aws:sns:eu-central-1:123456789012:name\n',
    );
    expect(code).toBe(3);
  });
});

describe('a program', () => {
  /** Keeps what it is given, and ends with the status in the file `status`. */
  function hook(): string {
    const path = join(scene.dir, 'hook');
    const [text, json, status] = ['text', 'json', 'status'].map((name) => join(scene.dir, name));
    writeFileSync(path, `#!/bin/sh\ncat > '${text}'\ncp "$1" '${json}'\nexit "$(cat '${status}')"\n`);
    chmodSync(path, 0o755);
    return path;
  }
  const ends = (status: number): void => writeFileSync(join(scene.dir, 'status'), String(status));
  const given = (name: string): string => readFileSync(join(scene.dir, name), 'utf8');

  test('that fails was not told: exit 3, and told again; once it has taken it, there is nothing more to tell', async () => {
    const program = hook();
    ends(4);
    expect(await watch('hook', '--hook', program)).toEqual({
      code: 3,
      out: '',
      err: `error: the message was not told and is due again in the next run: hook ${program}: ended with status 4; nothing counts as told\n`,
    });
    ends(0);
    expect(await watch('hook', '--hook', program)).toEqual({ code: 0, out: '', err: '' });
    expect(given('text')).toMatch(new RegExp(`^Subject: ${SUBJECT}\n\n`));
    expect(JSON.parse(given('json'))).toMatchObject({ version: 1, subject: SUBJECT, items: [{ kind: 'failing' }] });

    rmSync(join(scene.dir, 'text'));
    expect(await watch('hook', '--hook', program)).toEqual({ code: 0, out: '', err: '' });
    expect(existsSync(join(scene.dir, 'text'))).toBe(false);
  });
});

describe('a dead-man switch', () => {
  let server: Server;
  let answer = 200;
  const asked: string[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response.writeHead(answer).end('ok');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  });
  afterAll(() => {
    server.close();
  });
  const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/ping/secret`;

  test('is asked once after a complete run, and not where something was left untold', async () => {
    expect(await watch('ping', '--topic', GONE, '--ping', url())).toMatchObject({ code: 3 });
    expect(asked).toEqual([]);
    expect(await watch('ping', '--topic', MAIL, '--ping', url())).toEqual({ code: 0, out: '', err: '' });
    expect(asked).toEqual(['GET /ping/secret']);
  });

  test('that does not take it: exit 3, without the address that is its secret; the run is complete', async () => {
    answer = 500;
    const { code, err } = await watch('ping', '--ping', url());
    expect(err).toBe(`error: ping ${new URL(url()).host}: answered 500, expected 2xx; the run is complete all the same\n`);
    expect(code).toBe(3);
    expect((await scene.run(['status', '--policy', 'ping', ...scene.storeFlags])).out).toContain('last complete run');
  });

  test('has to be an address of the web', async () => {
    const { code, err } = await watch('ping', '--ping', 'ftp://example.com');
    expect(err).toContain("argument 'ftp://example.com' is invalid. an http or https address is wanted");
    expect(code).toBe(3);
  });
});

describe('--test-message', () => {
  test('goes by every way named, looks at nothing and touches no store', async () => {
    const store = join(scene.dir, 'untouched');
    const ran = await scene.run(
      ['watch', '--test-message', '--topic', MAIL, '--chat-topic', CHAT, '--vantage', 'mx1', '--store', store],
      env,
    );
    expect(ran).toEqual({ code: 0, out: '', err: '' });
    expect(sns.messages.map(({ topicArn, subject }) => [topicArn, subject])).toEqual([
      [MAIL, 'Test message from postfix-tls-watch on mx1: no news'],
      [CHAT, undefined],
    ]);
    expect(sns.messages[0]?.message).toContain(`mail by the topic ${MAIL}\n  a chat card by the topic ${CHAT}\n`);
    expect(existsSync(store)).toBe(false);
  });

  test('goes to the terminal where no way is named', async () => {
    const { code, out } = await scene.run(['watch', '--test-message', '--vantage', 'mx1']);
    expect(stable(out, scene)).toBe(
      [
        'Subject: Test message from postfix-tls-watch on mx1: no news',
        '',
        'This is a test message, sent by hand from mx1 at WHEN. If',
        'you can read it, alerts reach you this way.',
        '',
        'Nothing was checked for it, and nothing is known to be wrong because of it.',
        '',
        '-'.repeat(76),
        '',
        'postfix-tls-watch on mx1. Everything that is open:',
        '',
        '    postfix-tls-watch status --vantage mx1 --store DIR/state',
        '',
        '',
      ].join('\n'),
    );
    expect(code).toBe(0);
  });

  test('that does not arrive is an error', async () => {
    expect(await scene.run(['watch', '--test-message', '--topic', GONE], env)).toEqual({
      code: 3,
      out: '',
      err: `error: the test message was not told: topic ${GONE}: it does not exist, check --topic against the outputs of the deployment\n`,
    });
  });
});

describe('--tell-failure', () => {
  test('says what systemd knows of the unit, by every way named, and looks at nothing', async () => {
    const store = join(scene.dir, 'untouched');
    const unit = { MONITOR_UNIT: 'postfix-tls-watch.service', MONITOR_SERVICE_RESULT: 'exit-code', MONITOR_EXIT_STATUS: '3' };
    const flags = ['--tell-failure', '--no-config', '--topic', MAIL, '--vantage', 'mx1', '--store', store];
    expect(await scene.run(['watch', ...flags], { ...env, ...unit })).toEqual({ code: 0, out: '', err: '' });
    const [mail] = sns.messages;
    expect(mail?.subject).toBe('postfix-tls-watch failed on mx1 (exit-code, status 3)');
    expect(stable(mail?.message ?? '', scene)).toBe(
      [
        'postfix-tls-watch.service failed on mx1 at WHEN (exit-code,',
        'status 3): its run was not complete, or what was due was not told. Until one',
        'succeeds, silence does not mean health. What it said:',
        '',
        '    journalctl -u postfix-tls-watch.service -n 50',
        '',
        'Whether all is in place, as root:',
        '',
        '    postfix-tls-watch doctor --as-service',
        '',
        '-'.repeat(76),
        '',
        'postfix-tls-watch on mx1.',
        '',
      ].join('\n'),
    );
    expect(existsSync(store)).toBe(false);
  });

  test('an older systemd says nothing of it, and no name of a unit is a command', async () => {
    const bare = await scene.run(['watch', '--tell-failure', '--vantage', 'mx1']);
    expect({ code: bare.code, err: bare.err }).toEqual({ code: 0, err: '' });
    expect(bare.out).toMatch(/^Subject: postfix-tls-watch failed on mx1\n\npostfix-tls-watch\.service failed on mx1 at /);
    const odd = await scene.run(['watch', '--tell-failure', '--vantage', 'mx1'], { MONITOR_UNIT: 'a; reboot\u202e' });
    expect(odd.out).toContain("    journalctl -u 'postfix-tls-watch*' -n 50\n");
    expect(odd.out).not.toContain('\u202e');
  });
});

test('the table may be left out where main.cf names it', async () => {
  const mainCf = join(scene.dir, 'main.cf');
  writeFileSync(mainCf, `smtp_tls_policy_maps = hash:${scene.table}\nsmtp_tls_CAfile = ${join(scene.dir, 'ca.pem')}\n`);
  const place = ['--policy', 'maincf', ...scene.storeFlags];
  const ran = await scene.run(['watch', '--main-cf', mainCf, '--confirm-after', '0', ...scene.internet.flags, ...place]);
  expect(ran.err).toBe('');
  expect(ran.out).toMatch(new RegExp(`^Subject: ${SUBJECT}$`, 'm'));
  expect(ran.code).toBe(0);
});

test('--exit-verdict gives the codes of check', async () => {
  expect((await watch('verdict', '--exit-verdict')).code).toBe(2);
  expect(await watch('verdict', '--exit-verdict')).toEqual({ code: 2, out: '', err: '' });
});

describe('explain --for-partner', () => {
  const explain = (name: string, ...more: readonly string[]) =>
    scene.run(['explain', name, scene.table, '--for-partner', ...scene.internet.flags, ...scene.bundleFlags, ...more]);

  test('gives a text to send, without names of ours', async () => {
    const { code, out, err } = await explain('fastmail.fm');
    expect(out).toMatch(
      /^Hello,\n\nwe send mail to fastmail\.fm over SMTP and require TLS with a server that can\nbe authenticated\. /,
    );
    expect(out).toContain('    we expect   fastmail.fm, or a name below fastmail.fm\n');
    expect(out).toMatch(/\. Thank you for having a look\.\n$/);
    expect(out).not.toContain(scene.dir);
    expect({ code, err }).toEqual({ code: 2, err: '' });
  });

  test('asks nothing of those whose mail is delivered', async () => {
    expect(await explain('facebook.com')).toEqual({
      code: 0,
      out: '',
      err: 'nothing to ask of them: mail to facebook.com is delivered encrypted and authenticated\n',
    });
  });

  test('has no JSON', async () => {
    const { code, err } = await explain('facebook.com', '--json');
    expect(err).toBe('error: --for-partner is a text to send; it has no --json\n');
    expect(code).toBe(3);
  });
});
