import { expect, test } from 'vitest';
import { nearest } from '../../lambda/postfix/nearest.ts';
import { exclusionProblems, gradeProblem, protocolProblem } from '../../lambda/postfix/tls-words.ts';

test.each(['high', 'MEDIUM', 'low', 'export'])('%s is a grade', (grade) => {
  expect(gradeProblem(grade)).toBe(undefined);
});

test.each([
  { grade: 'null', wrong: 'the grade null offers no encryption' },
  { grade: 'strong', wrong: '"strong" is no cipher grade' },
  { grade: 'high:medium', wrong: '"high:medium" is no cipher grade' },
])('$grade is no grade to use', ({ grade, wrong }) => {
  expect(gradeProblem(grade)?.wrong).toBe(wrong);
});

test.each([
  { list: '', version: '3.11' },
  { list: '!SSLv2, !SSLv3', version: '2.11' },
  { list: '!sslv2:!tlsv1', version: '3.5' },
  { list: 'TLSv1.2:TLSv1.3', version: '3.7' },
  { list: '>=TLSv1, <=TLSv1.2', version: '3.6' },
  { list: '>=0x0303', version: '3.7' },
])('protocols "$list" on $version', ({ list, version }) => {
  expect(protocolProblem(list, version)).toBe(undefined);
});

test.each([
  { list: '>=TLSv1', version: '3.5', wrong: '">=TLSv1" needs Postfix 3.6' },
  { list: '!SSLv3:TLS1.2', version: '3.7', wrong: '"TLS1.2" is no protocol' },
  { list: '>=x', version: '3.7', wrong: '">=x" is no protocol' },
  { list: '-SSLv3', version: '3.7', wrong: '"-SSLv3" is no protocol' },
  { list: 'all', version: '3.7', wrong: '"all" is no protocol' },
])('protocols "$list" on $version: $wrong', ({ list, version, wrong }) => {
  expect(protocolProblem(list, version)).toMatchObject({ wrong, fails: true });
});

test.each([
  '',
  'aNULL, eNULL, EXPORT, DES, RC4, MD5, PSK, aECDH, EDH-DSS-DES-CBC3-SHA, EDH-RSA-DES-CBC3-SHA, KRB5-DES-CBC3-SHA',
  'MD5:DES:ADH:RC4:SRP:3DES:eNULL',
  'kRSA+AES TLS_AES_128_GCM_SHA256 ECDHE-RSA-CHACHA20-POLY1305 aDSS kECDH CAMELLIA128 ARIA SEED IDEA RC2',
])('excluded words are known: %s', (list) => {
  expect(exclusionProblems(list)).toEqual([]);
});

test.each([
  { list: 'PSD', word: 'PSD', fails: false },
  { list: 'rc4', word: 'rc4', fails: false },
  { list: 'AES+PSD', word: 'AES+PSD', fails: false },
  { list: '!RC4', word: '!RC4', fails: true },
  { list: 'RC4:+3DES', word: '+3DES', fails: true },
  { list: '@STRENGTH', word: '@STRENGTH', fails: true },
])('excluded words that are wrong: $list', ({ list, word, fails }) => {
  expect(exclusionProblems(list)).toMatchObject([{ word, fails }]);
});

test('the nearest word, or none', () => {
  expect(nearest('sekure', ['secure', 'may'])).toBe('secure');
  expect(nearest('REJECT', ['secure', 'encrypt'])).toBe(undefined);
  expect(nearest('', ['may'])).toBe(undefined);
});
