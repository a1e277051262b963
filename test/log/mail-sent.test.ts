/** Where mail went: what counts, what does not, and that nobody can make the list grow without end. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LOG_BOUNDS } from '../../lambda/limits.ts';
import { readLine } from '../../lambda/log/line.ts';
import { type MailSent, openMailTally, recipientsOf, withMail } from '../../lambda/log/mail-sent.ts';
import { CALENDAR, ended, smtp } from './log.ts';

const NOW = Date.UTC(2026, 10, 26);
const DAY = Date.UTC(2026, 10, 25) / 86_400_000;

function sentIn(...lines: readonly string[]): MailSent {
  const tally = openMailTally(NOW);
  for (const text of lines) {
    const line = readLine(text, CALENDAR);
    if (line !== undefined) tally.take(line);
  }
  return tally.sent();
}

const to = (recipient: string, end = 'sent 2.0.0 250 ok', relay?: string) =>
  smtp('10:00:00', 1, ended('A1', recipient, end, relay));
const domains = (sent: MailSent) => [...recipientsOf(sent).byDomain];

test('what smtp(8) delivered counts, by domain and day', () => {
  const sent = sentIn(
    to('a@b.test'),
    to('c@B.test'),
    to('d@bücher.test'),
    smtp('11:00:00', 2, ended('A2', 'e@c.test', 'sent 2.0.0 ok')),
  );
  expect(sent.byDomain).toEqual(
    new Map([
      ['b.test', new Map([[DAY, 2]])],
      ['xn--bcher-kva.test', new Map([[DAY, 1]])],
      ['c.test', new Map([[DAY, 1]])],
    ]),
  );
  expect(sent.since).toBe(Date.UTC(2026, 10, 25, 10));
  expect(recipientsOf(sent).all).toBe(4);
});

test.each([
  { line: to('a@b.test', 'bounced 5.4.4 Host not found'), because: 'a domain that was mistyped' },
  { line: to('a@b.test', 'deferred 4.7.5 Server certificate not verified'), because: 'mail that waits' },
  { line: to('a@b.test', 'sent 2.0.0 delivered to mailbox', 'local'), because: 'what no other server took' },
  { line: smtp('10:00:00', 1, ended('A1', 'a@b.test', 'sent 2.0.0 ok'), 'postfix/lmtp'), because: 'another program' },
  { line: smtp('10:00:00', 1, ended('A1', 'a@b.test', 'sent 2.0.0 ok'), 'dovecot/smtpx'), because: 'a program of that kind' },
  { line: to('root'), because: 'a recipient without a domain' },
  { line: to('a@[192.0.2.1]'), because: 'an address' },
  { line: to('a@b;$(x).test'), because: 'no host name' },
  { line: to(`a@${'x'.repeat(64)}.test`), because: 'a label that is too long' },
  {
    line: to(
      'a@x.test',
      'deferred 4.0.0 host mx.a.test[192.0.2.1] said: 450 to=<a@b.test>, relay=x[192.0.2.1]:25, delay=1, delays=0/0/0/0, dsn=2.0.0, status=sent (ok)',
    ),
    because: 'what a server said',
  },
  { line: to('a@b.test').replace('Nov 25', 'Oct 20'), because: 'what is older than 30 days' },
])('$because does not count', ({ line }) => {
  expect(domains(sentIn(line))).toEqual([]);
});

test('the order of domains with as much mail does not depend on the log', () => {
  expect(domains(sentIn(to('a@b.test'), to('a@a.test'), to('a@c.test'), to('a@c.test')))).toEqual([
    ['c.test', 2],
    ['a.test', 1],
    ['b.test', 1],
  ]);
});

test('of more domains than there is room for, the mail counts and the names do not', () => {
  const tally = openMailTally(NOW);
  for (let i = 0; i < LOG_BOUNDS.domains + 10; i++) {
    const line = readLine(to(`a@d${i}.test`), CALENDAR);
    if (line !== undefined) tally.take(line);
  }
  expect(tally.sent().byDomain.size).toBe(LOG_BOUNDS.domains);
  expect(recipientsOf(tally.sent()).all).toBe(LOG_BOUNDS.domains + 10);
});

describe('two readings', () => {
  const ofDays = (...days: readonly (readonly [number, number])[]): MailSent => ({
    byDomain: new Map([['b.test', new Map(days)]]),
    byDay: new Map(days),
    since: Math.min(...days.map(([day]) => day)) * 86_400_000,
  });

  test('of a day that both have the larger counts, and what is old goes', () => {
    const both = withMail(ofDays([DAY - 40, 9], [DAY - 1, 3], [DAY, 1]), ofDays([DAY - 1, 2], [DAY, 4]), NOW);
    expect(both.byDomain).toEqual(
      new Map([
        [
          'b.test',
          new Map([
            [DAY - 1, 3],
            [DAY, 4],
          ]),
        ],
      ]),
    );
    expect(both.since).toBe(NOW - 30 * 86_400_000);
  });

  test('a domain that got no mail for 30 days is forgotten', () => {
    expect(withMail(ofDays([DAY - 31, 9]), ofDays([DAY - 35, 1]), NOW).byDomain).toEqual(new Map());
  });

  test('a log that is read twice counts once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: DAY - 40, max: DAY }), fc.integer({ min: 1, max: 99 })), { minLength: 1 }),
        (days) => {
          const once = withMail(ofDays(...days), { byDomain: new Map(), byDay: new Map(), since: undefined }, NOW);
          expect(withMail(once, ofDays(...days), NOW)).toEqual(once);
        },
      ),
    );
  });
});
