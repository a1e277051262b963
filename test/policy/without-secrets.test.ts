/** What of each file that a bundle was made of may be stored. */
import { describe, expect, test } from 'vitest';
import type { Bundle } from '../../lambda/policy/bundle.ts';
import { lint } from '../../lambda/policy/lint/lint.ts';
import { policyTables } from '../../lambda/policy/lookup.ts';
import type { Settings } from '../../lambda/policy/settings.ts';
import { storableBundle, storableFiles } from '../../lambda/policy/without-secrets.ts';
import { createAuthority } from '../internet/authority.ts';
import { bundleOf } from './bundle-of.ts';

const root = await createAuthority('Root');
const { pem, keyPem } = await root.issue({ dnsNames: ['mx.example'] });
const SETTINGS: Partial<Settings> = {
  policyMaps: [
    { type: 'hash', path: '/etc/postfix/policy' },
    { type: 'regexp', path: '/etc/postfix/policy.re' },
    { type: 'proxy', path: 'texthash:/etc/postfix/proxied' },
    { type: 'mysql', path: '/etc/postfix/policy-mysql.cf' },
    { type: 'hash', path: 'relative' },
  ],
  transportMaps: [
    { type: 'hash', path: '/etc/postfix/transport' },
    { type: 'ldap', path: '/etc/postfix/transport-ldap.cf' },
  ],
  senderRelayhostMaps: [{ type: 'hash', path: '/etc/postfix/sender_relay' }],
  statusFilter: [{ type: 'pcre', path: '/etc/postfix/filter' }],
  replyFilter: { type: 'regexp', path: '/etc/postfix/replies' },
  discardEhloMaps: [{ type: 'cidr', path: '/etc/postfix/discard' }],
  queueDirectory: '/var/spool/postfix',
};
const plainBundle = bundleOf('');
const bundle: Bundle = {
  ...plainBundle,
  settings: { ...plainBundle.settings, ...SETTINGS },
  routingTables: [{ name: 'hash:/etc/postfix/relay_domains', text: '' }],
  mainCf: { source: '/etc/postfix/main.cf', lines: {}, problems: [] },
};
const bytes = (text: string) => Buffer.from(text, 'latin1');

describe('files', () => {
  test.each([
    {
      because: 'a policy table, byte for byte',
      path: '/etc/postfix/policy',
      text: '# why \xe9\r\na.test secure\0\n',
      same: true,
    },
    { because: 'one of patterns', path: '/etc/postfix/policy.re', text: '# why\n/a/ secure\n', same: true },
    { because: 'one behind proxy:', path: '/etc/postfix/proxied', text: '# why\na.test secure\n', same: true },
    { because: 'one below the queue directory', path: '/var/spool/postfix/relative', text: '# why\na.test may\n', same: true },
    {
      because: 'how a database is reached',
      path: '/etc/postfix/policy-mysql.cf',
      text: 'password = geheim\n',
      leftOut: { kind: 'whole' },
    },
    {
      because: 'and another one',
      path: '/etc/postfix/transport-ldap.cf',
      text: 'bind_pw = geheim\n',
      leftOut: { kind: 'whole' },
    },
    {
      because: 'a transport table without its comments',
      path: '/etc/postfix/transport',
      text: '# u:geheim\na.test smtp:[b.test]\n  # geheim\n  :587\n',
      kept: '#\na.test smtp:[b.test]\n#\n  :587\n',
    },
    {
      because: 'a sender map without them',
      path: '/etc/postfix/sender_relay',
      text: '#geheim\n@a.test [b.test]\n',
      kept: '#\n@a.test [b.test]\n',
    },
    {
      because: 'a list of domains without them',
      path: '/etc/postfix/relay_domains',
      text: '#geheim\na.test x\n',
      kept: '#\na.test x\n',
    },
    { because: 'a status filter without them', path: '/etc/postfix/filter', text: '#geheim\n/^4/ 5\n', kept: '#\n/^4/ 5\n' },
    { because: 'a filter of replies', path: '/etc/postfix/replies', text: '#geheim\n/^2/ 250\n', kept: '#\n/^2/ 250\n' },
    { because: 'keywords by address', path: '/etc/postfix/discard', text: '#geheim\n', kept: '#\n' },
    {
      because: 'main.cf with what is read',
      path: '/etc/postfix/main.cf',
      text: 'relayhost = [a.test]\nsmtp_sasl_password_maps = static:u:geheim\n',
      kept: 'relayhost = [a.test]\n# left out: smtp_sasl_password_maps\n',
      leftOut: { kind: 'parameters', names: ['smtp_sasl_password_maps'], strayLines: 0 },
    },
    { because: 'a CAfile', path: '/etc/ssl/ca.pem', text: root.certificate.pem, same: true },
    {
      because: 'a CAfile with a key in it',
      path: '/etc/ssl/ca.pem',
      text: root.certificate.pem + keyPem,
      kept: root.certificate.pem,
      leftOut: { kind: 'blocks', privateKeys: 1, otherBlocks: 0 },
    },
    {
      because: 'a client certificate with its key',
      path: '/etc/postfix/client.pem',
      text: keyPem + pem,
      kept: pem,
      leftOut: { kind: 'blocks', privateKeys: 1, otherBlocks: 0 },
    },
    { because: 'a client key', path: '/etc/postfix/client.key', text: keyPem, leftOut: { kind: 'whole' } },
    { because: 'master.cf', path: '/etc/postfix/master.cf', text: 'smtp unix - - n - - smtp\n', leftOut: { kind: 'whole' } },
    { because: 'whatever else was read', path: '/etc/postfix/sasl_passwd', text: 'a u:geheim\n', leftOut: { kind: 'whole' } },
  ])('$because', ({ path, text, same, kept, leftOut }) => {
    const found = storableFiles({ [path]: bytes(text) }, bundle);
    const stored = found.files[path];
    const wanted = same === true ? text : kept;
    expect(stored === undefined ? undefined : Buffer.from(stored).toString('latin1')).toBe(wanted);
    expect(found.leftOut).toEqual(leftOut === undefined ? [] : [{ path, ...leftOut }]);
    expect(storableFiles(found.files, bundle).leftOut).toEqual([]);
  });
});

