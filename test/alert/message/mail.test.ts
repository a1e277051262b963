/** Whole messages: they are the product. Read them as somebody woken at night would. */
import { describe, expect, test } from 'vitest';
import type { Alert } from '../../../lambda/alert/message/describe.ts';
import { mailOf } from '../../../lambda/alert/message/mail.ts';
import { MAIL_WIDTH } from '../../../lambda/text/wrap.ts';
import { Watch } from '../days.ts';
import { address, DAY, ending, failing, host, passing, START, unseen } from '../verdicts.ts';

const fastmail = failing('fastmail.fm', {
  match: ['nexthop', 'dot-nexthop'],
  sentence:
    'mail to fastmail.fm would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure wants fastmail.fm or a name below it and the certificate of in1-smtp.messagingengine.com offers *.messagingengine.com and messagingengine.com. This line would deliver: fastmail.fm secure match=.messagingengine.com ciphers=high',
  hosts: [
    host(
      'in1-smtp.messagingengine.com',
      address({ outcome: 'fail', reason: 'name-mismatch', asked: ['fastmail.fm', '.fastmail.fm'], matched: null }),
    ),
  ],
  suggestion: {
    line: 'fastmail.fm secure match=.messagingengine.com ciphers=high',
    restsOn: 'dns',
    because: 'the names come from the MX records of today, which nobody signed: compare them with what the provider documents',
    verdict: 'pass',
  },
});
const parent = passing('.parent.example', { verdict: 'unchecked', reason: 'parent-key', line: 9 });
const customers = (make: typeof failing, count = 3) =>
  Array.from({ length: count }, (_, i) =>
    make(`customer${i + 1}.example`, {
      line: 10 + i,
      ...(make === failing
        ? {
            sentence: `mail to customer${i + 1}.example would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure wants a name below provider.example and the certificate of mx.provider.example offers mx.other.example`,
          }
        : {}),
    }),
  );

function mailed(alert: Alert | undefined): string {
  if (alert === undefined) return 'silence';
  const { subject, text } = mailOf(alert);
  return `Subject: ${subject}\n\n${text}`;
}

test('the baseline: what is wrong, why, and the line to use', () => {
  const watch = new Watch();
  watch.run({ verdicts: [passing('facebook.com', { line: 1 }), passing('hearst.com', { line: 2 }), fastmail, parent] });
  expect(mailed(watch.alert)).toBe(BASELINE);
});

test('a provider drops a name: one item for all its customers, and what changed on their side', () => {
  const watch = new Watch();
  watch.run({ verdicts: customers(passing) });
  const changes = [{ kind: 'name-removed', subject: 'mx.provider.example', before: ['*.provider.example'], at: START + DAY }];
  watch.run({ verdicts: customers(failing), second: customers(failing), input: { changes } });
  expect(mailed(watch.alert)).toBe(LOST_NAME);
  watch.run({ verdicts: customers(passing) });
  watch.run({ verdicts: customers(passing) });
  expect(mailed(watch.alert)).toBe(REGAINED);
});

test('a certificate near its end: until when somebody can act', () => {
  const watch = new Watch();
  const end = Date.UTC(2027, 0, 3, 12);
  watch.run({ verdicts: [passing('fastmail.fm')] });
  for (const day of [26, 27])
    watch.run({ verdicts: [ending('fastmail.fm', end)], day, facts: { previousCompleteAt: START + (day - 1) * DAY } });
  expect(mailed(watch.alert)).toBe(FORECAST);
  watch.run({ verdicts: [ending('fastmail.fm', end)], day: 37, facts: { previousCompleteAt: START + 36 * DAY } });
  expect(watch.alert?.subject).toBe('fastmail.fm will defer in 3 days, Sun 2027-01-03: certificate expires');
});

test('a blind run says exactly that', () => {
  const watch = new Watch();
  watch.run({ verdicts: [passing('a.example'), passing('b.example')] });
  const vantage = { name: 'mx1', ipv4: 'blind', ipv6: 'untried' } as const;
  watch.run({ verdicts: [unseen('a.example'), unseen('b.example')], input: { vantage } });
  expect(mailed(watch.alert)).toBe(BLIND);
});

