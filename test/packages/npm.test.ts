/** The npm package, as it would be published, and installed for all users of a machine into an empty folder. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pack } from '../../infra/pack.ts';
import { VERSION } from '../../lambda/version.ts';

let home: string;
let prefix: string;
let tarball: string;
const npm = (...args: readonly string[]) => spawnSync('npm', args, { cwd: home, encoding: 'utf8' });

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'npm-'));
  prefix = join(home, 'prefix');
  tarball = await pack(home);
  const { status, stderr } = npm('install', '--global', '--prefix', prefix, '--ignore-scripts', '--prefer-offline', tarball);
  expect(status, stderr).toBe(0);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** By a plain environment: a PATH where npm would put the command for all. */
const run = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync('postfix-tls-watch', args, {
    cwd: home,
    encoding: 'utf8',
    env: { PATH: `${join(prefix, 'bin')}:${process.env.PATH}`, HOME: home, POSTFIX_TLS_WATCH_CONFIG: '' },
  });
  return { status, stdout, stderr };
};

test('the command is there, and judges a text', () => {
  expect(run('--version')).toEqual({ status: 0, stdout: `${VERSION}\n`, stderr: '' });
  writeFileSync(join(home, 'tls_policy'), 'a.example secure match=\n');
  const { status, stdout } = run('lint', 'tls_policy');
  expect(stdout).toContain('give match a value, or delete it');
  expect(status).toBe(2);
});

test('npm links the manual pages where man looks', () => {
  for (const page of ['man1/postfix-tls-watch.1', 'man5/postfix-tls-watch.toml.5'])
    expect(readFileSync(join(prefix, 'share/man', page), 'utf8')).toMatch(/^\.TH POSTFIX/);
  expect(readlinkSync(join(prefix, 'share/man/man1/postfix-tls-watch.1'))).toContain('node_modules/postfix-tls-watch/man/');
});

test('completion of three shells comes along', () => {
  expect(readdirSync(join(prefix, 'lib/node_modules/postfix-tls-watch/completion')).toSorted()).toEqual([
    '_postfix-tls-watch',
    'postfix-tls-watch.bash',
    'postfix-tls-watch.fish',
  ]);
});

test('it may be published, for everybody and with its provenance, and is not', () => {
  const manifest = JSON.parse(execFileSync('tar', ['-xzOf', tarball, 'package/package.json'], { encoding: 'utf8' })) as object;
  expect(manifest).toMatchObject({ license: 'MIT', publishConfig: { access: 'public', provenance: true } });
  expect(manifest).not.toHaveProperty('private');
  expect(manifest).not.toHaveProperty('scripts');
  // Nobody listens there: nothing is asked of a registry.
  const { status, stdout, stderr } = npm(
    'publish',
    '--dry-run',
    '--loglevel',
    'notice',
    '--fetch-retries',
    '0',
    '--registry',
    'http://127.0.0.1:9/',
    tarball,
  );
  expect(stderr).toContain('with tag latest and public access (dry-run)');
  expect(stdout).toBe(`+ postfix-tls-watch@${VERSION}\n`);
  expect(status).toBe(0);
});

test('removed it leaves nothing', () => {
  expect(npm('uninstall', '--global', '--prefix', prefix, 'postfix-tls-watch').status).toBe(0);
  const left = readdirSync(prefix, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory());
  expect(left.map(({ name }) => name)).toEqual([]);
});
