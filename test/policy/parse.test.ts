import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Attributes } from '../../lambda/policy/attribute.ts';
import type { SecurityLevel } from '../../lambda/policy/level.ts';
import { parsePolicy, parseTable, printEntry, printPolicy } from '../../lambda/policy/parse.ts';

test.each<{ value: string; level: SecurityLevel; attributes?: Attributes; version?: string; because: string }>([
  { value: 'SECURE', level: 'secure', because: 'levels are case-insensitive' },
  { value: 'secure,match=x', level: 'secure', attributes: { match: ['x'] }, because: 'a comma separates as a blank does' },
  {
    value: 'secure , \t match=x,,ciphers=high',
    level: 'secure',
    attributes: { match: ['x'], ciphers: 'high' },
    because: 'any mix of them',
  },
  { value: 'secure MATCH=X', level: 'secure', attributes: { match: ['X'] }, because: 'attribute names are case-insensitive' },
  { value: 'secure match=a:b match=c', level: 'secure', attributes: { match: ['a', 'b', 'c'] }, because: 'match accumulates' },
  { value: 'secure match=:a::b:', level: 'secure', attributes: { match: ['a', 'b'] }, because: 'empty elements do not count' },
  { value: 'secure match=:', level: 'secure', attributes: { match: [] }, because: 'a list of nothing is a list' },
  {
    value: 'fingerprint match=aa:bb|cc',
    level: 'fingerprint',
    attributes: { match: ['aa:bb', 'cc'] },
    because: 'digests are split at |',
  },
  { value: 'secure match=a=b', level: 'secure', attributes: { match: ['a=b'] }, because: 'the first = divides' },
  { value: 'verify tafile=/a tafile=/b', level: 'verify', attributes: { tafile: ['/a', '/b'] }, because: 'tafile accumulates' },
  { value: 'encrypt protocols=', level: 'encrypt', attributes: { protocols: '' }, because: 'no limits at all' },
  {
    value: 'encrypt protocols=>=TLSv1.2',
    level: 'encrypt',
    attributes: { protocols: '>=TLSv1.2' },
    because: 'words are not looked at',
  },
  { value: 'may exclude=', level: 'may', attributes: { exclude: '' }, because: 'an empty exclude clears the lists' },
  { value: 'may ciphers=bogus', level: 'may', attributes: { ciphers: 'bogus' }, because: 'grades are not looked at' },
  {
    value: 'encrypt connection_reuse=yes connection_reuse=No',
    level: 'encrypt',
    attributes: { connectionReuse: false },
    because: 'the last wins',
  },
  { value: 'encrypt enable_rpk=YES', level: 'encrypt', attributes: { enableRpk: true }, because: 'yes in any case' },
  {
    value: 'encrypt servername=hostname',
    level: 'encrypt',
    attributes: { servername: 'hostname' },
    because: 'a keyword is a host name too',
  },
  { value: 'none match=', level: 'none', because: 'at none nothing else is looked at' },
  { value: 'none junk # x', level: 'none', because: 'not even junk' },
  { value: 'secure { match = x }', level: 'secure', attributes: { match: ['x'] }, because: 'braces hold blanks around =' },
  {
    value: 'secure {match=a\tb}',
    level: 'secure',
    attributes: { match: ['a b'] },
    because: 'white space in braces becomes a blank',
  },
  { value: 'secure match={a,b}', level: 'secure', attributes: { match: ['{a,b}'] }, because: 'braces inside a value stay' },
  { value: 'dane-only', level: 'dane-only', because: 'dane-only' },
  {
    value:
      'secure match=x policy_type=STS policy_domain=d.test policy_ttl=86400 mx_host_pattern=*.d.test { policy_string = mode: enforce }',
    level: 'secure',
    attributes: {
      match: ['x'],
      policyType: 'sts',
      policyDomain: 'd.test',
      policyTtl: '86400',
      mxHostPattern: ['*.d.test'],
      policyString: ['mode: enforce'],
    },
    because: 'what an MTA-STS plugin writes',
  },
  {
    value: 'secure policy_failure=Validation-Failure policy_type=sts',
    level: 'secure',
    attributes: { policyFailure: 'validation-failure', policyType: 'sts' },
    because: 'the order does not matter',
  },
  {
    value: 'secure servername=a.test',
    version: '3.4',
    level: 'secure',
    attributes: { servername: 'a.test' },
    because: 'servername came with 3.4',
  },
])('$value: $because', ({ value, level, attributes, version }) => {
  expect(parsePolicy(value, version ?? '3.11')).toEqual({ kind: 'policy', level, attributes: attributes ?? {} });
});

