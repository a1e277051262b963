import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readDelivery } from '../../lambda/log/delivery.ts';
import { readLine } from '../../lambda/log/line.ts';
import { readTimestamp, thisZone } from '../../lambda/log/timestamp.ts';
import { readTlsLine } from '../../lambda/log/tls-line.ts';
import { CALENDAR } from './log.ts';

test.each([
  { line: 'Feb  5 21:57:22 mail x', at: '2026-02-05T21:57:22.000Z', because: 'a day of one digit' },
  { line: 'Nov 26 21:57:22 mail x', at: '2026-11-26T21:57:22.000Z', because: 'yesterday' },
  { line: 'Nov 27 08:00:00 mail x', at: '2026-11-27T08:00:00.000Z', because: 'a clock that is fast' },
  { line: 'Dec 31 23:59:59 mail x', at: '2025-12-31T23:59:59.000Z', because: 'no date lies ahead' },
  { line: 'Feb 25 2016 21:57:22 mail x', at: '2016-02-25T21:57:22.000Z', because: 'a year' },
  { line: '2025-01-26T01:03:02.997382+01:00 m x', at: '2025-01-26T00:03:02.997Z', because: 'rsyslog' },
  { line: '2026-11-27T06:00:00+0000 m x', at: '2026-11-27T06:00:00.000Z', because: 'journalctl' },
  { line: '2026-11-27T06:00:00Z m x', at: '2026-11-27T06:00:00.000Z', because: 'UTC' },
  { line: '2026-11-27 06:00:00 m x', at: '2026-11-27T06:00:00.000Z', because: 'no zone' },
  { line: 'Foo 25 21:57:22 m x', at: undefined, because: 'no month' },
  { line: '2026-13-41T06:00:00Z m x', at: undefined, because: 'no such day' },
  { line: 'hello', at: undefined, because: 'no time' },
])('the time of a line: $because', ({ line, at }) => {
  expect(iso(readTimestamp(line, CALENDAR))).toBe(at);
});

test.each([
  { line: 'mail_1  | Nov 25 21:57:22 mail postfix/smtp[1]: a', because: 'a container' },
  { line: '<22>Nov 25 21:57:22 mail postfix/smtp[1]: a', because: 'a priority' },
  { line: 'Wed 2026-11-25 21:57:22 UTC mail postfix/smtp[1]: a', because: 'journalctl -o short-full' },
  { line: '<22>1 2026-11-25T21:57:22.000Z mail postfix/smtp 1 - - a', because: 'RFC 5424' },
])('what stands before the time: $because', ({ line }) => {
  expect(iso(readLine(line, CALENDAR)?.at)).toBe('2026-11-25T21:57:22.000Z');
});

test('times without a zone are of the zone that this process is in', () => {
  const at = new Date(2026, 1, 25, 21, 57, 22).getTime();
  expect(readTimestamp('Feb 25 21:57:22 m x', { ...CALENDAR, local: thisZone })).toBe(at);
});

test.each([
  { line: 'Feb 25 21:57:22 mail postfix/smtp[25291]: hello', of: 'postfix smtp 25291 hello' },
  { line: 'Feb 25 21:57:22 mail postfix-out/smtp[1]: a: b', of: 'postfix-out smtp 1 a: b' },
  { line: 'Feb 25 21:57:22 mail postfix/relay/smtp[1]: a', of: 'postfix/relay smtp 1 a' },
  { line: 'Mar 15 14:20:01 mx enforced-tls-smtp/smtp[3]: a', of: 'enforced-tls-smtp smtp 3 a' },
  { line: 'mail_1  | Feb 25 21:57:22 mail postfix/smtp[1]: a', of: 'postfix smtp 1 a' },
  { line: '<22>Feb 25 21:57:22 mail postfix/smtp[1]: a', of: 'postfix smtp 1 a' },
  { line: '<22>1 2026-11-27T06:00:00Z m postfix/smtp 25 - - A1: to=<b>', of: 'postfix smtp 25 A1: to=<b>' },
  { line: 'Feb 25 21:57:22 m postfix/smtp[1]: [ID 197553 mail.info] a', of: 'postfix smtp 1 a' },
  { line: 'postfix/smtp[25291]: pasted', of: 'postfix smtp 25291 pasted' },
  { line: 'Feb 25 21:57:22 mail sshd[1]: x postfix/smtp[2]: a', of: undefined },
  { line: 'Feb 25 21:57:22 mail app: postfix/smtp[2]: a', of: undefined },
  { line: 'Feb 25 21:57:22 mail dovecot: imap(a)', of: undefined },
  { line: 'Feb 25 21:57:22 mail postfix/sm', of: undefined },
  { line: '', of: undefined },
])('who wrote $line', ({ line, of }) => {
  const read = readLine(line, CALENDAR);
  expect(read && `${read.instance} ${read.program} ${read.pid} ${read.message}`).toBe(of);
});

