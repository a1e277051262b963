/**
 * Every command that is printed works as it stands: it is run as it was printed, from another folder, and must answer about the
 * same store, the same table and the same hosts as the run that printed it.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandsForTable } from '../../lambda/text/own-command.ts';
import { startDynalite } from '../store/dynalite.ts';
import { CLI, HANGS_MS, type Ran, runCommand } from './run-command.ts';
import { type Scene, startScene } from './scene.ts';

let scene: Scene;
let elsewhere: string;
let bin: string;
beforeAll(async () => {
  scene = await startScene();
  elsewhere = join(scene.dir, 'else where');
  mkdirSync(elsewhere);
  bin = join(scene.dir, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'postfix-tls-watch'), `#!/bin/sh\nexec "${process.execPath}" "${CLI}" "$@"\n`, { mode: 0o755 });
  copyFileSync(scene.table, join(scene.dir, "it's a table"));
});
afterAll(() => scene.close());

/** Those on lines of their own, as they are copied; what is left open is filled in. */
function printedIn(text: string): string[] {
  const lines = text.split('\n').flatMap((line) => /^\s*((?:AWS_REGION=\S+ )?postfix-tls-watch .*)$/.exec(line)?.[1] ?? []);
  return lines
    .filter((line) => !/^postfix-tls-watch on /.test(line))
    .map((line) =>
      line
        .replace(/ +# .*$/, '')
        .replace('"..."', '"known"')
        .replace('"who said so, and how"', '"by telephone"'),
    );
}

/** By a shell, where the name is that of an installed command. */
function typed(line: string, env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return new Promise((done) => {
    const child = spawn('sh', ['-c', line], {
      cwd: elsewhere,
      env: {
        ...process.env,
        PATH: `${bin}:${process.env.PATH}`,
        NO_COLOR: '1',
        XDG_DATA_HOME: join(scene.dir, 'nothing-here'),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), HANGS_MS);
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      done({ code, out, err });
    });
  });
}

/** From the scene's folder, with relative paths and without what scenes set in the environment. */
const inScene = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => runCommand(args, env, scene.dir);
const WORLD = () => [...scene.internet.flags, '--ca-file', 'ca.pem'];
const one = (lines: readonly string[], part: string): string => {
  const [found, ...others] = lines.filter((line) => line.includes(part));
  if (found === undefined || others.length > 0) throw new Error(`not one command with "${part}": ${lines.join(' | ')}`);
  return found;
};

describe('of a message', () => {
  const store = ['--store', 'a store', '--policy', 'mta-1', '--vantage', 'mx-1'];
  let lines: readonly string[];
  beforeAll(async () => {
    const ran = await inScene(['watch', "./it's a table", '--confirm-after', '0', ...store, ...WORLD()]);
    expect(ran).toMatchObject({ code: 0, err: '' });
    lines = printedIn(ran.out);
  });

  test('they are these', () => {
    expect(lines.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
      'postfix-tls-watch explain fastmail.fm',
      'postfix-tls-watch explain fastmail.fm',
      'postfix-tls-watch mute fastmail.fm',
      'postfix-tls-watch status --store',
    ]);
  });

  test('explain tells of the same table, hosts and verdict', async () => {
    const [story = ''] = lines;
    const ran = await typed(story);
    expect(ran).toMatchObject({ code: 2, err: '' });
    expect(ran.out).toContain(`hash:${scene.dir}/it's a table line 3: fastmail.fm`);
    expect(ran.out).toContain('in1-smtp.messagingengine.com');
    expect(ran.out).toContain('Server certificate not verified');
  });

  test('the text for them is of the same host', async () => {
    const ran = await typed(one(lines, '--for-partner'));
    expect(ran).toMatchObject({ code: 2, err: '' });
    expect(ran.out).toContain('in1-smtp.messagingengine.com');
  });

  test('status is that of the same store, policy and vantage', async () => {
    const ran = await typed(`${one(lines, ' status ')} --json`);
    expect(ran).toMatchObject({ code: 2, err: '' });
    expect(JSON.parse(ran.out)).toMatchObject({ store: join(scene.dir, 'a store'), policy: 'mta-1', vantage: 'mx-1' });
  });

  test('mute mutes there', async () => {
    expect(await typed(one(lines, ' mute '))).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(/^muted fastmail\.fm until /),
    });
    const status = await inScene(['status', '--json', ...store]);
    expect(JSON.parse(status.out)).toMatchObject({ mutes: [{ key: 'fastmail.fm', reason: 'known' }] });
  });

  test('what mute refuses points there, too', async () => {
    const ran = await inScene(['mute', 'hearst.com', '--until', '2999-01-01', '--reason', 'x', ...store]);
    expect(ran.code).toBe(3);
    const refused = await inScene(['mute', 'hearst.com', '--until', soon(), '--reason', 'x', ...store]);
    expect(refused.err).toBe(
      `error: mute hearst.com: nothing is open under this key, see: postfix-tls-watch status --store '${scene.dir}/a store' ` +
        '--policy mta-1 --vantage mx-1\n',
    );
  });

  test('a test message', async () => {
    const ran = await inScene(['watch', '--test-message', ...store]);
    const status = await typed(one(printedIn(ran.out), ' status '));
    expect(status).toMatchObject({ code: expect.any(Number), err: '' });
    expect(status.out).toContain('a store');
  });
});

