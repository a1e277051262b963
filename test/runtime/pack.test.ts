/** The tarball of `npm run pack`, installed into an empty folder: what an operator has after `npm install`. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../../infra/bundle.ts';
import { licencesOf } from '../../infra/licences.ts';
import { pack } from '../../infra/pack.ts';
import { VERSION } from '../../lambda/version.ts';
import { foundingDomains } from '../internet/founding-domains.ts';
import { type Internet, startInternet } from '../internet/internet.ts';

const home = mkdtempSync(join(tmpdir(), 'tls-watch-pack-'));
const installed = join(home, 'node_modules', 'postfix-tls-watch');
const command = join(home, 'node_modules', '.bin', 'postfix-tls-watch');
let internet: Internet;

beforeAll(async () => {
  const tarball = await pack(home);
  writeFileSync(join(home, 'package.json'), '{"private":true}');
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--silent', tarball], { cwd: home });

  internet = await startInternet();
  const { policy, anchors } = await foundingDomains(internet);
  writeFileSync(join(home, 'tls_policy'), policy);
  writeFileSync(join(home, 'anchors.pem'), anchors);
});
afterAll(async () => {
  await internet?.close();
  rmSync(home, { recursive: true, force: true });
});

test('what is installed is the command and nothing of ours beside it', () => {
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Record<string, unknown>;
  expect(manifest).toMatchObject({ version: VERSION, type: 'module', engines: { node: '>=20' } });
  expect(manifest.dependencies).toBeUndefined();
  expect(manifest.peerDependenciesMeta).toEqual({ dynalite: { optional: true } });
  expect(existsSync(join(installed, 'lambda'))).toBe(false);
  // But for the Node of this platform it stands alone, and nothing in it is machine code.
  const beside = readdirSync(join(home, 'node_modules')).filter((name) => !name.startsWith('.') && !name.startsWith('node-'));
  expect(beside).toEqual(['postfix-tls-watch']);
  const addons = readdirSync(join(home, 'node_modules'), { recursive: true, encoding: 'utf8' });
  expect(addons.filter((name) => name.endsWith('.node'))).toEqual([]);
});

test('the pages for people come along: an alarm names the runbook', () => {
  for (const page of ['README.md', 'SECURITY.md', 'docs/runbook.md', 'docs/mail-host.md'])
    expect(existsSync(join(installed, page)), page).toBe(true);
});

test('the terms of every bundled package come along, with its version', () => {
  const text = readFileSync(join(installed, 'THIRD-PARTY-LICENCES.txt'), 'utf8');
  for (const name of ['commander', 'dns-packet', 'nodemailer', 'tldts', 'toml-eslint-parser', 'valibot', '@aws-sdk/client-sns'])
    expect(text).toContain(`${name} ${versionOf(name)} (`);
  // One that brings no text of its own stands beside those of its repository.
  expect(text).toContain(`@aws-sdk/nested-clients ${versionOf('@aws-sdk/nested-clients')} (Apache-2.0)\n`);
  expect(text).toContain('TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION');
});

test('a package without terms is not passed on', () => {
  expect(() => licencesOf(['node_modules/@aws-sdk/nested-clients/dist-es/index.js'])).toThrow(
    'node_modules/@aws-sdk/nested-clients brings no licence to pass on: find its terms, or bundle something else',
  );
});

const versionOf = (name: string) =>
  (JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')) as { version: string }).version;

test('what keeps something starts no other process', async () => {
  const preload = join(home, 'no-children.mjs');
  writeFileSync(
    preload,
    `import children from 'node:child_process';
     import { syncBuiltinESMExports } from 'node:module';
     for (const name of Object.keys(children)) if (/^(spawn|exec|fork)/.test(name)) children[name] = () => { throw new Error(name); };
     syncBuiltinESMExports();`,
  );
  const alone = (...args: readonly string[]) =>
    start(process.execPath, ['--import', preload, join(installed, 'dist', 'cli.js'), ...args, '--store', 'alone'], home);
  expect(await alone('watch', 'tls_policy', '--confirm-after', '0', ...flags())).toMatchObject({ code: 0, stderr: '' });
  expect(await alone('status')).toMatchObject({ code: 2, stderr: '' });
  expect(await alone('mute', 'fastmail.fm', '--until', soon(), '--reason', 'they know')).toMatchObject({ code: 0, stderr: '' });
  expect(await alone('store', 'export', 'alone.jsonl')).toMatchObject({ code: 0, stderr: '' });
  expect(readdirSync(join(home, 'alone'))).toEqual(['store.sqlite']);
});

test('a folder of release 0.1 needs a package that says its name', async () => {
  mkdirSync(join(home, 'old', 'db'), { recursive: true });
  writeFileSync(join(home, 'old', 'db', 'CURRENT'), 'MANIFEST-000002\n');
  expect(await run(process.execPath, ['store', 'import', 'old'])).toEqual({
    code: 3,
    stdout: '',
    stderr:
      'error: store import old: reading a store of release 0.1 needs the package dynalite, which is not installed; ' +
      'put it beside this one (npm install --global dynalite@4.0.0, or without --global where this one is) and try again\n',
  });
  expect(readdirSync(join(home, 'old'))).toEqual(['db']);
});

/** Within the 90 days of a mute. */
const soon = () => new Date(Date.now() + 10 * 86_400_000).toISOString();

