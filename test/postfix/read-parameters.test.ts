// biome-ignore-all lint/suspicious/noTemplateCurlyInString: main.cf has macros of that very form
/** What is stored of main.cf: parameters that are read and what they lead to, and nothing else. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readMainCf } from '../../lambda/postfix/main-cf.ts';
import { onlyReadParameters, withoutQuotedLine } from '../../lambda/postfix/read-parameters.ts';

test.each([
  {
    because: 'a parameter that is read',
    text: 'smtp_tls_security_level = may\n',
    kept: 'smtp_tls_security_level = may\n',
    leftOut: [],
  },
  {
    because: 'a SASL password map, inline',
    text: 'smtp_sasl_password_maps = inline:{ { h = u:geheim } }\n',
    kept: '# left out: smtp_sasl_password_maps\n',
    leftOut: ['smtp_sasl_password_maps'],
  },
  {
    because: 'its continuation lines as well',
    text: 'smtp_sasl_password_maps = inline:{\n  { h = u:geheim } }\nrelayhost = [a.test]\n',
    kept: '# left out: smtp_sasl_password_maps\n\nrelayhost = [a.test]\n',
    leftOut: ['smtp_sasl_password_maps'],
  },
  {
    because: 'the continuation of one that is read stays',
    text: 'mydestination = a.test\n  b.test\n',
    kept: 'mydestination = a.test\n  b.test\n',
    leftOut: [],
  },
  {
    because: 'a comment between the lines of one that is read',
    text: 'mydestination = a.test\n# was: geheim\n  b.test\n',
    kept: 'mydestination = a.test\n\n  b.test\n',
    leftOut: [],
  },
  { because: 'comments anywhere', text: '# password geheim\n\t# more\n', kept: '\n\n', leftOut: [] },
  {
    because: 'a database by its old form in main.cf',
    text: 'tls_password = geheim\ntls_user = u\n',
    kept: '# left out: tls_password\n# left out: tls_user\n',
    leftOut: ['tls_password', 'tls_user'],
  },
  {
    because: 'a macro that a value which is read needs',
    text: 'my_ca = /etc/ca.pem\nsmtp_tls_CAfile = $my_ca\n',
    kept: 'my_ca = /etc/ca.pem\nsmtp_tls_CAfile = $my_ca\n',
    leftOut: [],
  },
  {
    because: 'and one that this macro needs',
    text: 'my_dir = /etc\nmy_ca = ${my_dir}/ca.pem\nsmtp_tls_CAfile = $(my_ca)\nmy_pw = geheim\n',
    kept: 'my_dir = /etc\nmy_ca = ${my_dir}/ca.pem\nsmtp_tls_CAfile = $(my_ca)\n# left out: my_pw\n',
    leftOut: ['my_pw'],
  },
  {
    because: 'a doubled dollar names nothing',
    text: 'smtp_helo_name = a$$my_pw\nmy_pw = geheim\n',
    kept: 'smtp_helo_name = a$$my_pw\n# left out: my_pw\n',
    leftOut: ['my_pw'],
  },
  { because: 'a line without an equals sign', text: 'u:geheim foo\n', kept: '# left out\n', leftOut: [], stray: 1 },
  { because: 'a line that continues nothing', text: '  u:geheim\n', kept: '# left out\n', leftOut: [], stray: 1 },
  { because: 'a password that ends in an equals sign', text: 'geheim=\n', kept: '# left out\n', leftOut: [] },
  {
    because: 'what C code does not see behind a NUL',
    text: 'relayhost = [a.test]\0geheim\n geheim\n',
    kept: 'relayhost = [a.test]\n\n',
    leftOut: [],
  },
])('$because', ({ text, kept, leftOut, stray = 0 }) => {
  expect(onlyReadParameters(text)).toEqual({ text: kept, leftOut, strayLines: stray });
});

test('what is left of it reads as the whole did, line by line, and nothing more is left out', () => {
  const value = fc.constantFrom('geheim', '$my_a', '${my_b?x}', '/etc/ca.pem', '', 'u:p, x');
  const name = fc.constantFrom('relayhost', 'smtp_tls_CAfile', 'my_a', 'my_b', 'smtp_sasl_password_maps', 'mydestination');
  const line = fc.oneof(
    fc.tuple(name, value).map(([a, b]) => `${a} = ${b}`),
    fc.constantFrom('# geheim', '', '   geheim', 'geheim', ' # geheim', '\tb.test'),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      const text = lines.join('\n');
      const only = onlyReadParameters(text);
      expect(only.text.split('\n')).toHaveLength(Math.max(1, lines.length));
      expect(onlyReadParameters(only.text)).toMatchObject({ leftOut: [], strayLines: 0 });
      const [whole, part] = [readMainCf(text, '3.11'), readMainCf(only.text, '3.11')];
      for (const known of ['relayhost', 'smtp_tls_CAfile', 'mydestination']) {
        expect(part.parameters[known]).toBe(whole.parameters[known]);
        expect(part.lines[known]).toBe(whole.lines[known]);
      }
      expect(only.text).not.toContain('smtp_sasl_password_maps =');
    }),
  );
});

test.each([
  {
    because: 'a setting that is read and set twice shows what it was',
    text: 'relayhost = a\nrelayhost = b\n',
    says: 'main.cf, line 2: overriding earlier entry: relayhost=a',
  },
  {
    because: 'one that is not read does not',
    text: 'my_pw = geheim\nmy_pw = b\n',
    says: 'main.cf, line 2: overriding earlier entry: my_pw=…',
  },
  {
    because: 'nor a line that is no setting',
    text: 'u:geheim x\n',
    says: `main.cf, line 1: missing '=' after attribute name: "…"`,
  },
  {
    because: 'nor one that continues nothing',
    text: ' geheim\n',
    says: 'main.cf: logical line must not start with whitespace: "…"',
  },
  {
    because: 'nor a value that cannot be expanded',
    text: 'smtp_sasl_password_maps = ${x geheim\n',
    says: 'truncated macro reference: "…"',
  },
  {
    because: 'one that is read can be shown',
    text: 'relayhost = ${x a\n',
    says: 'truncated macro reference: "${x a"',
  },
])('what Postfix says of main.cf: $because', ({ text, says }) => {
  expect(readMainCf(text, '3.11').problems.map((problem) => problem.says)).toEqual([says]);
});

test.each([
  {
    says: `/etc/postfix/mysql.cf, line 3: missing '=' after attribute name: "password geheim"`,
    shown: `/etc/postfix/mysql.cf, line 3: missing '=' after attribute name: "…"`,
  },
  { says: 'open /etc/postfix/x: No such file or directory', shown: 'open /etc/postfix/x: No such file or directory' },
])('of what a program of Postfix says: $shown', ({ says, shown }) => {
  expect(withoutQuotedLine(says)).toBe(shown);
});