test('why: what is presented today is asked with the same policy', async () => {
  writeFileSync(
    join(scene.dir, 'mail.log'),
    'Nov 24 06:00:00 mx1 postfix/smtp[7]: 4fABC: to=<a@fastmail.fm>, relay=in1-smtp.messagingengine.com[192.0.2.1]:25, delay=1, ' +
      'delays=0/0/1/0, dsn=4.7.5, status=deferred (Server certificate not verified)\n',
  );
  writeFileSync(
    join(scene.dir, 'main.cf'),
    `smtp_tls_policy_maps = texthash:${scene.table}\nsmtp_tls_CAfile = ${scene.dir}/ca.pem\n`,
  );
  const ran = await inScene(['why', 'mail.log', '--main-cf', 'main.cf', '--postfix-version', '3.7.11', '--store', 'a store']);
  const look = one(printedIn(ran.out), ' explain ');
  expect(look).toBe(
    `postfix-tls-watch explain fastmail.fm --main-cf ${scene.dir}/main.cf --postfix-version 3.7.11 --store '${scene.dir}/a store'`,
  );
  const story = await typed(`${look} ${scene.internet.flags.join(' ')}`);
  expect(story).toMatchObject({ code: 2, err: '' });
  expect(story.out).toContain(`texthash:${scene.table} line 3: fastmail.fm`);
});

describe('with a file of flags', () => {
  const store = 'of the file';
  const file = (name: string, ...lines: readonly string[]) => {
    writeFileSync(join(scene.dir, name), `${lines.join('\n')}\n`, { mode: 0o600 });
    return name;
  };
  const all = () => [
    `store = "${scene.dir}/${store}"`,
    'vantage = "mx-2"',
    `ca-file = "${scene.dir}/ca.pem"`,
    `resolver = ["${scene.internet.flags[1]}"]`,
    `smtp-port = ${scene.internet.smtpPort}`,
    'allow-private-addresses = true',
  ];

  test('what stands in it is not repeated; the file is named, for it is not the usual one', async () => {
    const name = file('all.toml', ...all(), `table = "${scene.table}"`);
    const ran = await inScene(['watch', '--confirm-after', '0', '--config', name]);
    expect(ran).toMatchObject({ code: 0, err: '' });
    const lines = printedIn(ran.out);
    expect(lines[0]).toBe(`postfix-tls-watch explain fastmail.fm --config ${scene.dir}/all.toml`);
    expect(await typed(lines[0] ?? '')).toMatchObject({ code: 2, err: '' });
    const status = await typed(`${one(lines, ' status ')} --json`);
    expect(JSON.parse(status.out)).toMatchObject({ store: `${scene.dir}/${store}`, vantage: 'mx-2' });
  });

  test('what one command has of its own is said to the others', async () => {
    const name = file('own.toml', ...all().slice(1), '[watch]', `store = "${scene.dir}/own"`, `table = "${scene.table}"`);
    const ran = await inScene(['watch', '--confirm-after', '0', '--config', name, '--vantage', 'mx-3']);
    const lines = printedIn(ran.out);
    expect(one(lines, ' status ')).toBe(
      `postfix-tls-watch status --store ${scene.dir}/own --vantage mx-3 --config ${scene.dir}/own.toml`,
    );
    expect(await typed(lines[0] ?? '')).toMatchObject({ code: 2, err: '' });
    expect(JSON.parse((await typed(`${one(lines, ' status ')} --json`)).out)).toMatchObject({
      store: `${scene.dir}/own`,
      vantage: 'mx-3',
    });
  });

  test('what a flag leaves out of the file is left out again', async () => {
    writeFileSync(
      join(scene.dir, 'main.cf'),
      `smtp_tls_policy_maps = texthash:${scene.table}\nsmtp_tls_CAfile = ${scene.dir}/ca.pem\n`,
    );
    const name = file('other.toml', ...all().filter((line) => !line.startsWith('ca-file')), 'table = "/nonexistent"');
    const ran = await inScene(['watch', '--main-cf', 'main.cf', '--confirm-after', '0', '--config', name, '--vantage', 'mx-4']);
    expect(ran).toMatchObject({ code: 0, err: '' });
    const story = await typed(printedIn(ran.out)[0] ?? '');
    expect(story).toMatchObject({ code: 2, err: '' });
    expect(story.out).toContain(`texthash:${scene.table} line 3`);
  });

  test('a run without it says so, and one of the environment is named', async () => {
    const flags = ['watch', scene.table, '--confirm-after', '0', '--store', 'without', ...WORLD()];
    const without = printedIn((await inScene([...flags, '--no-config'])).out);
    expect(one(without, ' status ')).toMatch(/ --no-config$/);
    const env = { POSTFIX_TLS_WATCH_CONFIG: file('env.toml', 'vantage = "mx-5"') };
    const named = printedIn((await inScene(flags, env)).out);
    expect(one(named, ' status ')).toMatch(/ --config \S+\/env\.toml$/);
  });
});

