/** main.cf and the files it names, as entries feel them. Every message whole: they are the product. */
import { expect, test } from 'vitest';
import { lint, worst } from '../../../lambda/policy/lint/lint.ts';
import { bundleOf } from '../bundle-of.ts';
import { foundIn, type Row } from '../lint-row.ts';

test.each<Row>([
  {
    because: 'no digest at all',
    policy: 'a.test fingerprint',
    problems: [
      [
        '/main.cf:null smtp_tls_fingerprint_digest warning weak-digest',
        null,
        'md5 digests can be forged (one entry at fingerprint)',
        'set smtp_tls_fingerprint_digest = sha256, and write the digests anew in the same step',
      ],
      [
        'hash:/tls_policy:1 a.test defers digest',
        'nexthop domain a.test: configured at fingerprint security level, but with no fingerprints to match.',
        'all mail to this next hop would be deferred (4.7.5 client TLS configuration problem)',
        'write match= with the digest of the certificate or of its public key',
      ],
    ],
  },
  {
    because: 'md5 by default',
    policy: 'a.test fingerprint match=abababababababababababababababab',
    problems: [
      [
        '/main.cf:null smtp_tls_fingerprint_digest warning weak-digest',
        null,
        'md5 digests can be forged (one entry at fingerprint)',
        'set smtp_tls_fingerprint_digest = sha256, and write the digests anew in the same step',
      ],
      [
        'hash:/tls_policy:1 a.test note leaf-digest',
        null,
        "a certificate's digest changes with each renewal, and mail waits until the entry is changed (smtp_tls_fingerprint_digest = md5)",
        'pin the digest of the public key, which may outlive a renewal; list old and new with "|"',
      ],
    ],
  },
  {
    because: 'dane without dnssec',
    policy: 'a.test dane',
    problems: [
      [
        '/main.cf:null smtp_dns_support_level warning dane-off',
        'a.test: dane configured with dnssec lookups disabled',
        'dane acts as may, and mail may leave in plaintext (1 next hop)',
        'set smtp_dns_support_level = dnssec, and use a local validating resolver',
      ],
    ],
  },
  {
    because: 'two of them',
    policy: 'a.test dane\nb.test dane',
    problems: [
      [
        '/main.cf:null smtp_dns_support_level warning dane-off',
        'a.test: dane configured with dnssec lookups disabled',
        'dane acts as may, and mail may leave in plaintext (2 next hops)',
        'set smtp_dns_support_level = dnssec, and use a local validating resolver',
      ],
    ],
  },
  {
    because: 'hostname in the list of secure',
    policy: 'a.test secure',
    mainCf: 'smtp_tls_secure_cert_match = nexthop, hostname',
    problems: [
      [
        '/main.cf:2 smtp_tls_secure_cert_match warning secure-is-verify',
        null,
        'hostname in the list makes secure as weak as verify: the MX answer, which nobody signed, chooses the name (one entry at secure without match=)',
        'write nexthop, dot-nexthop, and name providers by match= in the table',
      ],
    ],
  },
  {
    because: 'the same, without entries that feel it',
    policy: 'a.test secure match=.a.test',
    mainCf: 'smtp_tls_secure_cert_match = hostname',
    problems: [
      [
        '/main.cf:2 smtp_tls_secure_cert_match note secure-is-verify',
        null,
        'hostname in the list makes secure as weak as verify: the MX answer, which nobody signed, chooses the name (0 entries at secure without match=)',
        'write nexthop, dot-nexthop, and name providers by match= in the table',
      ],
    ],
  },
  {
    because: 'PSD among excluded ciphers',
    policy: 'a.test encrypt',
    mainCf: 'smtp_tls_mandatory_exclude_ciphers = MD5, DES, ADH, RC4, PSD, SRP, 3DES, eNULL',
    problems: [
      [
        '/main.cf:2 smtp_tls_mandatory_exclude_ciphers warning unknown-word',
        null,
        'smtp_tls_mandatory_exclude_ciphers: "PSD" names no cipher, and excludes none',
        'delete it, or write PSK if that is what was meant',
      ],
    ],
  },
  {
    because: 'no grade in main.cf',
    policy: 'a.test encrypt',
    mainCf: 'smtp_tls_mandatory_ciphers = strong',
    problems: [
      [
        '/main.cf:2 smtp_tls_mandatory_ciphers defers handshake-impossible',
        null,
        'smtp_tls_mandatory_ciphers: "strong" is no cipher grade, so the TLS handshake fails at every host, and all mail at encrypt and above would be deferred (4.7.5 Cannot start TLS: handshake failure)',
        'use high or medium',
      ],
    ],
  },
  {
    because: 'no protocol in main.cf, at may',
    policy: 'a.test encrypt',
    mainCf: 'smtp_tls_protocols = TLS1',
    problems: [
      [
        '/main.cf:2 smtp_tls_protocols warning handshake-impossible',
        null,
        'smtp_tls_protocols: "TLS1" is no protocol, so the TLS handshake fails at every host, and after a first delay mail goes out in plaintext',
        'use TLSv1',
      ],
    ],
  },
  {
    because: 'no protocol in main.cf',
    policy: 'a.test encrypt',
    mainCf: 'smtp_tls_mandatory_protocols = bogus',
    problems: [
      [
        '/main.cf:2 smtp_tls_mandatory_protocols defers handshake-impossible',
        null,
        'smtp_tls_mandatory_protocols: "bogus" is no protocol, so the TLS handshake fails at every host, and all mail at encrypt and above would be deferred (4.7.5 Cannot start TLS: handshake failure)',
        'use TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3',
      ],
    ],
  },
  {
    because: 'a level that kills smtp(8)',
    policy: 'a.test encrypt',
    mainCf: 'smtp_tls_security_level = sekure',
    problems: [
      [
        '/main.cf:2 smtp_tls_security_level defers smtp-dies',
        'Invalid TLS level "sekure"',
        'smtp(8) ends at start with this error: no mail leaves this host at all',
        'correct the value, and run postfix reload',
      ],
    ],
  },
  {
    because: 'a line without =',
    policy: 'a.test encrypt',
    mainCf: 'relayhost',
    problems: [
      [
        '/main.cf:2 null defers smtp-dies',
        'main.cf, line 2: missing \'=\' after attribute name: "relayhost"',
        'smtp(8) ends at start with this error: no mail leaves this host at all',
        'correct the value, and run postfix reload',
      ],
    ],
  },
  {
    because: 'a parameter set twice',
    policy: 'a.test encrypt',
    mainCf: 'relayhost = a.test\nrelayhost =',
    problems: [
      [
        '/main.cf:3 relayhost warning main-cf-line',
        'main.cf, line 3: overriding earlier entry: relayhost=a.test',
        'relayhost is set twice, and the later line counts',
        'delete one of the lines',
      ],
    ],
  },
  {
    because: 'a parameter the version lacks',
    policy: 'a.test encrypt',
    mainCf: 'smtp_tls_servername = hostname',
    version: '3.3',
    problems: [
      [
        '/main.cf:2 smtp_tls_servername warning unknown-parameter',
        'main.cf: unused parameter: smtp_tls_servername=hostname',
        'Postfix 3.3 has no such parameter: the line does nothing',
        'delete the line, or upgrade',
      ],
    ],
  },
  {
    because: 'a bad servername in main.cf',
    policy: 'a.test secure servername=nexthop',
    mainCf: 'smtp_tls_servername = a..b',
    problems: [
      [
        '/main.cf:2 smtp_tls_servername defers broken-entry',
        '"smtp_tls_servername = a..b" specifies an invalid hostname',
        'all mail at a level from may up would be deferred (4.7.5 client TLS configuration problem), unless the entry has servername=',
        'write a host name, hostname or nexthop, or nothing',
      ],
    ],
  },
  {
    because: 'no trust anchors',
    policy: 'a.test secure\nb.test verify tafile=/x.pem',
    anchorFiles: { '/x.pem': { kind: 'anchors', certificates: ['AA=='], publicKeys: [] } },
    trust: { kind: 'anchors', certificates: [], source: 'no CAfile and no CApath' },
    problems: [
      [
        '/main.cf:null smtp_tls_CAfile defers no-anchors',
        null,
        'there are no trust anchors (no CAfile and no CApath): one entry at verify and secure would defer all mail (4.7.5 Server certificate not verified)',
        "set smtp_tls_CAfile or smtp_tls_CApath to the system's certificates",
      ],
      [
        'hash:/tls_policy:2 b.test note unsigned-name',
        null,
        'verify checks the name that the MX answer gives, which nobody signed: any valid certificate of any host will do',
        'name the provider in secure match=, or use dane-only where it publishes TLSA records',
      ],
    ],
  },
  {
    because: 'none, and none needed',
    policy: 'a.test encrypt',
    trust: { kind: 'anchors', certificates: [], source: 'no CAfile and no CApath' },
    problems: [],
  },
  {
    because: 'a CAfile without PEM',
    policy: 'a.test encrypt',
    mainCf: 'smtp_tls_CAfile = /ca.pem',
    trust: { kind: 'engine-off', because: '/ca.pem holds no certificate in PEM' },
    problems: [
      [
        '/main.cf:2 smtp_tls_CAfile defers tls-engine-off',
        'cannot load Certification Authority data, CAfile="/ca.pem": disabling TLS support',
        '/ca.pem holds no certificate in PEM: Postfix switches TLS off: one entry at encrypt and above would defer all mail (4.7.5 TLS is required, but our TLS engine is unavailable), and at may mail leaves in plaintext',
        'name a file with certificates in PEM, such as /etc/ssl/certs/ca-certificates.crt',
      ],
    ],
  },
  {
    because: 'a tls_config_file that OpenSSL refuses',
    policy: 'a.test encrypt',
    mainCf: 'tls_config_file = /x.cnf',
    trust: {
      kind: 'engine-off',
      parameter: 'tls_config_file',
      because: '/x.cnf: there is no section [nix]',
      says: "error loading the 'global' settings from the /x.cnf OpenSSL configuration file, disabling TLS support",
    },
    problems: [
      [
        '/main.cf:2 tls_config_file defers tls-engine-off',
        "error loading the 'global' settings from the /x.cnf OpenSSL configuration file, disabling TLS support",
        '/x.cnf: there is no section [nix]: Postfix switches TLS off: one entry at encrypt and above would defer all mail (4.7.5 TLS is required, but our TLS engine is unavailable), and at may mail leaves in plaintext',
        'correct the file or its path, or set tls_config_file = none',
      ],
    ],
  },
  {
    because: 'CA files without hash links',
    policy: 'a.test secure',
    mainCf: 'smtp_tls_CApath = /etc/postfix/rootcas/',
    fileProblems: [
      {
        path: '/etc/postfix/rootcas',
        parameter: 'smtp_tls_CApath',
        kind: 'no-hash-link',
        because: '3 certificate files without a hash link',
      },
    ],
    problems: [
      [
        '/main.cf:2 smtp_tls_CApath warning no-hash-link',
        null,
        '/etc/postfix/rootcas: 3 certificate files without a hash link, which OpenSSL does not see',
        'run c_rehash /etc/postfix/rootcas',
      ],
    ],
  },
  {
    because: 'a CApath outside the chroot',
    policy: 'a.test secure',
    settings: { chroot: true },
    fileProblems: [
      {
        path: '/var/spool/postfix/etc/ssl/certs',
        parameter: 'smtp_tls_CApath',
        kind: 'missing',
        because: 'the directory cannot be listed',
      },
    ],
    problems: [
      [
        '/main.cf:null smtp_tls_CApath warning unreadable-file',
        null,
        '/var/spool/postfix/etc/ssl/certs: the directory cannot be listed (smtp is chrooted to /var/spool/postfix), so it gives no trust anchors',
        'correct the path, or copy the directory there',
      ],
    ],
  },
  {
    because: 'a trust anchor file that is not there',
    policy: 'a.test secure',
    mainCf: 'smtp_tls_trust_anchor_file = /gone.pem',
    fileProblems: [{ path: '/gone.pem', parameter: 'tafile', kind: 'unreadable', because: 'No such file or directory' }],
    problems: [
      [
        '/main.cf:2 smtp_tls_trust_anchor_file defers unreadable-file',
        'error opening trust anchor file: /gone.pem: No such file or directory',
        'all mail at verify and secure would be deferred (4.7.5 client TLS configuration problem), unless the entry has tafile=',
        'make the file readable for mail_owner, with a certificate or public key in PEM',
      ],
    ],
  },
  {
    because: 'a fallback relay without an entry',
    policy: 'a.test secure',
    mainCf: 'smtp_fallback_relay = [f.test]',
    problems: [
      [
        '/main.cf:2 smtp_fallback_relay warning weaker-fallback',
        null,
        'mail that one next hop refuses goes to [f.test] at level none',
        'add an entry with the key [f.test]',
      ],
    ],
  },
  {
    because: 'a fallback relay with one',
    policy: 'a.test secure\nb.test secure\n[f.test] encrypt',
    mainCf: 'smtp_fallback_relay = [f.test]',
    problems: [],
  },
  {
    because: 'tables that cannot be listed or opened',
    policy: 'a.test encrypt',
    mainCf: 'smtp_tls_policy_maps = hash:/tls_policy, pcre:/p, hash:/gone',
    tableProblems: [
      { name: 'pcre:/p', kind: 'not-listable', because: 'its keys are patterns' },
      { name: 'hash:/gone', kind: 'missing', because: 'open database /gone.db: No such file or directory' },
    ],
    problems: [
      [
        'pcre:/p:null null note table-not-listable',
        null,
        'its keys cannot be listed (its keys are patterns), so its entries are not checked',
        'name destinations with --destination: they are asked through postmap -q',
      ],
      [
        'hash:/gone:null null defers table-missing',
        'hash:/gone is unavailable. open database /gone.db: No such file or directory',
        'all mail whose next hop is looked up there would be deferred (4.7.5 client TLS configuration problem)',
        'run postmap hash:/gone, or correct the path',
      ],
    ],
  },
  {
    because: 'a table newer than its database',
    policy: 'a.test encrypt',
    tableProblems: [
      {
        name: 'hash:/tls_policy',
        kind: 'stale',
        because: '/tls_policy is newer than /tls_policy.db: run postmap hash:/tls_policy',
      },
    ],
    problems: [
      [
        'hash:/tls_policy:null null warning table-stale',
        null,
        'Postfix still uses the older table: /tls_policy is newer than /tls_policy.db: run postmap hash:/tls_policy',
        'run postmap hash:/tls_policy',
      ],
    ],
  },
  {
    because: 'a transport table that cannot be opened',
    policy: 'a.test encrypt',
    transport: '',
    tableProblems: [
      { name: 'hash:/transport', kind: 'missing', because: 'open database /transport.db: No such file or directory' },
    ],
    problems: [
      [
        'hash:/transport:null null defers table-missing',
        'hash:/transport is unavailable. open database /transport.db: No such file or directory',
        'no next hop can be found: all mail would be deferred (4.3.0 address resolver failure)',
        'run postmap hash:/transport, or correct the path',
      ],
    ],
  },
  {
    because: 'no trust anchors for the global level',
    policy: '',
    mainCf: 'smtp_tls_security_level = secure',
    trust: { kind: 'anchors', certificates: [], source: 'no CAfile and no CApath' },
    problems: [
      [
        '/main.cf:null smtp_tls_CAfile defers no-anchors',
        null,
        'there are no trust anchors (no CAfile and no CApath): the global level secure would defer all mail (4.7.5 Server certificate not verified)',
        "set smtp_tls_CAfile or smtp_tls_CApath to the system's certificates",
      ],
    ],
  },
])('$because', (row) => {
  expect(foundIn(row)).toEqual(row.problems);
});

