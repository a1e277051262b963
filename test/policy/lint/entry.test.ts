/** Entries that parse, and cannot do what they seem to. Every message whole: they are the product. */
import { expect, test } from 'vitest';
import { foundIn, type Row } from '../lint-row.ts';

test.each<Row>([
  {
    because: 'a misspelt grade',
    policy: 'a.test encrypt ciphers=hihg',
    problems: [
      [
        'hash:/tls_policy:1 a.test defers handshake-impossible',
        null,
        'ciphers=: "hihg" is no cipher grade, so the TLS handshake fails at every host, and all mail to this next hop would be deferred (4.7.5 Cannot start TLS: handshake failure)',
        'use high or medium',
      ],
    ],
  },
  {
    because: 'no grade, at may',
    policy: 'a.test may ciphers=strong',
    problems: [
      [
        'hash:/tls_policy:1 a.test warning handshake-impossible',
        null,
        'ciphers=: "strong" is no cipher grade, so the TLS handshake fails at every host, and after a first delay mail goes out in plaintext',
        'use high or medium',
      ],
    ],
  },
  {
    because: 'the grade null',
    policy: 'a.test encrypt ciphers=null',
    problems: [
      [
        'hash:/tls_policy:1 a.test defers handshake-impossible',
        null,
        'ciphers=: the grade null offers no encryption, so the TLS handshake fails at every host, and all mail to this next hop would be deferred (4.7.5 Cannot start TLS: handshake failure)',
        'use high or medium',
      ],
    ],
  },
  {
    because: 'limits before 3.6',
    policy: 'a.test encrypt protocols=>=TLSv1.2',
    version: '3.5',
    problems: [
      [
        'hash:/tls_policy:1 a.test defers handshake-impossible',
        null,
        'protocols=: ">=TLSv1.2" needs Postfix 3.6, so the TLS handshake fails at every host, and all mail to this next hop would be deferred (4.7.5 Cannot start TLS: handshake failure)',
        'exclude the others there, as in !SSLv2:!SSLv3:!TLSv1:!TLSv1.1',
      ],
    ],
  },
  {
    because: 'a misspelt protocol',
    policy: 'a.test encrypt protocols=TLS1.2',
    problems: [
      [
        'hash:/tls_policy:1 a.test defers handshake-impossible',
        null,
        'protocols=: "TLS1.2" is no protocol, so the TLS handshake fails at every host, and all mail to this next hop would be deferred (4.7.5 Cannot start TLS: handshake failure)',
        'use TLSv1.2',
      ],
    ],
  },
  {
    because: 'a modifier in exclude',
    policy: '.a.test encrypt exclude=!RC4\na.test encrypt',
    problems: [
      [
        'hash:/tls_policy:1 .a.test defers handshake-impossible',
        null,
        'exclude=: "!RC4" begins with a modifier, so the TLS handshake fails at every host, and all mail to domains below a.test would be deferred (4.7.5 Cannot start TLS: handshake failure)',
        'write RC4, without it',
      ],
    ],
  },
  {
    because: 'a word that names no cipher',
    policy: 'a.test encrypt exclude=PSD',
    problems: [
      [
        'hash:/tls_policy:1 a.test warning unknown-word',
        null,
        'exclude=: "PSD" names no cipher, and excludes none',
        'delete it, or write PSK if that is what was meant',
      ],
    ],
  },
  {
    because: 'a star as key',
    policy: '* encrypt',
    problems: [
      [
        'hash:/tls_policy:1 * warning never-looked-up',
        null,
        'this entry is never looked up: a policy table has no wildcard key',
        'set smtp_tls_security_level in main.cf: it counts for every next hop without an entry',
      ],
    ],
  },
  {
    because: 'an address as key',
    policy: 'user@a.test encrypt',
    problems: [
      [
        'hash:/tls_policy:1 user@a.test warning never-looked-up',
        null,
        'this entry is never looked up: the table is keyed by next hop, not by address',
        'write a.test as the key',
      ],
    ],
  },
  {
    because: 'a dot at the end of a key',
    policy: 'a.test. encrypt',
    problems: [
      [
        'hash:/tls_policy:1 a.test. warning never-looked-up',
        null,
        'this entry is never looked up: no next hop can have the text "a.test."',
        'write the key without the dot at its end',
      ],
    ],
  },
  {
    because: 'a comma at the end of a key',
    policy: 'a.test, encrypt',
    problems: [
      [
        'hash:/tls_policy:1 a.test, warning never-looked-up',
        null,
        'this entry is never looked up: no next hop can have the text "a.test,"',
        'write a.test as the key',
      ],
    ],
  },
  {
    because: 'two keys in one',
    policy: 'a.test,b.test encrypt',
    problems: [
      [
        'hash:/tls_policy:1 a.test,b.test warning never-looked-up',
        null,
        'this entry is never looked up: no next hop can have the text "a.test,b.test"',
        'write two lines, with the keys a.test and b.test',
      ],
    ],
  },
  {
    because: 'three of them',
    policy: 'a.test;b.test,c.test, encrypt',
    problems: [
      [
        'hash:/tls_policy:1 a.test;b.test,c.test, warning never-looked-up',
        null,
        'this entry is never looked up: no next hop can have the text "a.test;b.test,c.test,"',
        'write 3 lines, with the keys a.test, b.test and c.test',
      ],
    ],
  },
  {
    because: 'a key without the port',
    policy: '[h.test] encrypt',
    mainCf: 'relayhost = [h.test]:587',
    problems: [
      [
        'hash:/tls_policy:1 [h.test] warning never-looked-up',
        null,
        'this entry is never looked up: no transport and no relayhost names the next hop [h.test]',
        'write [h.test]:587 as the key: the next hop has that very text',
      ],
    ],
  },
  {
    because: 'a key with a port that no transport uses',
    policy: '[h.test]:25 encrypt',
    transport: 'a.test smtp:[i.test]',
    problems: [
      [
        'hash:/tls_policy:1 [h.test]:25 warning never-looked-up',
        null,
        'this entry is never looked up: no transport and no relayhost names the next hop [h.test]:25',
        'delete the line, or write the key as the next hop is written',
      ],
    ],
  },
  {
    because: 'a domain that is routed elsewhere',
    policy: 'a.test encrypt',
    transport: 'a.test smtp:[i.test]',
    problems: [
      [
        'hash:/tls_policy:1 a.test warning never-looked-up',
        null,
        'this entry is never looked up: mail for a.test goes to [i.test] (transport_maps), and that text is the key',
        'key the entry by the next hop as routed, or delete it',
      ],
    ],
  },
  {
    because: 'a star in match',
    policy: 'a.test secure match=*.p.test',
    problems: [
      [
        'hash:/tls_policy:1 a.test warning literal-star',
        null,
        '*.p.test in match= is no wildcard: it matches a certificate that has this very text, and no host name',
        'write .p.test',
      ],
    ],
  },
  {
    because: 'a dot at the end of match',
    policy: 'a.test secure match=mx.a.test.',
    problems: [
      [
        'hash:/tls_policy:1 a.test defers trailing-dot',
        null,
        'mx.a.test. in match= has a dot at its end, and matches no certificate: all mail to this next hop would be deferred (4.7.5 Server certificate not verified)',
        'write mx.a.test',
      ],
    ],
  },
  {
    because: 'an address among names',
    policy: 'a.test secure match=mx.a.test:192.0.2.1',
    problems: [
      [
        'hash:/tls_policy:1 a.test defers address-in-match',
        null,
        '192.0.2.1 in match= is asked of the certificate in addition to a name, and hardly any certificate has it: all mail to this next hop would be deferred (4.7.5 Server certificate not verified)',
        'delete 192.0.2.1',
      ],
    ],
  },
  {
    because: 'an address among names before 3.6',
    policy: 'a.test secure match=mx.a.test:192.0.2.1',
    version: '3.5',
    problems: [],
  },
  {
    because: 'a match of nothing',
    policy: 'a.test secure match=:',
    problems: [
      [
        'hash:/tls_policy:1 a.test defers no-usable-name',
        null,
        'match= names nothing: all mail to this next hop would be deferred (4.7.5 Server certificate not verified)',
        'name the host or domain in match=, or delete match= to have the default of the level',
      ],
    ],
  },
  {
    because: 'secure for an address',
    policy: '[192.0.2.1] secure',
    problems: [
      [
        'hash:/tls_policy:1 [192.0.2.1] defers address-next-hop',
        null,
        'secure asks the certificate for the address of [192.0.2.1] and for a name below it, which no certificate has: all mail to this next hop would be deferred (4.7.5 Server certificate not verified)',
        "write match= with the certificate's host name",
      ],
    ],
  },
  {
    because: 'secure for an address, with a name',
    policy: '[192.0.2.1] secure match=mx.a.test',
    problems: [],
  },
  {
    because: 'a provider without the dot',
    policy: 'a.test secure match=provider.net',
    problems: [
      [
        'hash:/tls_policy:1 a.test note provider-domain',
        null,
        'provider.net in match= covers a certificate for provider.net alone, and not one for mx.provider.net',
        'write match=.provider.net:provider.net',
      ],
    ],
  },
  {
    because: 'one host of a provider',
    policy: 'a.test secure match=mx1.provider.net',
    problems: [
      [
        'hash:/tls_policy:1 a.test note provider-host',
        null,
        'mx1.provider.net in match= is one name: a certificate for another host of provider.net would be refused',
        "write .provider.net, if the provider's documentation says that its mail hosts are below it",
      ],
    ],
  },
  {
    because: 'one host beside the dot',
    policy: 'a.test secure match=.provider.net:mx1.provider.net',
    problems: [],
  },
  {
    because: 'a host of the domain itself',
    policy: 'a.test secure match=mx.a.test',
    problems: [],
  },
  {
    because: 'verify',
    policy: 'a.test verify',
    problems: [
      [
        'hash:/tls_policy:1 a.test note unsigned-name',
        null,
        'verify checks the name that the MX answer gives, which nobody signed: any valid certificate of any host will do',
        'name the provider in secure match=, or use dane-only where it publishes TLSA records',
      ],
    ],
  },
  {
    because: 'hostname in match',
    policy: 'a.test secure match=nexthop:HostName',
    problems: [
      [
        'hash:/tls_policy:1 a.test note unsigned-name',
        null,
        'match=hostname checks the name that the MX answer gives, which nobody signed: any valid certificate of any host will do',
        'name the provider in secure match=, or use dane-only where it publishes TLSA records',
      ],
    ],
  },
  {
    because: 'what an MTA-STS plugin writes',
    policy: 'a.test secure policy_type=sts mx_host_pattern=*.p.test match=.p.test',
    problems: [
      [
        'hash:/tls_policy:1 a.test note replaced-match',
        null,
        'match= gives way to hostname, and MX hosts outside *.p.test are passed over (smtp_tls_enforce_sts_mx_patterns)',
        'nothing, where an MTA-STS plugin writes the entry; by hand, delete policy_type= and mx_host_pattern=',
      ],
    ],
  },
  {
    because: 'policy_failure with connection_reuse',
    policy: 'a.test secure policy_type=sts policy_failure=sts-policy-invalid connection_reuse=yes',
    problems: [
      [
        'hash:/tls_policy:1 a.test warning ignored-failure',
        null,
        'policy_failure= has no effect together with connection_reuse=yes: the certificate is verified as if it were not there',
        'write connection_reuse=no beside it',
      ],
    ],
  },
  {
    because: 'a digest',
    policy: 'a.test fingerprint match=abababababababababababababababababababababababababababababababab',
    mainCf: 'smtp_tls_fingerprint_digest = sha256',
    problems: [
      [
        'hash:/tls_policy:1 a.test note leaf-digest',
        null,
        "a certificate's digest changes with each renewal, and mail waits until the entry is changed (smtp_tls_fingerprint_digest = sha256)",
        'pin the digest of the public key, which may outlive a renewal; list old and new with "|"',
      ],
    ],
  },
  {
    because: 'a malformed digest beside a good one',
    policy: 'a.test fingerprint match=xyz|abababababababababababababababababababababababababababababababab',
    mainCf: 'smtp_tls_fingerprint_digest = sha256',
    problems: [
      [
        'hash:/tls_policy:1 a.test warning digest',
        'malformed fingerprint value: xyz',
        'xyz is no digest, and is ignored',
        'write pairs of hex digits with colons between, as openssl x509 -fingerprint prints them',
      ],
      [
        'hash:/tls_policy:1 a.test note leaf-digest',
        null,
        "a certificate's digest changes with each renewal, and mail waits until the entry is changed (smtp_tls_fingerprint_digest = sha256)",
        'pin the digest of the public key, which may outlive a renewal; list old and new with "|"',
      ],
    ],
  },
  {
    because: 'a digest of one character',
    policy: 'a.test fingerprint match=:',
    mainCf: 'smtp_tls_fingerprint_digest = sha256',
    problems: [
      [
        'hash:/tls_policy:1 a.test defers smtp-dies',
        'vstring_alloc: bad length 0',
        'a digest of one character (":") ends smtp(8) with a panic: mail to this next hop stays in the queue, and other mail waits with it',
        'delete ":" from match=',
      ],
    ],
  },
  {
    because: 'a digest of another algorithm',
    policy: 'a.test fingerprint match=abababababababababababababababababababab',
    mainCf: 'smtp_tls_fingerprint_digest = sha256',
    problems: [
      [
        'hash:/tls_policy:1 a.test defers digest',
        null,
        'a digest of 20 bytes is no sha256 (32 bytes) and never matches: all mail to this next hop would be deferred (4.7.5 Server certificate not verified)',
        'write the sha256 digest, or set smtp_tls_fingerprint_digest to the algorithm it was made with',
      ],
    ],
  },
  {
    because: 'a digest without colons before 3.6',
    policy: 'a.test fingerprint match=abababababababababababababababababababababababababababababababab',
    mainCf: 'smtp_tls_fingerprint_digest = sha256',
    version: '3.5',
    problems: [
      [
        'hash:/tls_policy:1 a.test warning digest',
        null,
        'abababababababababababababababababababababababababababababababab is no digest with colons, and never matches',
        'write pairs of hex digits with colons between, as openssl x509 -fingerprint prints them',
      ],
      [
        'hash:/tls_policy:1 a.test defers digest',
        null,
        'no digest is usable: all mail to this next hop would be deferred (4.7.5 Server certificate not verified)',
        'write pairs of hex digits with colons between',
      ],
    ],
  },
  {
    because: 'a parent alone',
    policy: '.a.test encrypt',
    problems: [
      [
        'hash:/tls_policy:1 .a.test note parent-alone',
        null,
        'the entry is for domains below a.test and not for a.test itself',
        'add a line for a.test, if mail goes there too',
      ],
    ],
  },
  {
    because: 'an entry weaker than its parent',
    policy: '.a.test secure\na.test secure\nx.a.test may',
    problems: [
      [
        'hash:/tls_policy:3 x.a.test note weaker-than-parent',
        null,
        'may here takes x.a.test out of .a.test secure on line 1',
        'delete this line, if that is not meant',
      ],
    ],
  },
  {
    because: 'an entry stronger than its parent',
    policy: '.a.test encrypt\na.test encrypt\nx.a.test secure',
    problems: [],
  },
  {
    because: 'a tafile that is not there',
    policy: 'a.test secure tafile=/gone.pem',
    problems: [
      [
        'hash:/tls_policy:1 a.test defers unreadable-file',
        'error opening trust anchor file: /gone.pem: No such file or directory',
        'all mail to this next hop would be deferred (4.7.5 client TLS configuration problem)',
        'make the file readable for mail_owner, with a certificate or public key in PEM',
      ],
    ],
  },
  {
    because: 'dane-only without dnssec',
    policy: 'a.test dane-only',
    problems: [
      [
        'hash:/tls_policy:1 a.test defers dane-off',
        'a.test: dane-only configured with dnssec lookups disabled',
        'all mail to this next hop would be deferred (4.7.5 client TLS configuration problem)',
        'set smtp_dns_support_level = dnssec, and use a local validating resolver',
      ],
    ],
  },
  {
    because: 'wrapper mode below encrypt',
    policy: 'a.test may',
    mainCf: 'smtp_tls_wrappermode = yes',
    problems: [
      [
        'hash:/tls_policy:1 a.test defers wrapper-mode',
        'smtp_tls_wrappermode requires "smtp_tls_security_level = encrypt" (or stronger)',
        'all mail to this next hop would be deferred (4.3.0 server unavailable or unable to receive mail)',
        'write encrypt or a stronger level, or set smtp_tls_wrappermode = no for this service',
      ],
    ],
  },
])('$because', (row) => {
  expect(foundIn(row)).toEqual(row.problems);
});
