// biome-ignore-all lint/suspicious/noTemplateCurlyInString: main.cf has macros of that very form
/** --config-directory: what a host's own postconf and postmap say, with a machine made for the test. */
import { describe, expect, test } from 'vitest';
import { mozillaRoots } from '../../../lambda/certificate/anchors.ts';
import { destinationsOf } from '../../../lambda/policy/destinations.ts';
import { gatherBundle } from '../../../lambda/policy/gather/gather.ts';
import type { FileRead, Machine, Permissions, Ran } from '../../../lambda/policy/gather/machine.ts';
import { lint } from '../../../lambda/policy/lint/lint.ts';
import { lookupReply, repliesNotFollowed } from '../../../lambda/policy/reply-tables.ts';
import { UsageError } from '../../../lambda/usage-error.ts';

interface Host {
  readonly files?: Readonly<Record<string, Partial<Permissions> & { readonly text: string; readonly modified?: number }>>;
  /** By path with a slash behind; those that are not named let everybody pass. */
  readonly folders?: Readonly<Record<string, Permissions>>;
  readonly directories?: Readonly<Record<string, readonly string[]>>;
  readonly answers?: Readonly<Record<string, string | Ran>>;
}

const MASTER = 'smtp unix - - y - - smtp\nrelay unix - - n - - smtp -o x=y\nlmtp unix - - y - - lmtp\n';

const IN_LIBRARY = 'OpenSSL [0-9]+\\.[0-9]+\\.[0-9]+[a-z]* +[0-9]+ [A-Z][a-z]+ 20[0-9]+';

function machine({ files = {}, folders = {}, directories = {}, answers = {} }: Host): Machine {
  const all: Record<string, string | Ran> = {
    'postconf -c /etc/postfix -d -h mail_version': '3.7.11\n',
    'postconf -c /etc/postfix -M': MASTER,
    'postconf -c /etc/postfix -P': '',
    'postconf -c /etc/postfix -h mail_owner': 'postfix\n',
    'postconf -c /etc/postfix -m': 'btree\nhash\nmysql\npcre\nproxy\nregexp\nsocketmap\ntexthash\n',
    'postconf -c /etc/postfix -x -h proxy_read_maps': '\n',
    'postconf -c /etc/postfix -h daemon_directory': '/usr/lib/postfix/sbin\n',
    'ldd /usr/lib/postfix/sbin/smtp': '\tlibcrypto.so.3 => /lib/libcrypto.so.3 (0x00007f404e000000)\n',
    [`grep -a -o -m 1 -E ${IN_LIBRARY} /lib/libcrypto.so.3`]: 'OpenSSL 3.0.19 27 Jan 2026\n',
    'id -u postfix': '101\n',
    'id -g postfix': '103\n',
    ...answers,
  };
  return {
    async read(path): Promise<FileRead> {
      const found = files[path];
      if (found === undefined) return { kind: 'failed', because: 'No such file or directory' };
      const { text, mode = 0o644, uid = 0, gid = 0, modified = 0 } = found;
      return { kind: 'read', bytes: Buffer.from(text), mode, uid, gid, modifiedMs: modified };
    },
    modified: async (path) => files[path]?.modified ?? (files[path] === undefined ? undefined : 0),
    list: async (directory) => directories[directory],
    folders: async (path) => Object.entries(folders).flatMap(([folder, is]) => (path.startsWith(folder) ? [is] : [])),
    async run(command, args): Promise<Ran> {
      const answer = all[[command, ...args].join(' ')] ?? opening(command, args, files);
      if (answer === undefined) throw new Error(`nobody expected: ${[command, ...args].join(' ')}`);
      return typeof answer === 'string' ? { kind: 'ended', status: 0, output: answer, errors: '' } : answer;
    },
  };
}

/** What postmap says to a key that nobody has: not found, or that the database is not there. */
function opening(command: string, args: readonly string[], files: NonNullable<Host['files']>): Ran | undefined {
  if (command !== 'postmap' || args.at(-2) !== 'postfix-tls-watch.invalid') return undefined;
  const [type = '', path = ''] = (args.at(-1) ?? '').split(':');
  if (!['hash', 'btree', 'texthash', 'proxy'].includes(type)) return { kind: 'ended', status: 1, output: '', errors: '' };
  const file = type === 'texthash' ? path : `${path}.db`;
  const errors = file in files ? '' : `postmap: fatal: open database ${file}: No such file or directory\n`;
  return { kind: 'ended', status: 1, output: '', errors };
}

const gather = (host: Host, options = {}) => gatherBundle({ configDirectory: '/etc/postfix', ...options }, machine(host));
const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no refusal',
    (error: unknown) => (error instanceof UsageError ? error.message : `not ours: ${String(error)}`),
  );