test('a service’s state directory is named', async () => {
  const state = join(scene.dir, 'state of the service');
  const ran = await inScene(['watch', scene.table, '--confirm-after', '0', ...WORLD()], { STATE_DIRECTORY: state });
  const status = await typed(`${one(printedIn(ran.out), ' status ')} --json`);
  expect(JSON.parse(status.out)).toMatchObject({ store: state });
});

test('an environment is named with its outputs, wherever they are', async () => {
  writeFileSync(join(scene.dir, 'cdk-outputs.json'), JSON.stringify({ 'tls-watch-prod': { TableName: 'gone' } }));
  const ran = await inScene(['watch', '--test-message', '--env', 'prod']);
  expect(one(printedIn(ran.out), ' status ')).toBe(`postfix-tls-watch status --env prod --outputs ${scene.dir}/cdk-outputs.json`);
});

test('no secret of the command line is printed', async () => {
  const ran = await inScene([
    'watch',
    scene.table,
    '--confirm-after',
    '0',
    '--store',
    'secret',
    ...WORLD(),
    '--ping',
    'http://me:hunter2@127.0.0.1:9/',
  ]);
  expect(printedIn(ran.out).length).toBeGreaterThan(2);
  expect(`${ran.out}${ran.err}`).not.toContain('hunter2');
  expect(existsSync(join(scene.dir, 'secret'))).toBe(true);
  expect(readFileSync(join(scene.dir, 'secret', 'store.sqlite')).includes('hunter2')).toBe(false);
});

test('a move to another provider: the command that confirms does so in the same store', async () => {
  writeFileSync(join(scene.dir, 'moving'), 'facebook.com secure\n');
  const watch = () => inScene(['watch', 'moving', '--confirm-after', '0', '--store', 'moved', ...WORLD()]);
  expect(await watch()).toMatchObject({ code: 0 });
  const host = 'mx.attacker.test';
  const identity = await scene.issue({ commonName: host, dnsNames: [host] });
  scene.internet.domain('facebook.com', await scene.internet.mailHost({ host, ...identity }));
  const confirm = one(printedIn((await watch()).out), ' --confirmed ');
  const confirmed = await typed(confirm);
  expect(confirmed).toMatchObject({ code: 2, err: '' });
  expect(confirmed.out).toContain('facebook.com secure match=mx.attacker.test');
  const status = await inScene(['status', '--json', '--store', 'moved']);
  expect(JSON.parse(status.out)).toMatchObject({ confirmations: [{ destination: 'facebook.com', how: 'by telephone' }] });
});

test('what the function prints is answered by its table', async () => {
  const cloud = await startDynalite('watch-Table');
  try {
    const env = {
      AWS_ENDPOINT_URL_DYNAMODB: cloud.endpoint,
      AWS_ACCESS_KEY_ID: cloud.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: cloud.credentials.secretAccessKey,
    };
    const own = commandsForTable({ table: 'watch-Table', policy: 'mta1', vantage: 'function', region: 'eu-central-1' });
    const push = await typed(`${own('policy push', [scene.table])} --ca-file ${scene.dir}/ca.pem`, env);
    expect(push).toMatchObject({ code: 0, err: '' });
    const status = await typed(`${own('status')} --json`, env);
    expect(JSON.parse(status.out)).toMatchObject({ store: 'DynamoDB table watch-Table', policy: 'mta1', vantage: 'function' });
    const story = await typed(
      `${own('explain', ['fastmail.fm', scene.table])} --ca-file ${scene.dir}/ca.pem ${scene.internet.flags.join(' ')}`,
      env,
    );
    expect(story).toMatchObject({ code: 2, err: '' });
  } finally {
    await cloud.close();
  }
});

const soon = () => new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10);
