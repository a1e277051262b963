/**
 * Days over real DNS, SMTP and TLS in which a source of policy goes away and comes back: the entries
 * it had fail, or are not judged where the fault is ours, and none is forgotten.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { unreadableSources } from '../../lambda/command/summary.ts';
import { openWorld } from '../../lambda/doors.ts';
import { gatherBundle } from '../../lambda/policy/gather/gather.ts';
import type { BundleOptions, FileRead, Machine, Ran } from '../../lambda/policy/gather/machine.ts';
import { rememberedIn } from '../../lambda/run/watch/recall.ts';
import { type Store, spaceOf } from '../../lambda/store/keys.ts';
import { readLatest } from '../../lambda/store/latest.ts';
import { type Authority, createAuthority } from '../internet/authority.ts';
import { type Internet, startInternet } from '../internet/internet.ts';
import { type StoreOnDisk, storeOnDisk } from '../store/on-disk.ts';
import { DAY_MS, runOnce } from './watching.ts';

const START = Date.UTC(2026, 10, 24, 6);
const SOCKETMAP = 'socketmap:inet:127.0.0.1:8642:policy';

let disk: StoreOnDisk;
let internet: Internet;
let root: Authority;
let store: Store;
let subjects: string[];
let texts: string[];
/** What the mail host has: texts by path, and what a daemon answers by key. */
let files: Record<string, string | 'denied'>;
let daemon: Record<string, string> | 'down';
let uid: number;

beforeAll(async () => {
  disk = await storeOnDisk(START);
  internet = await startInternet();
  root = await createAuthority('Sources Root');
  for (const domain of ['a.test', 'b.test']) {
    const { chainPem, keyPem } = await root.issue({ dnsNames: [domain] });
    internet.domain(domain, await internet.mailHost({ host: `mx.${domain}`, chain: chainPem, key: keyPem }));
  }
});

afterAll(async () => {
  await internet.close();
  disk.close();
});

beforeEach(() => {
  store = { table: disk.table, space: spaceOf(`p${randomUUID()}`, 'mx1') };
  [subjects, texts] = [[], []];
  uid = 0;
  daemon = { 'a.test': 'secure', 'b.test': 'secure' };
  files = {
    '/etc/postfix/main.cf': '',
    '/t': 'a.test secure\nb.test secure\n',
    '/t.db': '',
    '/ca.pem': root.certificate.pem,
  };
});

const ended = (status: number, output = '', errors = ''): Ran => ({ kind: 'ended', status, output, errors });

function machine(table: string): Machine {
  const settings = `smtp_tls_policy_maps = ${table}\nsmtp_tls_CAfile = /ca.pem\nqueue_directory = /\ncompatibility_level = 3.6\nsmtp_tls_security_level = may\n`;
  const answers: Readonly<Record<string, string>> = {
    '-d -h mail_version': '3.7.11\n',
    '': settings,
    '-P': '',
    '-M': 'smtp unix - - n - - smtp\n',
    '-m': 'hash\nsocketmap\n',
    '-x -h proxy_read_maps': '',
    '-h mail_owner': 'postfix\n',
  };
  const postmap = (key: string, name: string): Ran => {
    if (name === SOCKETMAP) {
      if (daemon === 'down') return ended(1, '', `postmap: fatal: table ${name}: query error: Connection refused\n`);
      const value = daemon[key];
      return value === undefined ? ended(1) : ended(0, `${value}\n`);
    }
    const file = files[`${name.slice('hash:'.length)}.db`];
    if (file === undefined) return ended(1, '', `postmap: fatal: open database ${name.slice(5)}.db: No such file or directory\n`);
    if (file === 'denied' && uid !== 0)
      return ended(1, '', `postmap: fatal: open database ${name.slice(5)}.db: Permission denied\n`);
    return ended(1);
  };
  return {
    uid,
    async read(path): Promise<FileRead> {
      const text = files[path];
      if (text === undefined) return { kind: 'failed', because: 'No such file or directory' };
      if (text === 'denied' && uid !== 0) return { kind: 'failed', because: 'Permission denied' };
      return { kind: 'read', bytes: Buffer.from(text), mode: 0o644, uid: 0, gid: 0, modifiedMs: 0 };
    },
    modified: async (path) => (files[path] === undefined ? undefined : 0),
    list: async () => undefined,
    async run(command, args): Promise<Ran> {
      if (command === 'postmap') return postmap(args.at(-2) ?? '', args.at(-1) ?? '');
      if (command === 'id') return ended(0, '101\n');
      // What says which OpenSSL smtp(8) is linked with; nobody says, and 3.0 is assumed.
      if (command === 'ldd' || command === 'openssl' || args.at(-1) === 'daemon_directory') return ended(1);
      const output = answers[args.slice(2).join(' ')];
      if (output === undefined) throw new Error(`nobody expected: ${command} ${args.join(' ')}`);
      return ended(0, output);
    },
  };
}