const pem = `-----BEGIN CERTIFICATE-----\n${mozillaRoots()[0]}\n-----END CERTIFICATE-----\n`;

describe('the OpenSSL of the mail host', () => {
  const NOT_INSTALLED: Ran = { kind: 'not-installed' };
  const HERE = { configDirectory: '/etc/postfix', destination: ['a.test'] };
  const ASKED = { 'postconf -c /etc/postfix': '' };
  const found = async (answers: NonNullable<Host['answers']>, options = {}) => {
    const { settings, assumed } = await gatherBundle({ ...HERE, ...options }, machine({ answers: { ...ASKED, ...answers } }));
    return [settings.openssl, ...assumed];
  };
  const without = { 'ldd /usr/lib/postfix/sbin/smtp': NOT_INSTALLED };

  test('is that of the library that smtp(8) is linked with', async () => {
    expect(await found({ 'openssl version': 'OpenSSL 3.5.1 1 Jul 2025\n' })).toEqual(['3.0']);
  });

  test('else that of the openssl command, which is said', async () => {
    const said = 'smtp(8) runs on OpenSSL 3.5, as the openssl command does (--openssl-version names another)';
    expect(
      await found({ ...without, 'openssl version': 'OpenSSL 3.5.1 1 Jul 2025 (Library: OpenSSL 3.5.4 30 Sep 2025)\n' }),
    ).toEqual(['3.5', said]);
  });

  test('else assumed', async () => {
    const assumed = "the mail host's OpenSSL is 3.0, as Debian 12 has it (--openssl-version names yours)";
    expect(await found({ ...without, 'openssl version': NOT_INSTALLED })).toEqual([undefined, assumed]);
    expect(await found({ ...without, 'openssl version': 'LibreSSL 3.8.2\n' })).toEqual([undefined, assumed]);
    const silent: Ran = { kind: 'ended', status: -1, output: '', errors: '' };
    expect(await found({ 'postconf -c /etc/postfix -h daemon_directory': silent, 'openssl version': silent })).toEqual([
      undefined,
      assumed,
    ]);
  });

  test('or named by hand, with or without a patch level', async () => {
    expect(await found({}, { opensslVersion: '3.5.4' })).toEqual(['3.5']);
    expect(await found({}, { opensslVersion: '1.1.1w' })).toEqual(['1.1']);
    expect(await refusal(found({}, { opensslVersion: 'new' }))).toBe(
      '--openssl-version new: a version is wanted, such as 3.0 or 3.0.19, as openssl version prints it',
    );
  });
});

describe('tls_config_file', () => {
  const withConfig = (value: string, files: NonNullable<Host['files']> = {}, machineOf: Partial<Machine> = {}) =>
    gatherBundle(
      { configDirectory: '/etc/postfix', destination: ['a.test'] },
      {
        ...machine({ files, answers: { 'postconf -c /etc/postfix': `tls_config_file = ${value}\n` } }),
        ...machineOf,
      },
    );
  const engineOff = { kind: 'engine-off', parameter: 'tls_config_file' };

  test("a known difference: the system's own openssl.cnf, which OpenSSL reads by itself, is not read", async () => {
    const read: string[] = [];
    const files = { '/etc/ssl/openssl.cnf': { text: '' }, '/usr/lib/ssl/openssl.cnf': { text: '' } };
    const whole = machine({ files, answers: { 'postconf -c /etc/postfix': 'tls_config_file = default\n' } });
    await withConfig('default', files, {
      read: (path) => {
        read.push(path);
        return whole.read(path);
      },
    });
    expect(read.length).toBeGreaterThan(0);
    expect(read.filter((path) => path.endsWith('openssl.cnf'))).toEqual([]);
  });

  test('a file that is not there, or not an absolute path, turns TLS off', async () => {
    expect((await withConfig('/x.cnf')).trust).toEqual({
      ...engineOff,
      because: '/x.cnf: No such file or directory',
      says: "error loading the 'global' settings from the /x.cnf OpenSSL configuration file, disabling TLS support",
    });
    const says = 'non-default tls_config_file = x.cnf is not an absolute pathname';
    expect((await withConfig('x.cnf')).trust).toEqual({ ...engineOff, because: says, says: `${says}, disabling TLS support` });
  });

  test('so does one that OpenSSL cannot read', async () => {
    const { trust, settings } = await withConfig('/x.cnf', { '/x.cnf': { text: 'openssl_conf = nix\n' } });
    expect(trust).toMatchObject({ ...engineOff, because: '/x.cnf: there is no section [nix]' });
    expect(settings.library).toBeUndefined();
  });

  test('what it changes is kept with the settings, and what is not followed is said', async () => {
    const text = '.include /y\nopenssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nProtocol = -TLSv1.3\n';
    const { settings, trust, assumed } = await withConfig('/x.cnf', { '/x.cnf': { text } });
    expect(settings.library).toEqual({ closed: ['TLSv1.3'] });
    expect(trust.kind).toBe('anchors');
    expect(assumed).toEqual(['of /x.cnf (tls_config_file) .include /y is not followed']);
  });

  test('one that this user may not read is no fault of Postfix', async () => {
    const read: Machine['read'] = async () => ({ kind: 'failed', because: 'Permission denied' });
    const { trust, assumed } = await withConfig('/x.cnf', {}, { read, uid: 1000 });
    expect(trust.kind).toBe('anchors');
    expect(assumed).toEqual([
      'TLS is judged as if tls_config_file changed nothing (uid 1000 may not read /x.cnf: Permission denied)',
    ]);
  });

  test('another host’s is not on this machine', async () => {
    const files = { '/main.cf': { text: 'tls_config_file = /x.cnf\n' } };
    const { assumed } = await gatherBundle(
      { mainCf: '/main.cf', destination: ['a.test'], postfixVersion: '3.11.6' },
      machine({ files }),
    );
    expect(assumed).toContain('TLS is judged as if tls_config_file changed nothing (this machine lacks /x.cnf)');
  });

  test('a Postfix without the parameter does not read it', async () => {
    const bundle = await gatherBundle(
      { configDirectory: '/etc/postfix', destination: ['a.test'], postfixVersion: '3.7.5' },
      machine({ answers: { 'postconf -c /etc/postfix': 'tls_config_file = /x.cnf\n' } }),
    );
    expect(bundle.trust.kind).toBe('anchors');
  });
});