test.each<{ value: string; warning: string; version?: string; because: string }>([
  { value: '', warning: 'invalid empty policy', because: 'nothing' },
  { value: ' ,\t', warning: 'invalid empty policy', because: 'separators alone' },
  { value: 'sekure', warning: 'invalid security level "sekure"', because: 'a misspelt level' },
  { value: 'halfdane', warning: 'invalid security level "halfdane"', because: 'a word of the log is no input' },
  { value: '"secure"', warning: 'invalid security level ""secure""', because: 'quotes are text' },
  { value: '= secure', warning: 'invalid security level "="', because: 'an equals sign is no level' },
  { value: '# secure', warning: 'invalid security level "#"', because: 'nor is a comment sign' },
  { value: 'match=x secure', warning: 'invalid security level "match=x"', because: 'the level comes first' },
  {
    value: 'secure # strict',
    warning: `malformed attribute/value pair "#": missing '=' after attribute name`,
    because: 'there are no trailing comments',
  },
  {
    value: 'secure match = x',
    warning: `malformed attribute/value pair "match": missing '=' after attribute name`,
    because: 'no blanks around =',
  },
  { value: 'secure =x', warning: 'malformed attribute/value pair "=x": missing attribute name', because: 'a value needs a name' },
  { value: 'secure match= x', warning: 'attribute "match" has empty value', because: 'no blank behind = either' },
  {
    value: 'secure match=a,b',
    warning: `malformed attribute/value pair "b": missing '=' after attribute name`,
    because: 'a comma ends a value',
  },
  {
    value: 'encrypt protocols=!SSLv2, !SSLv3',
    warning: `malformed attribute/value pair "!SSLv3": missing '=' after attribute name`,
    because: 'seen in public logs of 2016',
  },
  { value: 'secure foo=bar', warning: 'invalid attribute name: "foo"', because: 'an unknown attribute' },
  { value: 'secure toString=x', warning: 'invalid attribute name: "toString"', because: 'no name that objects bring along' },
  { value: 'secure Match=', warning: 'attribute "Match" has empty value', because: 'the name is shown as written' },
  {
    value: 'encrypt match=x',
    warning: 'attribute "match" invalid at security level "encrypt"',
    because: 'match needs a level that checks',
  },
  { value: 'may match=x', warning: 'attribute "match" invalid at security level "may"', because: 'may checks nothing' },
  { value: 'dane match=x', warning: 'attribute "match" invalid at security level "dane"', because: 'DNS says the names' },
  { value: 'dane match=', warning: 'attribute "match" has empty value', because: 'the value is looked at before the level' },
  {
    value: 'fingerprint tafile=/x',
    warning: 'attribute "tafile" invalid at security level "fingerprint"',
    because: 'no CA there',
  },
  {
    value: 'encrypt tafile=',
    warning: 'attribute "tafile" invalid at security level "encrypt"',
    because: 'here the level comes first',
  },
  { value: 'secure tafile=', warning: 'attribute "tafile" has empty value', because: 'a file needs a name' },
  { value: 'may ciphers=', warning: 'attribute "ciphers" has empty value', because: 'a grade needs a word' },
  {
    value: 'may ciphers=high ciphers=high',
    warning: 'attribute "ciphers" is specified multiple times',
    because: 'even the same',
  },
  { value: 'may protocols= protocols=', warning: 'attribute "protocols" is specified multiple times', because: 'protocols once' },
  { value: 'may exclude=x exclude=y', warning: 'attribute "exclude" is specified multiple times', because: 'exclude once' },
  {
    value: 'secure servername=a servername=b',
    warning: 'attribute "servername" is specified multiple times',
    because: 'servername once',
  },
  { value: 'secure servername=', warning: '"servername=" specifies an invalid hostname', because: 'an empty name' },
  { value: 'secure servername=a..b', warning: '"servername=a..b" specifies an invalid hostname', because: 'a bad name' },
  { value: 'may connection_reuse=1', warning: 'attribute "connection_reuse" has bad value: "1"', because: 'yes or no' },
  { value: 'may enable_rpk=', warning: 'attribute "enable_rpk" has bad value: ""', because: 'yes or no' },
  { value: 'secure policy_type=mta', warning: 'attribute "policy_type" has an unexpected value: "mta"', because: 'sts or none' },
  {
    value: 'secure policy_type=sts policy_ttl=abc',
    warning: 'attribute "policy_ttl" has a malformed value: "abc"',
    because: 'digits',
  },
  {
    value: 'secure policy_type=sts policy_ttl=-1',
    warning: 'attribute "policy_ttl" has a malformed value: "-1"',
    because: 'digits alone',
  },
  {
    value: 'secure policy_type=sts policy_ttl=99999999999',
    warning: 'attribute "policy_ttl" has a malformed value: "99999999999"',
    because: 'an int',
  },
  {
    value: 'secure policy_type=sts policy_domain=a..b',
    warning: 'attribute "policy_domain" has a malformed value: "a..b"',
    because: 'a host name',
  },
  {
    value: 'secure policy_type=sts policy_failure=x',
    warning: 'attribute "policy_failure" has an unexpected value: "x"',
    because: 'one of four',
  },
  {
    value: 'secure policy_ttl=1',
    warning:
      'built-in policy has unexpected attribute policy_ttl, policy_domain, policy_string, mx_host_pattern or policy_failure',
    because: 'they need a policy_type',
  },
  {
    value: 'secure { match = x',
    warning: `malformed attribute/value pair "match = x": missing '}' in "{ match = x"`,
    because: 'an open brace',
  },
  {
    value: 'secure {match=x}y',
    warning: `malformed attribute/value pair "match=x": syntax error after '}' in "{match=x}y"`,
    because: 'text behind the brace',
  },
  {
    value: 'secure { match = x }',
    version: '3.9',
    warning: `malformed attribute/value pair "{": missing '=' after attribute name`,
    because: 'braces came with 3.10',
  },
  {
    value: 'secure servername=hostname',
    version: '3.3',
    warning: 'invalid attribute name: "servername"',
    because: 'newer than 3.3',
  },
  {
    value: 'secure connection_reuse=no',
    version: '3.3',
    warning: 'invalid attribute name: "connection_reuse"',
    because: 'newer than 3.3',
  },
  { value: 'secure enable_rpk=no', version: '3.8', warning: 'invalid attribute name: "enable_rpk"', because: 'newer than 3.8' },
  {
    value: 'secure policy_type=sts',
    version: '3.9',
    warning: 'invalid attribute name: "policy_type"',
    because: 'newer than 3.9',
  },
])('$value is broken: $because', ({ value, warning, version }) => {
  expect(parsePolicy(value, version ?? '3.11')).toEqual({ kind: 'broken', warning });
});