test('what became of the memory heads the message, one full stop behind it', () => {
  const watch = new Watch();
  watch.run({
    verdicts: [passing('a.example')],
    facts: { memory: ['the store was damaged; the file is kept as /s/store.sqlite.damaged-2026Z'] },
  });
  expect(watch.alert?.intro[0]).toEqual({
    kind: 'text',
    text: 'The store was damaged; the file is kept as /s/store.sqlite.damaged-2026Z.',
  });
});

test('not judged for long', () => {
  const watch = new Watch();
  watch.run({ verdicts: [passing('a.example')] });
  for (let day = 1; day <= 3; day++) watch.run({ verdicts: [unseen('a.example')] });
  expect(mailed(watch.alert)).toBe(NOT_JUDGED);
});

describe('subjects', () => {
  test.each([
    {
      because: 'one entry',
      verdicts: [failing('a.example')],
      subject: 'a.example would defer: certificate lacks the name asked for',
    },
    {
      because: 'several behind one provider',
      verdicts: [failing('a.example'), failing('b.example')],
      subject: '2 entries would defer: provider.example certificate lacks the name asked for',
    },
    {
      because: 'what is no certificate reads the other way',
      verdicts: [
        failing('a.example', { reason: 'starttls-not-offered' }),
        failing('b.example', { reason: 'starttls-not-offered' }),
      ],
      subject: '2 entries would defer: STARTTLS is not offered at provider.example',
    },
    {
      because: 'a bounce is worse than a queue',
      verdicts: [failing('a.example', { reason: 'nxdomain', hosts: [], postfixWould: 'bounce' })],
      subject: 'a.example would bounce: domain does not exist',
    },
    {
      because: 'chance decides',
      verdicts: [failing('a.example', { postfixWould: 'depends' })],
      subject: 'a.example would defer or bounce: certificate lacks the name asked for',
    },
    {
      because: 'a weaker way out is no delivery',
      verdicts: [failing('a.example', { reason: 'weaker-fallback', postfixWould: 'deliver' })],
      subject: 'a.example would leave less protected: only a weaker fallback is left',
    },
    {
      because: 'several incidents',
      verdicts: [failing('a.example'), failing('b.example', { reason: 'expired' }), failing('c.example', { mx: 'mx.c.example' })],
      subject: 'c.example would defer: certificate lacks the name asked for; 2 more',
    },
    {
      because: 'a long name gives way before the news does',
      verdicts: [failing(`${'a'.repeat(60)}.department.customer.example`)],
      subject: 'aaaaaaaaaaaaaaaaaaa...department.customer.example would defer: certificate lacks the name asked for',
    },
  ])('$because', ({ verdicts, subject }) => {
    const watch = new Watch();
    watch.run({ verdicts: verdicts.map(({ id }) => passing(id)) });
    watch.run({ verdicts, second: verdicts });
    expect(watch.alert?.subject).toBe(subject);
    expect(subject.length).toBeLessThan(100);
  });
});

describe('a message that is too long', () => {
  const many = Array.from({ length: 40 }, (_, i) =>
    failing(`c${i}.example`, { mx: `mx.p${i}.example`, sentence: `${'long story '.repeat(60)}` }),
  );
  test('is cut at whole items, says so, and what was cut comes next', () => {
    const watch = new Watch();
    watch.run({ verdicts: many });
    if (watch.alert === undefined) throw new Error('no alert');
    const mail = mailOf(watch.alert, 20_000);
    expect(Buffer.byteLength(mail.text)).toBeLessThanOrEqual(20_000);
    expect(mail.items).toBeGreaterThan(5);
    expect(mail.items).toBeLessThan(40);
    expect(mail.text.replace(/\s+/g, ' ')).toContain(
      `This message is full: ${40 - mail.items} items are left out and will come with the next run. This shows them now: postfix-tls-watch status`,
    );
    expect(mail.text.match(/^\d+\. FAILING/gm)).toHaveLength(mail.items);
  });
  test('one item larger than a message loses its last lines', () => {
    const watch = new Watch();
    watch.run({ verdicts: Array.from({ length: 500 }, (_, i) => failing(`customer${i}.example`)) });
    if (watch.alert === undefined) throw new Error('no alert');
    const mail = mailOf(watch.alert, 4_000);
    expect(mail.items).toBe(1);
    expect(Buffer.byteLength(mail.text)).toBeLessThanOrEqual(4_000);
    expect(mail.text).toContain('(cut here: more entries than a message holds, see postfix-tls-watch status)');
  });
  test('20,000 entries of one cause fit', () => {
    const watch = new Watch();
    watch.run({ verdicts: Array.from({ length: 20_000 }, (_, i) => failing(`customer${i}.example`)) });
    if (watch.alert === undefined) throw new Error('no alert');
    const mail = mailOf(watch.alert);
    expect(Buffer.byteLength(mail.text)).toBeLessThan(20_000);
    expect(mail.text).toContain('and 19900 more: see postfix-tls-watch status');
  });
});