test('tables that are asked in a conversation are read once for all services, and go into the bundle', async () => {
  const bundle = await gatherBundle(
    { configDirectory: '/etc/postfix', destination: ['a.test'] },
    machine({
      files: { '/r': { text: '/x/ y\n' }, '/h': { text: '192.0.2.1 starttls\n' }, '/h.db': { text: '' } },
      answers: {
        'postconf -c /etc/postfix':
          'smtp_reply_filter = regexp:/r\nsmtp_discard_ehlo_keyword_address_maps = hash:/h hash:/gone\n',
        'postconf -c /etc/postfix -P': 'relay/unix/smtp_reply_filter = nosuch:/x\n',
      },
    }),
  );
  expect(bundle.replyTables).toEqual({
    tables: [{ name: 'hash:/h', text: '192.0.2.1 starttls\n' }],
    problems: [
      { name: 'regexp:/r', kind: 'not-listable', because: 'its keys are patterns' },
      { name: 'nosuch:/x', kind: 'missing', because: 'unsupported dictionary type: nosuch' },
      { name: 'hash:/gone', kind: 'missing', because: 'open database /gone.db: No such file or directory' },
    ],
  });
  expect(lint(bundle).filter(({ place }) => place.file === 'hash:/gone')).toEqual([
    {
      place: { file: 'hash:/gone', line: null },
      key: null,
      code: 'table-missing',
      severity: 'defers',
      postfixSays: 'hash:/gone is unavailable. open database /gone.db: No such file or directory',
      effect:
        'smtp(8) asks it in the middle of a conversation: every host whose greeting or EHLO reply comes to it is given up (4.3.0 local data error)',
      cure: 'run postmap hash:/gone, or correct the path',
    },
  ]);
  expect(lookupReply('hash:/h', '192.0.2.1', bundle)).toMatchObject({ kind: 'found', value: 'starttls' });
  expect(lookupReply('hash:/gone', '192.0.2.1', bundle)).toMatchObject({ kind: 'error' });
  expect(repliesNotFollowed(bundle)).toEqual([
    'smtp_reply_filter is not followed: what regexp:/r says of a reply is not known here (the mail host alone can ask it)',
  ]);
});

test('version, settings, overrides, chroot and tables of the host', async () => {
  const bundle = await gather({
    files: {
      '/etc/postfix/main.cf': { text: '# c\nsmtp_tls_policy_maps = hash:/etc/postfix/tls_policy\n' },
      '/etc/postfix/tls_policy': { text: 'a.test secure\n' },
      '/etc/postfix/tls_policy.db': { text: '' },
    },
    answers: {
      'postconf -c /etc/postfix':
        'compatibility_level = 3.6\nsmtp_tls_policy_maps = hash:$config_directory/tls_policy\nconfig_directory = /etc/postfix\nsmtp_tls_security_level =\n',
      'postconf -c /etc/postfix -P': 'smtp/unix/smtp_tls_security_level = encrypt\nrelay/unix/smtp_tls_security_level = may\n',
    },
  });
  expect(bundle.settings).toMatchObject({
    version: '3.7.11',
    securityLevel: 'encrypt',
    fingerprintDigest: 'sha256',
    chroot: true,
    smtpServices: ['smtp', 'relay'],
    policyMaps: [{ type: 'hash', path: '/etc/postfix/tls_policy' }],
  });
  expect(bundle.policyTables).toEqual([{ name: 'hash:/etc/postfix/tls_policy', text: 'a.test secure\n' }]);
  expect(bundle.problems).toEqual([]);
  expect(bundle.assumed).toEqual([]);
  expect(bundle.mainCf).toEqual({ source: '/etc/postfix/main.cf', lines: { smtp_tls_policy_maps: 2 }, problems: [] });
});