test('a table keeps order, lines and duplicates, and parses each value', () => {
  const { entries } = parseTable({ name: 'hash:/t', text: '# c\nA.test secure\nb.test\n  sekure\na.test may\n' }, '3.7');
  expect(entries).toEqual([
    { table: 'hash:/t', line: 2, key: 'a.test', value: 'secure', policy: { kind: 'policy', level: 'secure', attributes: {} } },
    {
      table: 'hash:/t',
      line: 3,
      key: 'b.test',
      value: 'sekure',
      policy: { kind: 'broken', warning: 'invalid security level "sekure"' },
    },
    {
      table: 'hash:/t',
      line: 5,
      key: 'a.test',
      value: 'may',
      shadowedBy: 2,
      policy: { kind: 'policy', level: 'may', attributes: {} },
    },
  ]);
});

test('attributes are printed in one order, braces only where they are needed', () => {
  expect(printPolicy('secure', { ciphers: 'high', match: ['.a.test', 'b.test'] })).toBe(
    'secure match=.a.test:b.test ciphers=high',
  );
  expect(printPolicy('fingerprint', { match: ['aa:bb', 'cc:dd'] })).toBe('fingerprint match=aa:bb|cc:dd');
  expect(printPolicy('encrypt', { connectionReuse: false, protocols: '' })).toBe('encrypt protocols= connection_reuse=no');
  expect(printPolicy('secure', { policyType: 'sts', policyString: ['mode: enforce'] })).toBe(
    'secure policy_type=sts { policy_string = mode: enforce }',
  );
});