test('the bundle reads the same without comments and without names of parameters that are not read', () => {
  const text = '# geheim\na.test smtp:[b.test]\n';
  const full: Bundle = {
    ...bundle,
    transportTables: [{ name: 'hash:/etc/postfix/transport', text }],
    statusFilter: { tables: [{ name: 'pcre:/etc/postfix/filter', text: '#geheim\n' }], problems: [] },
    replyTables: { tables: [{ name: 'regexp:/etc/postfix/replies', text: '#geheim\n' }], problems: [] },
    mainCf: { source: '/etc/postfix/main.cf', lines: { relayhost: 3, geheim: 4 }, problems: [] },
  };
  const stored = storableBundle(full);
  expect(JSON.stringify(stored)).not.toContain('geheim');
  expect(stored.mainCf?.lines).toEqual({ relayhost: 3 });
  expect(stored.transportTables[0]?.text).toBe('#\na.test smtp:[b.test]\n');
});

describe('a file that is no policy', () => {
  const SASL = '[smtp.a.test]:587 u:geheim\nb.test v:geheim2\nuser:geheim3 x:geheim4\n';

  test('is told as one problem, and nothing of it is shown', () => {
    const wrong = bundleOf(SASL);
    const problems = lint(wrong);
    expect(problems.filter(({ code }) => code === 'no-policy-table')).toEqual([
      {
        place: { file: wrong.policyTables[0]?.name, line: null },
        key: null,
        code: 'no-policy-table',
        severity: 'defers',
        postfixSays: null,
        effect:
          'this is no table of TLS policies: none of its 3 lines has a level, and all mail to the next hops among its keys would be deferred (4.7.5 client TLS configuration problem)',
        cure: 'correct smtp_tls_policy_maps; what the file holds is not shown, since it may be passwords',
      },
    ]);
    expect(JSON.stringify(problems)).not.toContain('geheim');
    expect(JSON.stringify(policyTables(wrong))).not.toContain('geheim');
  });

  test.each([
    { because: 'passwords of SASL', text: SASL, hidden: true },
    { because: 'how a database is reached', text: 'user = u\npassword = geheim\n', hidden: true },
    { because: 'one line with a level makes it a policy', text: `${SASL}c.test secure\n`, hidden: false },
    { because: 'so does a level that is misspelt', text: 'a.test secrue match=b.test\n', hidden: false },
    { because: 'or quoted', text: 'a.test "secure"\n', hidden: false },
    { because: 'or behind an equals sign', text: 'a.test = secure\n', hidden: false },
    { because: 'or an attribute', text: 'a.test match=b.test ciphers=high\n', hidden: false },
    { because: 'a plain word is no password', text: 'a.test strong\n', hidden: false },
    { because: 'nor is a table without a line', text: '# nothing\n', hidden: false },
  ])('$because', ({ text, hidden }) => {
    const [table] = policyTables(bundleOf(text));
    expect(table?.noPolicy !== undefined).toBe(hidden);
  });
});
