// biome-ignore-all lint/suspicious/noTemplateCurlyInString: main.cf has macros of that very form
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readMainCf } from '../../lambda/postfix/main-cf.ts';

test('comments, continuations, the last of two settings, and names that other lines set', () => {
  const { parameters, lines, problems } = readMainCf(
    [
      '# comment',
      'relayhost = [a.test]',
      'smtp_tls_policy_maps =',
      '  hash:$config_directory/one,',
      '# between',
      '  hash:$config_directory/two',
      'config_directory=/etc/other',
      'relayhost = [b.test]:587',
      'myhostname = mail.a.test',
      '',
    ].join('\n'),
    '3.7',
  );
  expect(parameters).toEqual({
    relayhost: '[b.test]:587',
    smtp_tls_policy_maps: 'hash:/etc/other/one,  hash:/etc/other/two',
    config_directory: '/etc/other',
    myhostname: 'mail.a.test',
    mydomain: 'a.test',
  });
  expect(lines).toEqual({ relayhost: 8, smtp_tls_policy_maps: 3, config_directory: 7, myhostname: 9 });
  expect(problems).toEqual([
    { line: 8, kind: 'overridden', name: 'relayhost', says: 'main.cf, line 8: overriding earlier entry: relayhost=[a.test]' },
  ]);
});

test('defaults of the version stand behind names that are not set', () => {
  const text = 'x = $smtp_tls_secure_cert_match/$smtp_tls_servername/$mail_version/$nonsense\n';
  expect(readMainCf(text, '3.7').parameters).toEqual({ x: 'nexthop, dot-nexthop//3.7/' });
});

test('an empty value is a value', () => {
  expect(readMainCf('relayhost =\n', '3.7').parameters).toEqual({ relayhost: '' });
});

test.each([
  {
    text: 'relayhost [a.test]',
    problem: { line: 1, kind: 'fatal', says: `main.cf, line 1: missing '=' after attribute name: "relayhost [a.test]"` },
  },
  { text: '= x', problem: { line: 1, kind: 'fatal', says: 'main.cf, line 1: missing attribute name: "…"' } },
  {
    text: ' relayhost = x',
    problem: { line: 1, kind: 'leading-blank', says: 'main.cf: logical line must not start with whitespace: " relayhost = x"' },
  },
  { text: 'a = ${b', problem: { line: 1, kind: 'macro', name: 'a', says: 'truncated macro reference: "…"' } },
])('$text', ({ text, problem }) => {
  expect(readMainCf(text, '3.7').problems).toEqual([problem]);
});

test('no text makes it throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '=', '$', '{', '}', ' ', '\n', '#', ':', '?', '__proto__') }), (text) => {
      expect(Object.keys(readMainCf(text, '3.7').lines).sort()).toEqual(Object.keys(readMainCf(text, '3.7').parameters).sort());
    }),
  );
});

test.each([
  { text: 'myhostname = mail.example.com\nrelayhost = [gw.$mydomain]:587', hop: '[gw.example.com]:587', because: 'mydomain' },
  { text: 'myhostname = mail\nrelayhost = [gw.$mydomain]', hop: '[gw.localdomain]', because: 'a short myhostname' },
  {
    text: 'mydomain = b.test\nmyhostname = mail.a.test\nrelayhost = [gw.$mydomain]',
    hop: '[gw.b.test]',
    because: 'mydomain is set',
  },
  {
    text: 'mydomain = b.test\nmyhostname = mail.$mydomain\nrelayhost = [$myhostname]',
    hop: '[mail.b.test]',
    because: 'one names the other',
  },
  { text: 'relayhost = [gw.$mydomain]', hop: '[gw.here.test]', host: 'mx.here.test', because: 'the name of the host' },
  { text: 'mydomain = b.test\nrelayhost = [$myhostname]', hop: '[mx.b.test]', host: 'mx', because: 'a host with a short name' },
  { text: 'relayhost = [gw.$mydomain]', hop: '[gw.localdomain]', host: 'mx', because: 'a short name, and no domain' },
  { text: 'relayhost = [gw.$mydomain]', hop: '[gw.]', because: 'nothing is known of the host' },
  { text: 'myhostname = mail.a.test\nrelayhost = [$myorigin]', hop: '[mail.a.test]', because: 'a default that no verdict reads' },
  { text: 'smtp_tls_policy_maps = $default_database_type:/p', hop: undefined, maps: 'hash:/p', because: 'the type of tables' },
])('computed as postconf -x has it: $because', ({ text, hop, host, maps }) => {
  const { parameters, usesHostname } = readMainCf(`${text}\n`, '3.7', host);
  expect(parameters.relayhost).toBe(hop);
  expect(parameters.smtp_tls_policy_maps).toBe(maps);
  expect(usesHostname).toBe(host === undefined ? undefined : true);
});

test('names that nothing reads and that lead into one another cannot use up the work for those that are read', () => {
  const doubles = Array.from({ length: 19 }, (_, i) => `a${i} = $a${i + 1}$a${i + 1}\n`).join('');
  const leading = Array.from({ length: 2_000 }, (_, i) => `b${i} = $a0\n`).join('');
  const { parameters, problems } = readMainCf(
    `${doubles}a19 = x\n${leading}mydomain = example.test\nmyhostname = mx.$mydomain\n`,
    '3.11',
  );
  expect(parameters.myhostname).toBe('mx.example.test');
  expect(problems.at(-1)).toEqual({
    line: 2_020,
    kind: 'macro',
    name: 'b1999',
    says: 'unreasonable macro expansion: "…"',
  });
});