test('another service has its own overrides and chroot', async () => {
  const { settings } = await gather(
    {
      files: { '/t': { text: '' } },
      answers: {
        'postconf -c /etc/postfix': '',
        'postconf -c /etc/postfix -P': 'smtp/unix/smtp_tls_security_level = encrypt\nrelay/unix/smtp_tls_security_level = may\n',
      },
    },
    { service: 'relay', table: '/t' },
  );
  expect(settings).toMatchObject({ securityLevel: 'may', chroot: false, smtpServices: ['relay', 'smtp'] });
});

const maps = (value: string, more = '') => ({
  'postconf -c /etc/postfix': `smtp_tls_policy_maps = ${value}\nqueue_directory = /spool\n${more}`,
});

test('a database that was never built is missing for Postfix too', async () => {
  const bundle = await gather({ files: { '/t': { text: 'a.test may\n' } }, answers: maps('hash:/t') });
  // Its text says whose mail that stops.
  expect(bundle.policyTables).toEqual([{ name: 'hash:/t', text: 'a.test may\n' }]);
  expect(bundle.problems).toEqual([
    { name: 'hash:/t', kind: 'missing', because: 'open database /t.db: No such file or directory' },
  ]);
});

test('a text newer than its database is judged, and told', async () => {
  const files = { '/t': { text: 'a.test may\n', modified: 9_000 }, '/t.db': { text: '', modified: 1_000 } };
  const bundle = await gather({ files, answers: maps('hash:/t') });
  expect(bundle.policyTables).toEqual([{ name: 'hash:/t', text: 'a.test may\n' }]);
  expect(bundle.problems).toEqual([{ name: 'hash:/t', kind: 'stale', because: '/t is newer than /t.db: run postmap hash:/t' }]);
});

test('a database whose text is gone is listed by postmap', async () => {
  const answers = {
    ...maps('proxy:hash:/t'),
    'postconf -c /etc/postfix -x -h proxy_read_maps': 'proxy:hash:/t\n',
    'postmap -c /etc/postfix -s hash:/t': 'a.test\tmay\n',
  };
  const bundle = await gather({ files: { '/t.db': { text: '' } }, answers });
  expect(bundle.policyTables).toEqual([{ name: 'proxy:hash:/t', text: 'a.test\tmay\n' }]);
});

test('one that postmap cannot list, as most builds of cdb:, is asked', async () => {
  const unable = 'postmap: fatal: table cdb:/t.cdb: sequence operation is not supported\n';
  const answers = {
    ...maps('cdb:/t'),
    'postconf -c /etc/postfix -m': 'cdb\nhash\n',
    'postmap -c /etc/postfix -s cdb:/t': { kind: 'ended', status: 1, output: '', errors: unable } as const,
    'postmap -c /etc/postfix -q a.test cdb:/t': 'secure match=b.test\n',
    'postmap -c /etc/postfix -q .test cdb:/t': { kind: 'ended', status: 1, output: '', errors: '' } as const,
  };
  const bundle = await gather({ files: { '/t.cdb': { text: '' } }, answers }, { destination: ['a.test'] });
  expect(bundle.problems).toEqual([
    { name: 'cdb:/t', kind: 'not-listable', because: 'its text is gone, and a cdb: database is not listed here' },
  ]);
  expect(bundle.answers?.['cdb:/t']?.['a.test']).toEqual({ kind: 'found', value: 'secure match=b.test' });
});

test('tables that cannot be listed are asked for each destination, by every key', async () => {
  const none: Ran = { kind: 'ended', status: 1, output: '', errors: '' };
  const answers = {
    ...maps('pcre:/p', 'smtp_tls_CAfile =\n'),
    'postmap -c /etc/postfix -q x.a.test pcre:/p': none,
    'postmap -c /etc/postfix -q .a.test pcre:/p': 'secure match=b.test\n',
    'postmap -c /etc/postfix -q .test pcre:/p': none,
  };
  const files = { '/p': { text: '/a/ secure\n' } };
  const bundle = await gather({ answers, files }, { destination: ['x.a.test'] });
  expect(bundle.policyTables).toEqual([]);
  expect(bundle.answers).toEqual({
    'pcre:/p': {
      'x.a.test': { kind: 'not-found' },
      '.a.test': { kind: 'found', value: 'secure match=b.test' },
      '.test': { kind: 'not-found' },
      'postfix-tls-watch.invalid': { kind: 'not-found' },
    },
  });
  expect(bundle.problems).toEqual([{ name: 'pcre:/p', kind: 'not-listable', because: 'its keys are patterns' }]);
});

