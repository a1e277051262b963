/** The file of flags under the command as a process: what it gives, what wins over it, and which file is read. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { CLI, CLOCK, HANGS_MS, runCommand } from '../run-command.ts';

const dir = mkdtempSync(join(tmpdir(), 'configured-'));
afterAll(() => rmSync(dir, { recursive: true }));
const table = join(dir, 'tls_policy');
writeFileSync(table, 'a.example encrypt\n');
const broken = join(dir, 'broken');
writeFileSync(broken, 'a.example nonsense\n');

let files = 0;
const configured = (...lines: readonly string[]) => {
  const path = join(dir, `${files++}.toml`);
  writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 });
  return path;
};
const run = (args: readonly string[], file: string) => runCommand([...args, '--config', file]);
const missing = (store: string) => expect.stringContaining(`error: there is no store in ${join(dir, store)}: `);

test('a table of the file is the table', async () => {
  const { code, out, err } = await run(['lint', '--json'], configured(`table = "${broken}"`));
  expect({ code, err }).toEqual({ code: 2, err: '' });
  expect(JSON.parse(out)).toMatchObject({ summary: { defers: 1 } });
});

test('one of the command line wins over it', async () => {
  expect(await run(['lint', table], configured(`table = "${broken}"`))).toMatchObject({ code: 0, err: '' });
});

test('a switch of one command is for that one alone', async () => {
  const file = configured('[lint]', 'json = true', '', '[status]', `store = "${dir}/lost"`);
  expect(JSON.parse((await run(['lint', table], file)).out)).toHaveProperty('summary');
  expect(await run(['status'], file)).toMatchObject({ code: 3, out: '', err: missing('lost') });
  expect((await run(['history'], file)).err).not.toContain('/lost');
});

test('what a command has of its own wins over what is for all, and the command line over both', async () => {
  const file = configured(`store = "${dir}/all"`, '[status]', `store = "${dir}/own"`);
  expect(await run(['history'], file)).toMatchObject({ code: 3, err: missing('all') });
  expect(await run(['status'], file)).toMatchObject({ code: 3, err: missing('own') });
  expect(await run(['status', '--store', join(dir, 'given')], file)).toMatchObject({ code: 3, err: missing('given') });
});

test('a Postfix named on the command line leaves out what the file says of one', async () => {
  const mainCf = join(dir, 'main.cf');
  writeFileSync(mainCf, `smtp_tls_policy_maps = texthash:${table}\n`);
  const file = configured(`table = "${broken}"`, 'config-directory = "/nonexistent"', 'postfix-version = "3.4"');
  const { code, out, err } = await run(['lint', '--main-cf', mainCf, '--json'], file);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(JSON.parse(out)).toMatchObject({ run: { postfixVersion: '3.11' } });
});

test('an environment and a store each leave the other out', async () => {
  const outputs = join(dir, 'outputs.json');
  writeFileSync(outputs, JSON.stringify({ 'tls-watch-prod': { TableName: 'watch' } }));
  const file = configured(`store = "${dir}/all"`, 'policy = "mine"', `outputs = "${outputs}"`);
  expect(await run(['status', '--env', 'other'], file)).toEqual({
    code: 3,
    out: '',
    err: `error: --env other: no environment of that name in ${outputs}, it has prod\n`,
  });
  expect(await run(['status'], file)).toMatchObject({ code: 3, err: missing('all') });
  const ofEnvironment = configured('env = "prod"', `outputs = "${outputs}"`);
  expect(await run(['status', '--store', join(dir, 'given')], ofEnvironment)).toMatchObject({ code: 3, err: missing('given') });
});

test('an error of the file ends every command, also one that has no such flag', async () => {
  const file = configured('store = "x"', '', 'intervall = 3');
  for (const args of [['lint', table], ['status']])
    expect(await run(args, file)).toEqual({
      code: 3,
      out: '',
      err: `error: ${file}:3: no command has a flag "intervall"; did you mean interval?\n`,
    });
});

test('help needs no file', async () => {
  const { code, out } = await run(['lint', '--help'], configured('nonsense = 1'));
  expect(code).toBe(0);
  expect(out).toContain('--no-config');
});

test('the environment names a file, and --no-config does without it', async () => {
  const env = { POSTFIX_TLS_WATCH_CONFIG: configured(`table = "${broken}"`) };
  expect(await runCommand(['lint'], env)).toMatchObject({ code: 2, err: '' });
  expect(await runCommand(['lint', '--no-config'], env)).toMatchObject({
    code: 3,
    err: expect.stringContaining('no policy table is named'),
  });
});

test('of tests, no command reads the file of this machine', () => {
  expect(process.env.POSTFIX_TLS_WATCH_CONFIG).toBe('');
});

/** A folder in place of /etc, for one command in a namespace of its own. */
const MAY_MOUNT = spawnSync('unshare', ['-m', 'true']).status === 0;
test.skipIf(!MAY_MOUNT)(`where nobody says, /etc/postfix-tls-watch.toml is read on ${hostname()} (needs unshare -m)`, () => {
  const etc = join(dir, 'etc');
  mkdirSync(etc);
  writeFileSync(join(etc, 'postfix-tls-watch.toml'), 'nonsense = 1\n', { mode: 0o644 });
  const ran = spawnSync(
    'unshare',
    ['-m', 'sh', '-c', 'mount --bind "$0" /etc && exec "$@"', etc, process.execPath, CLI, 'lint', table],
    {
      env: CLOCK,
      encoding: 'utf8',
      timeout: HANGS_MS,
    },
  );
  expect({ status: ran.status, err: ran.stderr }).toEqual({
    status: 3,
    err: 'error: /etc/postfix-tls-watch.toml:1: no command has a flag "nonsense"; names are those of --help, without the dashes\n',
  });
});
