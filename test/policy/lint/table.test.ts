/** Lines that Postfix drops, and entries it calls broken. Every message whole: they are the product. */
import { expect, test } from 'vitest';
import { lint } from '../../../lambda/policy/lint/lint.ts';
import { type BundleParts, bundleOf } from '../bundle-of.ts';
import { foundIn, type Row } from '../lint-row.ts';

test.each<Row>([
  {
    because: 'a key without a value',
    policy: 'a.test',
    problems: [
      [
        'hash:/tls_policy:1 null warning line-ignored',
        '/tls_policy, line 1: expected format: key whitespace value',
        'the line is ignored, and mail goes as if it were not there',
        'write a level behind the key, or delete the line',
      ],
    ],
  },
  {
    because: 'an open quote',
    policy: '"a.test may',
    problems: [
      [
        'hash:/tls_policy:1 null warning line-ignored',
        "/tls_policy, line 1: unbalanced '\"' in '\"a.test may' -- ignoring this line",
        'the line is ignored, and mail goes as if it were not there',
        'take the quote out: no next hop has quotes',
      ],
    ],
  },
  {
    because: 'nothing to continue',
    policy: ' a.test may',
    problems: [
      [
        'hash:/tls_policy:1 null warning line-ignored',
        '/tls_policy: logical line must not start with whitespace: " a.test may"',
        'the line is ignored, and mail goes as if it were not there',
        'begin the line in the first column: a blank there continues the line before',
      ],
    ],
  },
  {
    because: 'bytes that are no UTF-8',
    policy: 'caf\udce9.test may',
    problems: [
      [
        'hash:/tls_policy:1 null warning line-ignored',
        '/tls_policy, line 1: non-UTF-8 input "caf?.test may" -- ignoring this line',
        'the line is ignored, and mail goes as if it were not there',
        'write the line in UTF-8',
      ],
    ],
  },
  {
    because: 'a colon as in an alias file',
    policy: 'a.test: may',
    problems: [
      [
        'hash:/tls_policy:1 a.test: warning never-looked-up',
        '/tls_policy, line 1: record is in "key: value" format; is this an alias file?',
        'the colon is part of the key, so no next hop has this entry',
        'write the key without the colon',
      ],
    ],
  },
  {
    because: 'two of a key',
    policy: 'a.test may\na.test encrypt',
    problems: [
      [
        'hash:/tls_policy:2 a.test warning duplicate-key',
        '/tls_policy.db: duplicate entry: "a.test"',
        'this line is never used, because line 1 has the same key',
        'delete line 1 or this one',
      ],
    ],
  },
  {
    because: 'two of a key in a texthash',
    policy: 'a.test may\nA.test encrypt',
    type: 'texthash',
    problems: [
      [
        'texthash:/tls_policy:2 a.test defers duplicate-key',
        '/tls_policy, line 2: duplicate entry: "A.test"',
        'Postfix cannot use the table at all: all mail of this client would be deferred (4.7.5), to whatever next hop',
        'delete line 1 or this one; a hash: or lmdb: table keeps the first of two',
      ],
    ],
  },
  {
    because: 'a trailing comment at a parent',
    policy: '.a.test secure # strict',
    problems: [
      [
        'hash:/tls_policy:1 .a.test defers broken-entry',
        'smtp_tls_policy_maps, next-hop destination ".a.test": malformed attribute/value pair "#": missing \'=\' after attribute name',
        'all mail to domains below a.test would be deferred (4.7.5 client TLS configuration problem)',
        'put the comment on a line of its own: Postfix has no comments behind an entry',
      ],
    ],
  },
  {
    because: 'attributes at none',
    policy: 'a.test none match=x.test',
    problems: [
      [
        'hash:/tls_policy:1 a.test warning ignored-attribute',
        'smtp_tls_policy_maps, next-hop destination "a.test": ignoring attribute "match=x.test" with TLS disabled',
        'mail goes out in plaintext, and the attributes are ignored',
        'write a level from may up, or delete the attributes',
      ],
    ],
  },
  {
    because: 'a comment at none',
    policy: 'a.test none # old host',
    problems: [
      [
        'hash:/tls_policy:1 a.test note ignored-attribute',
        'smtp_tls_policy_maps, next-hop destination "a.test": ignoring attribute "#" with TLS disabled',
        'the comment counts as attributes, which level none ignores with a warning for each delivery',
        'put the comment on a line of its own',
      ],
    ],
  },
  {
    because: 'nothing',
    policy:
      '# all good\na.test secure match=.a.test\n.a.test secure match=.a.test\n[r.test]:587 encrypt protocols=>=TLSv1.2 ciphers=high exclude=aNULL:MD5:kRSA+AES\n',
    problems: [],
  },
])('$because', (row) => {
  expect(foundIn(row)).toEqual(row.problems);
});