test('found, not found and error are three answers, and a warning is none of them', async () => {
  const ended = (status: number, output: string, errors: string): Ran => ({ kind: 'ended', status, output, errors });
  const ask = (key: string) => `postmap -c /etc/postfix -q ${key} socketmap:inet:127.0.0.1:8642:p`;
  const warning = 'postmap: warning: /etc/postfix/main.cf, line 3: overriding earlier entry: biff=no\n';
  const answers = {
    ...maps('socketmap:inet:127.0.0.1:8642:p'),
    [ask('a.test')]: ended(0, 'secure\n', warning),
    [ask('b.test')]: ended(1, '', warning),
    [ask('.test')]: ended(1, '', ''),
    [ask('c.test')]: ended(1, '', `${warning}postmap: fatal: table socketmap:inet:127.0.0.1:8642:p: query error: try later\n`),
  };
  const bundle = await gather({ answers }, { destination: ['a.test', 'b.test', 'c.test'] });
  expect(bundle.answers?.['socketmap:inet:127.0.0.1:8642:p']).toEqual({
    'a.test': { kind: 'found', value: 'secure' },
    'b.test': { kind: 'not-found' },
    '.test': { kind: 'not-found' },
    'postfix-tls-watch.invalid': { kind: 'not-found' },
    'c.test': { kind: 'error', says: 'table socketmap:inet:127.0.0.1:8642:p: query error: try later' },
  });
});

test('a table that Postfix opens as root and this user may not is ours to mend', async () => {
  const denied = 'postmap: fatal: open database /t.db: Permission denied\n';
  const answers = {
    ...maps('hash:/t'),
    'postmap -c /etc/postfix -q postfix-tls-watch.invalid hash:/t': {
      kind: 'ended',
      status: 1,
      output: '',
      errors: denied,
    } as const,
  };
  const { problems } = await gather({ answers });
  expect(problems).toEqual([{ name: 'hash:/t', kind: 'unreadable', because: 'this user may not read /t: Permission denied' }]);
});

test('missing trust anchors are what Postfix makes of them', async () => {
  const off = await gather({ files: { '/t': { text: '' } }, answers: maps('texthash:/t', 'smtp_tls_CAfile = /gone.pem\n') });
  expect(off.trust).toEqual({
    kind: 'engine-off',
    because: '/gone.pem: No such file or directory',
  });
  const path = await gather({
    files: { '/t': { text: '' } },
    answers: maps('texthash:/t', 'smtp_tls_CApath = /etc/ssl/certs\n'),
  });
  expect(path.trust).toEqual({ kind: 'anchors', certificates: [], source: '/spool/etc/ssl/certs' });
  // smtp is chrooted here, and relay is not.
  expect(path.fileProblems?.map(({ path: where, kind, because }) => `${where} ${kind}: ${because}`)).toEqual([
    '/spool/etc/ssl/certs missing: the directory cannot be listed',
    '/etc/ssl/certs missing: the directory cannot be listed',
  ]);
});

test('services whose mail waits for a flush are named', async () => {
  const { assumed } = await gather({
    files: { '/t': { text: 'a.test may\n' } },
    answers: maps('texthash:/t', 'defer_transports = smtp uucp\n'),
  });
  expect(assumed).toEqual(['mail by smtp waits until the queue is flushed (defer_transports): it is judged as it leaves then']);
});

test.each<{ because: string; table?: string; folder?: Permissions; mode?: number; kind: string }>([
  { because: 'for everybody', kind: 'not-listable' },
  { because: 'for root alone', mode: 0o600, kind: 'missing' },
  { because: 'in a folder for root alone', folder: { mode: 0o700, uid: 0, gid: 0 }, kind: 'missing' },
  {
    because: 'the same without proxymap',
    table: 'regexp:/etc/p/t',
    folder: { mode: 0o700, uid: 0, gid: 0 },
    kind: 'not-listable',
  },
  { because: 'a file of SQL', table: 'proxy:mysql:/etc/p/t', mode: 0o600, kind: 'missing' },
])(
  'proxymap(8) opens a table as mail_owner: $because',
  async ({ table = 'proxy:regexp:/etc/p/t', folder, mode = 0o644, kind }) => {
    const { problems } = await gather({
      files: { '/etc/p/t': { text: '/x/ may\n', mode } },
      ...(folder === undefined ? {} : { folders: { '/etc/p/': folder } }),
      answers: { ...maps(table), 'postconf -c /etc/postfix -x -h proxy_read_maps': `${table}\n` },
    });
    expect(problems.map(({ name, kind: is }) => [name, is])).toEqual([[table, kind]]);
  },
);

