/** A policy under review: only regular files below one directory are opened, whatever it names, and nothing is run. */
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { machineBelow, readBundleBelow } from '../../../lambda/policy/gather/below-directory.ts';
import { UsageError } from '../../../lambda/usage-error.ts';

let dir: string;
let review: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'below-'));
  review = join(dir, 'review');
  mkdirSync(join(review, 'below'), { recursive: true });
  mkdirSync(join(dir, 'review-beside'));
  for (const path of ['secret', 'review-beside/file', 'review/file', 'review/below/file'])
    writeFileSync(join(dir, path), 'example.com secure\n');
  symlinkSync('../secret', join(review, 'link-out'));
  symlinkSync('/etc/passwd', join(review, 'link-absolute'));
  symlinkSync('..', join(review, 'folder-out'));
  symlinkSync('below/file', join(review, 'link-below'));
  symlinkSync('/dev/zero', join(review, 'link-device'));
  symlinkSync('loop', join(review, 'loop'));
  execFileSync('mkfifo', [join(review, 'fifo')]);
  linkSync(join(review, 'file'), join(review, 'hard'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const OUTSIDE = 'it lies outside DIR/review, and --offline-sources opens nothing else';

test.each([
  { path: 'file', because: 'a file', says: undefined },
  { path: 'below/file', because: 'a file further below', says: undefined },
  { path: 'below/../file', because: 'a way that stays below', says: undefined },
  { path: 'link-below', because: 'a link that stays below', says: undefined },
  { path: '../secret', because: 'a way out', says: OUTSIDE },
  { path: 'below/../../secret', because: 'a longer way out', says: OUTSIDE },
  { path: '../review-beside/file', because: 'a folder whose name begins alike', says: OUTSIDE },
  { path: 'link-out', because: 'a link out', says: OUTSIDE },
  { path: 'link-absolute', because: 'an absolute link', says: OUTSIDE },
  { path: 'folder-out/secret', because: 'a folder that is a link out', says: OUTSIDE },
  { path: 'link-device', because: 'a link to a device', says: OUTSIDE },
  { path: 'fifo', because: 'a named pipe, which nobody writes to', says: 'it is no regular file' },
  { path: 'below', because: 'a folder', says: 'Is a directory' },
  { path: 'loop', because: 'a link to itself', says: 'Too many levels of symbolic links' },
  { path: 'none', because: 'nothing', says: 'No such file or directory' },
  { path: 'file/x', because: 'below a file', says: 'Not a directory' },
])('$path: $because', async ({ path, says }) => {
  const machine = await machineBelow(review);
  const read = await machine.read(`${review}/${path}`);
  if (says === undefined) expect(read).toMatchObject({ kind: 'read', bytes: Buffer.from('example.com secure\n') });
  else
    expect({ ...read, because: read.kind === 'failed' ? read.because.replace(dir, 'DIR') : '' }).toMatchObject({
      kind: 'failed',
      because: says,
    });
});

test('a device, /proc and absolute paths elsewhere', async () => {
  const machine = await machineBelow(review);
  for (const path of ['/dev/zero', '/proc/self/environ', '/etc/passwd', join(dir, 'secret')])
    expect(await machine.read(path)).toMatchObject({ kind: 'failed', outside: true });
  expect(await machine.list('/etc')).toBeUndefined();
  expect(await machine.list(join(review, 'folder-out'))).toBeUndefined();
  expect(await machine.list(join(review, 'below'))).toEqual(['file']);
});

test('no program is run', async () => {
  const machine = await machineBelow(review);
  for (const command of ['postconf', 'postmap', 'openssl', 'true'])
    expect(await machine.run(command, [])).toEqual({ kind: 'not-installed' });
});

test('a directory that is a link itself is taken as what it leads to', async () => {
  symlinkSync('review', join(dir, 'linked'));
  const machine = await machineBelow(join(dir, 'linked'));
  expect(await machine.read(join(dir, 'linked', 'file'))).toMatchObject({ kind: 'read' });
});

test('a directory that is not there, and a file in its place', async () => {
  for (const path of [join(dir, 'none'), join(dir, 'secret')])
    await expect(machineBelow(path)).rejects.toThrow(new UsageError(`--offline-sources ${path}: there is no such directory`));
});

/** Every type that Postfix documents (DATABASE_README), with what becomes of it. */
const TYPES: readonly { readonly type: string; readonly becomes: 'read' | 'in main.cf' | 'not judged' }[] = [
  ...['hash', 'btree', 'dbm', 'sdbm', 'lmdb', 'cdb', 'texthash'].map((type) => ({ type, becomes: 'read' }) as const),
  ...['inline', 'static'].map((type) => ({ type, becomes: 'in main.cf' }) as const),
  ...[
    'regexp',
    'pcre',
    'cidr',
    'mysql',
    'pgsql',
    'ldap',
    'sqlite',
    'memcache',
    'mongodb',
    'socketmap',
    'tcp',
    'proxy:ldap',
    'proxy:mysql',
    'proxy:regexp',
    'nis',
    'nisplus',
    'netinfo',
    'unix',
    'environ',
    'internal',
    'fail',
    'pipemap',
    'unionmap',
    'randmap',
  ].map((type) => ({ type, becomes: 'not judged' }) as const),
  { type: 'proxy:hash', becomes: 'read' },
  { type: 'proxy:texthash', becomes: 'read' },
];
const namedAs = (type: string): string => {
  switch (type) {
    case 'inline':
      return 'inline:{example.com=secure}';
    case 'static':
      return 'static:secure';
    case 'socketmap':
      return 'socketmap:unix:/run/socket:name';
    case 'tcp':
      return 'tcp:127.0.0.1:1';
    case 'pipemap':
    case 'unionmap':
    case 'randmap':
      return `${type}:{static:secure}`;
    default:
      return `${type}:${join(review, 'file')}`;
  }
};

test.each(TYPES)('$type: $becomes', async ({ type, becomes }) => {
  const mainCf = join(review, 'main.cf');
  writeFileSync(mainCf, `smtp_tls_policy_maps = ${namedAs(type)}\n`);
  const { policyTables, problems, answers } = await readBundleBelow(review, { mainCf, withoutAnchors: true });
  expect(policyTables.map(({ text }) => text)).toEqual(
    { read: ['example.com secure\n'], 'in main.cf': [''], 'not judged': [] }[becomes],
  );
  expect(problems.map(({ kind }) => kind)).toEqual(becomes === 'not judged' ? ['not-listable'] : []);
  expect(answers).toBeUndefined();
});

test.each(TYPES.filter(({ becomes }) => becomes === 'read'))('$type of a path outside is refused', async ({ type }) => {
  const mainCf = join(review, 'main.cf');
  writeFileSync(mainCf, `smtp_tls_policy_maps = ${type}:${join(dir, 'secret')}\n`);
  await expect(readBundleBelow(review, { mainCf, withoutAnchors: true })).rejects.toThrow(
    new UsageError(
      `${mainCf} line 1: smtp_tls_policy_maps names ${type}:${join(dir, 'secret')}: it lies outside ${review}, and --offline-sources opens ` +
        "nothing else; give the policy table's path as an argument",
    ),
  );
});

test('lists of domains in files outside are left out and said so, and are no failure', async () => {
  const mainCf = join(review, 'main.cf');
  writeFileSync(mainCf, `smtp_tls_policy_maps = texthash:${join(review, 'file')}\nrelay_domains = ${join(dir, 'secret')}\n`);
  const { problems, assumed } = await readBundleBelow(review, { mainCf, withoutAnchors: true });
  expect(problems).toEqual([]);
  expect(assumed).toContain(`no domain here is one of relay_domains = ${join(dir, 'secret')}, which is not on this machine`);
});