test.for(nodes())('started by $named it runs on Node 24 or newer', async ({ node }) => {
  expect(await run(node, ['--version'])).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: '' });
});

test.for(nodes())('started by $named, check judges the three founding domains', async ({ node }) => {
  const { code, stdout, stderr } = await run(node, ['check', 'tls_policy', '--json', ...flags()]);
  expect(stderr).toBe('');
  const document = JSON.parse(stdout) as { entries: { destination: string; verdict: string }[] };
  expect(document.entries.map(({ destination, verdict }) => `${destination} ${verdict}`).toSorted()).toEqual([
    'facebook.com pass',
    'fastmail.fm fail',
    'hearst.com pass',
  ]);
  expect(code).toBe(2);
});

test.for(nodes())('started by $named, it has workers of its own', async ({ node }) => {
  const check = ['check', 'tls_policy', '--json', ...flags()];
  const [alone, together] = [await run(node, check), await run(node, [...check, '--workers', '2'])];
  const entriesOf = ({ stdout }: { stdout: string }) => (JSON.parse(stdout) as { entries: unknown }).entries;
  expect(together).toMatchObject({ code: 2, stderr: '' });
  expect(entriesOf(together)).toEqual(entriesOf(alone));
});

test.for(nodes())('started by $named, watch tells once and is silent the second time', async ({ node, version }) => {
  const watch = ['watch', 'tls_policy', '--store', `store-${version}`, '--confirm-after', '0', ...flags()];
  const first = await run(node, watch);
  expect(first.stdout).toMatch(/^Subject: Now watching 3 entries: 1 would fail$/m);
  expect(first.stdout).toContain('fastmail.fm secure match=.messagingengine.com ciphers=high');
  expect(first.code).toBe(0);
  expect(await run(node, watch)).toMatchObject({ code: 0, stdout: '' });
});

test('wrong usage ends with the status of our own errors', async () => {
  const { code, stderr } = await run(process.execPath, ['check', '--no-such-flag']);
  expect(stderr).toContain("error: unknown option '--no-such-flag'");
  expect(code).toBe(3);
});

test.for(nodes().filter(({ isOld }) => isOld))('$named without a packaged one says what to do', async ({ node, version }) => {
  const alone = mkdtempSync(join(tmpdir(), 'tls-watch-alone-'));
  const launcher = join(alone, 'postfix-tls-watch.cjs');
  writeFileSync(launcher, readFileSync(join(installed, 'postfix-tls-watch.cjs')));
  const { code, stderr } = await start(node, [launcher, '--version'], alone);
  rmSync(alone, { recursive: true });
  expect(stderr).toBe(
    `error: Node ${version} is too old: Node 24 or newer is needed, and none came with this package for ` +
      `${process.platform}-${process.arch}; install one from nodejs.org, or reinstall without --omit=optional\n`,
  );
  expect(code).toBe(3);
});

/** The Node of these tests, and the system's own where it is another. */
function nodes() {
  const system = ['/usr/local/bin/node', '/usr/bin/node'].find((path) => existsSync(path));
  return [process.execPath, ...(system === undefined ? [] : [system])].map((node) => {
    const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
    return { node, version, named: `Node ${version}`, isOld: Number(version.slice(1).split('.')[0]) < 24 };
  });
}

const flags = () => ['--ca-file', 'anchors.pem', ...internet.flags];
const run = (node: string, args: readonly string[]) => start(node, [command, ...args], home);

/** In a clean environment: nothing of npm's or of this process's. */
function start(node: string, args: readonly string[], cwd: string) {
  const env = { PATH: '/usr/bin:/bin', HOME: home };
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((done) => {
    const child = execFile(node, args, { cwd, env }, (_, stdout, stderr) => done({ code: child.exitCode, stdout, stderr }));
  });
}