test('a tafile is opened in the chroot, as mail_owner', async () => {
  const policy =
    'a.test secure tafile=/open.pem\nb.test secure tafile=/root-only.pem\nc.test secure tafile=/own.pem\nd.test secure tafile=/outside.pem\n' +
    'e.test secure tafile=/group.pem\nf.test secure tafile=/not-group.pem\n' +
    'g.test secure tafile=/private/closed.pem\nh.test secure tafile=/group/passed.pem\n';
  const { anchorFiles, fileProblems } = await gather({
    files: {
      '/t': { text: policy },
      '/spool/open.pem': { text: pem },
      '/spool/root-only.pem': { text: pem, mode: 0o600 },
      '/spool/own.pem': { text: pem, mode: 0o600, uid: 101 },
      '/spool/group.pem': { text: pem, mode: 0o640, gid: 103 },
      '/spool/not-group.pem': { text: pem, mode: 0o604, gid: 103 },
      '/spool/private/closed.pem': { text: pem },
      '/spool/group/passed.pem': { text: pem },
      '/outside.pem': { text: pem },
    },
    folders: {
      '/spool/': { mode: 0o755, uid: 0, gid: 0 },
      '/spool/private/': { mode: 0o766, uid: 0, gid: 103 },
      '/spool/group/': { mode: 0o710, uid: 0, gid: 103 },
    },
    answers: maps('texthash:/t'),
  });
  expect(
    Object.entries(anchorFiles).map(([path, found]) => `${path} ${found.kind === 'broken' ? found.because : found.kind}`),
  ).toEqual([
    '/open.pem anchors',
    '/root-only.pem error opening trust anchor file: /root-only.pem: Permission denied',
    '/own.pem anchors',
    '/outside.pem error opening trust anchor file: /outside.pem: No such file or directory',
    '/group.pem anchors',
    '/not-group.pem error opening trust anchor file: /not-group.pem: Permission denied',
    '/private/closed.pem error opening trust anchor file: /private/closed.pem: Permission denied',
    '/group/passed.pem anchors',
  ]);
  expect(fileProblems?.map(({ path }) => path).slice(0, 2)).toEqual(['/root-only.pem', '/outside.pem']);
});

test('tls_append_default_CA adds the system store, where one is named at all', async () => {
  const files = { '/t': { text: '' }, '/etc/ssl/certs/ca-certificates.crt': { text: pem } };
  const none = await gather({ files, answers: maps('texthash:/t', 'tls_append_default_CA = yes\n') });
  expect(none.trust).toMatchObject({ certificates: [] });
  const some = await gather({
    files,
    directories: { '/spool/ca': [] },
    answers: maps('texthash:/t', 'tls_append_default_CA = yes\nsmtp_tls_CApath = /ca\n'),
  });
  expect(some.trust).toEqual({
    kind: 'anchors',
    certificates: [mozillaRoots()[0]],
    source: '/spool/ca and /etc/ssl/certs/ca-certificates.crt',
  });
});

test.each<{ host: Host; options?: object; says: string }>([
  {
    host: { answers: { 'postconf -c /etc/postfix -d -h mail_version': { kind: 'not-installed' } } },
    says: '--config-directory /etc/postfix: postconf is not installed here; copy main.cf and the tables and name them with --main-cf',
  },
  {
    host: {
      answers: {
        'postconf -c /etc/postfix -d -h mail_version': {
          kind: 'ended',
          status: 1,
          output: '',
          errors: 'postconf: warning: x\npostconf: fatal: open /etc/postfix/main.cf: No such file or directory\n',
        },
      },
    },
    says: '--config-directory /etc/postfix: postconf -d -h mail_version failed: postconf: fatal: open /etc/postfix/main.cf: No such file or directory',
  },
  {
    host: { answers: { 'postconf -c /etc/postfix': '' } },
    options: { service: 'outbound' },
    says: '--service outbound: master.cf has no such service that runs smtp(8); it has smtp, relay',
  },
  {
    host: { answers: { 'postconf -c /etc/postfix': '' } },
    says: "/etc/postfix/main.cf sets no smtp_tls_policy_maps: give the policy table's path",
  },
])('refused: $says', async ({ host, options, says }) => {
  expect(await refusal(gather(host, options))).toBe(says);
});

