/** How `doctor` prints what it found: within 80 columns, and within what a smaller terminal has. */
import { expect, test } from 'vitest';
import { doctorCode, failure, ofError, ok, warning } from '../../../lambda/command/doctor/finding.ts';
import { type Diagnosis, doctorText } from '../../../lambda/command/doctor/text.ts';

const DIAGNOSIS: Diagnosis = {
  at: Date.parse('2026-11-24T06:00:00Z'),
  host: 'mx1.example.com',
  user: { name: 'postfix-tls-watch', uid: 61_184, groups: [110, 61_184], unit: 'postfix-tls-watch.service' },
  inForce: [
    { name: 'mail-to', value: 'postmaster@example.com', source: 'file', where: '/etc/postfix-tls-watch.toml:4' },
    { name: 'config-directory', value: '/etc/postfix', source: 'postfix', where: "this host's Postfix" },
    { name: 'postfix', value: '3.7.11', source: 'postfix', where: null },
    { name: 'policy', value: 'default', source: 'default', where: null },
    { name: 'timeout', value: '5', source: 'command-line', where: null },
  ],
  assumed: ['the library that smtp(8) runs on is OpenSSL 3.0, as nothing on this host says otherwise'],
  findings: [
    ok('postfix', 'hash:/etc/postfix/tls_policy: 3 entries'),
    warning(
      'postfix',
      'hash:/etc/postfix/transport: Postfix still uses the older table',
      'run postmap hash:/etc/postfix/transport',
    ),
    failure('way-out', 'nobody gave the proof over IPv4: 192.0.2.1:25 did not answer in time', 'have outgoing port 25 opened'),
    ok('schedule', 'a name with \u001b[31mcolour\u202e'),
  ],
};

const plain = (_: unknown, text: string) => text;

test('everything is in its group, and each finding that is not well has its cure below it', () => {
  expect(doctorText(DIAGNOSIS, plain, 200)).toBe(`postfix-tls-watch 0.1.0 on mx1.example.com, as user postfix-tls-watch (61184),
as postfix-tls-watch.service would run it.

In force
  mail-to                  postmaster@example.com
                           (/etc/postfix-tls-watch.toml:4)
  config-directory         /etc/postfix (this host's Postfix)
  postfix                  3.7.11 (asked of Postfix)
  policy                   default (default)
  timeout                  5 (command line)
  assumed                  the library that smtp(8) runs on is OpenSSL 3.0, as
                           nothing on this host says otherwise

Postfix and its tables
  ok       hash:/etc/postfix/tls_policy: 3 entries
  warning  hash:/etc/postfix/transport: Postfix still uses the older table
    cure   run postmap hash:/etc/postfix/transport

Way out to port 25
  failure  nobody gave the proof over IPv4: 192.0.2.1:25 did not answer in time
    cure   have outgoing port 25 opened

Schedule
  ok       a name with \\u{1b}[31mcolour\\u{202e}

1 failure, 1 warning, 2 ok
`);
});

test.each([80, 60])('no line has more than %i columns', (columns) => {
  const lines = doctorText(DIAGNOSIS, plain, columns).split('\n');
  expect(lines.filter((line) => line.length > columns)).toEqual([]);
});

test.each([
  { because: 'a failure among others', findings: DIAGNOSIS.findings, code: 2 },
  { because: 'a warning', findings: [ok('dns', 'a'), warning('dns', 'a', 'b')], code: 1 },
  { because: 'all is well', findings: [ok('dns', 'a')], code: 0 },
])('status $code: $because', ({ findings, code }) => {
  expect(doctorCode(findings)).toBe(code);
});

test.each([
  { says: 'place: fact; next step', finding: ['place: fact', 'next step'] },
  { says: 'a; b; c', finding: ['a; b', 'c'] },
  { says: 'main.cf sets no maps: give the path', finding: ['main.cf sets no maps', 'give the path'] },
  { says: 'mail to x: nothing listens', finding: ['mail to x: nothing listens', 'otherwise'] },
])('an error "$says" is taken apart', ({ says, finding }) => {
  const { says: fact, cure } = ofError('postfix', says, 'otherwise');
  expect([fact, cure]).toEqual(finding);
});