const HEAD = 'relay=mx.a.test[192.0.2.1]:25, delay=8.4, delays=0.02/0/8.4/0, ';

test.each([
  {
    message: `D33A02504112: to=<r@A.test>, ${HEAD}dsn=4.7.5, status=deferred (Server certificate not verified)`,
    of: 'deferred a.test 4.7.5 Server certificate not verified',
    because: 'as it is',
  },
  {
    message: `4YpXgj0QgWz1Xhx: to=<r@a.test>, orig_to=<root>, relay=none, delay=20, delays=0/0/20/0, dsn=4.7.5, status=deferred (client TLS configuration problem)`,
    of: 'deferred a.test 4.7.5 client TLS configuration problem',
    because: 'long queue ids, orig_to, no relay',
  },
  {
    message: `D33A02504112: to=<r@a.test>, relay=mx.a.test[2001:db8::1]:25, conn_use=2, delay=8.4, delays=0/0/8/0, tls=!secure, dsn=4.7.5, status=deferred (x)`,
    of: 'deferred a.test 4.7.5 x',
    because: 'conn_use and tls',
  },
  {
    message: `A1: to=<r@a.test>, ${HEAD}dsn=4.2.0, status=deferred (host mx.a.test[192.0.2.1] said: 450 4.2.0 x, dsn=2.0.0, status=sent (250 ok) (in reply to RCPT TO command))`,
    of: 'deferred a.test 4.2.0 host mx.a.test[192.0.2.1] said: 450 4.2.0 x, dsn=2.0.0, status=sent (250 ok) (in reply to RCPT TO command)',
    because: 'a reply that plays a status',
  },
  {
    message: `A1: to=<"x>, relay=none, delay=1, delays=0/0/0/0, dsn=5.7.5, status=bounced (Server certificate not verified)"@b.test>, ${HEAD}dsn=2.0.0, status=sent (250 ok)`,
    of: 'sent b.test 2.0.0 250 ok',
    because: 'a recipient that plays a line',
  },
  {
    message: `A1: to=<x"y@b.test>, ${HEAD}dsn=2.0.0, status=sent (250 ok)`,
    of: 'sent b.test 2.0.0 250 ok',
    because: 'a quote that does not end',
  },
  {
    message: `A1: to=<r@a.test>, ${HEAD}dsn=5.7.5, status=SOFTBOUNCE (Server certificate not verified)`,
    of: 'deferred a.test 5.7.5 Server certificate not verified',
    because: 'soft_bounce keeps it in the queue',
  },
  {
    message: `A1: to=<r@a.test>, ${HEAD}dsn=4.7.5, status=deferred (Server certificate not ver`,
    of: 'deferred a.test 4.7.5 Server certificate not ver',
    because: 'a line that was cut',
  },
  { message: `A1: to=<r@a.test>, ${HEAD}dsn=4.7.5, stat`, of: undefined, because: 'cut before its status' },
  { message: 'A1: from=<r@a.test>, size=1, nrcpt=1 (queue active)', of: undefined, because: 'another line' },
  { message: `x to=<r@a.test>: to=<`, of: undefined, because: 'no queue id' },
])('how a delivery ended: $because', ({ message, of }) => {
  const read = readDelivery(message);
  expect(read && `${read.status} ${read.domain} ${read.dsn} ${read.text}`).toBe(of);
});

test('whatever stands in a line, reading it ends, and throws nothing', () => {
  const pieces = fc.constantFrom(
    'Feb 25 21:57:22 mail postfix/smtp[1]: ',
    'A1: to=<',
    '"',
    '\\',
    '>, relay=',
    'mx.a.test[192.0.2.1]:25',
    ', delay=1, delays=0/0/0/0, dsn=4.7.5, status=deferred (',
    ': certificate verification failed for ',
    'subjectAltName: ',
    '\u0000',
    '\u202e',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string({ unit: 'binary' })), { maxLength: 30 }), (parts) => {
      const text = parts.join('');
      const read = readLine(text, CALENDAR);
      for (const message of [text, read?.message ?? '']) {
        readTlsLine(message);
        const delivery = readDelivery(message);
        if (delivery !== undefined) expect(message).toContain(`dsn=${delivery.dsn}, status=`);
      }
    }),
  );
});

test.each(['A1: to=<"', 'A1: to=<"\\', 'A1: to=<a@', 'warning: smtp_tls_policy_maps, next-hop destination "'])(
  'a hostile line of the longest length is read in one go: %s…',
  (begin) => {
    for (const filler of ['"', '\\"', '>', '>, relay=', '": ']) {
      const message = begin + filler.repeat(8_000 / filler.length);
      expect(readDelivery(message)).toBeUndefined();
      readTlsLine(message);
    }
  },
);

const iso = (at: number | undefined) => (at === undefined ? undefined : new Date(at).toISOString());
