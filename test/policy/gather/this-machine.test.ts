import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashedName, mozillaRoots } from '../../../lambda/certificate/anchors.ts';
import type { BundleOptions } from '../../../lambda/policy/gather/machine.ts';
import { readBundle } from '../../../lambda/policy/gather/this-machine.ts';
import { UsageError } from '../../../lambda/usage-error.ts';

const home = mkdtempSync(join(tmpdir(), 'policy-files-'));
afterAll(() => rmSync(home, { recursive: true }));

const file = (name: string, content: string | Buffer): string => {
  const path = join(home, name);
  writeFileSync(path, content);
  return path;
};
const pem = (der: string) => `-----BEGIN CERTIFICATE-----\n${der.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
const [first = '', second = '', third = ''] = mozillaRoots();

async function refusal(options: BundleOptions): Promise<string> {
  const error = await readBundle(options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UsageError);
  return error instanceof Error ? error.message.replaceAll(home, 'HOME') : '';
}

test("a bare table: hash, defaults of the newest proved version, Mozilla's roots, and all of it said", async () => {
  const table = file('tls_policy', 'fastmail.fm secure\n');
  const bundle = await readBundle({ table });
  expect(bundle.policyTables).toEqual([{ name: `hash:${table}`, text: 'fastmail.fm secure\n' }]);
  expect(bundle.settings).toMatchObject({ version: '3.11', securityLevel: 'none', policyMaps: [{ type: 'hash', path: table }] });
  expect(bundle.trust).toMatchObject({ kind: 'anchors', source: "Mozilla's roots" });
  expect(bundle.assumed).toEqual([
    'Postfix is 3.11, the newest version this was compared with (--postfix-version names yours)',
    "every setting has Postfix's default, and mail goes to the recipient domain's MX hosts (--main-cf or --config-directory read yours)",
    "the mail host's OpenSSL is 3.0, as Debian 12 has it (--openssl-version names yours)",
    `${table} is a hash: table, where the first of two equal keys counts`,
    "the trust anchors are Mozilla's roots (--ca-file, --ca-path or --main-cf name others)",
  ]);
  expect(bundle.mainCf).toBe(undefined);
});

describe('what is no regular file is never waited for', () => {
  const pipe = join(home, 'pipe');
  const socket = join(home, 'socket');
  const large = join(home, 'large');
  const server = createServer();
  beforeAll(async () => {
    execFileSync('mkfifo', [pipe]);
    writeFileSync(large, '');
    truncateSync(large, 64 * 1024 * 1024 + 1);
    await new Promise<void>((done) => server.listen(socket, done));
  });
  afterAll(() => server.close());

  test.each([
    { what: 'a named pipe', path: pipe, because: 'It is a named pipe, and only regular files are read' },
    { what: 'a socket', path: socket, because: 'It is a socket, and only regular files are read' },
    { what: 'a device', path: '/dev/zero', because: 'It is a device or a socket, and only regular files are read' },
    { what: 'a directory', path: home, because: 'Is a directory' },
    {
      what: 'a file without end',
      path: large,
      because: 'It has more than 64 MiB; no more is read, so split it into several files',
    },
  ])('$what as table, main.cf, CA file, file of destinations', async ({ path, because }) => {
    const place = path.replaceAll(home, 'HOME');
    const table = file('some', 'a.test secure\n');
    expect(await refusal({ table: path })).toContain(`cannot read the table ${place}: ${because}`);
    expect(await refusal({ table, mainCf: path })).toContain(`${place}: ${because}`);
    expect(await refusal({ table, caFile: path })).toBe(`cannot read --ca-file ${place}: ${because}`);
    expect(await refusal({ table, destinations: path })).toContain(`${place}: ${because}`);
  });

  test('one behind a link of a CApath is passed over', async () => {
    const capath = join(home, 'capath');
    execFileSync('mkdir', [capath]);
    symlinkSync(pipe, join(capath, '0a1b2c3d.0'));
    symlinkSync('/dev/zero', join(capath, '0a1b2c3d.1'));
    writeFileSync(join(capath, `${hashedName(first)}.0`), pem(first));
    const { trust } = await readBundle({ table: file('some', 'a.test secure\n'), caPath: capath });
    expect(trust).toMatchObject({ kind: 'anchors', certificates: [first] });
  });

  test('/dev/null is a file with nothing in it', async () => {
    const { policyTables } = await readBundle({ table: 'hash:/dev/null' });
    expect(policyTables).toEqual([{ name: 'hash:/dev/null', text: '' }]);
  });
});

test('a table with fingerprints says which digest is assumed', async () => {
  const bundle = await readBundle({
    table: `texthash:${file('fingerprints', 'a.test fingerprint match=aa\n')}`,
    postfixVersion: '3.7.11',
  });
  expect(bundle.assumed).toEqual([
    "every setting has Postfix's default, and mail goes to the recipient domain's MX hosts (--main-cf or --config-directory read yours)",
    "the mail host's OpenSSL is 3.0, as Debian 12 has it (--openssl-version names yours)",
    "the trust anchors are Mozilla's roots (--ca-file, --ca-path or --main-cf name others)",
    "fingerprints are md5 digests, Postfix's default below compatibility_level 3.6 (--main-cf reads yours)",
  ]);
});

test.each([
  { version: '2.11', says: 'the rules of Postfix 2.11 come from its sources; below 3.5 none was compared with real deliveries' },
  {
    version: '3.4.9',
    says: 'the rules of Postfix 3.4.9 come from its sources; below 3.5 none was compared with real deliveries',
  },
  { version: '3.12', says: 'Postfix 3.12 keeps to the rules of 3.11, the newest version this was compared with' },
  { version: '3.12-20260821', says: 'Postfix 3.12 keeps to the rules of 3.11, the newest version this was compared with' },
])('version $version is assumed to be like others', async ({ version, says }) => {
  const bundle = await readBundle({ table: file('t', ''), postfixVersion: version });
  expect(bundle.assumed[0]).toBe(says);
});

test('main.cf: settings, tables, transport, trust, tafiles, and where they stand', async () => {
  const roots = file('roots.pem', pem(first) + pem(second));
  const tafile = file('anchor.pem', pem(third));
  const policy = file('policy', `a.test secure tafile=${tafile} tafile=${join(home, 'gone.pem')}\nb.test secure\n`);
  const transport = file('transport', 'b.test smtp:[h.test]\n');
  const mainCf = file(
    'main.cf',
    `smtp_tls_CAfile = ${roots}\nsmtp_tls_policy_maps = texthash:${policy}\ntransport_maps = hash:${transport}\nsmtp_tls_trust_anchor_file = ${roots}\n`,
  );
  const bundle = await readBundle({ mainCf, postfixVersion: '3.7.11', destination: ['x.test'], smtpPort: 2525 });
  expect(bundle.trust).toEqual({ kind: 'anchors', certificates: [first, second], source: roots });
  expect(bundle.policyTables.map(({ name }) => name)).toEqual([`texthash:${policy}`]);
  expect(bundle.transportTables).toEqual([{ name: `hash:${transport}`, text: 'b.test smtp:[h.test]\n' }]);
  expect(bundle.anchorFiles).toEqual({
    [tafile]: { kind: 'anchors', certificates: [third], publicKeys: [] },
    [roots]: { kind: 'anchors', certificates: [first, second], publicKeys: [] },
    [join(home, 'gone.pem')]: {
      kind: 'broken',
      because: `error opening trust anchor file: ${join(home, 'gone.pem')}: No such file or directory`,
    },
  });
  expect(bundle.settings.tcpPort).toBe(2525);
  expect(bundle.destinations).toEqual(['x.test']);
  expect(bundle.assumed).toEqual(["the mail host's OpenSSL is 3.0, as Debian 12 has it (--openssl-version names yours)"]);
  expect(bundle.mainCf).toMatchObject({ source: mainCf, lines: { smtp_tls_CAfile: 1, transport_maps: 3 }, problems: [] });
});

test('a table named by hand takes its type from main.cf', async () => {
  const copy = file('copy-of-policy', 'a.test may\na.test none\n');
  const mainCf = file('types.cf', 'smtp_tls_policy_maps = texthash:/etc/postfix/policy\nsmtp_tls_CAfile =\n');
  const bundle = await readBundle({ table: copy, mainCf });
  expect(bundle.policyTables.map(({ name }) => name)).toEqual([`texthash:${copy}`]);
  expect(bundle.trust).toEqual({ kind: 'anchors', certificates: [], source: 'no CAfile and no CApath' });
});

test.each([
  {
    postfixVersion: '3.7',
    assumed: [
      'Postfix 3.7 is its latest patch, and older ones differ in smtp_tls_dane_insecure_mx_policy (before 3.7.13), tls_config_file (before 3.7.6) and tls_config_name (before 3.7.6): name yours as postconf mail_version prints it, such as --postfix-version 3.7.12',
    ],
  },
  { postfixVersion: '3.7.11', assumed: [] },
])('version $postfixVersion by hand', async ({ postfixVersion, assumed }) => {
  const mainCf = file(`version-${postfixVersion}.cf`, 'smtp_tls_CAfile =\n');
  const bundle = await readBundle({ table: file('t', ''), mainCf, postfixVersion });
  expect(bundle.assumed.filter((sentence) => sentence.startsWith('Postfix '))).toEqual(assumed);
});

test('a CApath counts by its hash links', async () => {
  const links = join(mkdtempSync(join(home, 'ca-')));
  const put = (name: string, content: string) => writeFileSync(join(links, name), content);
  const hash = hashedName(first) ?? '';
  put(`${hash}.0`, pem(first));
  put('first.pem', pem(first));
  put('second.pem', pem(second));
  put('00000000.0', pem(third));
  put(`${hashedName(third) ?? ''}.1`, pem(third));
  put('README', 'x');
  const bundle = await readBundle({ table: file('t', ''), caPath: links });
  expect(bundle.trust).toEqual({ kind: 'anchors', certificates: [first], source: links, byHand: { caPath: links } });
  expect(bundle.fileProblems).toEqual([
    { path: links, parameter: 'smtp_tls_CApath', kind: 'no-hash-link', because: '1 certificate file without a hash link' },
  ]);
});

test('a CAfile without PEM switches TLS off, as in Postfix', async () => {
  const empty = file('empty.pem', 'no PEM\n');
  const mainCf = file('empty.cf', `smtp_tls_CAfile = ${empty}\n`);
  const { trust } = await readBundle({ table: file('t', ''), mainCf });
  expect(trust).toEqual({ kind: 'engine-off', because: `${empty} holds no certificate in PEM` });
});

test.each<{ options: () => BundleOptions; says: string; because: string }>([
  {
    options: () => ({}),
    says: 'no policy table is named: give its path, or --config-directory or --main-cf that sets smtp_tls_policy_maps',
    because: 'nothing is named',
  },
  {
    options: () => ({ mainCf: file('none.cf', 'relayhost =\n') }),
    says: "HOME/none.cf sets no smtp_tls_policy_maps: give the policy table's path",
    because: 'main.cf names none',
  },
  {
    options: () => ({ table: join(home, 'gone') }),
    says: 'cannot read the table HOME/gone: No such file or directory',
    because: 'the table is not there',
  },
  { options: () => ({ table: home }), says: 'cannot read the table HOME: Is a directory', because: 'it is a directory' },
  {
    options: () => ({ table: file('t', ''), mainCf: join(home, 'gone.cf') }),
    says: 'cannot read --main-cf HOME/gone.cf: No such file or directory',
    because: 'main.cf is not there',
  },
  {
    options: () => ({ mainCf: file('far.cf', '#\nsmtp_tls_policy_maps = hash:/nowhere/tls_policy\n') }),
    says: "HOME/far.cf line 2: smtp_tls_policy_maps names hash:/nowhere/tls_policy, which this machine lacks; give the policy table's path as an argument",
    because: 'the table is on another machine',
  },
  {
    options: () => ({ table: file('t', ''), mainCf: file('route.cf', 'transport_maps = hash:/nowhere/transport\n') }),
    says: 'HOME/route.cf line 1: transport_maps names hash:/nowhere/transport, which this machine lacks; give it with --transport',
    because: 'so is the transport table',
  },
  {
    options: () => ({ table: file('t', ''), mainCf: file('ca.cf', '\nsmtp_tls_CAfile = /nowhere/ca.pem\n') }),
    says: 'HOME/ca.cf line 2: smtp_tls_CAfile names /nowhere/ca.pem, which this machine lacks; give the trust anchors with --ca-file',
    because: 'so is the bundle',
  },
  {
    options: () => ({ table: file('t', ''), mainCf: file('ca.cf', 'smtp_tls_CApath = /nowhere/rootcas/\n') }),
    says: 'HOME/ca.cf line 1: smtp_tls_CApath names /nowhere/rootcas, which this machine lacks; give the trust anchors with --ca-file',
    because: 'so is the directory',
  },
  {
    options: () => ({ table: file('t', ''), caFile: join(home, 'gone.pem') }),
    says: 'cannot read --ca-file HOME/gone.pem: No such file or directory',
    because: 'the file named by hand is not there',
  },
  {
    options: () => ({ table: file('t', ''), caFile: file('text.pem', 'x') }),
    says: '--ca-file HOME/text.pem holds no certificate in PEM',
    because: 'or holds nothing',
  },
  {
    options: () => ({ table: file('t', ''), caPath: join(home, 'gone') }),
    says: 'cannot list --ca-path HOME/gone',
    because: 'the directory named by hand is not there',
  },
  {
    options: () => ({ table: file('t', ''), postfixVersion: '2.10' }),
    says: '--postfix-version 2.10: a version from 2.11 on is wanted, such as 3.7 or 3.7.11',
    because: 'older than anything known',
  },
  {
    options: () => ({ table: file('t', ''), postfixVersion: 'newest' }),
    says: '--postfix-version newest: a version from 2.11 on is wanted, such as 3.7 or 3.7.11',
    because: 'no version',
  },
  {
    options: () => ({ table: file('t', ''), mainCf: 'x', configDirectory: 'y' }),
    says: '--config-directory and --main-cf both say where settings come from: give one of them',
    because: 'two sources of settings',
  },
])('refused: $because', async ({ options, says }) => {
  expect(await refusal(options())).toBe(says);
});

test('what cannot be listed is told, not refused', async () => {
  const mainCf = file('maps.cf', 'smtp_tls_policy_maps = pcre:/etc/p, mysql:/etc/m, inline:{a.test=may}, static:encrypt\n');
  const bundle = await readBundle({ mainCf });
  expect(bundle.problems).toEqual([
    { name: 'pcre:/etc/p', kind: 'not-listable', because: 'its keys are patterns' },
    { name: 'mysql:/etc/m', kind: 'not-listable', because: 'a mysql: table is asked one key at a time' },
  ]);
  expect(bundle.policyTables.map(({ name }) => name)).toEqual(['inline:{a.test=may}', 'static:encrypt']);
});

test('relative to queue_directory, and a table that only others may read is read all the same by hand', async () => {
  const roots = file('relative.pem', pem(first));
  chmodSync(roots, 0o600);
  const mainCf = file(
    'relative.cf',
    `queue_directory = ${home}\nsmtp_tls_CAfile = relative.pem\nsmtp_tls_trust_anchor_file = relative.pem\n`,
  );
  const bundle = await readBundle({ table: file('t', ''), mainCf });
  expect(bundle.trust).toMatchObject({ certificates: [first], source: roots });
  expect(bundle.anchorFiles['relative.pem']).toMatchObject({ kind: 'anchors' });
});
