import fc from 'fast-check';
import { expect, test } from 'vitest';
import { namesHost, parseStsPolicy } from '../../../lambda/route/mta-sts/policy.ts';

const read = (mode: string, maxAge: number, mx: readonly string[], addresses: readonly string[] = []) => ({
  kind: 'policy',
  policy: { mode, maxAge, mx, addresses },
});

test.each([
  {
    text: 'version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\nmx: backupmx.example.com\r\nmax_age: 604800\r\n',
    says: read('enforce', 604_800, ['mail.example.com', '*.example.net', 'backupmx.example.com']),
    because: 'the policy of RFC 8461',
  },
  {
    text: 'mx:a.test\nmax_age:0\nmode:testing\nversion:STSv1',
    says: read('testing', 0, ['a.test']),
    because: 'any order, no blanks, no last line end',
  },
  { text: 'version: STSv1\nmode: none\nmax_age: 86400\n', says: read('none', 86_400, []), because: 'none needs no mx' },
  {
    text: 'version: STSv1\nmode: enforce\nmode: none\nmax_age: 1\nmax_age: 2\nmx: A.Test\nmx: a.test \n\n',
    says: read('enforce', 1, ['a.test']),
    because: 'of a field that is there twice the first counts; names without case, each once',
  },
  {
    text: 'version: STSv1\nmode: enforce\nmax_age: 1\nx-note: blåbær\nmx: a.test\n',
    says: read('enforce', 1, ['a.test']),
    because: 'extensions are passed over',
  },
  {
    text: 'version: STSv1\nmode: enforce\nmax_age: 31557600\nmx: 192.0.2.1\nmx: [2001:db8::1]\nmx: a.test\n',
    says: read('enforce', 31_557_600, ['a.test'], ['192.0.2.1', '[2001:db8::1]']),
    because: 'an address is kept apart',
  },
])('$because', ({ text, says }) => {
  expect(parseStsPolicy(text)).toEqual(says);
});

const GOOD = ['version: STSv1', 'mode: enforce', 'max_age: 86400', 'mx: a.test'];
const without = (name: string, ...more: string[]) => [...GOOD.filter((line) => !line.startsWith(name)), ...more].join('\n');

test.each([
  { text: '', says: 'the policy is empty' },
  { text: '\n \n', says: 'the policy is empty' },
  { text: '<html>\n<p>Not found', says: 'line 1 of the policy, "<html>", is not name: value' },
  { text: `\ufeff${GOOD.join('\n')}`, says: 'line 1 of the policy, "\\u{feff}version: STSv1", is not name: value' },
  { text: ` ${GOOD.join('\n')}`, says: 'line 1 of the policy, " version: STSv1", is not name: value' },
  { text: `${GOOD.join('\n')}\nmx a.test`, says: 'line 5 of the policy, "mx a.test", is not name: value' },
  {
    text: GOOD.join('\r'),
    says: 'line 1 of the policy, "version: STSv1 mode: enforce max_age: 86400 mx: a.test", is not name: value',
  },
  { text: without('version'), says: 'it has no version' },
  { text: without('version', 'version: STSv2'), says: 'version: "STSv2" in the policy is not STSv1' },
  { text: without('version', 'Version: STSv1'), says: 'it has no version' },
  { text: without('version', 'version: stsv1'), says: 'version: "stsv1" in the policy is not STSv1' },
  { text: without('mode'), says: 'it has no mode' },
  { text: without('mode', 'mode: enforced'), says: 'mode: "enforced" in the policy is not enforce, testing or none' },
  { text: without('mode', 'mode: Enforce'), says: 'mode: "Enforce" in the policy is not enforce, testing or none' },
  { text: without('max_age'), says: 'it has no max_age' },
  { text: without('max_age', 'max_age: 1d'), says: 'max_age: "1d" in the policy is not seconds, at most 31557600' },
  { text: without('max_age', 'max_age: -1'), says: 'max_age: "-1" in the policy is not seconds, at most 31557600' },
  { text: without('max_age', 'max_age: 31557601'), says: 'max_age: "31557601" in the policy is not seconds, at most 31557600' },
  { text: without('max_age', 'max_age:'), says: 'max_age: "" in the policy is not seconds, at most 31557600' },
  { text: without('mx'), says: 'it names no mx, which mode enforce needs' },
  { text: without('mx', 'mx: '), says: 'mx: "" is neither a host name nor *.domain' },
  { text: without('mx', 'mx: *'), says: 'mx: "*" is neither a host name nor *.domain' },
  { text: without('mx', 'mx: *.*.test'), says: 'mx: "*.*.test" is neither a host name nor *.domain' },
  { text: without('mx', 'mx: mx*.test'), says: 'mx: "mx*.test" is neither a host name nor *.domain' },
  { text: without('mx', 'mx: .test'), says: 'mx: ".test" is neither a host name nor *.domain' },
  { text: without('mx', 'mx: a.test, b.test'), says: 'mx: "a.test, b.test" is neither a host name nor *.domain' },
  { text: without('mx', 'mx: a.test:b.test'), says: 'mx: "a.test:b.test" is neither a host name nor *.domain' },
  { text: without('mx', 'mx: a.test ciphers=null'), says: 'mx: "a.test ciphers=null" is neither a host name nor *.domain' },
  { text: without('mx', 'mx: bücher.test'), says: 'mx: "bücher.test" is neither a host name nor *.domain' },
  { text: without('mx', 'mx: a.test.'), says: 'mx: "a.test." is neither a host name nor *.domain' },
  {
    text: without('mx', ...Array.from({ length: 101 }, (_, i) => `mx: mx${i}.test`)),
    says: 'it names 101 hosts, of which no more than 100 are read here',
  },
])('$says', ({ text, says }) => {
  expect(parseStsPolicy(text)).toEqual({ kind: 'invalid', because: says });
});

test.each([
  { pattern: 'mx.a.test', host: 'mx.a.test', is: true, because: 'the name itself' },
  { pattern: 'mx.a.test', host: 'MX.A.test.', is: true, because: 'without case, a last dot left out' },
  { pattern: '*.a.test', host: 'mx.a.test', is: true, because: 'one label for a star' },
  { pattern: '*.a.test', host: 'x.mx.a.test', is: false, because: 'two labels for a star' },
  { pattern: '*.a.test', host: 'a.test', is: false, because: 'no label for a star' },
  { pattern: '*.a.test', host: '.a.test', is: false, because: 'an empty label for a star' },
  { pattern: '*.a.test', host: 'mxa.test', is: false, because: 'half a label' },
  { pattern: 'a.test', host: 'mx.a.test', is: false, because: 'a name below' },
  { pattern: 'mx.a.test', host: 'a.test', is: false, because: 'a name above' },
])('a policy for $pattern: $because', ({ pattern, host, is }) => {
  expect(namesHost({ mx: [pattern] }, host)).toBe(is);
});

test('whatever the text, it is read or refused, and what is read fits into a policy table', () => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom(...GOOD),
    fc.tuple(fc.constantFrom('version', 'mode', 'max_age', 'mx'), fc.string()).map(([name, value]) => `${name}: ${value}`),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const policy = parseStsPolicy(lines.join('\n'));
      if (policy.kind === 'policy') for (const host of policy.policy.mx) expect(host).toMatch(/^(?:\*\.)?[a-z0-9_.-]+$/);
    }),
    { numRuns: 2_000 },
  );
});
