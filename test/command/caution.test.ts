/**
 * A forged MX answer to a host with a valid certificate of its own, over real sockets: no channel gives the line before
 * somebody confirmed these hosts, and each has the caution before it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SnsServer, startSns } from '../internet/sns-server.ts';
import { problemsOf, type Scene, stable, startScene, unwrapped } from './scene.ts';

const MAIL = 'arn:aws:sns:eu-central-1:123456789012:watch-mail';
const CHAT = 'arn:aws:sns:eu-central-1:123456789012:watch-chat';
const LINE = 'facebook.com secure match=mx.attacker.test ciphers=high';
const DONE =
  'secure may just have done its work: facebook.com was authenticated at msgin.vvv.facebook.com before, and DNS, which is not signed here, now names mx.attacker.test, whose domain and certificate have nothing in common with those.';
const BEFORE_LINE =
  'its names were found through DNS, which is not signed here: check that mail for facebook.com is meant to go to attacker.test';

let scene: Scene;
let sns: SnsServer;
let hook: string;

beforeAll(async () => {
  scene = await startScene();
  sns = await startSns({ topics: [MAIL, CHAT] });
  hook = join(scene.dir, 'hook');
  writeFileSync(hook, `#!/bin/sh\ncp "$1" ${scene.dir}/alert.json\n`, { mode: 0o755 });
  expect((await scene.watch()).code).toBe(0);
  await moveTo('mx.attacker.test');
});
afterAll(async () => {
  await sns.close();
  await scene.close();
});

async function moveTo(host: string): Promise<void> {
  const identity = await scene.issue({ commonName: host, dnsNames: [host] });
  scene.internet.domain('facebook.com', await scene.internet.mailHost({ host, ...identity }));
}

const judging = () => [scene.table, ...scene.internet.flags, '--ca-file', join(scene.dir, 'ca.pem')];
async function explain(...more: readonly string[]) {
  const { code, out, err } = await scene.run(['explain', 'facebook.com', ...judging(), ...scene.storeFlags, ...more]);
  return { code, out: unwrapped(stable(out, scene)), err: unwrapped(stable(err, scene)) };
}

test('mail, chat card and hook have the caution, the date and the way to confirm, and no line', async () => {
  const env = { AWS_ENDPOINT_URL_SNS: sns.endpoint, AWS_ACCESS_KEY_ID: 'dummy', AWS_SECRET_ACCESS_KEY: 'dummy' };
  expect(await scene.watchWith(env, '--topic', MAIL, '--chat-topic', CHAT, '--hook', hook)).toEqual({
    code: 0,
    out: '',
    err: '',
  });
  const [mail, card] = sns.messages.map(({ message }) => message);
  const said = unwrapped(mail ?? '');
  expect(said).toContain(`S${DONE.slice(1)} A move to another provider looks like this, and so does a forged answer`);
  expect(said).toMatch(
    /Mail that waits for it bounces from \w{3} \d{4}-\d\d-\d\d \d\d:\d\dZ \(.*\) on\. There is no line to use yet: ask by another way than DNS and mail:/,
  );
  expect(said).toMatch(
    / postfix-tls-watch explain facebook\.com \S+ --ca-file .* --store \S+ --confirmed "who said so, and how"/,
  );
  const { content } = JSON.parse(card ?? '') as { content: { nextSteps: readonly string[] } };
  expect(content.nextSteps).toEqual([expect.stringContaining('first: Secure may just have done its work: `facebook.com')]);
  const alert = readFileSync(join(scene.dir, 'alert.json'), 'utf8');
  expect(alert).toContain('may just have done its work');
  for (const channel of [mail, card, alert]) expect(channel).not.toContain('match=mx.attacker.test');
});

test('explain says the same, and so does its document', async () => {
  const { code, out } = await explain();
  expect(out).toContain(`No line to use yet: caution: ${DONE}`);
  expect(out).not.toContain(LINE);
  expect(code).toBe(2);
  const document = JSON.parse((await scene.run(['explain', 'facebook.com', ...judging(), ...scene.storeFlags, '--json'])).out);
  expect(problemsOf('explain', document)).toEqual([]);
  expect(document.entry).toMatchObject({
    suggestion: null,
    caution: { kind: 'moved', hosts: ['mx.attacker.test'], formerHosts: ['msgin.vvv.facebook.com'] },
  });
  expect(JSON.stringify(document)).not.toContain(LINE);
});

test('status has it from memory', async () => {
  const { out } = await scene.run(['status', ...scene.storeFlags]);
  expect(unwrapped(out)).toContain(`caution: ${DONE}`);
  expect(out).not.toContain(LINE);
  const document = JSON.parse((await scene.run(['status', '--json', ...scene.storeFlags])).out);
  expect(problemsOf('status', document)).toEqual([]);
  expect(JSON.stringify(document)).not.toContain(LINE);
  expect(document.confirmations).toEqual([]);
});

test('check, which remembers nothing, says what the line rests on before it', async () => {
  const { out } = await scene.run(['check', ...judging()]);
  const said = unwrapped(out);
  expect(said).toContain(`before you use it: ${BEFORE_LINE}`);
  expect(said.indexOf(BEFORE_LINE)).toBeLessThan(said.indexOf(`use instead: ${LINE}`));
  const document = JSON.parse((await scene.run(['check', '--json', ...judging()])).out);
  expect(problemsOf('check', document)).toEqual([]);
});

test.each([
  {
    because: 'without a word who said so',
    name: 'facebook.com',
    how: ' ',
    says: 'error: explain facebook.com --confirmed: say who confirmed it, and how: it is shown in every message',
  },
  {
    because: 'of an entry that delivers',
    name: 'hearst.com',
    how: 'x',
    says: 'error: explain hearst.com --confirmed: there is nothing to confirm: no line waits for it',
  },
  {
    because: 'of one that failed from the first look',
    name: 'fastmail.fm',
    how: 'x',
    says: 'error: explain fastmail.fm --confirmed: there is nothing to confirm: no line waits for it',
  },
])('nothing is confirmed $because', async ({ name, how, says }) => {
  const { code, err, out } = await scene.run(['explain', name, ...judging(), ...scene.storeFlags, '--confirmed', how]);
  expect({ code, out, err: unwrapped(err) }).toEqual({ code: 3, out: '', err: says });
});

test('confirmed, the line is given, with who said so before it, and is listed', async () => {
  const { code, out } = await explain('--confirmed', 'their postmaster, by telephone');
  expect(out).toContain(
    `Before you change the line: ${BEFORE_LINE}, in their documentation or with facebook.com. Confirmed by alice@HERE on DAY: their postmaster, by telephone Use instead: ${LINE}`,
  );
  expect(code).toBe(2);
  expect((await explain()).out).toContain(`Use instead: ${LINE}`);
  const { out: status } = await scene.run(['status', ...scene.storeFlags]);
  expect(unwrapped(status)).toMatch(
    /Confirmed: mail to facebook\.com goes to mx\.attacker\.test: their postmaster, by telephone \(alice@\S+; until .*, for these hosts alone\)/,
  );
  const document = JSON.parse((await scene.run(['status', '--json', ...scene.storeFlags])).out);
  expect(problemsOf('status', document)).toEqual([]);
  expect(document.confirmations).toMatchObject([
    {
      destination: 'facebook.com',
      hosts: ['mx.attacker.test'],
      how: 'their postmaster, by telephone',
      by: expect.stringMatching(/^alice@/),
    },
  ]);
});

test('for these hosts alone: another one asks again, and only what was told can be confirmed', async () => {
  await moveTo('mx.third.test');
  const { out } = await explain();
  expect(out).toContain('now names mx.third.test, whose domain and certificate have nothing in common with those.');
  expect(out).not.toContain('Use instead:');
  const refused = await explain('--confirmed', 'their postmaster again');
  expect(refused).toEqual({
    code: 3,
    out: '',
    err: 'error: explain facebook.com --confirmed: mail goes to mx.third.test now, and the last run saw mx.attacker.test: look at it without --confirmed, and ask about these hosts',
  });
  await scene.watch();
  expect((await explain('--confirmed', 'their postmaster again')).out).toContain(
    'Use instead: facebook.com secure match=mx.third.test',
  );
});

test('what a message ends with', async () => {
  const identity = await scene.issue({ commonName: 'gone.test', dnsNames: ['gone.test'] });
  scene.hearst.present(identity);
  const { out } = await scene.watch();
  expect(stable(unwrapped(out), scene)).toContain(
    'Confirmed: mail to facebook.com goes to mx.third.test: their postmaster again (alice@HERE; until',
  );
  // The host is the same, whatever it presents: its line stands, with what it rests on before it, or there is none.
  expect(unwrapped(out)).not.toContain('hearst.com was authenticated');
});

test('where the line was put in, the new host is the one that is known', async () => {
  const table = join(scene.dir, 'tls_policy');
  writeFileSync(table, scene.policy.replace(/^facebook\.com.*$/m, 'facebook.com secure match=mx.third.test ciphers=high'));
  await scene.watch();
  await moveTo('mx.fourth.test');
  const { out } = await explain();
  expect(out).toContain(
    'facebook.com was authenticated at mx.third.test before, and DNS, which is not signed here, now names mx.fourth.test',
  );
});