test.each([
  { parameter: 'foo', dies: undefined, because: 'nobody reads it' },
  { parameter: 'smtpd_recipient_restrictions', dies: undefined, because: 'smtpd(8) alone ends' },
  { parameter: 'smtp_helo_name', dies: 'empty macro name: "${}"', because: 'smtp(8) reads it' },
  { parameter: 'mynetworks', dies: 'empty macro name: "${}"', because: 'every program reads it' },
])('a broken macro in $parameter: $because', async ({ parameter, dies }) => {
  const bundle = await gather({
    files: { '/t': { text: 'a.test may\n' }, '/t.db': { text: '' } },
    answers: maps('hash:/t', `${parameter} = \${}\n`),
  });
  expect(bundle.settings.fatal).toBe(dies);
});

test.each([
  { map: 'transport_maps = inline:{a.test=smtp:[gw.test]}', names: ['[gw.test]', null], because: 'a next hop of transport_maps' },
  {
    map: 'sender_dependent_relayhost_maps = inline:{@b.test=[gw.test]}',
    names: ['[gw.test]', null],
    because: 'a next hop of a sender map',
  },
  { map: 'relayhost = [gw.test]', names: ['[gw.test]'], because: 'the relayhost' },
  { map: 'relayhost =', names: [null], because: 'the level itself, told as not watched' },
])('a level above may without a policy table: $because', async ({ map, names }) => {
  const answers = { 'postconf -c /etc/postfix': `smtp_tls_security_level = verify\nqueue_directory = /spool\n${map}\n` };
  const found = destinationsOf(await gather({ answers }));
  expect(found.map(({ hops }) => hops[0]?.nextHop.text ?? null)).toEqual(names);
});

test('a daemon that answers nobody: one finding about the table, or each destination that is named', async () => {
  const table = 'socketmap:inet:127.0.0.1:8642:p';
  const refused: Ran = {
    kind: 'ended',
    status: 1,
    output: '',
    errors: `postmap: fatal: table ${table}: query error: Connection refused\n`,
  };
  const answers = Object.fromEntries(
    ['a.test', '.test', 'postfix-tls-watch.invalid'].map((key) => [`postmap -c /etc/postfix -q ${key} ${table}`, refused]),
  );
  const found = async (destination: readonly string[]) =>
    destinationsOf(await gather({ answers: { ...maps(table), ...answers } }, { destination })).map(({ name, settled, hops }) => ({
      name,
      reason: settled?.reason ?? hops.map(({ demand }) => (demand.kind === 'broken' ? demand.warning : demand.kind)),
    }));
  expect(await found([])).toEqual([{ name: table, reason: 'table-unavailable' }]);
  const [problem] = lint(await gather({ answers: { ...maps(table), ...answers } }));
  expect(problem).toMatchObject({ code: 'table-missing', severity: 'defers' });
  expect(problem?.effect).toContain(`it answers nobody (table ${table}: query error: Connection refused)`);
  expect((await found(['a.test'])).map(({ name }) => name)).toEqual(['a.test']);
});

test('other instances of this host are named', async () => {
  const bundle = await gather({
    files: { '/t': { text: 'a.test may\n' }, '/t.db': { text: '' } },
    answers: maps('hash:/t', 'multi_instance_directories = /etc/postfix-in, /etc/postfix-out\n'),
  });
  expect(bundle.assumed).toContain(
    'the Postfix of /etc/postfix-in and /etc/postfix-out is not judged here: run once more with --config-directory /etc/postfix-in',
  );
});

test('--destinations: a name a line, comments apart; a line that is no name is told with its place', async () => {
  const answers = maps('hash:/t');
  const files = {
    '/t': { text: 'a.test may\n' },
    '/t.db': { text: '' },
    '/names': { text: '# ours\nB.TEST.\n\nuser@C.test  # theirs\n[gw.test]:587\nb.test\n' },
    '/bad': { text: 'a.test\nb.test c.test\n' },
    '/crlf': { text: '# ours\r\na.test # theirs\r\n\r\nb.test\r\n' },
  };
  const bundle = await gather({ files, answers }, { destination: ['d.test'], destinations: '/names' });
  expect(bundle.destinations).toEqual(['d.test', 'b.test', 'user@c.test', '[gw.test]:587']);
  const fromWindows = await gather({ files, answers }, { destinations: '/crlf' });
  expect(fromWindows.destinations).toEqual(['a.test', 'b.test']);
  await expect(gather({ files, answers }, { destinations: '/bad' })).rejects.toThrow(
    new UsageError('/bad line 2: "b.test c.test": one domain, address or next hop a line is wanted, and # before a comment'),
  );
  await expect(gather({ files, answers }, { destinations: '/missing' })).rejects.toThrow(
    new UsageError('cannot read --destinations /missing: No such file or directory'),
  );
});