test.each<BundleParts & { value: string; says: string; cure: string; because: string }>([
  {
    value: 'sekure',
    says: 'invalid security level "sekure"',
    cure: 'use secure, if that is what was meant',
    because: 'a misspelt level',
  },
  {
    value: '"secure"',
    says: 'invalid security level ""secure""',
    cure: 'write the level without quotes',
    because: 'a level in quotes',
  },
  {
    value: '= secure',
    says: 'invalid security level "="',
    cure: 'write the level behind the key, without "="',
    because: 'an equals sign behind the key',
  },
  {
    value: 'halfdane',
    says: 'invalid security level "halfdane"',
    cure: 'use dane: halfdane is only a word of the log',
    because: 'a level of the log',
  },
  {
    value: 'REJECT',
    says: 'invalid security level "REJECT"',
    cure: 'use one of the levels none, may, encrypt, fingerprint, dane, dane-only, verify, secure',
    because: 'no level at all',
  },
  {
    value: 'secure # strict',
    says: 'malformed attribute/value pair "#": missing \'=\' after attribute name',
    cure: 'put the comment on a line of its own: Postfix has no comments behind an entry',
    because: 'a trailing comment',
  },
  {
    value: 'encrypt #strict=yes',
    says: 'invalid attribute name: "#strict"',
    cure: 'put the comment on a line of its own: Postfix has no comments behind an entry',
    because: 'a trailing comment that looks like an attribute',
  },
  {
    value: 'secure match = x.test',
    says: 'malformed attribute/value pair "match": missing \'=\' after attribute name',
    cure: 'write name=value without blanks around "="',
    because: 'blanks around =',
  },
  {
    value: 'secure match= x.test',
    says: 'attribute "match" has empty value',
    cure: 'write match=… without a blank behind "="',
    because: 'a blank behind =',
  },
  {
    value: 'secure match= servername=hostname',
    says: 'attribute "match" has empty value',
    cure: "give match a value, or delete it: then main.cf's setting counts",
    because: 'an empty match',
  },
  {
    value: 'secure match=x.test,y.test',
    says: 'malformed attribute/value pair "y.test": missing \'=\' after attribute name',
    cure: 'separate the elements by ":", as in match=x.test:y.test',
    because: 'a comma in match',
  },
  {
    value: 'fingerprint match=aa,bb',
    mainCf: 'smtp_tls_fingerprint_digest = sha256',
    says: 'malformed attribute/value pair "bb": missing \'=\' after attribute name',
    cure: 'separate the elements by "|", as in match=aa|bb',
    because: 'a comma between digests',
  },
  {
    value: 'encrypt protocols=!SSLv2, !SSLv3',
    says: 'malformed attribute/value pair "!SSLv3": missing \'=\' after attribute name',
    cure: 'separate the elements by ":", as in protocols=!SSLv2:!SSLv3',
    because: 'a comma between protocols',
  },
  {
    value: 'secure { match = x.test }',
    version: '3.7',
    says: 'malformed attribute/value pair "{": missing \'=\' after attribute name',
    cure: '{ name = value } came with Postfix 3.10: write name=value without blanks',
    because: 'braces before 3.10',
  },
  {
    value: 'secure { match = x.test',
    says: 'malformed attribute/value pair "match = x.test": missing \'}\' in "{ match = x.test"',
    cure: 'close the brace, and put a blank behind it',
    because: 'an open brace',
  },
  {
    value: 'secure mach=x.test',
    says: 'invalid attribute name: "mach"',
    cure: 'write match=, if that is what was meant',
    because: 'a misspelt attribute',
  },
  {
    value: 'secure verifydepth=3',
    version: '3.7',
    says: 'invalid attribute name: "verifydepth"',
    cure: 'delete it; Postfix 3.7 knows match, tafile, ciphers, protocols, exclude, servername, connection_reuse',
    because: 'an unknown attribute',
  },
  {
    value: 'secure servername=hostname',
    version: '3.3',
    says: 'invalid attribute name: "servername"',
    cure: 'servername came with Postfix 3.4: delete it for 3.3, or upgrade',
    because: 'servername before 3.4',
  },
  {
    value: 'secure policy_type=sts',
    version: '3.9',
    says: 'invalid attribute name: "policy_type"',
    cure: 'policy_type came with Postfix 3.10: delete it for 3.9, or upgrade',
    because: 'policy_type before 3.10',
  },
  {
    value: 'encrypt match=x.test',
    says: 'attribute "match" invalid at security level "encrypt"',
    cure: 'delete match=, as encrypt checks no certificate; or write secure to have it checked',
    because: 'match at encrypt',
  },
  {
    value: 'dane match=x.test',
    mainCf: 'smtp_dns_support_level = dnssec',
    says: 'attribute "match" invalid at security level "dane"',
    cure: 'delete match=: at dane DNS says what the certificate must be',
    because: 'match at dane',
  },
  {
    value: 'fingerprint tafile=/x',
    says: 'attribute "tafile" invalid at security level "fingerprint"',
    cure: 'delete tafile=: at fingerprint the digest alone counts',
    because: 'tafile at fingerprint',
  },
  {
    value: 'encrypt ciphers=high ciphers=medium',
    says: 'attribute "ciphers" is specified multiple times',
    cure: 'keep one ciphers=, with all that it should say',
    because: 'an attribute twice',
  },
  {
    value: 'encrypt ciphers=',
    says: 'attribute "ciphers" has empty value',
    cure: "give ciphers a value, or delete it: then main.cf's setting counts",
    because: 'an empty grade',
  },
  {
    value: 'encrypt connection_reuse=true',
    says: 'attribute "connection_reuse" has bad value: "true"',
    cure: 'write connection_reuse=yes or connection_reuse=no',
    because: 'a bad yes or no',
  },
  {
    value: 'secure servername=a..b',
    says: '"servername=a..b" specifies an invalid hostname',
    cure: 'write a host name, hostname or nexthop behind servername=',
    because: 'a bad servername',
  },
  {
    value: 'secure policy_type=x',
    says: 'attribute "policy_type" has an unexpected value: "x"',
    cure: 'write policy_type=sts or policy_type=no-policy-found',
    because: 'a bad policy_type',
  },
  {
    value: 'secure policy_type=sts policy_failure=x',
    says: 'attribute "policy_failure" has an unexpected value: "x"',
    cure: 'write one of sts-policy-fetch-error, sts-policy-invalid, sts-webpki-invalid, validation-failure',
    because: 'a bad policy_failure',
  },
  {
    value: 'secure policy_type=sts policy_ttl=1d',
    says: 'attribute "policy_ttl" has a malformed value: "1d"',
    cure: 'write policy_ttl as whole seconds',
    because: 'a bad policy_ttl',
  },
  {
    value: 'secure policy_type=sts policy_domain=a..b',
    says: 'attribute "policy_domain" has a malformed value: "a..b"',
    cure: 'write policy_domain as a host name',
    because: 'a bad policy_domain',
  },
  {
    value: 'secure policy_ttl=1',
    says: 'built-in policy has unexpected attribute policy_ttl, policy_domain, policy_string, mx_host_pattern or policy_failure',
    cure: 'add policy_type=sts, or delete the attributes that begin with policy_ and mx_host_pattern',
    because: 'policy_ttl alone',
  },
  {
    value: 'secure =x',
    says: 'malformed attribute/value pair "=x": missing attribute name',
    cure: 'write name=value without blanks around "="',
    because: 'a value without a name',
  },
])('$value is broken: $because', ({ value, says, cure, because: _, ...parts }) => {
  expect(lint(bundleOf(`a.test ${value}`, parts))).toEqual([
    {
      place: { file: 'hash:/tls_policy', line: 1 },
      key: 'a.test',
      severity: 'defers',
      code: 'broken-entry',
      postfixSays: `smtp_tls_policy_maps, next-hop destination "a.test": ${says}`,
      effect: 'all mail to this next hop would be deferred (4.7.5 client TLS configuration problem)',
      cure,
    },
  ]);
});