/** The run of one day, as `watch --config-directory` on the mail host; verdicts by entry. */
async function on(day: number, table: string, options: Partial<BundleOptions> = {}) {
  const at = START + day * DAY_MS;
  const bundle = await gatherBundle(
    { configDirectory: '/etc/postfix', smtpPort: internet.smtpPort, ...options },
    machine(table),
    async () => rememberedIn(await readLatest(store, at)).map(({ name }) => name),
  );
  const watched = await runOnce({
    bundle,
    store,
    world: () => openWorld({ resolvers: [internet.resolver], helo: 'client.test', allowPrivateAddresses: true }, bundle),
    at,
    tell: async ({ subject, text }) => {
      subjects.push(subject);
      texts.push(text.replace(/\s+/g, ' '));
      return { kind: 'told' };
    },
  });
  if (watched.kind !== 'done') throw new Error(watched.kind);
  return {
    verdicts: Object.fromEntries(watched.verdicts.map(({ id, verdict, reason }) => [id, `${verdict} ${reason}`])),
    ours: unreadableSources(watched.verdicts),
  };
}

const WELL = { 'a.test': 'pass null', 'b.test': 'pass null' };
const GONE = { 'a.test': 'fail table-unavailable', 'b.test': 'fail table-unavailable' };
const BASELINE = 'Now watching 2 entries: all deliver';

test.each([
  { gone: ['/t.db'], because: 'restored without postmap' },
  { gone: ['/t.db', '/t'], because: 'gone with its text' },
])('a table that is gone fails the entries it had, until it is back: $because', async ({ gone }) => {
  expect((await on(0, 'hash:/t')).verdicts).toMatchObject(WELL);
  const before = { ...files };
  for (const path of gone) delete files[path];
  expect((await on(1, 'hash:/t')).verdicts).toMatchObject(GONE);
  expect((await on(2, 'hash:/t')).verdicts).toMatchObject(GONE);
  expect((await on(3, 'hash:/t')).verdicts).toMatchObject(GONE);
  expect(subjects.slice(0, 2)).toEqual([BASELINE, '2 entries would defer: policy table cannot be asked']);
  expect(texts[1]).toContain('open database /t.db: No such file or directory');
  files = before;
  expect((await on(4, 'hash:/t')).verdicts).toMatchObject(WELL);
  await on(5, 'hash:/t');
  expect(subjects.at(-1)).toMatch(/deliver/);
});

test('a daemon that is down for a day fails what it answered, in its own words', async () => {
  const destination = ['a.test', 'b.test'];
  expect((await on(0, SOCKETMAP, { destination })).verdicts).toMatchObject(WELL);
  daemon = 'down';
  expect((await on(1, SOCKETMAP, { destination })).verdicts).toMatchObject(GONE);
  await on(2, SOCKETMAP, { destination });
  expect(texts[1]).toContain('Connection refused');
  daemon = { 'a.test': 'secure', 'b.test': 'secure' };
  expect((await on(3, SOCKETMAP, { destination })).verdicts).toMatchObject(WELL);
  await on(4, SOCKETMAP, { destination });
  expect(subjects).toEqual([BASELINE, expect.stringMatching(/would defer/), expect.stringMatching(/deliver/)]);
});

test('an answer that is withdrawn leaves the domain at the global level, and it is still watched', async () => {
  const destination = ['a.test', 'b.test'];
  await on(0, SOCKETMAP, { destination });
  daemon = { 'b.test': 'secure' };
  expect((await on(1, SOCKETMAP, { destination })).verdicts).toMatchObject(WELL);
});

test('a table that this user may not read any more is ours to mend: nothing is judged, told or closed by it', async () => {
  expect((await on(0, 'hash:/t')).verdicts).toMatchObject(WELL);
  const readable = files;
  files = { ...files, '/t': 'denied', '/t.db': 'denied' };
  uid = 1000;
  const run = await on(1, 'hash:/t');
  expect(run.verdicts).toMatchObject({
    'a.test': 'undetermined source-unreadable',
    'b.test': 'undetermined source-unreadable',
  });
  expect(run.ours).toEqual([expect.stringContaining('uid 1000 may not read /t: Permission denied')]);
  [uid, files] = [0, readable];
  expect((await on(2, 'hash:/t')).verdicts).toMatchObject(WELL);
  expect(subjects).toEqual([BASELINE]);
});
