/** Where the policy comes from: tables of every type, gone, unreadable, asked, answering with errors. */
import type { Situation } from './situation.ts';

export const sourceSituations: readonly Situation[] = [
  {
    title: 'table gone: hash without .db',
    mainCf: ['smtp_tls_policy_maps = hash:ETC/tls_policy'],
    files: [{ name: 'tls_policy', text: 'a.D secure match=mx.a.D\n', build: 'hash', later: 'database-gone' }],
    ends: { 'm@a.D': 'deferred 4.7.5 client TLS configuration problem' },
  },
  {
    title: 'table gone: neither text nor .db',
    mainCf: ['smtp_tls_policy_maps = hash:ETC/tls_policy'],
    ends: { 'm@a.D': 'deferred 4.7.5 client TLS configuration problem' },
  },
  {
    title: 'table 0640, watcher another user',
    mainCf: ['smtp_tls_policy_maps = hash:ETC/tls_policy'],
    files: [{ name: 'tls_policy', text: 'a.D secure match=mx.a.D\n', build: 'hash', mode: 0o600 }],
    watcher: 'nobody',
    ends: { 'm@a.D': 'sent Verified' },
  },
  {
    title: 'socketmap, nothing listens',
    mainCf: ['smtp_tls_policy_maps = socketmap:inet:ADDR:8642:m'],
    ends: { 'm@a.D': 'deferred 4.7.5 client TLS configuration problem' },
  },
  {
    title: 'socketmap: found, not found, TEMP',
    mainCf: ['smtp_tls_policy_maps = socketmap:inet:ADDR:8642:m', 'smtp_tls_security_level = may'],
    daemons: [
      {
        protocol: 'socketmap',
        address: 'ADDR',
        port: 8642,
        answers: { 'a.D': { kind: 'found', value: 'secure match=mx.a.D' }, 'w.D': { kind: 'temporary' } },
        otherwise: { kind: 'not-found' },
      },
    ],
    ends: { 'm@a.D': 'sent Verified', 'm@b.D': 'sent Trusted', 'm@w.D': 'deferred 4.7.5 client TLS configuration problem' },
  },
  {
    title: 'socketmap behind proxymap, watcher another user',
    mainCf: ['smtp_tls_policy_maps = proxy:socketmap:inet:ADDR:8642:m', 'smtp_tls_security_level = may'],
    daemons: [
      {
        protocol: 'socketmap',
        address: 'ADDR',
        port: 8642,
        answers: { 'a.D': { kind: 'found', value: 'secure match=mx.a.D' } },
        otherwise: { kind: 'not-found' },
      },
    ],
    watcher: 'nobody',
    ends: { 'm@a.D': 'sent Verified', 'm@b.D': 'sent Trusted' },
  },
  {
    title: 'tcp: found, TEMP',
    mainCf: ['smtp_tls_policy_maps = tcp:ADDR:8642'],
    daemons: [
      {
        protocol: 'tcp',
        address: 'ADDR',
        port: 8642,
        answers: { 'a.D': { kind: 'found', value: 'secure match=mx.a.D' }, 'w.D': { kind: 'temporary' } },
        otherwise: { kind: 'not-found' },
      },
    ],
    ends: { 'm@a.D': 'sent Verified', 'm@w.D': 'deferred 4.7.5 client TLS configuration problem' },
  },
  {
    title: 'socketmap, biff set twice, key not found',
    mainCf: ['smtp_tls_policy_maps = socketmap:inet:ADDR:8642:m', 'biff = no', 'biff = yes', 'smtp_tls_security_level = encrypt'],
    daemons: [{ protocol: 'socketmap', address: 'ADDR', port: 8642, answers: {}, otherwise: { kind: 'not-found' } }],
    ends: { 'm@a.D': 'sent Trusted' },
  },
  {
    title: 'socketmap garbage',
    mainCf: ['smtp_tls_policy_maps = socketmap:inet:ADDR:8642:m'],
    daemons: [{ protocol: 'socketmap', address: 'ADDR', port: 8642, answers: {}, otherwise: { kind: 'garbage' } }],
    ends: { 'm@a.D': 'deferred 4.7.5 client TLS configuration problem' },
  },
  {
    title: 'unknown type hahs:',
    mainCf: ['smtp_tls_policy_maps = hahs:ETC/tls_policy'],
    ends: { 'm@a.D': 'deferred 4.7.5 client TLS configuration problem' },
  },
  {
    title: 'path without type',
    mainCf: ['smtp_tls_policy_maps = ETC/tls_policy'],
    ends: {
      'm@a.D': 'not delivered: postfix/smtp: fatal: open dictionary: expecting "type:name" form instead of "ETC/tls_policy"',
    },
  },
  {
    title: 'static: with nothing',
    mainCf: ['smtp_tls_policy_maps = static:'],
    ends: { 'm@a.D': 'not delivered: postfix/smtp: fatal: open dictionary: expecting "type:name" form instead of "static:"' },
  },
  {
    title: 'static: unclosed brace',
    mainCf: ['smtp_tls_policy_maps = static:{secure match=x'],
    ends: { 'm@a.D': 'deferred 4.7.5 client TLS configuration problem' },
  },
  {
    title: 'static:encrypt',
    mainCf: ['smtp_tls_policy_maps = static:encrypt'],
    ends: { 'm@a.D': 'sent Trusted' },
  },
  {
    title: 'inline without closing brace',
    mainCf: ['smtp_tls_policy_maps = inline:{{a.D = encrypt}'],
    ends: { 'm@a.D': 'deferred 4.7.5 client TLS configuration problem' },
  },
  {
    title: 'inline:{}',
    mainCf: ['smtp_tls_policy_maps = inline:{}'],
    ends: { 'm@a.D': 'deferred 4.7.5 client TLS configuration problem' },
  },
  {
    title: 'proxy: not in proxy_read_maps',
    mainCf: ['smtp_tls_policy_maps = proxy:hash:ETC/tls_policy', 'proxy_read_maps ='],
    files: [{ name: 'tls_policy', text: 'a.D encrypt\n', build: 'hash' }],
    ends: { 'm@a.D': 'not delivered: postfix/smtp: fatal: proxymap service is not configured for table "hash:ETC/tls_policy"' },
  },
  {
    title: 'proxy:hash of a 0600 root table',
    mainCf: ['smtp_tls_policy_maps = proxy:hash:ETC/tls_policy'],
    files: [{ name: 'tls_policy', text: 'a.D encrypt\n', build: 'hash', mode: 0o600 }],
    ends: { 'm@a.D': 'deferred 4.7.5 client TLS configuration problem' },
  },
  {
    title: 'proxy:hash good',
    mainCf: ['smtp_tls_policy_maps = proxy:hash:ETC/tls_policy'],
    files: [{ name: 'tls_policy', text: 'a.D secure match=wrong.example\n', build: 'hash' }],
    ends: { 'm@a.D': 'deferred 4.7.5 Server certificate not verified' },
  },
  {
    title: 'byte order mark',
    mainCf: ['smtp_tls_policy_maps = hash:ETC/tls_policy'],
    files: [
      { name: 'tls_policy', text: '\ufeffa.D secure match=wrong.example\nb.D secure match=wrong.example\n', build: 'hash' },
    ],
    ends: { 'm@a.D': 'sent in plaintext', 'm@b.D': 'deferred 4.7.5 Server certificate not verified' },
  },
  {
    title: 'carriage returns',
    mainCf: ['smtp_tls_policy_maps = hash:ETC/tls_policy'],
    files: [{ name: 'tls_policy', text: 'a.D secure match=wrong.example\r\n', build: 'hash' }],
    ends: { 'm@a.D': 'deferred 4.7.5 Server certificate not verified' },
  },
  {
    title: 'key with colon',
    mainCf: ['smtp_tls_policy_maps = hash:ETC/tls_policy', 'smtp_tls_security_level = may'],
    files: [{ name: 'tls_policy', text: 'a.D: secure match=wrong.example\n', build: 'hash' }],
    ends: { 'm@a.D': 'sent Trusted' },
  },
  {
    title: 'key is the MX host',
    mainCf: ['smtp_tls_policy_maps = hash:ETC/tls_policy', 'smtp_tls_security_level = may'],
    files: [{ name: 'tls_policy', text: 'mx.a.D secure match=wrong.example\n', build: 'hash' }],
    ends: { 'm@a.D': 'sent Trusted' },
  },
  {
    title: 'stale .db',
    mainCf: ['smtp_tls_policy_maps = hash:ETC/tls_policy'],
    files: [{ name: 'tls_policy', text: 'a.D secure match=wrong.example\n', build: 'hash', later: { text: 'a.D encrypt\n' } }],
    ends: { 'm@a.D': 'deferred 4.7.5 Server certificate not verified' },
    differs: 'mail to a.D is delivered encrypted',
  },
  {
    title: 'text gone, .db there',
    mainCf: ['smtp_tls_policy_maps = hash:ETC/tls_policy'],
    files: [{ name: 'tls_policy', text: 'a.D secure match=wrong.example\n', build: 'hash', later: 'text-gone' }],
    ends: { 'm@a.D': 'deferred 4.7.5 Server certificate not verified' },
  },
  {
    title: 'regexp',
    mainCf: ['smtp_tls_policy_maps = regexp:ETC/tls_policy'],
    files: [{ name: 'tls_policy', text: '/^a\\.D$/ secure match=wrong.example\n' }],
    ends: { 'm@a.D': 'deferred 4.7.5 Server certificate not verified' },
  },
  {
    title: 'pcre missing',
    mainCf: ['smtp_tls_policy_maps = pcre:ETC/tls_policy'],
    ends: { 'm@a.D': 'deferred 4.7.5 client TLS configuration problem' },
  },
  {
    title: 'regexp with a broken pattern line',
    mainCf: ['smtp_tls_policy_maps = regexp:ETC/tls_policy'],
    files: [{ name: 'tls_policy', text: '/never(/ encrypt\n/^a\\.D$/ secure match=wrong.example\n' }],
    ends: { 'm@a.D': 'deferred 4.7.5 Server certificate not verified' },
  },
  {
    title: 'cidr',
    mainCf: ['smtp_tls_policy_maps = cidr:ETC/tls_policy'],
    files: [{ name: 'tls_policy', text: '0.0.0.0/0 secure match=wrong.example\n' }],
    ends: { 'm@a.D': 'sent in plaintext' },
  },
  {
    title: 'texthash twice',
    mainCf: ['smtp_tls_policy_maps = texthash:ETC/tls_policy'],
    files: [{ name: 'tls_policy', text: 'a.D encrypt\na.D encrypt\n' }],
    ends: { 'm@a.D': 'deferred 4.7.5 client TLS configuration problem' },
  },
  {
    title: 'btree, lmdb, cdb',
    mainCf: ['smtp_tls_policy_maps = btree:ETC/p1 lmdb:ETC/p2 cdb:ETC/p3'],
    files: [
      { name: 'p1', text: 'x.D may\n', build: 'btree' },
      { name: 'p2', text: 'x.D may\n', build: 'lmdb' },
      { name: 'p3', text: 'a.D secure match=wrong.example\n', build: 'cdb' },
    ],
    ends: { 'm@a.D': 'deferred 4.7.5 Server certificate not verified' },
  },
  {
    title: 'sqlite',
    mainCf: ['smtp_tls_policy_maps = sqlite:ETC/q.cf'],
    files: [
      { name: 'q.db', sqlite: true, text: 'a.D\tsecure match=wrong.example\n' },
      { name: 'q.cf', text: "dbpath = ETC/q.db\nquery = SELECT value FROM policy WHERE key = '%s'\n" },
    ],
    ends: { 'm@a.D': 'deferred 4.7.5 Server certificate not verified' },
  },
  {
    title: 'sqlite without the table of its query',
    mainCf: ['smtp_tls_policy_maps = sqlite:ETC/q.cf'],
    files: [
      { name: 'q.db', sqlite: true, text: 'a.D\tsecure match=wrong.example\n' },
      { name: 'q.cf', text: "dbpath = ETC/q.db\nquery = SELECT value FROM gone WHERE key = '%s'\n" },
    ],
    ends: {
      'm@a.D': 'not delivered: postfix/smtp: fatal: dict_sqlite_lookup: ETC/q.cf: SQL prepare failed: no such table: gone?',
    },
    told:
      'mail to a.D would be deferred: Postfix says "client TLS configuration problem". The policy table cannot be asked: ' +
      'dict_sqlite_lookup: ETC/q.cf: SQL prepare failed: no such table: gone?. The cure is yours: mend the table, and run ' +
      'postmap or start its daemon; until then all mail whose next hop is looked up in it waits',
  },
  {
    title: 'mysql, nothing listens',
    mainCf: ['smtp_tls_policy_maps = mysql:ETC/q.cf'],
    files: [{ name: 'q.cf', text: 'hosts = inet:127.0.0.1:3306\nuser = x\npassword = x\ndbname = x\nquery = SELECT 1\n' }],
    ends: { 'm@a.D': 'deferred 4.7.5 client TLS configuration problem' },
  },
  {
    title: 'unionmap',
    mainCf: ['smtp_tls_policy_maps = unionmap:{inline:{a.D=secure}, inline:{a.D=match=wrong.example}}'],
    ends: { 'm@a.D': 'deferred 4.7.5 Server certificate not verified' },
  },
  {
    title: 'pipemap',
    mainCf: ['smtp_tls_policy_maps = pipemap:{inline:{a.D=x}, inline:{{x=secure match=wrong.example}}}'],
    ends: { 'm@a.D': 'deferred 4.7.5 Server certificate not verified' },
  },
  {
    title: 'global secure, table of exceptions',
    mainCf: ['smtp_tls_policy_maps = hash:ETC/tls_policy', 'smtp_tls_security_level = secure'],
    files: [{ name: 'tls_policy', text: 'a.D may\n', build: 'hash' }],
    ends: { 'm@a.D': 'sent Trusted', 'm@w.D': 'sent Verified' },
  },
  {
    title: 'no table, relayhost and a global level',
    mainCf: ['relayhost = [r.D]:587', 'smtp_tls_security_level = secure'],
    ends: { 'm@a.D': 'sent Verified' },
  },
  {
    title: 'an earlier table has the key, a later one is broken',
    mainCf: ['smtp_tls_policy_maps = inline:{a.D=encrypt} hash:ETC/gone'],
    ends: { 'm@a.D': 'sent Trusted', 'm@b.D': 'deferred 4.7.5 client TLS configuration problem' },
  },
  {
    title: 'patterns behind proxymap, watcher another user',
    mainCf: [
      'smtp_tls_policy_maps = proxy:regexp:ETC/tls_policy',
      'virtual_mailbox_domains = proxy:regexp:ETC/virtual',
      'virtual_mailbox_base = /nowhere',
      'proxy_read_maps = $smtp_tls_policy_maps $virtual_mailbox_domains',
    ],
    files: [
      { name: 'tls_policy', text: '/^a\\.D$/ secure match=.D\n' },
      { name: 'virtual', text: '/^b\\.D$/ x\n' },
    ],
    watcher: 'nobody',
    ends: { 'm@a.D': 'sent Verified', 'm@b.D': 'bounced 5.1.1 unknown user: "m@b.D", by virtual' },
  },
  {
    title: 'a value that ends postconf, beside values that Postfix computes',
    mainCf: [
      'smtpd_banner = ${x',
      'myhostname = mx.D',
      'smtp_tls_policy_maps = hash:$config_directory/tls_policy inline:{{b.D=secure match=wrong.$mydomain}}',
    ],
    files: [{ name: 'tls_policy', text: 'a.D secure match=.D\n', build: 'hash' }],
    ends: { 'm@a.D': 'sent Verified', 'm@b.D': 'deferred 4.7.5 Server certificate not verified' },
  },
  {
    title: 'patterns behind proxymap, for root alone',
    mainCf: ['smtp_tls_policy_maps = proxy:regexp:ETC/tls_policy'],
    files: [{ name: 'tls_policy', text: '/^a\\.D$/ secure match=.D\n', mode: 0o600 }],
    ends: { 'm@a.D': 'deferred 4.7.5 client TLS configuration problem' },
  },
  {
    title: 'patterns behind proxymap, in a folder for root alone',
    mainCf: ['smtp_tls_policy_maps = proxy:cidr:ETC/private/tls_policy'],
    files: [{ name: 'private/tls_policy', text: '192.0.2.0/24 secure match=.D\n', folderMode: 0o700 }],
    ends: { 'm@a.D': 'deferred 4.7.5 client TLS configuration problem' },
  },
  {
    title: 'a database behind proxymap, in a folder for root alone',
    mainCf: ['smtp_tls_policy_maps = proxy:hash:ETC/private/tls_policy'],
    files: [{ name: 'private/tls_policy', text: 'a.D encrypt\n', build: 'hash', folderMode: 0o710 }],
    ends: { 'm@a.D': 'deferred 4.7.5 client TLS configuration problem' },
  },
  {
    title: 'a database without proxymap, in a folder for root alone',
    mainCf: ['smtp_tls_policy_maps = hash:ETC/private/tls_policy'],
    files: [{ name: 'private/tls_policy', text: 'a.D encrypt\n', build: 'hash', folderMode: 0o700 }],
    ends: { 'm@a.D': 'sent Trusted' },
  },
  {
    title: 'tafiles for root alone, and in a folder for root alone',
    mainCf: [
      'smtp_tls_policy_maps = inline:{{a.D=secure match=mx.a.D tafile=ETC/own.pem}, {b.D=secure match=mx.b.D tafile=ETC/private/ca.pem}, {w.D=secure match=mx.w.D tafile=ETC/open/ca.pem}}',
    ],
    files: [
      { name: 'own.pem', text: '<ca>', mode: 0o600 },
      { name: 'private/ca.pem', text: '<ca>', folderMode: 0o700 },
      { name: 'open/ca.pem', text: '<ca>', folderMode: 0o711 },
    ],
    ends: {
      'm@a.D': 'deferred 4.7.5 client TLS configuration problem',
      'm@b.D': 'deferred 4.7.5 client TLS configuration problem',
      'm@w.D': 'sent Verified',
    },
  },
  {
    title: 'transport_maps without a type, and a domain of another agent',
    mainCf: ['smtp_tls_security_level = encrypt', 'transport_maps = ETC/transport', 'virtual_mailbox_domains = b.D'],
    ends: {
      'm@a.D':
        'not delivered: postfix/trivial-rewrite: fatal: open dictionary: expecting "type:name" form instead of "ETC/transport"',
      'm@b.D':
        'not delivered: postfix/trivial-rewrite: fatal: open dictionary: expecting "type:name" form instead of "ETC/transport"',
    },
  },
  {
    title: 'table broken, next hop without address',
    mainCf: ['smtp_tls_policy_maps = hash:ETC/gone'],
    ends: {
      'm@gone.D': 'bounced 5.4.4 Host or domain name not found. Name service error for name=gone.D type=AAAA: Host not found',
    },
  },
  {
    title: 'global dane, resolver does not validate',
    mainCf: ['smtp_tls_security_level = dane', 'smtp_dns_support_level = dnssec'],
    ends: { 'm@a.D': 'sent Trusted' },
  },
];
