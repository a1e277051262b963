/** Which file of flags counts, and which is not believed. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type ConfigFile, configFile, readConfigFile } from '../../../lambda/command/configuration/file.ts';

const dir = mkdtempSync(join(tmpdir(), 'config-file-'));
afterAll(() => rmSync(dir, { recursive: true }));

const WHICH: readonly {
  readonly because: string;
  readonly config?: string | false;
  readonly variable?: string;
  readonly file: ConfigFile;
}[] = [
  { because: 'nothing is said', file: { kind: 'file', path: '/etc/postfix-tls-watch.toml', isNamed: false } },
  { because: 'a file is named', config: 'x.toml', file: { kind: 'file', path: 'x.toml', isNamed: true } },
  { because: 'the environment names one', variable: 'y.toml', file: { kind: 'file', path: 'y.toml', isNamed: true } },
  {
    because: 'the flag wins over the environment',
    config: 'x.toml',
    variable: 'y.toml',
    file: { kind: 'file', path: 'x.toml', isNamed: true },
  },
  { because: 'the environment wants none', variable: '', file: { kind: 'none' } },
  { because: 'the flag wants none', config: false, variable: 'y.toml', file: { kind: 'none' } },
];

test.for(WHICH)('$because', ({ config, variable, file }) => {
  expect(configFile(config, variable === undefined ? {} : { POSTFIX_TLS_WATCH_CONFIG: variable })).toEqual(file);
});

test('an empty name is refused', () => {
  expect(() => configFile('', {})).toThrow('--config names no file; --no-config does without one');
});

const TEXT = 'store = "/srv/hunter2"\n';
const named = (path: string) => readConfigFile({ kind: 'file', path, isNamed: true });
const written = (name: string, mode: number) => {
  const path = join(dir, name);
  writeFileSync(path, TEXT);
  chmodSync(path, mode);
  return path;
};

test.for([0o600, 0o640, 0o644, 0o444, 0o755])('mode %o is believed', async (mode) => {
  expect(await named(written(`good-${mode}`, mode))).toBe(TEXT);
});

test.for([0o622, 0o664, 0o660, 0o646, 0o666, 0o777])('mode %o is not', async (mode) => {
  const path = written(`bad-${mode}`, mode);
  await expect(named(path)).rejects.toThrow(
    `${path}: others than its owner may write it, and could have any program run in your name: chmod go-w it, or do without it by --no-config`,
  );
});

test('a link is believed by what it leads to', async () => {
  const path = join(dir, 'link');
  symlinkSync(written('open', 0o666), path);
  await expect(named(path)).rejects.toThrow('others than its owner may write it');
});

test.skipIf(process.getuid?.() !== 0)('a file of another user is not believed (as root)', async () => {
  const path = written('theirs', 0o600);
  chownSync(path, 1234, 0);
  await expect(named(path)).rejects.toThrow(
    `${path}: belongs to user 1234, who could have any program run in your name: let root or yourself own it (chown), or do without it by --no-config`,
  );
});

test('one that nobody named may be missing', async () => {
  const path = join(dir, 'none');
  expect(await readConfigFile({ kind: 'file', path, isNamed: false })).toBeUndefined();
  await expect(named(path)).rejects.toThrow(
    `${path}: cannot be read: No such file or directory; --config names the file of flags`,
  );
});

test('a directory, a pipe and a large file are named as what they are', async () => {
  const pipe = join(dir, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const large = written('large', 0o600);
  truncateSync(large, 2 * 1024 * 1024);
  await expect(named(dir)).rejects.toThrow(`${dir}: cannot be read: Is a directory; --config names the file of flags`);
  await expect(named(pipe)).rejects.toThrow(
    `${pipe}: cannot be read: It is a named pipe, and only regular files are read; --config names the file of flags`,
  );
  await expect(named(large)).rejects.toThrow(`${large}: has more than 1 MiB, and is no file of flags`);
});

test('what is no UTF-8 is refused', async () => {
  const path = join(dir, 'latin1');
  writeFileSync(path, Buffer.from([0x23, 0xe9]));
  await expect(named(path)).rejects.toThrow(`${path}: is no UTF-8, as TOML has to be; save it as that`);
});