test('prose is folded, what is to be copied is not', () => {
  const watch = new Watch();
  watch.run({ verdicts: [fastmail] });
  const lines = mailed(watch.alert).split('\n');
  expect(lines.filter((line) => line.length > MAIL_WIDTH && !/posttls-finger|postfix-tls-watch/.test(line))).toEqual([]);
  expect(lines).toContain(
    "       posttls-finger -c -l secure -F /etc/ssl/certs/ca-certificates.crt '[in1-smtp.messagingengine.com]' fastmail.fm .fastmail.fm",
  );
});

const BASELINE = `Subject: Now watching 3 entries: 1 would fail

This is the first look from mx1 at hash:/etc/postfix/tls_policy, at Tue
2026-11-24 06:01Z, as Postfix 3.11 would deliver. What is wrong today is
told below, whether it is new or old.

4 entries:
       2  delivered as asked
       1  not delivered as asked
       1  nothing to check

From now on a message comes only when something changes, when a certificate
in use comes near its end, and as a reminder of what stays open. Silence
means health, as long as the runs themselves are watched.

FAILING: fastmail.fm would defer: certificate lacks the name asked for

   Line 3 of hash:/etc/postfix/tls_policy asks for secure (match nexthop,
   dot-nexthop). Mail to fastmail.fm would be deferred: Postfix says "Server
   certificate not verified". The chain is trusted, but secure wants
   fastmail.fm or a name below it and the certificate of
   in1-smtp.messagingengine.com offers *.messagingengine.com and
   messagingengine.com.

   First seen Tue 2026-11-24 06:00Z.

   A line would deliver, but the names come from the MX records of today,
   which nobody signed: compare them with what the provider documents.

   Use this line instead:

       fastmail.fm secure match=.messagingengine.com ciphers=high

   To see it with Postfix itself:

       posttls-finger -c -l secure -F /etc/ssl/certs/ca-certificates.crt '[in1-smtp.messagingengine.com]' fastmail.fm .fastmail.fm

   To go on:

       postfix-tls-watch explain fastmail.fm                                 # the whole story
       postfix-tls-watch explain fastmail.fm --for-partner                   # a text to send to them
       postfix-tls-watch mute fastmail.fm --until 2026-12-24 --reason "..."  # known and accepted

----------------------------------------------------------------------------

Not watched (1 entry):
  parent key without a destination: .parent.example (line 9)

postfix-tls-watch on mx1, run of Tue 2026-11-24 06:01Z. Everything that is
open:

    postfix-tls-watch status
`;

const LOST_NAME = `Subject: 3 entries would defer: provider.example certificate lost a name

FAILING: 3 entries would defer: provider.example certificate lost a name

   For instance customer1.example (line 10): Mail to customer1.example would
   be deferred: Postfix says "Server certificate not verified". The chain is
   trusted, but secure wants a name below provider.example and the
   certificate of mx.provider.example offers mx.other.example.

   First seen Wed 2026-11-25 06:00Z.

   What changed on their side: mx.provider.example no longer presents
   *.provider.example (seen Wed 2026-11-25 06:00Z).

   The 3 entries:
     line 10    customer1.example
     line 11    customer2.example
     line 12    customer3.example

   To see it with Postfix itself:

       posttls-finger -c -l secure -F /etc/ssl/certs/ca-certificates.crt '[mx.provider.example]' .provider.example

   To go on:

       postfix-tls-watch explain customer1.example                                                     # the whole story
       postfix-tls-watch explain customer1.example --for-partner                                       # a text to send to them
       postfix-tls-watch mute provider.example-name-mismatch-d983d5 --until 2026-12-25 --reason "..."  # known and accepted

----------------------------------------------------------------------------

postfix-tls-watch on mx1, run of Wed 2026-11-25 06:01Z. Everything that is
open:

    postfix-tls-watch status
`;