test('the worst severity decides', () => {
  expect(worst([])).toBe(undefined);
  expect(worst(lint(bundleOf('a.test verify')))).toBe('note');
  expect(worst(lint(bundleOf('* may\na.test verify')))).toBe('warning');
  expect(worst(lint(bundleOf('* may\na.test sekure')))).toBe('defers');
});

test('problems come by place: main.cf, then tables in order, then lines', () => {
  const bundle = bundleOf('b.test sekure\na.test sekure\n* may', {
    mainCf: 'smtp_tls_ciphers = strong\nsmtp_tls_exclude_ciphers = PSD',
  });
  expect(lint(bundle).map(({ place }) => `${place.file}:${place.line}`)).toEqual([
    '/main.cf:2',
    '/main.cf:3',
    'hash:/tls_policy:1',
    'hash:/tls_policy:2',
    'hash:/tls_policy:3',
  ]);
});

test('20,000 entries are linted in good time', () => {
  const policy = Array.from({ length: 20_000 }, (_, i) => `d${i}.example secure match=mx.p${i % 50}.net\n`).join('');
  expect(lint(bundleOf(policy))).toHaveLength(20_000);
});

test('so are 5,000 dead keys beside 5,000 transports', () => {
  const lines = (format: (i: number) => string) => Array.from({ length: 5_000 }, (_, i) => format(i)).join('');
  const found = lint(
    bundleOf(
      lines((i) => `[h${i}.test] secure\n`),
      { transport: lines((i) => `d${i}.test smtp:[h${i}.test]:587\n`) },
    ),
  );
  expect(found).toHaveLength(5_000);
  expect(found.at(-1)?.cure).toBe('write [h4999.test]:587 as the key: the next hop has that very text');
});