describe('a slow daemon', () => {
  const table = 'socketmap:inet:127.0.0.1:8642:p';
  const names = Array.from({ length: 300 }, (_, i) => `d${i}.test`);

  async function asking(answer: () => Ran) {
    let [under, most, asked] = [0, 0, 0];
    const host = machine({ answers: maps(table) });
    const bundle = await gatherBundle(
      { configDirectory: '/etc/postfix', destination: names },
      {
        ...host,
        async run(command, args) {
          if (command !== 'postmap') return host.run(command, args);
          [under, asked] = [under + 1, asked + 1];
          most = Math.max(most, under);
          await new Promise((resolve) => setImmediate(resolve));
          under--;
          return answer();
        },
      },
    );
    return { most, asked, answers: Object.values(bundle.answers?.[table] ?? {}) };
  }

  test('is asked several keys at a time, and not more than 16', async () => {
    const { most, answers } = await asking(() => ({ kind: 'ended', status: 1, output: '', errors: '' }));
    expect(most).toBe(16);
    expect(answers).toHaveLength(300 + 2);
    expect(answers.every(({ kind }) => kind === 'not-found')).toBe(true);
  });

  test('that never answers in time is given up, and what it would say is not known', async () => {
    // -1: the program was ended at the deadline of the door.
    const { asked, answers } = await asking(() => ({ kind: 'ended', status: -1, output: '', errors: '' }));
    expect(asked).toBeLessThan(2 * 16 + 1);
    expect(answers).toHaveLength(300 + 2);
    expect(answers.every((answer) => answer.kind === 'unreadable' && answer.because === `${table} gives no answer in time`)).toBe(
      true,
    );
  });
});

test('where a value ends postconf and not smtp(8), main.cf and master.cf are read as they are', async () => {
  const ends: Ran = { kind: 'ended', status: 1, output: '', errors: 'postconf: fatal: macro processing error\n' };
  const { settings, services } = await gather({
    files: {
      '/etc/postfix/main.cf': {
        text:
          'smtpd_banner = ${x\nsmtp_tls_policy_maps = inline:{a.test=encrypt}\nproxy_read_maps = proxy:hash:/t\n' +
          'myhostname = mx.example.test\nrelay_domains = $mydomain\ntransport_maps = texthash:$config_directory/t\n',
      },
      '/etc/postfix/t': { text: '' },
      '/etc/postfix/master.cf': {
        text: 'smtp unix - - n - - smtp\nout unix - - y - - smtp\n  -o { smtp_tls_security_level = secure }\n',
      },
    },
    answers: {
      'postconf -c /etc/postfix': ends,
      'postconf -c /etc/postfix -M': ends,
      'postconf -c /etc/postfix -P': ends,
      'postconf -c /etc/postfix -x -h proxy_read_maps': ends,
      'postconf -c /etc/postfix -d':
        'queue_directory = /var/spool/postfix\nsmtp_tls_security_level =\n' +
        'config_directory = /other\nmyhostname = vm.other.test\nmydomain = other.test\n',
    },
  });
  expect(settings.fatal).toBe(undefined);
  expect(settings.relayDomains).toEqual(['example.test']);
  expect(settings.transportMaps).toEqual([{ type: 'texthash', path: '/etc/postfix/t' }]);
  expect(settings.policyMaps).toEqual([{ type: 'inline', path: '{a.test=encrypt}' }]);
  expect(settings.transports).toEqual(['smtp', 'out']);
  expect(services?.out?.settings).toMatchObject({ securityLevel: 'secure', chroot: true });
});

test('a tafile in an answer of a table that is asked is read, too', async () => {
  const { anchorFiles } = await gather(
    {
      files: { '/p': { text: '' }, '/spool/ta.pem': { text: pem } },
      answers: {
        ...maps('regexp:/p'),
        'postmap -c /etc/postfix -q a.test regexp:/p': 'secure tafile=/ta.pem\n',
        'postmap -c /etc/postfix -q .test regexp:/p': { kind: 'ended', status: 1, output: '', errors: '' },
      },
    },
    { destination: ['a.test'] },
  );
  expect(Object.entries(anchorFiles).map(([path, { kind }]) => [path, kind])).toEqual([['/ta.pem', 'anchors']]);
});

test('a file of domains that another host’s main.cf names is on that host, as a table is', async () => {
  const text = 'virtual_mailbox_domains = /domains\nvirtual_alias_domains = hash:/aliases\n';
  const { assumed, routingTables, problems } = await gatherBundle(
    { mainCf: '/main.cf', destination: ['a.test'], postfixVersion: '3.11.6' },
    machine({ files: { '/main.cf': { text } } }),
  );
  expect(assumed).toContain('no domain here is one of virtual_mailbox_domains = /domains, which is not on this machine');
  expect(problems).toEqual([]);
  expect(routingTables).toEqual([]);
});