const word = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-', '*', '!', '=', '1'), minLength: 1, maxLength: 8 });
const element = word.filter((text) => !text.includes(':'));
const list = fc.array(element, { minLength: 0, maxLength: 3 });
const policies = fc
  .record(
    {
      match: list,
      tafile: fc.array(word, { minLength: 1, maxLength: 2 }),
      ciphers: word,
      protocols: fc.oneof(word, fc.constant('')),
      exclude: fc.oneof(word, fc.constant('')),
      servername: fc.constantFrom('hostname', 'nexthop', 'mx.a.test'),
      connectionReuse: fc.boolean(),
      enableRpk: fc.boolean(),
      policyType: fc.constantFrom('sts', 'no-policy-found'),
      policyString: fc.array(fc.constantFrom('mode: enforce', 'a, b', 'x'), { minLength: 1, maxLength: 2 }),
      mxHostPattern: fc.array(word, { minLength: 1, maxLength: 2 }),
    },
    { requiredKeys: ['policyType'] },
  )
  .map((attributes) => ({ level: 'secure' as const, attributes }));

test('printing a policy and parsing it are inverse', () => {
  fc.assert(
    fc.property(policies, ({ level, attributes }) => {
      expect(parsePolicy(printPolicy(level, attributes), '3.11')).toEqual({ kind: 'policy', level, attributes });
    }),
  );
});

const bytes = fc.string({
  unit: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('a', ' ', '\t', ',', '=', ':', '|', '{', '}', '#', '"', '\\', '\n', '\0', '\r') },
    { weight: 3, arbitrary: fc.constantFrom('secure ', 'match=', 'none', 'policy_type=sts ', 'tafile=', 'servername=') },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) },
  ),
  maxLength: 60,
});

test('whatever the bytes, parsing returns, and an entry printed is the entry', () => {
  fc.assert(
    fc.property(
      bytes,
      fc.constantFrom('hash', 'texthash', 'inline', 'static'),
      fc.constantFrom('2.11', '3.5', '3.7', '3.11'),
      (text, type, version) => {
        const table = parseTable({ name: `${type}:${type === 'hash' || type === 'texthash' ? '/t' : text}`, text }, version);
        if (type !== 'hash' || table.noPolicy !== undefined) return;
        for (const entry of table.entries) {
          const again = parseTable({ name: 'hash:/t', text: `${printEntry(entry)}\n` }, version);
          // Alone it may be no policy at all, and is hidden then.
          if (again.noPolicy !== undefined) {
            expect(entry.policy.kind).toBe('broken');
            continue;
          }
          expect(again.entries).toEqual([
            { table: 'hash:/t', line: 1, key: entry.key, value: entry.value, policy: entry.policy },
          ]);
        }
      },
    ),
    { numRuns: 500 },
  );
});