const REGAINED = `Subject: 3 entries deliver again

RESOLVED: 3 entries deliver again

   Over: provider.example certificate lost a name. It lasted from Wed
   2026-11-25 06:00Z until Thu 2026-11-26 06:00Z, 1 day. Two looks at least
   20 hours apart found it gone.

   Today:
     line 10    customer1.example  delivered as asked
     line 11    customer2.example  delivered as asked
     line 12    customer3.example  delivered as asked

   If you changed lines to get mail through in the meantime, that may be
   why: let check judge the old ones before you put them back.

----------------------------------------------------------------------------

postfix-tls-watch on mx1, run of Fri 2026-11-27 06:01Z. Everything that is
open:

    postfix-tls-watch status
`;

const FORECAST = `Subject: fastmail.fm will defer from Sun 2027-01-03: certificate expires

WILL FAIL: fastmail.fm will defer from Sun 2027-01-03: certificate expires

   Line 3 of hash:/etc/postfix/tls_policy asks for secure (match
   .provider.example). Mail to fastmail.fm is delivered today and will be
   deferred from Sun 2027-01-03 12:00Z (last working day before: Fri
   2027-01-01): the certificate expires.

   First seen Sun 2026-12-20 06:00Z, 1 day ago.

   Nothing changed: the certificate in use is coming to its end and was not
   renewed yet.

   To see it with Postfix itself:

       posttls-finger -c -l secure -F /etc/ssl/certs/ca-certificates.crt '[mx.provider.example]' .provider.example

   To go on:

       postfix-tls-watch explain fastmail.fm                                 # the whole story
       postfix-tls-watch explain fastmail.fm --for-partner                   # a text to send to them
       postfix-tls-watch mute fastmail.fm --until 2027-01-20 --reason "..."  # known and accepted

----------------------------------------------------------------------------

postfix-tls-watch on mx1, run of Mon 2026-12-21 06:01Z. Everything that is
open:

    postfix-tls-watch status
`;

const BLIND = `Subject: mx1 is blind: no way out to port 25

BLIND: mx1 is blind: no way out to port 25

   No handshake over IPv4 gave a certificate valid under your anchors,
   neither at a host of the table nor at a control host. Until one does, the
   silence of a mail server is not believed: nothing is known today of 2
   entries, and what was known before is kept.

   Look at the way out to port 25 from here: firewall, provider (many block
   port 25), NAT gateway and its address. A host of your own that is known
   to be well, given as --control-host, makes the proof independent of
   others.

----------------------------------------------------------------------------

Not judged in this run (2 entries):
  connection times out: a.example (line 3) and b.example (line 3)

postfix-tls-watch on mx1, run of Wed 2026-11-25 06:01Z. Everything that is
open:

    postfix-tls-watch status
`;

const NOT_JUDGED = `Subject: a.example not judged for 3 days: connection times out

NOT JUDGED: a.example not judged for 3 days: connection times out

   Line 3 of hash:/etc/postfix/tls_policy asks for secure (match
   .provider.example). a.example could not be judged: the connection timed
   out.

   Last judged Tue 2026-11-24 06:00Z.

   To see it with Postfix itself:

       posttls-finger -c -l secure -F /etc/ssl/certs/ca-certificates.crt '[mx.provider.example]' .provider.example

   To go on:

       postfix-tls-watch mute a.example --until 2026-12-27 --reason "..."  # known and accepted

----------------------------------------------------------------------------

Not judged in this run (1 entry):
  connection times out: a.example (line 3)

postfix-tls-watch on mx1, run of Fri 2026-11-27 06:01Z. Everything that is
open:

    postfix-tls-watch status
`;
